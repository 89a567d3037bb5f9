//! The jobs of this installation: what runs when, and how they are started over the API.

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::Context;
use async_trait::async_trait;
use batch_layer::{Mode, PredictSettings, RollupDeps};
use chrono_tz::Tz;
use futures::{FutureExt, future::BoxFuture};
use jobs::{
    EpochCloser, Job, JobDesk, JobError, Schedule, SchedulerDeps, SchedulerSettings, Shared, Work,
};
use serde::Serialize;
use serde_json::Value;
use serving::JobControl;
use tokio_util::sync::CancellationToken;
use web::{Health, Problem};

use crate::{
    auditing::Auditing,
    batch_runtime::BatchRuntime,
    config::Settings,
    wiring::{Base, Parts},
};

/// How long a request over the API waits for a job.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long collectors may take to close their epochs.
const CLOSE_PATIENCE: Duration = Duration::from_secs(30);
/// The nightly report that comes with Millrace.
const REPORT: &str = include_str!("../jobs/reports/daily_links.sql");

/// The jobs, to be run or to be asked for. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    shared: Shared,
    jobs: Vec<Job>,
    desk: Arc<JobDesk>,
    health: Health,
    by: String,
}

impl Jobs {
    /// The jobs that the settings describe.
    pub fn new(parts: &Parts, batch: &BatchRuntime) -> anyhow::Result<Self> {
        let shared = Shared {
            store: Arc::clone(&parts.store),
            clock: Arc::clone(&parts.clock),
            random: Arc::clone(&parts.random),
        };
        let jobs = definitions(&parts.settings, batch, &Auditing::new(parts, batch))?;
        let by = format!("process {}", std::process::id());
        let schedules = jobs
            .iter()
            .map(|job| (job.name, job.schedule.clone()))
            .collect();
        let desk = Arc::new(JobDesk::new(
            shared.clone(),
            schedules,
            by.clone(),
            PATIENCE,
        ));
        Ok(Self {
            shared,
            jobs,
            desk,
            health: parts.health.clone(),
            by,
        })
    }

    /// Runs the jobs when they are due or asked for, until `stop`.
    pub fn scheduler(&self, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let deps = SchedulerDeps {
            epochs: Some(EpochCloser::new(self.shared.clone(), CLOSE_PATIENCE)),
            shared: self.shared.clone(),
            jobs: self.jobs.clone(),
            health: self.health.clone(),
        };
        jobs::run(deps, SchedulerSettings::new(self.by.clone()), stop)
    }
}

fn definitions(
    settings: &Settings,
    batch: &BatchRuntime,
    auditing: &Auditing,
) -> anyhow::Result<Vec<Job>> {
    let zone: Tz = settings
        .timezone
        .parse()
        .map_err(|_| anyhow::anyhow!("`{}` is not an IANA time zone", settings.timezone))?;
    let job = |name: &'static str, schedule: &str, work: Work| -> anyhow::Result<Job> {
        let schedule =
            Schedule::parse(schedule, zone).with_context(|| format!("the schedule of {name}"))?;
        Ok(Job {
            name,
            schedule,
            after: None,
            work,
        })
    };
    let sql: Arc<str> = match &settings.report_sql {
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("the report {}", path.display()))?
            .into(),
        None => REPORT.into(),
    };
    Ok(vec![
        job(
            "rollup",
            &settings.rollup_schedule,
            work(batch, |deps| async move {
                batch_layer::run(&deps, Mode::Incremental).await
            }),
        )?,
        job(
            "forecast",
            &settings.forecast_schedule,
            work(batch, |deps| async move {
                batch_layer::predict(&deps, PredictSettings::default()).await
            }),
        )?,
        job(
            "report",
            &settings.report_schedule,
            work(batch, move |deps| {
                let sql = Arc::clone(&sql);
                async move { batch_layer::run_report(&deps, "nightly", &sql).await }
            }),
        )?,
        Job {
            after: Some("rollup"),
            ..job("audit", &settings.audit_schedule, auditing.work())?
        },
    ])
}

/// Work on the rollup's threads, with what it reports as the run's detail.
fn work<F, T, E>(
    batch: &BatchRuntime,
    run: impl Fn(Arc<RollupDeps>) -> F + Clone + Send + Sync + 'static,
) -> Work
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Serialize + Send + 'static,
    E: std::fmt::Display + Send + 'static,
{
    let batch = batch.clone();
    Arc::new(
        move |_context| -> BoxFuture<'static, Result<Value, JobError>> {
            let (batch, run) = (batch.clone(), run.clone());
            async move {
                let result = batch.run(run).await.map_err(JobError::new)?;
                serde_json::to_value(result.map_err(JobError::new)?).map_err(JobError::new)
            }
            .boxed()
        },
    )
}

#[async_trait]
impl JobControl for Jobs {
    async fn list(&self) -> Result<Value, Problem> {
        self.desk.list().await
    }

    async fn runs(&self, name: &str, limit: usize) -> Result<Value, Problem> {
        self.desk.runs(name, limit).await
    }

    async fn start(&self, name: &str, close_epochs: bool, wait: bool) -> Result<Value, Problem> {
        self.desk.start(name, close_epochs, wait).await
    }
}

/// Has all collectors close their epochs, and waits for the seals; tells how many were late.
pub async fn close_epochs(base: &Base) -> anyhow::Result<usize> {
    let shared = Shared {
        store: Arc::clone(&base.store),
        clock: Arc::clone(&base.clock),
        random: Arc::clone(&base.random),
    };
    Ok(EpochCloser::new(shared, CLOSE_PATIENCE)
        .close()
        .await?
        .late
        .len())
}
