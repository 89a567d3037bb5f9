//! Numbers: settled (batch views of one manifest) plus live (cells of epochs beyond it).

mod answer;
mod calendar;
#[cfg(test)]
mod hostile;
pub(crate) mod live;
mod merge;
mod metric;
mod query;
mod range;
mod settled;
mod uniques;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json, Router,
    extract::{FromRef, RawQuery, State},
    routing::get,
};
use catalog::Catalog;
use handover::{directory::Directory, manifests::Manifests};
use model::Clock;
use serde_json::Value;
use storage::{cells::LiveCells, store::Store};
use web::Problem;

pub(crate) use self::query::Query;
use self::settled::Settled;
use crate::api::{Api, auth::Reader};

/// What numbers are made of. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Numbers(pub(crate) Arc<Sources>);

/// See [`Numbers`].
pub(crate) struct Sources {
    pub(crate) api: Arc<Api>,
    pub(crate) store: Store,
    pub(crate) cells: Arc<dyn LiveCells>,
    pub(crate) manifests: Arc<Manifests>,
    pub(crate) directory: Mutex<Arc<Directory>>,
    pub(crate) settled: Settled,
    /// Whether logs and manifest have been looked for since the start.
    looked: AtomicBool,
}

impl FromRef<Numbers> for Arc<Api> {
    fn from_ref(numbers: &Numbers) -> Self {
        Arc::clone(&numbers.0.api)
    }
}

impl Sources {
    pub(crate) fn new(
        api: Arc<Api>,
        store: Store,
        cells: Arc<dyn LiveCells>,
        manifests: Arc<Manifests>,
    ) -> Self {
        let settled = Settled::new(Arc::clone(&store));
        Self {
            api,
            store,
            cells,
            manifests,
            directory: Mutex::default(),
            settled,
            looked: AtomicBool::new(false),
        }
    }

    fn clock(&self) -> &dyn Clock {
        &*self.api.clock
    }

    fn catalog(&self) -> &Catalog {
        &self.api.catalog
    }

    pub(crate) fn directory(&self) -> Arc<Directory> {
        Arc::clone(
            &self
                .directory
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Looks for logs and a manifest if nobody has yet: without them every number is nought.
    pub(crate) async fn look_once(&self) -> Result<(), Problem> {
        match self.looked.load(Ordering::Acquire) {
            true => Ok(()),
            false => self.refresh().await,
        }
    }

    /// Looks for new logs and a new manifest.
    pub(crate) async fn refresh(&self) -> Result<(), Problem> {
        let mut directory = (*self.directory()).clone();
        let unavailable = |error: String| {
            tracing::warn!(error, "the object store does not answer");
            Problem::unavailable("store_unavailable", "the object store does not answer", 2)
        };
        directory
            .refresh(&self.store)
            .await
            .map_err(|e| unavailable(e.to_string()))?;
        self.manifests
            .latest()
            .await
            .map_err(|e| unavailable(e.to_string()))?;
        let mut kept = self
            .directory
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Another refresh may have been faster; both saw the truth, and infos only grow.
        *kept = Arc::new(directory);
        self.looked.store(true, Ordering::Release);
        Ok(())
    }
}

/// `GET /v1/stats`.
pub(crate) fn routes(numbers: Numbers) -> Router {
    Router::new()
        .route("/v1/stats", get(stats))
        .with_state(numbers)
}

async fn stats(
    State(numbers): State<Numbers>,
    caller: Reader,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let account = caller.0.account;
    let sources = &numbers.0;
    let timezone = sources
        .catalog()
        .account(account)
        .map(|a| a.settings.timezone.to_string());
    let query = Query::parse(
        query.as_deref().unwrap_or_default(),
        &timezone.unwrap_or_default(),
        sources.clock().now_ms(),
    )?;
    let entity = query.entity(sources.catalog(), account)?;
    answer::answer(sources, entity, &query).await.map(Json)
}

/// The numbers of one entity, as [`stats`] answers them.
pub(crate) async fn numbers_of(
    sources: &Sources,
    entity: model::EntityId,
    query: &Query,
) -> Result<Value, Problem> {
    answer::answer(sources, entity, query).await
}
