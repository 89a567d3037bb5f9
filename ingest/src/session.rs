//! One log at a time, with all that carries it on; and the way to the next log when a salvage has
//! ended this one.

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use handover::raw::{self, LogInfo};
use model::{Clock, LogId, random::Randomness};
use storage::{cells::LiveCells, store::Store, stream::EventStream};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::{
    log::{Disk, LocalDisk, Log, LogSettings, Opened, RecoveryError, Shared, switch::switch},
    role::{CollectorError, finish},
    ship::Shipper,
    streamer::{self, Targets},
};

/// How long the store may take to answer at a start: the doors do not wait for it.
const ASK_LIMIT: Duration = Duration::from_secs(5);
/// Pause before an ended log is tried to be left again.
const PAUSE: Duration = Duration::from_secs(1);

/// What a log is carried on to, and how.
pub(crate) struct Carried {
    pub(crate) store: Store,
    pub(crate) stream: Arc<dyn EventStream>,
    pub(crate) cells: Arc<dyn LiveCells>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Randomness>,
    pub(crate) health: Health,
    pub(crate) settings: LogSettings,
}

/// The log that takes events now. Cheap to clone; all clones follow.
#[derive(Clone)]
pub struct Current(Arc<RwLock<(Log, LogInfo)>>);

impl Current {
    /// The log.
    pub fn log(&self) -> Log {
        self.get().0
    }

    /// The log and what is said of it.
    pub fn get(&self) -> (Log, LogInfo) {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn replace(&self, log: Log, info: LogInfo) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (log, info);
    }
}

/// A log that is open and carried on.
pub(crate) struct Session {
    carried: Carried,
    disk: Arc<dyn Disk>,
    current: Current,
    stop: CancellationToken,
    /// None once they have ended.
    tasks: Option<Tasks>,
}

/// What carries a log on.
struct Tasks {
    writer: JoinHandle<()>,
    streamer: JoinHandle<()>,
    shipper: JoinHandle<Shipper>,
}

impl Tasks {
    /// Waits for their end; the shipper may have more to do.
    async fn end(self) -> Option<Shipper> {
        finish("log writer", self.writer).await;
        finish("streamer", self.streamer).await;
        finish("shipper", self.shipper).await
    }
}

impl Session {
    /// Opens the log in `folder`. If a salvage has ended it, its successor is opened.
    pub(crate) async fn open(carried: Carried, folder: &Path) -> Result<Self, CollectorError> {
        let disk = open_disk(folder).await?;
        let mut opened = open_log(&carried, &disk).await?;
        let old = opened.log.id();
        if is_ended(&carried, old).await {
            opened.log.finish().await;
            let new = new_log(&carried);
            let (store, stream) = (&carried.store, &*carried.stream);
            match switch(Arc::clone(&disk), store, stream, old, new).await {
                Ok(()) => opened = open_log(&carried, &disk).await?,
                Err(error) => {
                    // The doors open all the same: redirects answer, and it is tried again.
                    tracing::error!(%error, "the ended log cannot be left yet");
                    opened.log.shared().fenced.cancel();
                }
            }
        }
        Ok(Self::begin(carried, disk, opened, None).await)
    }

    async fn begin(
        carried: Carried,
        disk: Arc<dyn Disk>,
        opened: Opened,
        current: Option<Current>,
    ) -> Self {
        let Opened { log, writer, .. } = opened;
        let shared = Arc::clone(log.shared());
        let info = LogInfo {
            log: log.id(),
            created_ms: carried.clock.now_ms(),
            predecessor: shared.predecessor.map(|before| before.log),
            retired_at: None,
            closed: None,
        };
        // Readers must know of the log before it has events. With the store out of reach the
        // doors open all the same: the shipper registers it later, and nobody counts from it
        // until then.
        let registered = timeout(ASK_LIMIT, raw::register_log(&carried.store, &info)).await;
        match registered {
            Ok(Ok(())) => shared.set_registered(),
            _ => tracing::warn!("the log could not be registered yet"),
        }
        let current = match current {
            Some(current) => {
                current.replace(log, info.clone());
                current
            }
            None => Current(Arc::new(RwLock::new((log, info.clone())))),
        };
        let stop = CancellationToken::new();
        if shared.fenced.is_cancelled() {
            // It has ended: it is carried nowhere, and soon left.
            stop.cancel();
        }
        let targets = Targets {
            stream: Arc::clone(&carried.stream),
            cells: Arc::clone(&carried.cells),
        };
        let streaming = streamer::run(
            targets,
            Arc::clone(&shared),
            carried.health.clone(),
            stop.clone(),
        );
        let mut shipper = Shipper::new(
            Arc::clone(&carried.store),
            Arc::clone(&carried.stream),
            Arc::clone(&shared),
            info,
            carried.health.clone(),
            carried.settings.max_log_bytes / 2,
        );
        let stopped = stop.clone();
        let shipping = async move {
            shipper.run(stopped).await;
            shipper
        };
        Self {
            tasks: Some(Tasks {
                writer: watch(writer, shared, carried.health.clone()),
                streamer: tokio::spawn(streaming),
                shipper: tokio::spawn(shipping),
            }),
            carried,
            disk,
            current,
            stop,
        }
    }

