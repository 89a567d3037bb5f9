//! The collector as a role: opens its log, serves its doors, and drains when told to end.

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use enrich::{Geo, VisitorKey};
use futures::{StreamExt, stream};
use ipnet::IpNet;
use model::{Clock, EventId, LogId};
use storage::{
    catalog::{
        Catalog,
        random::{Randomness, new_nonce},
    },
    installation::{Control, Request},
    raw::{self, LogInfo},
    reservations::Reservations,
    store::Store,
    stream::EventStream,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web::{Health, ServerSettings};

use crate::{
    door::{Door, reservation_key},
    http::routes,
    log::{LocalDisk, Log, LogSettings, Opened, RecoveryError, Shared},
    rejected::{self, Rejected},
    ship::Shipper,
    sighting::Lens,
    streamer,
    tallies::{self, Tallies},
};

/// How often the collector looks for new links and for requests of other roles.
const FOLLOW: Duration = Duration::from_millis(500);
/// Keys of the last run that are confirmed at once, and how long that may hold up the start.
const CONFIRM_AT_ONCE: usize = 64;
const CONFIRM_LIMIT: Duration = Duration::from_secs(20);

/// What the collector works with.
pub struct CollectorDeps {
    /// Object store.
    pub store: Store,
    /// Where the speed layer reads.
    pub stream: Arc<dyn EventStream>,
    /// Senders' keys.
    pub reservations: Arc<dyn Reservations>,
    /// Links, pixels, goals, keys.
    pub catalog: Catalog,
    /// Geo database.
    pub geo: Geo,
    /// Secret of the visitor numbers.
    pub visitor_key: [u8; 32],
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
    /// What is not ready.
    pub health: Health,
    /// Health and metrics routes of this process.
    pub operate: Router,
}

/// How the collector behaves.
#[derive(Debug, Clone)]
pub struct CollectorSettings {
    /// Folder of the log.
    pub folder: PathBuf,
    /// How the log behaves.
    pub log: LogSettings,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Bounds of the server.
    pub server: ServerSettings,
}

/// Why the collector cannot run.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// Its folder cannot be used.
    #[error("the data folder {folder}: {source}", folder = .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Its log cannot be opened.
    #[error(transparent)]
    Log(#[from] RecoveryError),
    /// The log was fenced: another installation's salvage has ended it.
    #[error(
        "log {0} has been fenced in the store; move its data folder away and start with an empty one, then salvage the old folder"
    )]
    Fenced(LogId),
}

/// Runs the collector on `listener` until `shutdown`, then drains it: finishes the replies, closes
/// the epoch, ships, seals, and retires the log.
pub async fn run(
    deps: CollectorDeps,
    settings: CollectorSettings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), CollectorError> {
    let Opened {
        log,
        writer,
        unconfirmed,
    } = open_log(&deps, &settings).await?;
    refuse_fenced(&deps, log.id()).await?;
    let predecessor = log.shared().predecessor.map(|(log, _)| log);
    let info = LogInfo {
        log: log.id(),
        created_ms: deps.clock.now_ms(),
        predecessor,
        retired_at: None,
        closed: None,
    };
    // Readers must know of the log before it has events. With the store out of reach the doors
    // open all the same: the shipper registers it later, and nobody counts from it until then.
    if let Err(error) = raw::register_log(&deps.store, &info).await {
        tracing::warn!(%error, "the log could not be registered yet");
    }
    let watching = watch(writer, Arc::clone(log.shared()), deps.health.clone());
    let (rejected, refused) = Rejected::channel();
    let tallies = Arc::new(Tallies::new(log.id()));
    let door = Arc::new(Door {
        catalog: deps.catalog.clone(),
        log: log.clone(),
        lens: Lens {
            geo: deps.geo,
            visitor_key: VisitorKey::new(deps.visitor_key),
        },
        reservations: deps.reservations,
        clock: Arc::clone(&deps.clock),
        trusted_proxies: settings.trusted_proxies,
        rejected,
        tallies: Arc::clone(&tallies),
        bodies: Door::body_room(),
    });
    let carriers = CancellationToken::new();
    let shared = Arc::clone(log.shared());
    let streamer = tokio::spawn(streamer::run(
        Arc::clone(&deps.stream),
        Arc::clone(&shared),
        deps.health.clone(),
        carriers.clone(),
    ));
    let mut shipper = Shipper::new(
        Arc::clone(&deps.store),
        deps.stream,
        shared,
        info.clone(),
        deps.health.clone(),
        settings.log.max_log_bytes / 2,
    );
    let shipping = {
        let carriers = carriers.clone();
        tokio::spawn(async move {
            shipper.run(carriers).await;
            shipper
        })
    };
    let random = Arc::clone(&deps.random);
    let name = Arc::new(move || format!("{:032x}", new_nonce(&*random)));
    let keeping = tokio::spawn(rejected::keep(
        Arc::clone(&deps.store),
        log.id(),
        refused,
        name,
        carriers.clone(),
    ));
    let tallying = tokio::spawn(tallies::keep(
        Arc::clone(&deps.store),
        Arc::clone(&deps.clock),
        tallies,
        carriers.clone(),
    ));
    let following = tokio::spawn(follow(
        deps.catalog,
        Closer {
            store: deps.store,
            info: info.clone(),
            log: log.clone(),
        },
        shutdown.clone(),
    ));
    confirm_own(&door, unconfirmed).await;
    deps.health.up("collector");
    tracing::info!(log = %log.id(), "the collector accepts events");

    web::serve(
        listener,
        routes(door).merge(deps.operate),
        settings.server,
        shutdown,
    )
    .await;
    log.finish().await;
    finish("log writer", watching).await;
    carriers.cancel();
    finish("streamer", streamer).await;
    finish("rejected", keeping).await;
    finish("tallies", tallying).await;
    finish("follower", following).await;
    if let Some(mut shipper) = finish("shipper", shipping).await {
        shipper.drain().await;
    }
    tracing::info!(log = %log.id(), "the collector is drained");
    Ok(())
}

