//! Sealed epochs become exact numbers.

use async_trait::async_trait;
use batch_layer::Mode;
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
        "5 * * * *"
    }

    async fn run(&self, deps: &JobDeps, _: JobContext) -> Result<Value, JobError> {
        deps.on_batch(|batch| async move { batch_layer::run(&batch, Mode::Incremental).await })
            .await
    }
}
