//! The scheduler as a role.

use std::{sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    epochs::EpochCloser,
    history::{History, Shared},
    job::ScheduledJob,
    runner::Runner,
};

/// Told the name of a job, and why its history is out of reach if it is.
pub type OnReach = Arc<dyn Fn(&'static str, Option<&str>) + Send + Sync>;

/// What the scheduler works with.
pub struct SchedulerDeps {
    /// Store, time, randomness.
    pub shared: Shared,
    /// The jobs; any number of processes may have the same ones.
    pub jobs: Vec<ScheduledJob>,
    /// Closes epochs where a request wants that.
    pub epochs: Option<EpochCloser>,
    /// Told whether the jobs' histories are within reach.
    pub on_reach: OnReach,
}

/// How the scheduler behaves.
#[derive(Debug, Clone)]
pub struct SchedulerSettings {
    /// Names this process to people.
    pub by: String,
    /// How often requests and other processes' runs are looked for.
    pub poll: Duration,
    /// How long a run's process may be silent before another takes the run over.
    pub lease: Duration,
    /// How long a run may go on after shutdown began.
    pub drain: Duration,
}

impl SchedulerSettings {
    /// The usual settings of the process `by`.
    pub fn new(by: impl Into<String>) -> Self {
        let (poll, lease, drain) = (
            Duration::from_secs(1),
            Duration::from_secs(60),
            Duration::from_secs(30),
        );
        Self {
            by: by.into(),
            poll,
            lease,
            drain,
        }
    }
}

/// Runs the jobs as they fall due, until `shutdown`; then waits for the runs under way.
pub async fn run(deps: SchedulerDeps, settings: SchedulerSettings, shutdown: CancellationToken) {
    let deps = Arc::new(deps);
    let runners = TaskTracker::new();
    for job in deps.jobs.iter().cloned() {
        let history = Arc::new(History::new(job.name, deps.shared.clone()));
        let runner = Runner {
            job,
            history,
            deps: deps.clone(),
            settings: settings.clone(),
        };
        runners.spawn(runner.run(shutdown.clone()));
    }
    runners.close();
    tracing::info!(jobs = deps.jobs.len(), "the scheduler runs");
    runners.wait().await;
    // Without jobs there is nothing to wait for, but a role ends only when it is told to.
    shutdown.cancelled().await;
    tracing::info!("the scheduler has ended");
}
