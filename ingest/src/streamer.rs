//! From the log to the stream: durable events only, in micro-batches, idempotent.

use std::{sync::Arc, time::Duration};

use model::Record;
use storage::stream::{Appended, Batch, EventStream, LiveError};
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::log::{Shared, Source};

/// Events in one batch at most.
const MAX_BATCH: usize = 512;
/// Pause after an error; doubled up to the limit.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// How often an idle stream is asked what it has: Redis may have lost it meanwhile.
const IDLE_CHECK: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
enum StreamError {
    #[error(transparent)]
    Live(#[from] LiveError),
    #[error("a segment cannot be read: {0}")]
    Disk(#[from] std::io::Error),
}

/// Sends events until `shutdown`, then what is left, as far as the stream takes it.
pub async fn run(
    stream: Arc<dyn EventStream>,
    shared: Arc<Shared>,
    health: Health,
    shutdown: CancellationToken,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        match follow(&*stream, &shared, &health, &shutdown).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(%error, "the stream does not take events; it will catch up");
                metrics::counter!("millrace_stream_errors_total").increment(1);
                health.down(
                    "stream",
                    "the stream does not take events; live numbers wait",
                );
            }
        }
        if shutdown.is_cancelled() {
            return;
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// Sends until there is nothing left after `shutdown`, or an error.
async fn follow(
    stream: &dyn EventStream,
    shared: &Arc<Shared>,
    health: &Health,
    shutdown: &CancellationToken,
) -> Result<(), StreamError> {
    // The stream itself says what it has; an error later means asking again.
    let mut position = stream.last(shared.log).await?.unwrap_or(0);
    health.up("stream");
    loop {
        let changed = shared.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        match shared.after(position) {
            Source::Nothing if shutdown.is_cancelled() => return Ok(()),
            Source::Nothing => {
                tokio::select! {
                    () = changed => {}
                    () = shutdown.cancelled() => {}
                    () = tokio::time::sleep(IDLE_CHECK) => position = stream.last(shared.log).await?.unwrap_or(0),
                }
            }
            // Not here any more, so it is in raw: the batch's `previous` shows the gap.
            Source::Gone(here) => position = here,
            Source::Memory(batch) => position = send(stream, shared, batch, position).await?,
            Source::File(segment) => {
                let reader = Arc::clone(shared);
                let records =
                    tokio::task::spawn_blocking(move || reader.records(segment.number)).await;
                let records = records.map_err(std::io::Error::other)?;
                position = send_file(stream, shared, records, position).await?;
            }
        }
    }
}

async fn send_file(
    stream: &dyn EventStream,
    shared: &Shared,
    records: std::io::Result<Vec<Record>>,
    position: u64,
) -> Result<u64, StreamError> {
    let records = match records {
        Ok(records) => records,
        // Deleted since we looked: it is in raw. Look again in a moment.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            tokio::time::sleep(FIRST_PAUSE).await;
            return Ok(position);
        }
        Err(e) => return Err(e.into()),
    };
    let previous = records.first().map_or(position, |r| r.seq - 1);
    send(
        stream,
        shared,
        Batch {
            previous,
            records: Arc::new(records),
        },
        position,
    )
    .await
}

/// Sends what of `batch` comes after `position`, and whatever else is in memory behind it, up to
/// the size of a batch; returns the new position.
async fn send(
    stream: &dyn EventStream,
    shared: &Shared,
    batch: Batch,
    mut position: u64,
) -> Result<u64, StreamError> {
    let mut records: Vec<_> = batch
        .records
        .iter()
        .filter(|r| r.seq > position)
        .cloned()
        .collect();
    while records.len() < MAX_BATCH {
        let Some(last) = records.last().map(|r| r.seq) else {
            break;
        };
        let Source::Memory(more) = shared.after(last) else {
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
        if stream.append(shared.log, &chunk).await? == Appended::Stale {
            // Ours from before a break, or the end of a salvaged stream: ask what it has.
            return Ok(stream.last(shared.log).await?.unwrap_or(0).max(last));
        }
        metrics::counter!("millrace_streamed_events_total").increment(chunk.records.len() as u64);
        position = last;
    }
    Ok(position)
}
