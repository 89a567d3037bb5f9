//! The scheduled jobs, seen and started from outside.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Json, Router, extract::State, routing::get};
use serde::Deserialize;
use serde_json::Value;
use web::Problem;

use super::{
    Api,
    auth::Steward,
    params::{Params, Segment},
};

/// Runs shown unless asked otherwise.
const USUAL: usize = 20;
/// Most runs shown.
const MOST: usize = 200;

/// What can be done with the scheduled jobs. Answers are JSON for the client.
#[async_trait]
pub trait JobControl: Send + Sync {
    /// All jobs.
    async fn list(&self) -> Result<Value, Problem>;

    /// The newest runs of one job, newest first.
    async fn runs(&self, name: &str, limit: usize) -> Result<Value, Problem>;

    /// Asks for a run; with `close_epochs` collectors hand over what they have before it, with
    /// `wait` the answer comes when it has ended.
    async fn start(&self, name: &str, close_epochs: bool, wait: bool) -> Result<Value, Problem>;
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

async fn list(State(api): State<Arc<Api>>, _: Steward) -> Result<Json<Value>, Problem> {
    api.jobs.list().await.map(Json)
}

async fn runs(
    State(api): State<Arc<Api>>,
    _: Steward,
    Segment(name): Segment,
    Params(query): Params<RunsQuery>,
) -> Result<Json<Value>, Problem> {
    if !(1..=MOST).contains(&query.limit) {
        return Err(Problem::bad_request(
            "invalid_query",
            format!("`limit` must be from 1 to {MOST}"),
        ));
    }
    api.jobs.runs(&name, query.limit).await.map(Json)
}

async fn start(
    State(api): State<Arc<Api>>,
    _: Steward,
    Segment(name): Segment,
    Params(query): Params<StartQuery>,
) -> Result<Json<Value>, Problem> {
    api.jobs
        .start(&name, query.close_epochs, query.wait)
        .await
        .map(Json)
}
