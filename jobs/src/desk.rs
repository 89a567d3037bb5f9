//! What people and programs see of jobs, and how they start them; from any process.

use std::time::Duration;

use chrono::DateTime;
use model::time::rfc3339;
use serde_json::{Value, json};
use storage::ledger::LedgerError;
use tokio::time::Instant;
use web::Problem;

use crate::{
    history::{History, Run, Shared},
    schedule::Schedule,
};

/// How often the end of a run is looked for.
const POLL: Duration = Duration::from_millis(500);

/// The jobs of an installation, for an API or a command line.
pub struct JobDesk {
    shared: Shared,
    jobs: Vec<(&'static str, Schedule, History)>,
    by: String,
    patience: Duration,
}

impl JobDesk {
    /// A desk for `jobs` where `by` asks, and waits for no run longer than `patience`.
    pub fn new(
        shared: Shared,
        jobs: Vec<(&'static str, Schedule)>,
        by: impl Into<String>,
        patience: Duration,
    ) -> Self {
        let with_history = |(name, schedule)| (name, schedule, History::new(name, shared.clone()));
        let jobs = jobs.into_iter().map(with_history).collect();
        Self {
            shared,
            jobs,
            by: by.into(),
            patience,
        }
    }

    /// All jobs: their schedules, when they are due next, and their last runs.
    pub async fn list(&self) -> Result<Value, Problem> {
        let now = DateTime::from_timestamp_millis(self.shared.clock.now_ms()).unwrap_or_default();
        let mut items = Vec::with_capacity(self.jobs.len());
        for (name, schedule, history) in &self.jobs {
            let last = history.newest_runs(1).await.map_err(problem)?;
            let next = schedule
                .next_after(now)
                .map(|next| rfc3339(next.timestamp_millis()));
            items.push(json!({
                "name": name,
                "schedule": schedule.expression(),
                "timezone": schedule.zone().name(),
                "next": next,
                "last": last.first().map(Run::view),
            }));
        }
        Ok(json!({"items": items}))
    }

    /// The newest runs of one job, newest first.
    pub async fn runs(&self, name: &str, limit: usize) -> Result<Value, Problem> {
        let runs = self
            .history(name)?
            .newest_runs(limit)
            .await
            .map_err(problem)?;
        Ok(json!({"items": runs.iter().map(Run::view).collect::<Vec<_>>()}))
    }

    /// Asks for a run that begins from now on. With `close_epochs` collectors hand over what they
    /// have before it; with `wait` the answer comes when it has ended, or with how far it is when
    /// the patience does.
    pub async fn start(
        &self,
        name: &str,
        close_epochs: bool,
        wait: bool,
    ) -> Result<Value, Problem> {
        let history = self.history(name)?;
        let request = history
            .request(&self.by, close_epochs)
            .await
            .map_err(problem)?;
        let patience = if wait { self.patience } else { Duration::ZERO };
        let run = history
            .answer(request, POLL, Instant::now() + patience)
            .await
            .map_err(problem)?;
        let state = run.as_ref().map_or("requested", Run::state);
        Ok(
            json!({"job": name, "request": request, "state": state, "run": run.as_ref().map(Run::view)}),
        )
    }

    fn history(&self, name: &str) -> Result<&History, Problem> {
        let job = self.jobs.iter().find(|(job, ..)| *job == name);
        let names = || {
            self.jobs
                .iter()
                .map(|(name, ..)| *name)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let none = || Problem::not_found(format!("there is no such job; there are: {}", names()));
        job.map(|(.., history)| history).ok_or_else(none)
    }
}

fn problem(error: LedgerError) -> Problem {
    tracing::warn!(%error, "a job's history is out of reach");
    Problem::unavailable("store_unavailable", "the object store does not answer", 5)
}
