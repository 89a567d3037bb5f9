//! Health and metrics, the same on every role.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Json, Router, extract::State, routing::get};
use http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

/// What is not ready, and what else whoever runs this should know, by component. Cheap to clone.
#[derive(Clone, Default)]
pub struct Health {
    problems: Texts,
    warnings: Texts,
}

type Texts = Arc<Mutex<BTreeMap<&'static str, String>>>;

impl Health {
    /// Says that `component` cannot serve, and why.
    pub fn down(&self, component: &'static str, why: impl Into<String>) {
        lock(&self.problems).insert(component, why.into());
    }

    /// Says that `component` serves.
    pub fn up(&self, component: &'static str) {
        lock(&self.problems).remove(component);
    }

    /// Says what is wrong with `component`, although it serves; `None`: nothing.
    pub fn warn(&self, component: &'static str, what: Option<String>) {
        match what {
            Some(what) => drop(lock(&self.warnings).insert(component, what)),
            None => drop(lock(&self.warnings).remove(component)),
        }
    }

    /// What is down, and why.
    pub fn problems(&self) -> BTreeMap<&'static str, String> {
        lock(&self.problems).clone()
    }

    /// What is wrong with what serves.
    pub fn warnings(&self) -> BTreeMap<&'static str, String> {
        lock(&self.warnings).clone()
    }
}

fn lock(texts: &Texts) -> MutexGuard<'_, BTreeMap<&'static str, String>> {
    texts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `GET /health/live`, `GET /health/ready`, `GET /metrics`; see [`OperateDocument`].
pub fn operate_routes(health: Health, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready).with_state(health))
        .route("/metrics", get(measured).with_state(metrics))
}

/// What is said of [`operate_routes`] in the document of an API.
#[derive(OpenApi)]
#[openapi(paths(live, ready, measured))]
pub struct OperateDocument;

/// Whether a process is alive, or ready.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
struct HealthBody {
    /// `ok`, `ready` or `not ready`.
    #[schema(example = "ready")]
    status: &'static str,
    /// What does not serve, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, String>>, example = json!({}))]
    problems: Option<BTreeMap<&'static str, String>>,
    /// What serves although something is wrong with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Option<BTreeMap<String, String>>, example = json!({}))]
    warnings: BTreeMap<&'static str, String>,
}

/// Whether the process is alive
#[utoipa::path(get, path = "/health/live", tag = "Operation", responses(
    (status = 200, description = "It is.", body = HealthBody),
))]
async fn live() -> Json<HealthBody> {
    Json(HealthBody {
        status: "ok",
        problems: None,
        warnings: BTreeMap::new(),
    })
}

/// Whether the process can serve
#[utoipa::path(get, path = "/health/ready", tag = "Operation", responses(
    (status = 200, description = "It can.", body = HealthBody),
    (status = 503, description = "Something does not serve.", body = HealthBody),
))]
async fn ready(State(health): State<Health>) -> (StatusCode, Json<HealthBody>) {
    let (problems, warnings) = (health.problems(), health.warnings());
    let (code, status) = match problems.is_empty() {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let body = HealthBody {
        status,
        problems: Some(problems).filter(|problems| !problems.is_empty()),
        warnings,
    };
    (code, Json(body))
}

/// Measurements of the process, for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "Operation", responses(
    (status = 200, description = "Prometheus text format.", body = String, content_type = "text/plain"),
))]
async fn measured(State(metrics): State<PrometheusHandle>) -> String {
    metrics.render()
}
