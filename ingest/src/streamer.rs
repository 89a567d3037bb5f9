//! From the log to the stream: durable events only, in micro-batches, idempotent.

use std::{sync::Arc, time::Duration};

use model::{Record, Seq, Tail};
use storage::{
    blocking,
    cells::{HighWatermark, LiveCells},
    error::LiveError,
    stream::{Appended, Batch, EventStream},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::log::{Shared, Source};

/// Events in one batch at most.
const MAX_BATCH: usize = 512;
/// How long events are gathered when one comes after silence: to wake everybody for each costs more than the event.
const GATHER: Duration = Duration::from_millis(2);
/// Pause after an error; doubled up to the limit.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// How often the stream is asked what it has: Redis may have lost it meanwhile.
const CHECK: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
enum StreamError {
    #[error(transparent)]
    Live(#[from] LiveError),
    #[error("a segment cannot be read: {0}")]
    Disk(#[from] std::io::Error),
}

/// Where events go on to.
pub struct Targets {
    /// The stream.
    pub stream: Arc<dyn EventStream>,
    /// Where the collector says what it holds.
    pub cells: Arc<dyn LiveCells>,
}

/// Sends events until `shutdown`, then what is left, as far as the stream takes it.
pub async fn run(
    targets: Targets,
    shared: Arc<Shared>,
    health: Health,
    shutdown: CancellationToken,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        let mut streamer = Streamer::new(&targets, &shared);
        match streamer.follow(&health, &shutdown).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(%error, "the stream does not take events; it will catch up");
                metrics::counter!("millrace_stream_errors_total").increment(1);
                let why = "the stream does not take events; live numbers wait";
                health.warn("stream", Some(why.into()));
            }
        }
        if streamer.sent {
            pause = FIRST_PAUSE;
        }
        if shutdown.is_cancelled() {
            return;
        }
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// One connection's worth of streaming: an error ends it.
struct Streamer<'a> {
    stream: &'a dyn EventStream,
    cells: &'a dyn LiveCells,
    shared: &'a Arc<Shared>,
    /// The state of the live store that knows what we hold.
    announced: Option<String>,
    checked: Instant,
    sent: bool,
}

impl<'a> Streamer<'a> {
    fn new(targets: &'a Targets, shared: &'a Arc<Shared>) -> Self {
        Self {
            stream: &*targets.stream,
            cells: &*targets.cells,
            shared,
            announced: None,
            checked: Instant::now(),
            sent: false,
        }
    }

    /// Sends until there is nothing left after `shutdown`, or an error.
    async fn follow(
        &mut self,
        health: &Health,
        shutdown: &CancellationToken,
    ) -> Result<(), StreamError> {
        let mut tail = self.look().await?;
        health.warn("stream", None);
        loop {
            if self.checked.elapsed() >= CHECK {
                tail = self.look().await?;
            }
            let Tail::Open(position) = tail else {
                // The log is left as soon as that is noticed.
                shutdown.cancelled().await;
                return Ok(());
            };
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.shared.after(position) {
                Source::Nothing if shutdown.is_cancelled() => return Ok(()),
                Source::Nothing => {
                    tokio::select! {
                        biased;
                        () = shutdown.cancelled() => {}
                        () = changed => tokio::time::sleep(GATHER).await,
                        () = tokio::time::sleep(CHECK) => {}
                    }
                }
                // Not here any more, so it is in raw: the batch's `previous` shows the gap.
                Source::Gone(here) => tail = Tail::Open(here),
                Source::Memory(batch) => tail = self.send(batch, position).await?,
                Source::File(segment) => {
                    let reader = Arc::clone(self.shared);
                    let records = blocking::run(move || reader.records(segment.number)).await;
                    tail = self.send_file(records, position).await?;
                }
            }
        }
    }

    /// Asks the stream what it has, for it may have lost it, and tells each new state of the live
    /// store what the log holds: workers that fold again must know when they have all of it.
    async fn look(&mut self) -> Result<Tail, StreamError> {
        self.checked = Instant::now();
        let generations = self.cells.generations(true).await?;
        if self.announced.as_ref() != Some(&generations) {
            let high_watermark = HighWatermark {
                generations: generations.clone(),
                seq: self.shared.durable_seq(),
            };
            self.cells
                .put_high_watermark(self.shared.log, &high_watermark)
                .await?;
            self.announced = Some(generations);
        }
        let tail = self.stream.last(self.shared.log).await?;
        let tail = tail.unwrap_or(Tail::Open(Seq::ZERO));
        if tail == Tail::Closed {
            // A salvage has begun, which said so before it ended the stream.
            self.shared.stop();
            self.shared.fenced.cancel();
        }
        Ok(tail)
    }

    async fn send_file(
        &mut self,
        records: std::io::Result<Vec<Record>>,
        position: Seq,
    ) -> Result<Tail, StreamError> {
        let records = match records {
            Ok(records) => records,
            // Deleted since we looked: it is in raw. Look again in a moment.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                tokio::time::sleep(FIRST_PAUSE).await;
                return Ok(Tail::Open(position));
            }
            Err(e) => return Err(e.into()),
        };
        let previous = records.first().map_or(position, |r| r.seq.previous());
        let records = Arc::new(records);
        self.send(Batch { previous, records }, position).await
    }

    /// Sends what of `batch` comes after `position`, and whatever else is in memory behind it, up
    /// to the size of a batch; returns where the stream ends now.
    async fn send(&mut self, batch: Batch, mut position: Seq) -> Result<Tail, StreamError> {
        let fresh = batch.records.iter().filter(|r| r.seq > position);
        let mut records: Vec<_> = fresh.cloned().collect();
        while records.len() < MAX_BATCH {
            let Some(last) = records.last().map(|r| r.seq) else {
                break;
            };
            let Source::Memory(more) = self.shared.after(last) else {
                break;
            };
            records.extend(more.records.iter().filter(|r| r.seq > last).cloned());
        }
        for chunk in records.chunks(MAX_BATCH) {
            let chunk = Batch {
                previous: position,
                records: Arc::new(chunk.to_vec()),
            };
            let last = chunk.last();
            if self.stream.append(self.shared.log, &chunk).await? == Appended::Stale {
                // Ours from before a break, or the end of a salvaged stream: ask what it has.
                return Ok(match self.look().await? {
                    Tail::Open(seq) => Tail::Open(seq.max(last)),
                    Tail::Closed => Tail::Closed,
                });
            }
            self.sent = true;
            metrics::counter!("millrace_streamed_events_total")
                .increment(chunk.records.len() as u64);
            position = last;
        }
        Ok(Tail::Open(position))
    }
}
