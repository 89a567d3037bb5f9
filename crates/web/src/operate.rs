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

/// For whoever runs the process, at an address of their own: `GET /health/live`, `GET /health/ready` with
/// all that is wrong, and `GET /metrics`.
pub fn operate_routes(health: Health, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready_in_detail).with_state(health))
        .route("/metrics", get(measured).with_state(metrics))
}

/// For everybody, at a public address: `GET /health/live` and `GET /health/ready`, which say yes or no. The
/// door is ready while `door` is up, whatever else is down; without one while nothing is down.
pub fn health_routes(health: Health, door: Option<&'static str>) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready).with_state((health, door)))
}

/// What is said of [`health_routes`] in the document of an API.
#[derive(OpenApi)]
#[openapi(paths(live, ready))]
pub struct HealthDocument;

/// Whether a process is alive, or ready.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
struct HealthBody {
    /// `ok`, `ready` or `not ready`.
    #[schema(example = "ready")]
    status: &'static str,
}

/// The same, with all that is wrong.
#[derive(Debug, Serialize)]
struct DetailedBody {
    #[serde(flatten)]
    health: HealthBody,
    /// What does not serve, and why.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    problems: BTreeMap<&'static str, String>,
    /// What serves although something is wrong with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    warnings: BTreeMap<&'static str, String>,
}

/// Whether the process is alive
#[utoipa::path(get, path = "/health/live", tag = "Operation", responses(
    (status = 200, description = "It is.", body = HealthBody),
))]
async fn live() -> Json<HealthBody> {
    Json(HealthBody { status: "ok" })
}

/// Whether the process can serve
#[utoipa::path(get, path = "/health/ready", tag = "Operation", responses(
    (status = 200, description = "It can.", body = HealthBody),
    (status = 503, description = "Something does not serve.", body = HealthBody),
))]
async fn ready(
    State((health, door)): State<(Health, Option<&'static str>)>,
) -> (StatusCode, Json<HealthBody>) {
    let problems = health.problems();
    let is_ready = match door {
        Some(door) => !problems.contains_key(door),
        None => problems.is_empty(),
    };
    let (code, health) = said(is_ready);
    (code, Json(health))
}

async fn ready_in_detail(State(health): State<Health>) -> (StatusCode, Json<DetailedBody>) {
    let (problems, warnings) = (health.problems(), health.warnings());
    let (code, health) = said(problems.is_empty());
    let body = DetailedBody {
        health,
        problems,
        warnings,
    };
    (code, Json(body))
}

fn said(is_ready: bool) -> (StatusCode, HealthBody) {
    let (code, status) = match is_ready {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    (code, HealthBody { status })
}

async fn measured(State(metrics): State<PrometheusHandle>) -> String {
    metrics.render()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, response::Response};
    use http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn answer(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response: Response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await;
        (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_door_is_ready_while_it_is_up_and_tells_strangers_nothing_else() {
        let health = Health::default();
        let door = health_routes(health.clone(), Some("collector"));
        let all = health_routes(health.clone(), None);
        health.down("collector", "it is starting");
        let (status, _) = answer(&door, "/health/ready").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        health.up("collector");
        health.down("serve", "a secret place does not answer");
        health.warn("store", Some("a secret place is slow".into()));
        let ready = (StatusCode::OK, r#"{"status":"ready"}"#.to_owned());
        assert_eq!(answer(&door, "/health/ready").await, ready);
        let (status, text) = answer(&all, "/health/ready").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(text, r#"{"status":"not ready"}"#);
        for router in [&door, &all] {
            let (status, _) = answer(router, "/metrics").await;
            assert_eq!(status, StatusCode::NOT_FOUND);
        }
        let handle = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let own = operate_routes(health, handle.handle());
        let (status, text) = answer(&own, "/health/ready").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(text.matches("secret").count(), 2, "{text}");
        assert_eq!(answer(&own, "/metrics").await.0, StatusCode::OK);
    }
}
