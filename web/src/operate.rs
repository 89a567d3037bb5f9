//! Health and metrics, the same on every role.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

/// What is not ready, by component. Cheap to clone.
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<BTreeMap<&'static str, String>>>);

impl Health {
    /// Says that `component` cannot serve, and why.
    pub fn down(&self, component: &'static str, why: impl Into<String>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(component, why.into());
    }

    /// Says that `component` serves.
    pub fn up(&self, component: &'static str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(component);
    }

    /// What is down, and why.
    pub fn problems(&self) -> BTreeMap<&'static str, String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
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
    match problems.is_empty() {
        true => (StatusCode::OK, Json(json!({"status": "ready"}))),
        false => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({"status": "not ready", "problems": problems})),
        ),
    }
}
