//! Accepted = stored = live-counted = batch-counted: a run fails when something differs, and says
//! what.

use async_trait::async_trait;
use jobs::{Job, JobContext, JobError};
use serde_json::{Value, json};

use super::JobDeps;

pub struct Audit;

#[async_trait]
impl Job<JobDeps> for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn description(&self) -> &'static str {
        "an audit is made, beside those after each rollup"
    }

    fn schedule(&self) -> &'static str {
        "15 4 * * *"
    }

    fn after(&self) -> Option<&'static str> {
        Some("rollup")
    }

    async fn run(&self, deps: &JobDeps, _: JobContext) -> Result<Value, JobError> {
        let audit = deps.auditing.record().await.map_err(JobError::new)?;
        match audit.complaint() {
            Some(complaint) => Err(JobError::new(complaint)),
            None => Ok(json!({
                "manifest": audit.manifest,
                "events": audit.events,
                "epochs": audit.epochs.len(),
                "checked_before": audit.checked_before,
                "unrecorded": audit.unrecorded,
                "rejected": audit.rejected,
            })),
        }
    }
}