    /// The log that takes events now.
    pub(crate) fn current(&self) -> Current {
        self.current.clone()
    }

    /// Stays until `closed`; goes on in a new log each time a salvage ends the present one.
    pub(crate) async fn stay(mut self, closed: CancellationToken) -> Self {
        loop {
            let fenced = self.current.log().shared().fenced.clone();
            tokio::select! {
                biased;
                () = closed.cancelled() => return self,
                () = fenced.cancelled() => {}
            }
            tracing::error!(log = %self.current.log().id(), "the log was ended by a salvage");
            let Some(next) = self.leave(&closed).await else {
                return self;
            };
            self = next;
        }
    }

    /// Ends this log's tasks and opens its successor; nothing is accepted meanwhile. `None` if
    /// that was not to be done before `closed`: the next start does it.
    async fn leave(&mut self, closed: &CancellationToken) -> Option<Self> {
        let old = self.current.log();
        old.finish().await;
        self.stop.cancel();
        // They work on files whose names the new log will use.
        if let Some(tasks) = self.tasks.take() {
            tasks.end().await;
        }
        self.carried.health.down(
            "log",
            "the log was ended by a salvage; a new one is being made",
        );
        let new = new_log(&self.carried);
        loop {
            match self.open_next(old.id(), new).await {
                Ok(opened) => {
                    self.carried.health.up("log");
                    let carried = self.carried.again();
                    let current = Some(self.current.clone());
                    return Some(
                        Self::begin(carried, Arc::clone(&self.disk), opened, current).await,
                    );
                }
                Err(error) => {
                    tracing::error!(%error, "the ended log cannot be left yet; nothing is accepted")
                }
            }
            tokio::select! {
                biased;
                () = closed.cancelled() => return None,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    async fn open_next(&self, old: LogId, new: LogId) -> Result<Opened, CollectorError> {
        let Carried { store, stream, .. } = &self.carried;
        switch(Arc::clone(&self.disk), store, &**stream, old, new)
            .await
            .map_err(Box::new)?;
        open_log(&self.carried, &self.disk).await
    }

    /// Closes the log, ships all of it and retires it. A log that a salvage has ended stays as it
    /// is: the next start leaves it.
    pub(crate) async fn drain(self) {
        let log = self.current.log();
        log.finish().await;
        self.stop.cancel();
        let Some(tasks) = self.tasks else { return };
        if let Some(mut shipper) = tasks.end().await
            && !log.shared().fenced.is_cancelled()
        {
            shipper.drain().await;
        }
    }
}

impl Carried {
    fn again(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            stream: Arc::clone(&self.stream),
            cells: Arc::clone(&self.cells),
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            health: self.health.clone(),
            settings: self.settings.clone(),
        }
    }
}

/// A name for a log that does not exist: a ULID of now.
fn new_log(carried: &Carried) -> LogId {
    let mut id = [0; 16];
    carried.random.fill(&mut id[6..]);
    id[..6].copy_from_slice(&carried.clock.now_ms().to_be_bytes()[2..]);
    LogId(u128::from_be_bytes(id))
}

/// Whether a salvage has ended the log. With the store out of reach the log is opened all the
/// same: the first segment that collides tells.
async fn is_ended(carried: &Carried, log: LogId) -> bool {
    match timeout(ASK_LIMIT, raw::is_salvaged(&carried.store, log)).await {
        Ok(Ok(ended)) => ended,
        _ => {
            tracing::warn!("whether the log is fenced could not be seen");
            false
        }
    }
}

async fn open_disk(folder: &Path) -> Result<Arc<dyn Disk>, CollectorError> {
    let folder = folder.to_owned();
    let open = move || match LocalDisk::open(&folder) {
        Ok(disk) => Ok(Arc::new(disk) as Arc<dyn Disk>),
        Err(source) => Err(CollectorError::Folder { folder, source }),
    };
    let opened = tokio::task::spawn_blocking(open).await;
    opened.unwrap_or_else(|e| Err(thread_failed(e)))
}

async fn open_log(carried: &Carried, disk: &Arc<dyn Disk>) -> Result<Opened, CollectorError> {
    let (disk, settings) = (Arc::clone(disk), carried.settings.clone());
    let new = new_log(carried);
    let opened = tokio::task::spawn_blocking(move || Log::open(disk, settings, new)).await;
    Ok(opened.map_err(thread_failed)??)
}

fn thread_failed(error: tokio::task::JoinError) -> CollectorError {
    CollectorError::Log(RecoveryError::Thread(std::io::Error::other(error)))
}

/// Tells of a writer thread that died: then nothing is accepted any more.
fn watch(
    writer: std::thread::JoinHandle<()>,
    shared: Arc<Shared>,
    health: Health,
) -> JoinHandle<()> {
    tokio::task::spawn_blocking(move || {
        if writer.join().is_err() {
            tracing::error!(
                "the log's writer failed; nothing is accepted until the collector is restarted"
            );
            shared.stop();
            health.down("log", "the log's writer failed; restart the collector");
        }
    })
}
