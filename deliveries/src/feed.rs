//! Which segments there are of the logs that somebody waits for. The stream says when there may be a new one, so that an
//! idle installation asks its object store next to nothing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use handover::raw;
use model::{LogId, SegmentNo, Seq, Tail};
use storage::{error::StorageError, store::Store, stream::EventStream};
use tokio::{sync::watch, time::Instant};

use crate::segments::{Found, Segments};

/// How often a log is looked at of which the stream has more than is stored.
const OFTEN: Duration = Duration::from_secs(1);
/// How seldom one of which nothing new comes.
const SELDOM: Duration = Duration::from_secs(30);
/// Segments of a log that one look takes in.
const AT_ONCE: usize = 16;

/// What is known of a log.
#[derive(Clone, Copy)]
struct Known {
    /// The first number under which nothing was stored.
    next: SegmentNo,
    /// The last event of the segment before; `None`: it was not looked at.
    last: Option<Seq>,
    /// Nothing will come any more.
    ended: bool,
    looked: Option<Instant>,
    pause: Duration,
}

/// See the module.
pub(crate) struct Feed {
    store: Store,
    stream: Arc<dyn EventStream>,
    segments: Arc<Segments>,
    logs: Mutex<BTreeMap<LogId, Known>>,
    news: watch::Sender<u64>,
}

impl Feed {
    pub fn new(store: Store, stream: Arc<dyn EventStream>, segments: Arc<Segments>) -> Self {
        Self {
            store,
            stream,
            segments,
            logs: Mutex::default(),
            news: watch::Sender::default(),
        }
    }

    /// Changes whenever there is something new.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// That something may be new.
    pub fn ring(&self) {
        self.news.send_modify(|n| *n += 1);
    }

    /// The first segment of a log that is not stored yet, as far as is known; the log is followed from now on. `from` is one
    /// that is wanted.
    pub fn next(&self, log: LogId, from: SegmentNo) -> SegmentNo {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let known = logs.entry(log).or_insert(Known {
            next: from,
            last: None,
            ended: false,
            looked: None,
            pause: OFTEN,
        });
        known.next
    }

    /// Looks for new segments where there may be some. What fails is tried again the next time.
    pub async fn look(&self) {
        let logs: Vec<(LogId, Known)> = {
            let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
            logs.iter().map(|(log, known)| (*log, *known)).collect()
        };
        let mut is_new = false;
        for (log, mut known) in logs.into_iter().filter(|(_, known)| !known.ended) {
            if !self.is_due(log, &known).await {
                continue;
            }
            let before = known.next;
            if let Err(error) = self.look_at(log, &mut known).await {
                tracing::warn!(%log, %error, "webhooks wait: segments of a log cannot be looked for");
            }
            known.looked = Some(Instant::now());
            known.pause = match known.next > before {
                true => OFTEN,
                false => (known.pause * 2).min(SELDOM),
            };
            is_new |= known.next > before;
            let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
            logs.insert(log, known);
        }
        if is_new {
            self.ring();
        }
    }

    async fn is_due(&self, log: LogId, known: &Known) -> bool {
        let Some(looked) = known.looked else {
            return true;
        };
        let pause = match (self.stream.last(log).await, known.last) {
            // A stream that is not there says nothing.
            (Err(_) | Ok(None), _) | (Ok(Some(_)), None) => known.pause,
            (Ok(Some(tail)), Some(last)) => match Tail::open(tail) {
                Some(streamed) if streamed > last => OFTEN,
                Some(_) => SELDOM,
                None => known.pause,
            },
        };
        looked.elapsed() >= pause
    }

    async fn look_at(&self, log: LogId, known: &mut Known) -> Result<(), Arc<StorageError>> {
        if known.looked.is_none() {
            // There may be many: they are listed, and only the newest is looked into.
            let newest = raw::newest_segment(&self.store, log, known.next).await;
            let newest = newest.map_err(StorageError::from)?;
            known.next = newest.unwrap_or(known.next);
        }
        for _ in 0..AT_ONCE {
            let is_stored = raw::is_stored(&self.store, log, known.next).await;
            if !is_stored.map_err(StorageError::from)? {
                break;
            }
            match self.segments.get(log, known.next).await? {
                Some(Found::Segment(segment)) => known.last = Some(segment.last),
                Some(Found::End) => {
                    known.ended = true;
                    break;
                }
                None => break,
            }
            known.next = known.next.next();
        }
        Ok(())
    }

    /// That a log has ended with this event: nobody looks for more.
    pub fn ended(&self, log: LogId, last: Seq) {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = logs.get_mut(&log) {
            known.ended |= known.last.is_some_and(|seen| seen >= last);
        }
    }
}
