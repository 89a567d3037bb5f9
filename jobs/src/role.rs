//! The scheduler as a role.

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    deps::{Runner, SchedulerDeps, SchedulerSettings},
    history::History,
};

/// Runs the jobs as they fall due, until `shutdown`; then waits for the runs under way.
pub async fn run(deps: SchedulerDeps, settings: SchedulerSettings, shutdown: CancellationToken) {
    let deps = Arc::new(deps);
    let runners = TaskTracker::new();
    for job in deps.jobs.iter().cloned() {
        let history = Arc::new(History::new(job.name, deps.env.clone()));
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
