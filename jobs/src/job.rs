//! What a job is.

use std::{fmt::Display, sync::Arc};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{history::Reason, schedule::Schedule};

/// What a job does. What it gives is kept in its history.
pub type Work =
    Arc<dyn Fn(JobContext) -> BoxFuture<'static, Result<Value, JobError>> + Send + Sync>;

/// Something that is done on schedule.
#[derive(Clone)]
pub struct Job {
    /// Its name, unique, as it can stand in an object key.
    pub name: &'static str,
    /// When it is due.
    pub schedule: Schedule,
    /// The job after each of whose runs it runs as well, however those end.
    pub after: Option<&'static str>,
    /// What it does. It must bear being begun again after its process died half-way.
    pub work: Work,
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
