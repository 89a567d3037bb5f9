//! The API as a role.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::Router;
use catalog::Catalog;
use handover::manifests::Manifests;
use jobs::{JobSummary, JobsError, Run, StartedRun};
use model::{Clock, random::Randomness};
use storage::{cells::LiveCells, store::Store, stream::EventStream};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web::{Health, ServerSettings};

use crate::{
    api::{self, Api, auth::AdminToken, jobs::JobControl},
    assets,
    audit::{self, AuditControl},
    forecasts, live, receipts,
    stats::{self, Numbers, Sources},
};

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
    deps: ServingDeps,
    settings: ServingSettings,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let manifests = Arc::new(Manifests::new(Arc::clone(&deps.store)));
    let api = Arc::new(Api {
        catalog: deps.catalog.clone(),
        clock: deps.clock,
        random: deps.random,
        admin_token: AdminToken::new(&settings.admin_token),
        jobs: Arc::new(Refreshing {
            jobs: deps.jobs,
            manifests: Arc::clone(&manifests),
        }),
        public_url: settings.public_url,
        large_bodies: Api::large_bodies(),
    });
    let sources = Arc::new(Sources::new(
        Arc::clone(&api),
        Arc::clone(&deps.store),
        deps.cells,
        manifests,
    ));
    let following = tokio::spawn(follow(
        Arc::clone(&sources),
        deps.catalog,
        deps.health,
        shutdown.clone(),
    ));
    let numbers = Numbers(sources);
    let router = api::routes(Arc::clone(&api))
        .merge(stats::routes(numbers.clone()))
        .merge(live::routes(numbers.clone()))
        .merge(receipts::routes(numbers.clone(), deps.stream))
        .merge(audit::routes(numbers, deps.audits))
        .merge(forecasts::routes(Arc::clone(&api), Arc::clone(&deps.store)))
        .merge(assets::routes())
        .merge(deps.operate);
    web::serve(
        listener,
        api::with_fallbacks(router),
        settings.server,
        shutdown,
    )
    .await;
    if let Err(error) = following.await {
        tracing::error!(%error, "the follower of the API failed");
    }
}

/// Jobs whose results the next answer shows: whoever waited for a batch expects to see it.
struct Refreshing {
    jobs: Arc<dyn JobControl>,
    manifests: Arc<Manifests>,
}

#[async_trait]
impl JobControl for Refreshing {
    async fn list(&self) -> Result<Vec<JobSummary>, JobsError> {
        self.jobs.list().await
    }

    async fn runs(&self, name: &str, limit: usize) -> Result<Vec<Run>, JobsError> {
        self.jobs.runs(name, limit).await
    }

    async fn start(
        &self,
        name: &str,
        close_epochs: bool,
        wait: bool,
    ) -> Result<StartedRun, JobsError> {
        let answer = self.jobs.start(name, close_epochs, wait).await?;
        if let Err(error) = self.manifests.latest().await {
            tracing::warn!(%error, "the newest manifest will be seen a little later");
        }
        Ok(answer)
    }
}

async fn follow(
    sources: Arc<Sources>,
    catalog: Catalog,
    health: Health,
    shutdown: CancellationToken,
) {
    while !shutdown.is_cancelled() {
        let fresh = sources.refresh().await;
        let followed = catalog.follow().await;
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
