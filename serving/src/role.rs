//! The API as a role.

use std::{sync::Arc, time::Duration};

use axum::Router;
use catalog::Catalog;
use model::Clock;
use model::random::Randomness;
use storage::{cells::LiveCells, store::Store, stream::EventStream};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web::{Health, ServerSettings};

use crate::{api::jobs::JobControl, app::App, audit::AuditControl, routes};

/// How often new links, logs and manifests are looked for.
const FOLLOW: Duration = Duration::from_millis(500);

/// What the API works with.
pub struct ServingDeps {
    /// Object store.
    pub store: Store,
    /// Events on their way to the object store.
    pub stream: Arc<dyn EventStream>,
    /// Live cells.
    pub cells: Arc<dyn LiveCells>,
    /// Accounts, keys, objects.
    pub catalog: Catalog,
    /// Scheduled jobs.
    pub jobs: Arc<dyn JobControl>,
    /// Audits.
    pub audits: Arc<dyn AuditControl>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
    /// What is not ready.
    pub health: Health,
    /// Health and metrics routes of this process.
    pub operate: Router,
}

/// How the API behaves.
#[derive(Debug, Clone)]
pub struct ServingSettings {
    /// Token of whoever runs the installation.
    pub admin_token: String,
    /// Where visitors reach the collector.
    pub public_url: String,
    /// Bounds of the server.
    pub server: ServerSettings,
}

/// Serves the API on `listener` until `shutdown`.
pub async fn run(
    mut deps: ServingDeps,
    settings: ServingSettings,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let (health, server) = (deps.health.clone(), settings.server.clone());
    let operate = std::mem::take(&mut deps.operate);
    let app = Arc::new(App::new(deps, settings));
    let following = tokio::spawn(follow(Arc::clone(&app), health, shutdown.clone()));
    let router = routes::router(app).merge(operate);
    web::serve(listener, routes::with_fallbacks(router), server, shutdown).await;
    if let Err(error) = following.await {
        tracing::error!(%error, "the follower of the API failed");
    }
}

async fn follow(app: Arc<App>, health: Health, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let fresh = app.refresh().await;
        let followed = app.catalog.follow().await;
        if let Err(error) = &followed {
            tracing::warn!(%error, "the catalog could not be followed");
        }
        match fresh.is_ok() && followed.is_ok() {
            true => health.up("serve"),
            false => health.down(
                "serve",
                "the object store does not answer; numbers may be old",
            ),
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(FOLLOW) => {}
        }
    }
}
