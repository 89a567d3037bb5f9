//! What is to be expected of every series.

use async_trait::async_trait;
use batch_layer::PredictSettings;
use jobs::{Job, JobContext, JobError};
use serde_json::Value;

use super::JobDeps;

pub struct Forecast;

#[async_trait]
impl Job<JobDeps> for Forecast {
    fn name(&self) -> &'static str {
        "forecast"
    }

    fn description(&self) -> &'static str {
        "forecasts are made"
    }

    fn schedule(&self) -> &'static str {
        "30 1 * * *"
    }

    async fn run(&self, deps: &JobDeps, _: JobContext) -> Result<Value, JobError> {
        let settings = PredictSettings::default();
        deps.on_batch(|batch| async move { batch_layer::predict(&batch, settings).await })
            .await
    }
}
