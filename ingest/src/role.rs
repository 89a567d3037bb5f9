//! The collector as a role: opens its log, serves its doors, and drains when told to end.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use catalog::Catalog;
use enrich::{Geo, OwnLists, Rules};
use model::random::{Randomness, new_nonce};
use storage::{
    blocking, cells::LiveCells, env::Env, reservations::Reservations, stream::EventStream,
};
use tokio::{net::TcpListener, runtime::Handle, sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;
use web::{EventLoops, Health, ServerSettings, health_routes};

use crate::{
    client_address::TrustedProxies,
    conversions::lookup::EventLookup,
    follow::{Closer, follow},
    http::{DRAWN_AT_ONCE, routes},
    key_restorer::KeyRestorer,
    log::{LocalDisk, LogSettings, ThreadExecutor},
    max_clicks::{ClickCounts, MaxClicks},
    old_keys::OldKeys,
    recorder::EventRecorder,
    rejected::{self, Rejected},
    request_facts::EventBuilder,
    salts::{CurrentSalts, SaltFollower},
    sender_keys::{SenderKeys, quota::Used},
    session::{Current, Session, SessionDeps, SessionError},
    tallies::{self, Tallies},
    tasks::finish,
    unknown_slugs::UnknownSlugs,
};

/// What is down while the collector cannot answer redirects.
const DOOR: &str = "collector";

/// What the collector works with.
pub struct CollectorDeps {
    /// Object store, time, randomness.
    pub env: Env,
    /// Where the speed layer reads.
    pub stream: Arc<dyn EventStream>,
    /// Where the collector says what it holds.
    pub cells: Arc<dyn LiveCells>,
    /// Senders' keys.
    pub reservations: Arc<dyn Reservations>,
    /// How many clicks links have had.
    pub click_counts: Arc<dyn ClickCounts>,
    /// Links, pixels, goals, keys.
    pub catalog: Catalog,
    /// Enrichment.
    pub rules: Arc<Rules>,
    /// Geo database.
    pub geo: Geo,
    /// The operator's own lists.
    pub lists: OwnLists,
    /// What visitors are hashed with now.
    pub salts: CurrentSalts,
    /// Follows it.
    pub salt_follower: SaltFollower,
    /// What is not ready.
    pub health: Health,
}

/// How the collector behaves.
#[derive(Debug, Clone)]
pub struct CollectorSettings {
    /// Folder of the log.
    pub folder: PathBuf,
    /// Where a copy of the catalog is kept, for a start without the object store.
    pub catalog_copy: PathBuf,
    /// How the log behaves.
    pub log: LogSettings,
    /// Who is believed on whose behalf a request is made.
    pub trusted_proxies: TrustedProxies,
    /// The host at which links answer; `None`: at any.
    pub host: Option<String>,
    /// Where visitors reach links.
    pub public_url: String,
    /// How long a visitor waits for the disk.
    pub patience: Duration,
    /// How often a client may ask in a minute for links that there are not; 0: as often as it likes.
    pub most_unknown_slugs: u32,
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
    /// Its log cannot be opened, or left.
    #[error(transparent)]
    Log(#[from] Box<SessionError>),
    /// No threads could be started.
    #[error("the threads of the doors cannot be started: {0}")]
    Threads(#[from] io::Error),
}

/// Runs the collector on `listener` until `shutdown`, then drains it: finishes the replies, closes
/// the epoch, ships, seals, and retires the log.
pub async fn run(
    deps: CollectorDeps,
    settings: CollectorSettings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), CollectorError> {
    deps.health.down(DOOR, "the collector is starting");
    // Until all is drained: what a request left to do goes on there.
    let loops = Arc::new(EventLoops::new("doors").await?);
    let session = open_session(&deps, &settings).await?;
    let current = session.current();
    let lookup = Arc::new(EventLookup::new(
        Arc::clone(&deps.env.store),
        Arc::clone(&deps.stream),
    ));
    let keys = Arc::new(SenderKeys::new(
        Arc::clone(&deps.reservations),
        Arc::clone(&deps.env.clock),
        Arc::clone(&deps.env.random),
        old_keys(&deps, Arc::clone(&lookup)).await,
    ));
    let closed = CancellationToken::new();
    let mut restorer = KeyRestorer::new(
        Arc::clone(&keys),
        Arc::clone(&deps.env.store),
        deps.env.bell.clone(),
        current.clone(),
    );
    let (rejected, refused) = Rejected::channel();
    let tallies = Arc::new(Tallies::new(
        current.log().id(),
        Arc::clone(&deps.env.clock),
    ));
    let mut background = JoinSet::new();
    background.spawn(rejected::keep(
        Arc::clone(&deps.env.store),
        refused,
        name_maker(Arc::clone(&deps.env.random)),
        closed.clone(),
    ));
    background.spawn(follow(
        deps.catalog.clone(),
        settings.catalog_copy.clone(),
        Closer {
            store: Arc::clone(&deps.env.store),
            current: current.clone(),
        },
        deps.env.bell.clone(),
        shutdown.clone(),
    ));
    background.spawn(deps.salt_follower.clone().keep(
        deps.salts.clone(),
        deps.health.clone(),
        closed.clone(),
    ));
    restorer.begin().await;
    background.spawn(restorer.keep(closed.clone()));
    deps.health.up(DOOR);
    tallies.opened();
    background.spawn(tallies::keep(
        Arc::clone(&deps.env.store),
        Arc::clone(&tallies),
        closed.clone(),
    ));
    tracing::info!(log = %current.log().id(), "the collector accepts events");

    let session = tokio::spawn(session.stay(closed.clone()));
    // It answers redirects whatever else is away.
    let health = health_routes(deps.health.clone(), Some(DOOR));
    let server = settings.server.clone();
    let recorder = recorder(
        deps,
        settings,
        current.clone(),
        keys,
        rejected,
        tallies,
        lookup,
    );
    let doors = routes(recorder).merge(health);
    web::serve_on(&loops, listener, doors, server, shutdown).await;
    closed.cancel();
    while let Some(ended) = background.join_next().await {
        finish("background work", std::future::ready(ended)).await;
    }
    if let Some(session) = finish("log", session).await {
        session.drain().await;
    }
    tracing::info!(log = %current.log().id(), "the collector is drained");
    Ok(())
}

async fn open_session(
    deps: &CollectorDeps,
    settings: &CollectorSettings,
) -> Result<Session, CollectorError> {
    let folder = settings.folder.clone();
    let disk = blocking::run(move || LocalDisk::open(&folder)).await;
    let disk = disk.map_err(|source| CollectorError::Folder {
        folder: settings.folder.clone(),
        source,
    })?;
    let session = Session::open(SessionDeps {
        disk: Arc::new(disk),
        executor: Arc::new(ThreadExecutor),
        env: deps.env.clone(),
        stream: Arc::clone(&deps.stream),
        cells: Arc::clone(&deps.cells),
        health: deps.health.clone(),
        settings: settings.log.clone(),
    });
    Ok(session.await.map_err(Box::new)?)
}

fn recorder(
    deps: CollectorDeps,
    settings: CollectorSettings,
    log: Current,
    keys: Arc<SenderKeys>,
    rejected: Rejected,
    tallies: Arc<Tallies>,
    lookup: Arc<EventLookup>,
) -> Arc<EventRecorder> {
    let (bodies, handled) = EventRecorder::rooms();
    Arc::new(EventRecorder {
        catalog: deps.catalog,
        log,
        builder: EventBuilder {
            rules: deps.rules,
            geo: deps.geo,
            lists: deps.lists,
            salts: deps.salts,
        },
        keys,
        clock: deps.env.clock,
        trusted_proxies: settings.trusted_proxies,
        host: settings.host,
        public_url: settings.public_url,
        patience: settings.patience,
        turn: AtomicU64::default(),
        drawings: Arc::new(Semaphore::new(DRAWN_AT_ONCE)),
        rejected,
        tallies,
        bodies,
        handled,
        pool: Handle::current(),
        used_keys: Used::default(),
        unknown_slugs: UnknownSlugs::new(settings.most_unknown_slugs),
        max_clicks: MaxClicks::new(deps.click_counts, Handle::current()),
        lookup,
    })
}

/// Names that no other object of this installation has.
fn name_maker(random: Arc<dyn Randomness>) -> Arc<dyn Fn() -> String + Send + Sync> {
    Arc::new(move || format!("{:032x}", new_nonce(&*random)))
}

/// Where keys from before they had scopes are looked up. Where the store cannot say whether there are
/// any, they are looked for.
async fn old_keys(deps: &CollectorDeps, lookup: Arc<EventLookup>) -> Option<OldKeys> {
    let there = handover::installation::has_old_keys(&deps.env.store).await;
    there.unwrap_or(true).then(|| OldKeys::new(lookup))
}
