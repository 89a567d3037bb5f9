//! The rows of one query, stored as CSV and as Parquet.

use std::{borrow::Cow, path::Path};

use async_trait::async_trait;
use jobs::{Job, JobContext, JobError};
use serde_json::Value;

use super::JobDeps;

/// The report that comes with Millrace.
const SQL: &str = include_str!("../../jobs/reports/daily_links.sql");

pub struct Report;

#[async_trait]
impl Job<JobDeps> for Report {
    fn name(&self) -> &'static str {
        "report"
    }

    fn description(&self) -> &'static str {
        "the nightly report is made"
    }

    fn schedule(&self) -> &'static str {
        "0 2 * * *"
    }

    fn check(&self, deps: &JobDeps) -> Result<(), JobError> {
        sql(deps.report_sql.as_deref()).map(drop)
    }

    async fn run(&self, deps: &JobDeps, _: JobContext) -> Result<Value, JobError> {
        let path = deps.report_sql.clone();
        let read = move || Ok(sql(path.as_deref()));
        let sql = storage::blocking::run(read)
            .await
            .map_err(JobError::new)??;
        deps.on_batch(|batch| async move { batch_layer::run_report(&batch, "nightly", &sql).await })
            .await
    }
}

/// The report's query, of now: its file may be edited while Millrace runs.
fn sql(path: Option<&Path>) -> Result<Cow<'static, str>, JobError> {
    let Some(path) = path else {
        return Ok(SQL.into());
    };
    let read = std::fs::read_to_string(path);
    let why = |error| JobError::new(format_args!("{} cannot be read: {error}", path.display()));
    read.map(Cow::from).map_err(why)
}