async fn finish<T>(name: &str, task: tokio::task::JoinHandle<T>) -> Option<T> {
    task.await
        .inspect_err(|error| tracing::error!(%error, name, "a task of the collector failed"))
        .ok()
}

async fn open_log(
    deps: &CollectorDeps,
    settings: &CollectorSettings,
) -> Result<Opened, CollectorError> {
    let (folder, log) = (settings.folder.clone(), settings.log.clone());
    let mut id = [0; 16];
    deps.random.fill(&mut id[6..]);
    id[..6].copy_from_slice(&deps.clock.now_ms().to_be_bytes()[2..]);
    let open = move || {
        let disk =
            LocalDisk::open(&folder).map_err(|source| CollectorError::Folder { folder, source })?;
        Ok(Log::open(
            Arc::new(disk),
            log,
            LogId(u128::from_be_bytes(id)),
        )?)
    };
    let opened = tokio::task::spawn_blocking(open).await;
    opened.unwrap_or_else(|e| {
        Err(CollectorError::Log(RecoveryError::Thread(
            std::io::Error::other(e),
        )))
    })
}

/// Before the first event is accepted. With the store out of reach the log is opened all the
/// same: a fence would show as a collision, which ends acceptance.
async fn refuse_fenced(deps: &CollectorDeps, log: LogId) -> Result<(), CollectorError> {
    match storage::raw::fence(&deps.store, log).await {
        Ok(0) => Ok(()),
        Ok(_) => Err(CollectorError::Fenced(log)),
        Err(error) => {
            tracing::warn!(%error, "whether the log is fenced could not be seen");
            Ok(())
        }
    }
}

/// Tells of a writer thread that died: then nothing is accepted any more.
fn watch(
    writer: std::thread::JoinHandle<()>,
    shared: Arc<Shared>,
    health: Health,
) -> tokio::task::JoinHandle<()> {
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

/// Recovery of the log confirms the keys of its own events, before the doors open: they may have
/// been pending when the collector died.
async fn confirm_own(door: &Door, unconfirmed: Vec<(u64, String, EventId)>) {
    let all = stream::iter(unconfirmed).for_each_concurrent(
        CONFIRM_AT_ONCE,
        |(account, key, id)| async move {
            door.confirm(&reservation_key(account, &key), id).await;
        },
    );
    if tokio::time::timeout(CONFIRM_LIMIT, all).await.is_err() {
        tracing::warn!("not all keys of the last run could be confirmed in time");
    }
}

/// Takes in new links, and closes the epoch when asked.
async fn follow(catalog: Catalog, closer: Closer, shutdown: CancellationToken) {
    let control = Control::new(Arc::clone(&closer.store));
    // What was asked before we came does not concern us: it was asked of others' events.
    let mut done = control.newest().await.ok();
    while !shutdown.is_cancelled() {
        if let Err(error) = catalog.follow().await {
            tracing::warn!(%error, "new links could not be read");
        }
        match closer.carry_out(&control, done).await {
            Ok(n) => done = Some(n),
            Err(error) => {
                tracing::warn!(%error, "the epoch could not be closed as asked; trying again")
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(FOLLOW) => {}
        }
    }
}

/// Closes the epoch of this collector's log when asked, and says so in the store.
struct Closer {
    store: Store,
    info: LogInfo,
    log: Log,
}

#[derive(Debug, thiserror::Error)]
enum CloseError {
    #[error(transparent)]
    Ledger(#[from] storage::ledger::LedgerError),
    #[error(transparent)]
    Store(#[from] storage::store::StoreError),
    #[error(transparent)]
    Log(#[from] crate::log::AppendError),
}

impl Closer {
    /// Carries out the requests after `done`; tells the last one.
    async fn carry_out(&self, control: &Control, done: Option<u64>) -> Result<u64, CloseError> {
        let Some(done) = done else {
            return Ok(control.newest().await?);
        };
        let (n, requests) = control.after(done).await?;
        if requests.contains(&Request::CloseEpochs) {
            let epoch = self.log.close_epoch().await?;
            raw::update_log(
                &self.store,
                &LogInfo {
                    closed: Some((n, epoch)),
                    ..self.info.clone()
                },
            )
            .await?;
        }
        Ok(n)
    }
}
