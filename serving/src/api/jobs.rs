//! The scheduled jobs, seen and started from outside.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Json, Router, extract::State, routing::get};
use jobs::{JobClient, JobSummary, JobsError, Run, StartedRun};
use serde::Deserialize;
use serde_json::{Value, json};
use web::Problem;

use super::{
    Api,
    auth::JobsAdmin,
    params::{Params, Segment},
};

/// Runs shown unless asked otherwise.
const USUAL: usize = 20;
/// Most runs shown.
const MOST: usize = 200;

/// What can be done with the scheduled jobs.
#[async_trait]
pub trait JobControl: Send + Sync {
    /// All jobs.
    async fn list(&self) -> Result<Vec<JobSummary>, JobsError>;

    /// The newest runs of one job, newest first.
    async fn runs(&self, name: &str, limit: usize) -> Result<Vec<Run>, JobsError>;

    /// Asks for a run; with `close_epochs` collectors hand over what they have before it, with
    /// `wait` the answer comes when it has ended.
    async fn start(
        &self,
        name: &str,
        close_epochs: bool,
        wait: bool,
    ) -> Result<StartedRun, JobsError>;
}

#[async_trait]
impl JobControl for JobClient {
    async fn list(&self) -> Result<Vec<JobSummary>, JobsError> {
        self.list().await
    }

    async fn runs(&self, name: &str, limit: usize) -> Result<Vec<Run>, JobsError> {
        self.runs(name, limit).await
    }

    async fn start(
        &self,
        name: &str,
        close_epochs: bool,
        wait: bool,
    ) -> Result<StartedRun, JobsError> {
        self.start(name, close_epochs, wait).await
    }
}

pub(super) fn routes() -> Router<Arc<Api>> {
    Router::new()
        .route("/v1/jobs", get(list))
        .route("/v1/jobs/{name}/runs", get(runs).post(start))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RunsQuery {
    limit: usize,
}

impl Default for RunsQuery {
    fn default() -> Self {
        Self { limit: USUAL }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StartQuery {
    close_epochs: bool,
    wait: bool,
}

async fn list(State(api): State<Arc<Api>>, _: JobsAdmin) -> Result<Json<Value>, Problem> {
    let jobs = api.jobs.list().await.map_err(problem)?;
    Ok(Json(json!({"items": jobs})))
}

async fn runs(
    State(api): State<Arc<Api>>,
    _: JobsAdmin,
    Segment(name): Segment,
    Params(query): Params<RunsQuery>,
) -> Result<Json<Value>, Problem> {
    if !(1..=MOST).contains(&query.limit) {
        return Err(Problem::bad_request(
            "invalid_query",
            format!("`limit` must be from 1 to {MOST}"),
        ));
    }
    let runs = api.jobs.runs(&name, query.limit).await.map_err(problem)?;
    Ok(Json(json!({"items": runs})))
}

async fn start(
    State(api): State<Arc<Api>>,
    _: JobsAdmin,
    Segment(name): Segment,
    Params(query): Params<StartQuery>,
) -> Result<Json<Value>, Problem> {
    let started = api.jobs.start(&name, query.close_epochs, query.wait);
    Ok(Json(json!(started.await.map_err(problem)?)))
}

fn problem(error: JobsError) -> Problem {
    match error {
        JobsError::Unknown(_) => Problem::not_found(error.to_string()),
        JobsError::History(error) => {
            tracing::warn!(%error, "a job's history is out of reach");
            Problem::unavailable("store_unavailable", "the object store does not answer", 5)
        }
    }
}
