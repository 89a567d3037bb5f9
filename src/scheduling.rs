//! The jobs of this process as the settings want them: to be run, or to be asked for.

use std::{future::Future, sync::Arc, time::Duration};
use storage::env::Env;

use ::jobs::{
    EpochCloser, Job, JobClient, Schedule, ScheduledJob, SchedulerDeps, SchedulerSettings,
};
use anyhow::Context;
use chrono_tz::Tz;
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::{
    batch_runtime::BatchRuntime,
    config::Settings,
    jobs::{ALL, JobDeps},
    wiring::{Base, Parts},
};

/// How long a request over the API waits for a job.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long collectors may take to close their epochs.
const CLOSE_PATIENCE: Duration = Duration::from_secs(30);

/// The jobs, to be run or to be asked for.
pub struct Jobs {
    env: Env,
    jobs: Vec<ScheduledJob>,
    health: Health,
    by: String,
}

impl Jobs {
    /// All jobs, as the settings want them.
    pub fn new(parts: &Parts, batch: &BatchRuntime) -> anyhow::Result<Self> {
        let deps = JobDeps {
            report_sql: parts.settings.report_sql.clone(),
            batch: batch.clone(),
            auditing: parts.auditing(batch),
        };
        let env = parts.env.clone();
        Ok(Self {
            env,
            jobs: scheduled(&parts.settings, Arc::new(deps))?,
            health: parts.health.clone(),
            by: format!("process {}", std::process::id()),
        })
    }

    /// Sees and starts the jobs, whichever process runs them.
    pub fn client(&self) -> JobClient {
        JobClient::new(self.env.clone(), &self.jobs, &self.by, PATIENCE)
    }

    /// Runs the jobs when they are due or asked for, until `stop`.
    pub fn scheduler(self, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let health = self.health;
        let deps = SchedulerDeps {
            epochs: Some(EpochCloser::new(self.env.clone(), CLOSE_PATIENCE)),
            env: self.env,
            jobs: self.jobs,
            on_reach: Arc::new(move |job, problem| match problem {
                Some(why) => health.down(job, why),
                None => health.up(job),
            }),
        };
        ::jobs::run(deps, SchedulerSettings::new(self.by), stop)
    }
}

fn scheduled(settings: &Settings, deps: Arc<JobDeps>) -> anyhow::Result<Vec<ScheduledJob>> {
    let zone: Tz = settings
        .timezone
        .parse()
        .map_err(|_| anyhow::anyhow!("`{}` is not an IANA time zone", settings.timezone))?;
    let scheduled = |job: &&'static dyn Job<JobDeps>| {
        let schedule = Schedule::parse(settings.schedules.of(*job), zone)
            .with_context(|| format!("the schedule of {}", job.name()))?;
        job.check(&deps)
            .with_context(|| format!("the job {} cannot run", job.name()))?;
        Ok(ScheduledJob::new(*job, schedule, Arc::clone(&deps)))
    };
    ALL.iter().map(scheduled).collect()
}

/// Has all collectors close their epochs, and waits for the seals; tells how many were late.
pub async fn close_epochs(base: &Base) -> anyhow::Result<usize> {
    let closed = EpochCloser::new(base.env.clone(), CLOSE_PATIENCE)
        .close()
        .await?;
    Ok(closed.late.len())
}
