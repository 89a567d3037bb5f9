//! The jobs of this installation. A job is a type in a file of its own here and a line in [`ALL`];
//! its schedule is a setting by itself.

mod audit;
mod forecast;
mod report;
mod rollup;
mod schedules;

use std::{future::Future, path::PathBuf, sync::Arc};

use batch_layer::RollupDeps;
use jobs::{Job, JobError};
use serde::Serialize;
use serde_json::Value;

pub use self::schedules::Schedules;
use crate::{auditing::Auditing, batch_runtime::BatchRuntime};

/// Every job.
pub const ALL: &[&dyn Job<JobDeps>] = &[
    &rollup::Rollup,
    &forecast::Forecast,
    &report::Report,
    &audit::Audit,
];

/// What jobs work with.
pub struct JobDeps {
    /// The SQL of the nightly report, unless it is the one that comes with Millrace.
    pub report_sql: Option<PathBuf>,
    /// Threads for heavy work.
    pub batch: BatchRuntime,
    /// Makes audits.
    pub auditing: Auditing,
}

impl JobDeps {
    /// Runs `work` on the rollup's threads; what it gives becomes the run's detail.
    async fn on_batch<F, T, E>(
        &self,
        work: impl FnOnce(Arc<RollupDeps>) -> F + Send,
    ) -> Result<Value, JobError>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Serialize + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        let result = self.batch.run(work).await.map_err(JobError::new)?;
        serde_json::to_value(result.map_err(JobError::new)?).map_err(JobError::new)
    }
}
