//! Sealed epochs become exact numbers.

use std::sync::Arc;

use async_trait::async_trait;
use batch_layer::{Mode, RollupDeps};
use jobs::{Job, JobContext, JobError};
use serde_json::Value;

use super::JobDeps;

pub struct Rollup;

#[async_trait]
impl Job<JobDeps> for Rollup {
    fn name(&self) -> &'static str {
        "rollup"
    }

    fn description(&self) -> &'static str {
        "sealed epochs are rolled up"
    }

    fn schedule(&self) -> &'static str {
        "*/10 * * * *"
    }

    async fn run(&self, deps: &JobDeps, _: JobContext) -> Result<Value, JobError> {
        let run = |batch: Arc<RollupDeps>| async move {
            batch_layer::run(&batch, Mode::Incremental).await
        };
        let report = deps.batch.run(run).await.map_err(JobError::new)?;
        let report = report.map_err(JobError::new)?;
        // All other logs are settled, and the run says what is not.
        match report.held.is_empty() {
            true => serde_json::to_value(report).map_err(JobError::new),
            false => Err(JobError::new(report.held.join("; "))),
        }
    }
}
