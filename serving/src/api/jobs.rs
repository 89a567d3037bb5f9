//! The scheduled jobs, seen and started from outside.

use std::sync::Arc;

use axum::{Json, extract::State};
use jobs::{JobSummary, JobsError, Run, StartedRun};
use serde::Deserialize;
use utoipa::IntoParams;
use web::Problem;

use super::{
    auth::JobsAdmin,
    params::{Params, Segment},
};
use crate::{
    api_types::Items,
    app::App,
    openapi::refusals::{Key, Name, Nothing, Query, Refusals, StoreDown},
};

/// Runs shown unless asked otherwise.
const USUAL: usize = 20;
/// Most runs shown.
const MOST: usize = 200;

/// Which runs are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsQuery {
    /// How many.
    #[param(minimum = 1, maximum = 200, default = 20, example = 20)]
    limit: usize,
}

impl Default for RunsQuery {
    fn default() -> Self {
        Self { limit: USUAL }
    }
}

/// How a run is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct StartQuery {
    /// Whether collectors hand over what they have before it.
    #[param(example = true)]
    close_epochs: bool,
    /// Whether the answer comes when the run has ended.
    #[param(example = true)]
    wait: bool,
}

/// Lists the jobs
#[utoipa::path(
    get, path = "/v1/jobs", tag = "Jobs",
    responses(
        (status = 200, description = "All jobs, and the newest run of each.", body = Items<JobSummary>),
        Refusals<(Key, StoreDown)>,
    ),
    security(("admin_token" = []), ("key" = ["admin"])),
)]
pub(crate) async fn list_jobs(
    State(app): State<Arc<App>>,
    _: JobsAdmin,
) -> Result<Json<Items<JobSummary>>, Problem> {
    let items = app.jobs.list().await.map_err(problem)?;
    Ok(Json(Items { items }))
}

/// Lists the newest runs of a job, newest first
#[utoipa::path(
    get, path = "/v1/jobs/{name}/runs", tag = "Jobs",
    params(("name" = String, Path, description = "Name of the job.", example = "rollup"), RunsQuery),
    responses(
        (status = 200, description = "Its runs.", body = Items<Run>),
        Refusals<(Key, Name, Query, Nothing, StoreDown)>,
    ),
    security(("admin_token" = []), ("key" = ["admin"])),
)]
pub(crate) async fn list_runs(
    State(app): State<Arc<App>>,
    _: JobsAdmin,
    Segment(name): Segment,
    Params(query): Params<RunsQuery>,
) -> Result<Json<Items<Run>>, Problem> {
    if !(1..=MOST).contains(&query.limit) {
        let detail = format!("`limit` must be from 1 to {MOST}");
        return Err(Problem::bad_request("invalid_query", detail));
    }
    let items = app.jobs.runs(&name, query.limit).await.map_err(problem)?;
    Ok(Json(Items { items }))
}

/// Asks for a run
#[utoipa::path(
    post, path = "/v1/jobs/{name}/runs", tag = "Jobs",
    params(("name" = String, Path, description = "Name of the job.", example = "rollup"), StartQuery),
    responses(
        (status = 200, description = "What came of it.", body = StartedRun),
        Refusals<(Key, Name, Query, Nothing, StoreDown)>,
    ),
    security(("admin_token" = []), ("key" = ["admin"])),
)]
pub(crate) async fn start_run(
    State(app): State<Arc<App>>,
    _: JobsAdmin,
    Segment(name): Segment,
    Params(query): Params<StartQuery>,
) -> Result<Json<StartedRun>, Problem> {
    let started = app.jobs.start(&name, query.close_epochs, query.wait).await;
    let started = started.map_err(problem)?;
    // Whoever waited for a batch expects to see it in the next answer.
    if let Err(error) = app.overview.look().await {
        tracing::warn!(%error, "the newest manifest will be seen a little later");
    }
    Ok(Json(started))
}

fn problem(error: JobsError) -> Problem {
    match error {
        JobsError::Unknown(_) => Problem::not_found(error.to_string()),
        JobsError::History(error) => error.into(),
    }
}
