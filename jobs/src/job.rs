//! What a job is.

use std::{fmt::Display, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{history::Reason, schedule::Schedule};

/// Something that is done on schedule with `Deps`, which all jobs of a list share.
#[async_trait]
pub trait Job<Deps>: Send + Sync {
    /// Its name, unique, as it can stand in an object key.
    fn name(&self) -> &'static str;

    /// What happens when it runs, to go on after "when": "the nightly report is made".
    fn description(&self) -> &'static str;

    /// The cron expression of its schedule unless the settings have another.
    fn schedule(&self) -> &'static str;

    /// The job after each of whose runs it runs as well, however those end.
    fn after(&self) -> Option<&'static str> {
        None
    }

    /// Says when the process starts what every run would fail of.
    fn check(&self, _deps: &Deps) -> Result<(), JobError> {
        Ok(())
    }

    /// Does it; what it gives is kept in its history. It must bear being begun again after its
    /// process died half-way.
    async fn run(&self, deps: &Deps, context: JobContext) -> Result<Value, JobError>;
}

/// What one run of a job does.
pub(crate) type Work =
    Arc<dyn Fn(JobContext) -> BoxFuture<'static, Result<Value, JobError>> + Send + Sync>;

/// A job with its schedule and what it works with. Cheap to clone.
#[derive(Clone)]
pub struct ScheduledJob {
    pub(crate) name: &'static str,
    pub(crate) schedule: Schedule,
    pub(crate) after: Option<&'static str>,
    pub(crate) work: Work,
}

impl ScheduledJob {
    /// `job` on `schedule`.
    pub fn new<Deps>(job: &'static dyn Job<Deps>, schedule: Schedule, deps: Arc<Deps>) -> Self
    where
        Deps: Send + Sync + 'static,
    {
        Self {
            name: job.name(),
            schedule,
            after: job.after(),
            work: Arc::new(move |context| {
                let deps = Arc::clone(&deps);
                Box::pin(async move { job.run(&deps, context).await })
            }),
        }
    }
}

/// What a run is told.
#[derive(Debug, Clone)]
pub struct JobContext {
    /// Name of the job.
    pub name: &'static str,
    /// Number of the run.
    pub run: u64,
    /// When it was due; `None` for what nobody had scheduled.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// Why it runs.
    pub reason: Reason,
    /// Cancelled when it should end soon; some time later it is cut off.
    pub stop: CancellationToken,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JobError(String);

impl JobError {
    /// It failed because of `why`.
    pub fn new(why: impl Display) -> Self {
        Self(why.to_string())
    }
}
