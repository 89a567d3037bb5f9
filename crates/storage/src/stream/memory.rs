//! The stream inside one process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use model::{LogId, Seq, Tail};
use tokio::sync::Notify;

use super::{Appended, Batch, EventStream};
use crate::error::LiveError;

/// Events kept per log; beyond that the oldest are dropped, and readers fill the gap from raw.
const MAX_EVENTS: usize = 200_000;

/// An [`EventStream`] in memory, bounded.
#[derive(Default)]
pub struct MemoryStream {
    logs: Mutex<HashMap<LogId, Kept>>,
    changed: Mutex<HashMap<LogId, Arc<Notify>>>,
}

#[derive(Clone)]
struct Kept {
    tail: Tail,
    events: usize,
    batches: VecDeque<Batch>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            tail: Tail::Open(Seq::ZERO),
            events: 0,
            batches: VecDeque::new(),
        }
    }
}

impl MemoryStream {
    /// Forgets everything, as a flushed Redis would.
    pub fn flush(&self) {
        self.logs().clear();
    }

    /// Everything stored now, for [`MemoryStream::restore`].
    #[cfg(feature = "testing")]
    pub fn snapshot(&self) -> Self {
        Self {
            logs: Mutex::new(self.logs().clone()),
            changed: Mutex::default(),
        }
    }

    /// Goes back to a snapshot, as a Redis does that starts from an old file.
    #[cfg(feature = "testing")]
    pub fn restore(&self, snapshot: &Self) {
        let old = snapshot.logs().clone();
        *self.logs() = old;
    }

    fn logs(&self) -> MutexGuard<'_, HashMap<LogId, Kept>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signal(&self, log: LogId) -> Arc<Notify> {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(changed.entry(log).or_default())
    }

    fn ready(&self, log: LogId, after: Seq, limit: usize) -> Vec<Batch> {
        let logs = self.logs();
        let Some(kept) = logs.get(&log) else {
            return Vec::new();
        };
        let start = kept.batches.partition_point(|b| b.last() <= after);
        kept.batches.range(start..).take(limit).cloned().collect()
    }
}

#[async_trait]
impl EventStream for MemoryStream {
    async fn last(&self, log: LogId) -> Result<Option<Tail>, LiveError> {
        Ok(self.logs().get(&log).map(|kept| kept.tail))
    }

    async fn append(&self, log: LogId, batch: &Batch) -> Result<Appended, LiveError> {
        {
            let mut logs = self.logs();
            let kept = logs.entry(log).or_default();
            if kept.tail.open().is_none_or(|last| batch.last() <= last) {
                return Ok(Appended::Stale);
            }
            kept.tail = Tail::Open(batch.last());
            kept.events += batch.records.len();
            kept.batches.push_back(batch.clone());
            while kept.events > MAX_EVENTS && kept.batches.len() > 1 {
                kept.events -= kept.batches.pop_front().map_or(0, |b| b.records.len());
            }
        }
        self.signal(log).notify_waiters();
        Ok(Appended::New)
    }

    async fn read(
        &self,
        log: LogId,
        after: Seq,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Batch>, LiveError> {
        let signal = self.signal(log);
        let notified = signal.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        let ready = self.ready(log, after, limit);
        if !ready.is_empty() || wait.is_zero() {
            return Ok(ready);
        }
        // Whether it was signalled or the time ran out: what there is now is the answer.
        let _ = tokio::time::timeout(wait, notified).await;
        Ok(self.ready(log, after, limit))
    }

    async fn close(&self, log: LogId) -> Result<(), LiveError> {
        self.logs().entry(log).or_default().tail = Tail::Closed;
        Ok(())
    }

    async fn trim(&self, log: LogId, upto: Seq) -> Result<(), LiveError> {
        if let Some(kept) = self.logs().get_mut(&log) {
            while kept.batches.front().is_some_and(|b| b.last() <= upto) {
                kept.events -= kept.batches.pop_front().map_or(0, |b| b.records.len());
            }
        }
        Ok(())
    }
}
