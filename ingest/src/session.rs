//! One log at a time, with all that carries it on; and the way to the next log when a salvage has
//! ended this one.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use handover::raw::{self, LogInfo};
use model::LogId;
use storage::{blocking, cells::LiveCells, env::Env, stream::EventStream};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::{
    log::{
        Disk, Log, LogSettings, Opened, RecoveryError, Shared, WriterExecutor,
        switch::{SwitchError, switch},
    },
    ship::Shipper,
    streamer::{self, Targets},
    tasks::finish,
};

/// How long the store may take to answer at a start: the doors do not wait for it.
const ASK_LIMIT: Duration = Duration::from_secs(5);
/// Pause before an ended log is tried to be left again.
const PAUSE: Duration = Duration::from_secs(1);

/// What a log is on, what it is carried on to, and how.
#[derive(Clone)]
pub struct SessionDeps {
    /// Where the log is.
    pub disk: Arc<dyn Disk>,
    /// What runs its writer.
    pub executor: Arc<dyn WriterExecutor>,
    /// Object store, time, randomness.
    pub env: Env,
    /// Where the speed layer reads.
    pub stream: Arc<dyn EventStream>,
    /// Where the collector says what it holds.
    pub cells: Arc<dyn LiveCells>,
    /// What is not ready.
    pub health: Health,
    /// How the log behaves.
    pub settings: LogSettings,
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

/// Why a log cannot be opened, or its successor cannot.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// It cannot be opened.
    #[error(transparent)]
    Log(#[from] RecoveryError),
    /// A salvage has ended it, and it cannot be left yet.
    #[error(transparent)]
    Switch(#[from] SwitchError),
}

/// A log that is open and carried on.
pub struct Session {
    deps: SessionDeps,
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
    /// Opens the log on the disk. If a salvage has ended it, its successor is opened.
    pub async fn open(deps: SessionDeps) -> Result<Self, SessionError> {
        let mut opened = open_log(&deps).await?;
        let old = opened.log.id();
        if is_ended(&deps, old).await {
            opened.log.finish().await;
            let new = new_log(&deps);
            let (store, stream) = (&deps.env.store, &*deps.stream);
            match switch(Arc::clone(&deps.disk), store, stream, old, new).await {
                Ok(()) => opened = open_log(&deps).await?,
                Err(error) => {
                    // The doors open all the same: redirects answer, and it is tried again.
                    tracing::error!(%error, "the ended log cannot be left yet");
                    opened.log.shared().fenced.cancel();
                }
            }
        }
        Ok(Self::begin(deps, opened, None).await)
    }

    async fn begin(deps: SessionDeps, opened: Opened, current: Option<Current>) -> Self {
        let Opened { log, writer, .. } = opened;
        let shared = Arc::clone(log.shared());
        let info = LogInfo {
            log: log.id(),
            created_ms: deps.env.clock.now_ms(),
            predecessor: shared.predecessor.map(|before| before.log),
            retired_at: None,
            closed: None,
            account: None,
        };
        // Readers must know of the log before it has events. With the store out of reach the
        // doors open all the same: the shipper registers it later, and nobody counts from it
        // until then.
        let registered = timeout(ASK_LIMIT, raw::register_log(&deps.env.store, &info)).await;
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
            stream: Arc::clone(&deps.stream),
            cells: Arc::clone(&deps.cells),
        };
        let streaming = streamer::run(
            targets,
            Arc::clone(&shared),
            deps.health.clone(),
            stop.clone(),
        );
        let mut shipper = Shipper::new(
            Arc::clone(&deps.env.store),
            Arc::clone(&deps.stream),
            Arc::clone(&shared),
            info,
            deps.health.clone(),
            deps.settings.max_log_bytes / 2,
            deps.env.bell.clone(),
        );
        let stopped = stop.clone();
        let shipping = async move {
            shipper.run(stopped).await;
            shipper
        };
        Self {
            tasks: Some(Tasks {
                writer: tokio::spawn(watch(writer, shared, deps.health.clone())),
                streamer: tokio::spawn(streaming),
                shipper: tokio::spawn(shipping),
            }),
            deps,
            current,
            stop,
        }
    }

    /// The log that takes events now.
    pub fn current(&self) -> Current {
        self.current.clone()
    }

    /// Stays until `closed`; goes on in a new log each time a salvage ends the present one.
    pub async fn stay(mut self, closed: CancellationToken) -> Self {
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
        let why = "the log was ended by a salvage; a new one is being made";
        self.deps.health.warn("log", Some(why.into()));
        let new = new_log(&self.deps);
        loop {
            match self.open_next(old.id(), new).await {
                Ok(opened) => {
                    self.deps.health.warn("log", None);
                    let deps = self.deps.clone();
                    let current = Some(self.current.clone());
                    return Some(Self::begin(deps, opened, current).await);
                }
                Err(error) => {
                    tracing::error!(%error, "the ended log cannot be left yet; nothing is accepted");
                    let why =
                        format!("the log was ended by a salvage and cannot be left yet: {error}");
                    self.deps.health.warn("log", Some(why));
                }
            }
            tokio::select! {
                biased;
                () = closed.cancelled() => return None,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    async fn open_next(&self, old: LogId, new: LogId) -> Result<Opened, SessionError> {
        let SessionDeps { env, stream, .. } = &self.deps;
        switch(Arc::clone(&self.deps.disk), &env.store, &**stream, old, new).await?;
        Ok(open_log(&self.deps).await?)
    }

    /// Closes the log, ships all of it and retires it. A log that a salvage has ended stays as it
    /// is: the next start leaves it.
    pub async fn drain(self) {
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

/// A name for a log that does not exist: a ULID of now.
fn new_log(deps: &SessionDeps) -> LogId {
    let mut id = [0; 16];
    deps.env.random.fill(&mut id[6..]);
    id[..6].copy_from_slice(&deps.env.clock.now_ms().to_be_bytes()[2..]);
    LogId(u128::from_be_bytes(id))
}

/// Whether a salvage has ended the log. With the store out of reach the log is opened all the
/// same: the first segment that collides tells.
async fn is_ended(deps: &SessionDeps, log: LogId) -> bool {
    match timeout(ASK_LIMIT, raw::is_salvaged(&deps.env.store, log)).await {
        Ok(Ok(ended)) => ended,
        _ => {
            tracing::warn!("whether the log is fenced could not be seen");
            false
        }
    }
}

async fn open_log(deps: &SessionDeps) -> Result<Opened, RecoveryError> {
    let SessionDeps {
        disk,
        executor,
        settings,
        ..
    } = deps.clone();
    let new = new_log(deps);
    blocking::run(move || Ok(Log::open(disk, &*executor, settings, new)))
        .await
        .map_err(RecoveryError::Thread)?
}

/// Tells of a writer that died: then nothing is accepted any more.
async fn watch(writer: JoinHandle<()>, shared: Arc<Shared>, health: Health) {
    if writer.await.is_err() {
        tracing::error!(
            "the log's writer failed; nothing is accepted until the collector is restarted"
        );
        shared.stop();
        let why =
            "the log's writer failed: redirects go on and are not recorded; restart the collector";
        health.warn("log", Some(why.into()));
    }
}
