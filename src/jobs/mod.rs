//! The jobs of this installation. A job is a type in a file of its own here and a line in [`ALL`];
//! its schedule is a setting by itself.

mod audit;
mod forecast;
mod report;
mod rollup;
mod schedules;

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::Context;
use batch_layer::RollupDeps;
use chrono_tz::Tz;
use jobs::{
    EpochCloser, Job, JobClient, JobError, Schedule, ScheduledJob, SchedulerDeps,
    SchedulerSettings, Shared,
};
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use web::Health;

pub use self::schedules::Schedules;
use crate::{
    auditing::Auditing,
    batch_runtime::BatchRuntime,
    config::Settings,
    wiring::{Base, Parts},
};

/// Every job.
const ALL: &[&dyn Job<JobDeps>] = &[
    &rollup::Rollup,
    &forecast::Forecast,
    &report::Report,
    &audit::Audit,
];

/// How long a request over the API waits for a job.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long collectors may take to close their epochs.
const CLOSE_PATIENCE: Duration = Duration::from_secs(30);

/// What jobs work with.
struct JobDeps {
    settings: Settings,
    batch: BatchRuntime,
    auditing: Auditing,
}

impl JobDeps {
    /// Runs `work` on the rollup's threads; what it gives becomes the run's detail.
    async fn on_mill<F, T, E>(
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

/// The jobs, to be run or to be asked for.
pub struct Jobs {
    shared: Shared,
    jobs: Vec<ScheduledJob>,
    health: Health,
    by: String,
}

impl Jobs {
    /// All jobs, as the settings want them.
    pub fn new(parts: &Parts, batch: &BatchRuntime) -> anyhow::Result<Self> {
        let deps = JobDeps {
            settings: parts.settings.clone(),
            batch: batch.clone(),
            auditing: Auditing::new(parts, batch),
        };
        let shared = Shared {
            store: Arc::clone(&parts.store),
            clock: Arc::clone(&parts.clock),
            random: Arc::clone(&parts.random),
        };
        Ok(Self {
            shared,
            jobs: scheduled(Arc::new(deps))?,
            health: parts.health.clone(),
            by: format!("process {}", std::process::id()),
        })
    }

    /// Sees and starts the jobs, whichever process runs them.
    pub fn client(&self) -> JobClient {
        JobClient::new(self.shared.clone(), &self.jobs, &self.by, PATIENCE)
    }

    /// Runs the jobs when they are due or asked for, until `stop`.
    pub fn scheduler(self, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let health = self.health;
        let deps = SchedulerDeps {
            epochs: Some(EpochCloser::new(self.shared.clone(), CLOSE_PATIENCE)),
            shared: self.shared,
            jobs: self.jobs,
            on_reach: Arc::new(move |job, problem| match problem {
                Some(why) => health.down(job, why),
                None => health.up(job),
            }),
        };
        jobs::run(deps, SchedulerSettings::new(self.by), stop)
    }
}

fn scheduled(deps: Arc<JobDeps>) -> anyhow::Result<Vec<ScheduledJob>> {
    let settings = &deps.settings;
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
    let shared = Shared {
        store: Arc::clone(&base.store),
        clock: Arc::clone(&base.clock),
        random: Arc::clone(&base.random),
    };
    let closed = EpochCloser::new(shared, CLOSE_PATIENCE).close().await?;
    Ok(closed.late.len())
}
