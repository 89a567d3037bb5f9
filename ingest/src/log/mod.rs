//! The write-ahead log of one collector: an event is accepted when it is here, on disk.

mod disk;
mod executor;
mod rate;
mod recovery;
mod shared;
mod spares;
mod state;
pub mod switch;
mod writer;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use model::{Epoch, Event, LogId, SegmentNo, Seq, Span};
use tokio::{
    sync::{Semaphore, oneshot},
    task::JoinHandle,
};

pub use self::{
    disk::{Disk, DiskFile, LocalDisk},
    executor::{Commands, QUEUE, Running, ThreadExecutor, WriterExecutor},
    recovery::RecoveryError,
    shared::{SealedSegment, Shared, Source},
    state::Predecessor,
    writer::{Command, Flow, Writer},
};

/// Bytes of events that may wait for the writer, in KiB.
const QUEUE_KIB: usize = 64 * 1024;

/// How the log behaves.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// A segment is sealed at this age.
    pub segment_interval: Duration,
    /// A segment is sealed at this size, bytes.
    pub segment_bytes: usize,
    /// An epoch is closed at this age.
    pub epoch_max_age: Duration,
    /// An epoch is closed when it has this many events: so large may a live cell become.
    pub epoch_max_events: u64,
    /// The log takes no more when its files are this large together, bytes.
    pub max_log_bytes: u64,
    /// So many clicks of a visitor on a link in a minute are a person's; 0: any number.
    pub most_clicks: u32,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            segment_interval: Duration::from_secs(5),
            segment_bytes: 16 << 20,
            epoch_max_age: Duration::from_secs(600),
            epoch_max_events: 250_000,
            max_log_bytes: 8 << 30,
            // Nobody follows a link every other second for a minute; an office whose people share an address and a
            // browser may, in the minute in which all have got the same mail.
            most_clicks: 30,
        }
    }
}

/// Why an event was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// More is waiting than the bound allows.
    #[error("overloaded: too many events wait for the disk")]
    Overloaded,
    /// The log has reached its size limit because nothing could be shipped.
    #[error("the log is full")]
    Full,
    /// Writing failed: the event may be found in the log after a restart.
    #[error("the disk failed")]
    Disk,
    /// The disk did not answer in time: the event may be written later, and counts then.
    #[error("the disk is slow")]
    Slow,
    /// Writing failed a moment ago: it is not tried yet.
    #[error("the disk failed, and rests")]
    Resting,
    /// The collector is shutting down, or was told to stop accepting.
    #[error("the log is closed")]
    Closed,
}

impl AppendError {
    /// Whether nothing of the event can be in the log.
    pub fn is_unwritten(self) -> bool {
        !matches!(self, Self::Disk | Self::Slow)
    }

    /// A short word for metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Overloaded => "overloaded",
            Self::Full => "log_full",
            Self::Disk | Self::Resting => "disk",
            Self::Slow => "slow",
            Self::Closed => "closed",
        }
    }
}

/// A log that is open. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    commands: Arc<dyn Commands>,
    room: Arc<Semaphore>,
    shared: Arc<Shared>,
}

/// What opening a log found.
pub struct Opened {
    /// The log.
    pub log: Log,
    /// Ends with the writer, after [`Log::finish`].
    pub writer: JoinHandle<()>,
}

impl Log {
    /// Opens the log in `disk`, or makes a new one named `new_log`, and runs its writer. Recovers
    /// what a crash left. Blocks.
    pub fn open(
        disk: Arc<dyn Disk>,
        executor: &dyn WriterExecutor,
        settings: LogSettings,
        new_log: LogId,
    ) -> Result<Opened, RecoveryError> {
        let recovered = recovery::recover(&*disk, new_log)?;
        let writer = Writer::new(disk, settings, recovered);
        let shared = Arc::clone(writer.shared());
        let running = executor.start(writer).map_err(RecoveryError::Thread)?;
        let log = Log {
            commands: running.commands,
            room: Arc::new(Semaphore::new(QUEUE_KIB)),
            shared,
        };
        let writer = running.ended;
        Ok(Opened { log, writer })
    }

    /// This log's id.
    pub fn id(&self) -> LogId {
        self.shared.log
    }

    /// What is durable, for those who carry it on.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Appends events and returns their numbers once all of them are on disk; all or none.
    /// `bytes` is their size in memory, roughly.
    pub async fn append(&self, events: Vec<Event>, bytes: usize) -> Result<Span<Seq>, AppendError> {
        let kib = (bytes / 1024 + 1).min(QUEUE_KIB) as u32;
        let room = Arc::clone(&self.room)
            .try_acquire_many_owned(kib)
            .map_err(|_| AppendError::Overloaded)?;
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command::Append {
            events,
            reply,
            room,
        })?;
        // A writer that died may have written it.
        answer.await.unwrap_or(Err(AppendError::Disk))
    }

    /// Closes the current epoch if it has events; returns the last closed epoch.
    pub async fn close_epoch(&self) -> Result<Epoch, AppendError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command::CloseEpoch { reply })?;
        answer.await.map_err(|_| AppendError::Closed)
    }

    /// Seals everything, closes the epoch and ends the writer.
    pub async fn finish(&self) {
        let (reply, answer) = oneshot::channel();
        let finish = Command::Finish { reply };
        if self.commands.send_when_there_is_room(finish).await {
            // An error means that the writer is gone: finished already.
            let _ = answer.await;
        }
    }
}

fn segment_name(number: SegmentNo) -> String {
    format!("{number:012}.seg")
}

fn parse_segment_name(name: &str) -> Option<SegmentNo> {
    let number = name.strip_suffix(".seg")?.parse().ok()?;
    (segment_name(number) == name).then_some(number)
}
