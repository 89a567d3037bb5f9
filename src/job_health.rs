//! Jobs that fail, shown by every process that has to do with them: in its health, which stays
//! ready, and as the gauge `millrace_job_failing`. Audits have an alarm of their own.

use std::time::Duration;

use jobs::{JobClient, JobSummary, RunState};
use storage::bell::{Bell, Look};
use tokio_util::sync::CancellationToken;
use web::Health;

/// How often the newest runs are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// The job whose findings are shown by `auditing`.
const AUDIT: &str = "audit";

/// Shows the newest run of each job until it is told to stop.
pub async fn watch(client: JobClient, bell: Bell, health: Health, stop: CancellationToken) {
    let look = Look::to_show(bell, LOOK);
    while !stop.is_cancelled() {
        let begun = look.begin();
        match client.list().await {
            Ok(jobs) => {
                look.done(begun);
                let shown = jobs.iter().filter(|job| job.name != AUDIT);
                shown.for_each(|job| show(job, &health));
            }
            Err(error) => tracing::warn!(%error, "the newest runs of jobs cannot be read"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = look.due() => {}
        }
    }
}

/// A run that has not ended yet says nothing: what was said before it holds.
fn show(job: &JobSummary, health: &Health) {
    let Some(run) = &job.last else {
        return;
    };
    let failed = match run.state {
        RunState::Ok => false,
        RunState::Failed => true,
        _ => return,
    };
    let why = run
        .detail
        .as_ref()
        .and_then(|detail| detail["error"].as_str());
    let why = failed.then(|| why.unwrap_or("its last run failed").to_owned());
    metrics::gauge!("millrace_job_failing", "job" => job.name).set(f64::from(u8::from(failed)));
    health.warn(job.name, why);
}
