//! What people and programs see of jobs, and how they start them; from any process.

use std::time::Duration;

use chrono::DateTime;
use model::time::rfc3339;
use serde::Serialize;
use storage::{env::Env, ledger::LedgerError};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::{
    history::{History, Run, RunState},
    job::ScheduledJob,
    schedule::Schedule,
};

/// How often the end of a run is looked for.
const POLL: Duration = Duration::from_millis(500);

/// Sees the jobs of an installation and asks for runs, through their histories.
pub struct JobClient {
    env: Env,
    jobs: Vec<(&'static str, Schedule, History)>,
    by: String,
    patience: Duration,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobSummary {
    /// Its name.
    #[schema(example = "rollup")]
    pub name: &'static str,
    /// The cron expression of its schedule.
    #[schema(example = "*/10 * * * *")]
    pub schedule: String,
    /// The time zone of the schedule.
    #[schema(example = "UTC")]
    pub timezone: &'static str,
    /// When it is due next, RFC 3339.
    #[schema(required, example = "2026-01-02T03:10:00Z")]
    pub next: Option<String>,
    /// Its newest run.
    #[schema(required)]
    pub last: Option<Run>,
}

/// What came of a request for a run.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StartedRun {
    /// Name of the job.
    #[schema(example = "rollup")]
    pub job: String,
    /// Number of the request.
    #[schema(example = 7)]
    pub request: u64,
    /// How far the run is.
    #[schema(example = "ok")]
    pub state: RunState,
    /// The run, if it has begun.
    #[schema(required)]
    pub run: Option<Run>,
}

/// Why jobs cannot be seen or started.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// There is none of that name.
    #[error("there is no such job; there are: {}", .0.join(", "))]
    Unknown(Vec<&'static str>),
    /// A history cannot be read or written.
    #[error("a job's history is out of reach")]
    History(#[from] LedgerError),
}

impl JobClient {
    /// A client for `jobs` where `by` asks, and waits for no run longer than `patience`.
    pub fn new(env: Env, jobs: &[ScheduledJob], by: impl Into<String>, patience: Duration) -> Self {
        let history = |name| History::new(name, env.clone());
        let jobs = jobs.iter();
        let jobs = jobs.map(|job| (job.name, job.schedule.clone(), history(job.name)));
        Self {
            jobs: jobs.collect(),
            env,
            by: by.into(),
            patience,
        }
    }

    /// All jobs: their schedules, when they are due next, and their last runs.
    pub async fn list(&self) -> Result<Vec<JobSummary>, JobsError> {
        let now = DateTime::from_timestamp_millis(self.env.clock.now_ms()).unwrap_or_default();
        let mut jobs = Vec::with_capacity(self.jobs.len());
        for (name, schedule, history) in &self.jobs {
            let next = schedule.next_after(now);
            jobs.push(JobSummary {
                name,
                schedule: schedule.expression().to_string(),
                timezone: schedule.zone().name(),
                next: next.map(|next| rfc3339(next.timestamp_millis())),
                last: history.newest_run().await?,
            });
        }
        Ok(jobs)
    }

    /// The newest runs of one job, newest first.
    pub async fn runs(&self, name: &str, limit: usize) -> Result<Vec<Run>, JobsError> {
        Ok(self.history(name)?.newest_runs(limit).await?)
    }

    /// Asks for a run that begins from now on. With `close_epochs` collectors hand over what they
    /// have before it; with `wait` the answer comes when it has ended, or with how far it is when
    /// the patience does.
    pub async fn start(
        &self,
        name: &str,
        close_epochs: bool,
        wait: bool,
    ) -> Result<StartedRun, JobsError> {
        let history = self.history(name)?;
        let request = history.request(&self.by, close_epochs).await?;
        let patience = if wait { self.patience } else { Duration::ZERO };
        let until = Instant::now() + patience;
        let run = history.answer(request, POLL, until).await?;
        Ok(StartedRun {
            job: name.to_string(),
            request,
            state: run.as_ref().map_or(RunState::Requested, |run| run.state),
            run,
        })
    }

    fn history(&self, name: &str) -> Result<&History, JobsError> {
        let job = self.jobs.iter().find(|(job, ..)| *job == name);
        let names = || self.jobs.iter().map(|(name, ..)| *name).collect();
        job.map(|(.., history)| history)
            .ok_or_else(|| JobsError::Unknown(names()))
    }
}
