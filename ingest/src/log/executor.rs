//! Where a log's writer runs: on a thread of its own, or wherever a simulation wants it.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
};

use async_trait::async_trait;
use storage::blocking;
use tokio::task::JoinHandle;

use super::{
    AppendError,
    writer::{Command, Flow, Writer},
};

/// Requests that may wait for the writer.
pub const QUEUE: usize = 8192;

/// Takes commands to a writer, in order.
#[async_trait]
pub trait Commands: Send + Sync {
    /// Hands a command over, unless too many wait or the writer has ended.
    fn send(&self, command: Command) -> Result<(), AppendError>;

    /// Hands a command over as soon as there is room; `false` if the writer has ended.
    async fn send_when_there_is_room(&self, command: Command) -> bool;
}

/// A writer that runs.
pub struct Running {
    /// The way to it.
    pub commands: Arc<dyn Commands>,
    /// Ends with the writer; with an error if it panicked.
    pub ended: JoinHandle<()>,
}

/// Runs writers.
pub trait WriterExecutor: Send + Sync {
    /// Runs a writer until it has finished or nobody can command it any more.
    fn start(&self, writer: Writer) -> io::Result<Running>;
}

/// Runs each writer on a thread of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThreadExecutor;

impl WriterExecutor for ThreadExecutor {
    fn start(&self, writer: Writer) -> io::Result<Running> {
        let (commands, queue) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("log-writer".into());
        let thread = thread.spawn(move || run(writer, queue))?;
        let ended = tokio::task::spawn_blocking(move || {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        });
        let commands = Arc::new(ThreadCommands(commands));
        Ok(Running { commands, ended })
    }
}

fn run(mut writer: Writer, queue: Receiver<Command>) {
    let mut limit = writer.until_due();
    let waiting = loop {
        let flow = match queue.recv_timeout(limit) {
            Ok(command) => writer.take(command, || queue.try_recv().ok()),
            Err(RecvTimeoutError::Timeout) => writer.rest(),
            Err(RecvTimeoutError::Disconnected) => {
                writer.finish();
                Flow::End(None)
            }
        };
        match flow {
            Flow::Wait(next) => limit = next,
            Flow::End(waiting) => break waiting,
        }
    };
    queue.try_iter().for_each(Command::refuse);
    drop(queue);
    if let Some(waiting) = waiting {
        // Nobody may be waiting any more.
        let _ = waiting.send(());
    }
}

struct ThreadCommands(SyncSender<Command>);

#[async_trait]
impl Commands for ThreadCommands {
    fn send(&self, command: Command) -> Result<(), AppendError> {
        self.0.try_send(command).map_err(|e| match e {
            TrySendError::Full(_) => AppendError::Overloaded,
            TrySendError::Disconnected(_) => AppendError::Closed,
        })
    }

    async fn send_when_there_is_room(&self, command: Command) -> bool {
        let commands = self.0.clone();
        let send = move || commands.send(command).map_err(io::Error::other);
        blocking::run(send).await.is_ok()
    }
}
