//! The collector as a role: opens its log, serves its doors, and drains when told to end.

use std::{path::PathBuf, sync::Arc};

use axum::Router;
use catalog::Catalog;
use enrich::{Geo, VisitorKey};
use ipnet::IpNet;
use model::{
    Clock,
    random::{Randomness, new_nonce},
};
use storage::{cells::LiveCells, reservations::Reservations, store::Store, stream::EventStream};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web::{Health, ServerSettings};

use crate::{
    follow::{Closer, follow},
    http::routes,
    key_restorer::KeyRestorer,
    log::{LogSettings, RecoveryError, switch::SwitchError},
    recorder::EventRecorder,
    rejected::{self, Rejected},
    request_facts::EventBuilder,
    sender_keys::SenderKeys,
    session::{Carried, Session},
    tallies::{self, Tallies},
};

/// What the collector works with.
pub struct CollectorDeps {
    /// Object store.
    pub store: Store,
    /// Where the speed layer reads.
    pub stream: Arc<dyn EventStream>,
    /// Where the collector says what it holds.
    pub cells: Arc<dyn LiveCells>,
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
    /// Where a copy of the catalog is kept, for a start without the object store.
    pub catalog_copy: PathBuf,
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
    /// Its log was ended by a salvage, and cannot be left yet.
    #[error(transparent)]
    Switch(#[from] Box<SwitchError>),
}

/// Runs the collector on `listener` until `shutdown`, then drains it: finishes the replies, closes
/// the epoch, ships, seals, and retires the log.
pub async fn run(
    deps: CollectorDeps,
    settings: CollectorSettings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), CollectorError> {
    let carried = Carried {
        store: Arc::clone(&deps.store),
        stream: Arc::clone(&deps.stream),
        cells: deps.cells,
        clock: Arc::clone(&deps.clock),
        random: Arc::clone(&deps.random),
        health: deps.health.clone(),
        settings: settings.log,
    };
    let session = Session::open(carried, &settings.folder).await?;
    let current = session.current();
    let (rejected, refused) = Rejected::channel();
    let tallies = Arc::new(Tallies::new(current.log().id()));
    let keys = Arc::new(SenderKeys::new(
        deps.reservations,
        Arc::clone(&deps.clock),
        Arc::clone(&deps.random),
    ));
    let mut memory = KeyRestorer::new(Arc::clone(&keys), Arc::clone(&deps.store), current.clone());
    let (bodies, handled) = EventRecorder::room();
    let recorder = Arc::new(EventRecorder {
        catalog: deps.catalog.clone(),
        log: current.clone(),
        builder: EventBuilder {
            geo: deps.geo,
            visitor_key: VisitorKey::new(deps.visitor_key),
        },
        keys: Arc::clone(&keys),
        clock: Arc::clone(&deps.clock),
        trusted_proxies: settings.trusted_proxies,
        rejected,
        tallies: Arc::clone(&tallies),
        bodies,
        handled,
    });
    let closed = CancellationToken::new();
    let keeping = tokio::spawn(rejected::keep(
        Arc::clone(&deps.store),
        current.log().id(),
        refused,
        name_maker(deps.random),
        closed.clone(),
    ));
    let tallying = tokio::spawn(tallies::keep(
        Arc::clone(&deps.store),
        Arc::clone(&deps.clock),
        tallies,
        closed.clone(),
    ));
    let following = tokio::spawn(follow(
        deps.catalog,
        settings.catalog_copy,
        Closer {
            store: deps.store,
            current: current.clone(),
        },
        shutdown.clone(),
    ));
    memory.begin().await;
    let restoring = tokio::spawn(memory.keep(closed.clone()));
    deps.health.up("collector");
    tracing::info!(log = %current.log().id(), "the collector accepts events");

    let session = tokio::spawn(session.stay(closed.clone()));
    web::serve(
        listener,
        routes(recorder).merge(deps.operate),
        settings.server,
        shutdown,
    )
    .await;
    closed.cancel();
    finish("rejected", keeping).await;
    finish("tallies", tallying).await;
    finish("follower", following).await;
    finish("keys", restoring).await;
    if let Some(session) = finish("log", session).await {
        session.drain().await;
    }
    tracing::info!(log = %current.log().id(), "the collector is drained");
    Ok(())
}

/// Names that no other object of this installation has.
fn name_maker(random: Arc<dyn Randomness>) -> Arc<dyn Fn() -> String + Send + Sync> {
    Arc::new(move || format!("{:032x}", new_nonce(&*random)))
}

pub(crate) async fn finish<T>(
    name: &str,
    task: impl Future<Output = Result<T, tokio::task::JoinError>>,
) -> Option<T> {
    task.await
        .inspect_err(|error| tracing::error!(%error, name, "a task of the collector failed"))
        .ok()
}
