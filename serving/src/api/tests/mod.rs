use std::sync::Arc;

use ::jobs::{JobSummary, JobsError, Reason, Run, RunState, StartedRun};
use axum::{Router, body::Body};
use catalog::Catalog;
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use testing::Installation;
use tower::ServiceExt;

use crate::{
    AdminToken, JobControl, ServingDeps,
    openapi::tests::promised,
    routes,
    testing::{NOW_MS, TOKEN, deps, settings},
};

mod access;
mod assets;
mod bad_requests;
mod bulk;
mod changes;
mod control;
mod isolation;
mod objects;
mod plans;
mod shares;
mod totals;
mod webhooks;

/// Jobs that tell what they were asked.
pub(crate) struct FakeJobs;

fn run(number: u64, close_epochs: bool) -> Run {
    Run {
        run: number,
        state: RunState::Running,
        reason: Reason::Request,
        by: "a test".into(),
        close_epochs,
        scheduled_for: None,
        started_at: "2026-01-02T03:04:05Z".into(),
        finished_at: None,
        took_ms: None,
        detail: None,
        taken_over_by: None,
    }
}

#[async_trait::async_trait]
impl JobControl for FakeJobs {
    async fn list(&self) -> Result<Vec<JobSummary>, JobsError> {
        Ok(Vec::new())
    }

    async fn runs(&self, _: &str, limit: usize) -> Result<Vec<Run>, JobsError> {
        Ok((1..=limit as u64).rev().map(|n| run(n, false)).collect())
    }

    async fn start(
        &self,
        name: &str,
        close_epochs: bool,
        wait: bool,
    ) -> Result<StartedRun, JobsError> {
        let run = wait.then(|| run(8, close_epochs));
        match name {
            "rollup" => Ok(StartedRun {
                job: name.into(),
                request: 7,
                state: run.as_ref().map_or(RunState::Requested, |run| run.state),
                run,
            }),
            _ => Err(JobsError::Unknown(vec!["rollup"])),
        }
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    fn text(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap_or_default().to_string()
    }

    /// The body of a success.
    #[track_caller]
    fn good(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.json());
        self.json()
    }

    /// Checks that it is a problem of this status and code; gives its detail.
    #[track_caller]
    fn problem(self, status: u16, code: &str) -> String {
        let body = self.json();
        assert_eq!(
            (self.status.as_u16(), body["code"].as_str()),
            (status, Some(code)),
            "{body}"
        );
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json"
        );
        assert_eq!(body["status"], status);
        self.text("detail")
    }
}

struct App {
    router: Router,
    catalog: Catalog,
}

impl App {
    async fn new() -> Self {
        Self::on(&Installation::new(NOW_MS)).await
    }

    async fn on(installation: &Installation) -> Self {
        let deps = ServingDeps {
            jobs: Arc::new(FakeJobs),
            ..deps(installation).await
        };
        let catalog = deps.catalog.clone();
        let app = Arc::new(crate::app::App::new(deps, settings()));
        let router = routes::with_fallbacks(routes::router(app.clone()), app);
        Self { router, catalog }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (method, uri) = (request.method().clone(), request.uri().to_string());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX)
            .await
            .unwrap()
            .to_vec();
        promised(&method, &uri, parts.status.as_u16(), &bytes);
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes,
        }
    }

    async fn call(&self, method: Method, path: &str, key: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }

    /// With these headers.
    async fn call_with(
        &self,
        method: Method,
        path: &str,
        key: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    async fn get(&self, path: &str, key: &str) -> Answer {
        self.call(Method::GET, path, key, "").await
    }

    async fn post(&self, path: &str, key: &str, body: Value) -> Answer {
        self.call(Method::POST, path, key, body.to_string()).await
    }

    async fn patch(&self, path: &str, key: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, key, body.to_string()).await
    }

    async fn delete(&self, path: &str, key: &str) -> Answer {
        self.call(Method::DELETE, path, key, "").await
    }

    /// A new account's first key.
    async fn account(&self) -> String {
        let answer = self
            .post("/v1/accounts", TOKEN, json!({"name": "Shop"}))
            .await;
        answer.good()["api_key"].as_str().unwrap().to_string()
    }

    async fn key(&self, manager: &str, scope: &str) -> (String, String) {
        let made = self
            .post(
                "/v1/keys",
                manager,
                json!({"name": scope, "scopes": [scope]}),
            )
            .await;
        assert_eq!(made.status, StatusCode::CREATED);
        (made.text("id"), made.text("api_key"))
    }
}
