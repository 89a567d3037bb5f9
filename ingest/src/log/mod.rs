//! The write-ahead log of one collector: an event is accepted when it is here, on disk.

mod disk;
mod recovery;
mod shared;
pub mod switch;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    io,
    sync::{
        Arc,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use model::{Epoch, Event, LogId, SegmentNo, Seq, Span};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use self::recovery::Recovered;
pub use self::{
    disk::{Disk, DiskFile, LocalDisk},
    recovery::{Predecessor, RecoveryError},
    shared::{SealedSegment, Shared, Source},
    writer::{Reply, Writer},
};

/// Requests that may wait for the writer.
const QUEUE: usize = 8192;
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
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            segment_interval: Duration::from_secs(5),
            segment_bytes: 16 << 20,
            epoch_max_age: Duration::from_secs(600),
            epoch_max_events: 250_000,
            max_log_bytes: 8 << 30,
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
        self != Self::Disk
    }

    /// A short word for metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Overloaded => "overloaded",
            Self::Full => "log_full",
            Self::Disk | Self::Resting => "disk",
            Self::Closed => "closed",
        }
    }
}

/// What the writer thread is asked to do.
enum Command {
    Append {
        events: Vec<Event>,
        reply: oneshot::Sender<Result<Span<Seq>, AppendError>>,
        _room: OwnedSemaphorePermit,
    },
    /// Answers with the last closed epoch.
    CloseEpoch { reply: oneshot::Sender<Epoch> },
    /// Seals, closes the epoch and ends.
    Finish { reply: oneshot::Sender<()> },
}

/// A log that is open. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    commands: SyncSender<Command>,
    room: Arc<Semaphore>,
    shared: Arc<Shared>,
}

/// What opening a log found.
pub struct Opened {
    /// The log.
    pub log: Log,
    /// The writer's thread; ends after [`Log::finish`].
    pub writer: JoinHandle<()>,
}

impl Log {
    /// Opens the log in `disk`, or makes a new one named `new_log`. Recovers what a crash left.
    pub fn open(
        disk: Arc<dyn Disk>,
        settings: LogSettings,
        new_log: LogId,
    ) -> Result<Opened, RecoveryError> {
        let (writer, shared) = recover(disk, settings, new_log)?;
        let (commands, queue) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("log-writer".into());
        let writer = thread
            .spawn(move || writer.run(&queue))
            .map_err(RecoveryError::Thread)?;
        let room = Arc::new(Semaphore::new(QUEUE_KIB));
        Ok(Opened {
            log: Log {
                commands,
                room,
                shared,
            },
            writer,
        })
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
        self.send(Command::Append {
            events,
            reply,
            _room: room,
        })?;
        // A writer that died may have written it.
        answer.await.unwrap_or(Err(AppendError::Disk))
    }

    /// Closes the current epoch if it has events; returns the last closed epoch.
    pub async fn close_epoch(&self) -> Result<Epoch, AppendError> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::CloseEpoch { reply })?;
        answer.await.map_err(|_| AppendError::Closed)
    }

    /// Seals everything, closes the epoch and ends the writer.
    pub async fn finish(&self) {
        let (reply, answer) = oneshot::channel();
        let commands = self.commands.clone();
        // The queue may be full: wait for room off the async threads.
        let sent = tokio::task::spawn_blocking(move || commands.send(Command::Finish { reply }));
        if matches!(sent.await, Ok(Ok(()))) {
            // An error means that the writer is gone: finished already.
            let _ = answer.await;
        }
    }

    fn send(&self, command: Command) -> Result<(), AppendError> {
        self.commands.try_send(command).map_err(|e| match e {
            TrySendError::Full(_) => AppendError::Overloaded,
            TrySendError::Disconnected(_) => AppendError::Closed,
        })
    }
}

/// Recovers the log in `disk`, or makes a new one; its writer has no thread yet.
pub fn recover(
    disk: Arc<dyn Disk>,
    settings: LogSettings,
    new_log: LogId,
) -> Result<(Writer, Arc<Shared>), RecoveryError> {
    let Recovered {
        state,
        sealed,
        last,
    } = recovery::recover(&*disk, new_log)?;
    let shared = Arc::new(Shared::new(state.log, Arc::clone(&disk), sealed, &state));
    let writer = Writer::new(disk, settings, Arc::clone(&shared), state, last);
    Ok((writer, shared))
}

fn segment_name(number: SegmentNo) -> String {
    format!("{number:012}.seg")
}

fn parse_segment_name(name: &str) -> Option<SegmentNo> {
    let number = name.strip_suffix(".seg")?.parse().ok()?;
    (segment_name(number) == name).then_some(number)
}

/// Reads one segment file in full.
fn read_segment(disk: &dyn Disk, number: SegmentNo) -> io::Result<Vec<u8>> {
    disk.read(&segment_name(number))
}
