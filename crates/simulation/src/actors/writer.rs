//! The writer of a log as a task, so that the seed decides when it has its turn.

use std::{io, sync::Arc};

use async_trait::async_trait;
use ingest::log::{
    AppendError, Command, Commands, Flow, QUEUE, Running, Shared, Writer, WriterExecutor,
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel, error::TrySendError},
    time::timeout,
};

use crate::{gate::Process, host::Host, world::World};

/// Runs the writers of one collector.
pub(crate) struct TaskExecutor {
    pub(crate) world: Arc<World>,
    pub(crate) host: Arc<Host>,
    pub(crate) process: Process,
}

impl WriterExecutor for TaskExecutor {
    fn start(&self, writer: Writer) -> io::Result<Running> {
        self.check(writer.shared());
        let (commands, queue) = channel(QUEUE);
        let ended = tokio::spawn(run(writer, queue, self.process.clone()));
        Ok(Running {
            commands: Arc::new(TaskCommands(commands)),
            ended,
        })
    }
}

impl TaskExecutor {
    /// A log was opened: all that it ever acknowledged must be there.
    fn check(&self, shared: &Shared) {
        let (log, last) = (shared.log, shared.durable_seq());
        self.host.is(log);
        let sealed = shared.sealed();
        let records = sealed
            .iter()
            .flat_map(|s| shared.records(s.number).unwrap_or_default());
        let records: Vec<_> = records.collect();
        self.world.oracle.recovered(log, last, &records);
        let name = &self.host.name;
        self.world
            .gate
            .note(|| format!("OPENED {name} {log} ..{last}"));
    }
}

/// As the thread of the product does, as long as the process lives.
async fn run(mut writer: Writer, mut queue: Receiver<Command>, process: Process) {
    let mut limit = writer.until_due();
    let waiting = loop {
        let next = timeout(limit, queue.recv()).await;
        if process.is_dead() {
            return;
        }
        let flow = match next {
            Ok(Some(command)) => writer.take(command, || queue.try_recv().ok()),
            Ok(None) => {
                writer.finish();
                Flow::End(None)
            }
            Err(_) => writer.rest(),
        };
        match flow {
            Flow::Wait(next) => limit = next,
            Flow::End(waiting) => break waiting,
        }
    };
    queue.close();
    while let Ok(command) = queue.try_recv() {
        command.refuse();
    }
    if let Some(waiting) = waiting {
        let _ = waiting.send(());
    }
}

struct TaskCommands(Sender<Command>);

#[async_trait]
impl Commands for TaskCommands {
    fn send(&self, command: Command) -> Result<(), AppendError> {
        self.0.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => AppendError::Overloaded,
            TrySendError::Closed(_) => AppendError::Closed,
        })
    }

    async fn send_when_there_is_room(&self, command: Command) -> bool {
        self.0.send(command).await.is_ok()
    }
}
