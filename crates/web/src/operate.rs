//! Health and metrics, the same on every role.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

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

/// `GET /health/live`, `GET /health/ready`, `GET /metrics`.
pub fn operate_routes(health: Health, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route(
            "/health/live",
            get(|| async { Json(json!({"status": "ok"})) }),
        )
        .route("/health/ready", get(ready).with_state(health))
        .route(
            "/metrics",
            get(|State(metrics): State<PrometheusHandle>| async move { metrics.render() })
                .with_state(metrics),
        )
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let problems = health.problems();
    let mut body = match problems.is_empty() {
        true => json!({"status": "ready"}),
        false => json!({"status": "not ready", "problems": problems}),
    };
    let warnings = health.warnings();
    if !warnings.is_empty() {
        body["warnings"] = json!(warnings);
    }
    let status = match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(body))
}
