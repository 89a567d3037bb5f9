//! Entries told as runs.

use model::time::rfc3339;
use serde::Serialize;
use serde_json::Value;
use storage::ledger;
use utoipa::ToSchema;

use super::entry::{Entry, Finished, Reason, Started};

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Asked for; not begun.
    Requested,
    /// In progress.
    Running,
    /// Done.
    Ok,
    /// It ended without success.
    Failed,
    /// Its process died; another run begins it again.
    TakenOver,
}

/// One run. Times are RFC 3339, by the clock of its process.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Run {
    /// Its number.
    #[schema(example = 8)]
    pub run: u64,
    /// How far it is.
    #[schema(example = "ok")]
    pub state: RunState,
    /// Why it began.
    pub reason: Reason,
    /// The process that runs it.
    #[schema(example = "host-1")]
    pub by: String,
    /// Whether collectors were asked to hand over what they have first.
    pub close_epochs: bool,
    /// When it was due; `None` for what nobody had scheduled.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub scheduled_for: Option<String>,
    /// When it began.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub started_at: String,
    /// When it ended.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub finished_at: Option<String>,
    /// How long it took, milliseconds.
    #[schema(required, example = 840)]
    pub took_ms: Option<i64>,
    /// What it did, or why it failed.
    #[schema(required, example = json!({"epochs": 2}))]
    pub detail: Option<Value>,
    /// The run that begins it again.
    #[schema(required, example = json!(null))]
    pub taken_over_by: Option<u64>,
}

impl Run {
    fn begun(n: u64, started: &Started, at_ms: i64) -> Self {
        Self {
            run: n,
            state: RunState::Running,
            reason: started.reason,
            by: started.by.clone(),
            close_epochs: started.close_epochs,
            scheduled_for: started.scheduled_for.map(rfc3339),
            started_at: rfc3339(at_ms),
            finished_at: None,
            took_ms: None,
            detail: None,
            taken_over_by: None,
        }
    }

    fn finish(&mut self, finished: &Finished, at_ms: i64) {
        self.state = match finished.ok {
            true => RunState::Ok,
            false => RunState::Failed,
        };
        self.finished_at = Some(rfc3339(at_ms));
        self.took_ms = Some(finished.took_ms);
        self.detail = Some(finished.detail.clone());
    }

    fn hand_over(&mut self, to: u64) {
        self.state = RunState::TakenOver;
        self.taken_over_by = Some(to);
    }
}

/// The runs that begin among `entries`, in order.
pub(crate) fn runs(entries: &[ledger::Entry<Entry>]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for entry in entries {
        match &entry.body {
            Entry::Started(started) => {
                let old = started.takes_over.and_then(|old| running(&mut runs, old));
                if let Some(old) = old {
                    old.hand_over(entry.n);
                }
                runs.push(Run::begun(entry.n, started, entry.at_ms));
            }
            Entry::Finished(finished) => {
                if let Some(run) = running(&mut runs, finished.run) {
                    run.finish(finished, entry.at_ms);
                }
            }
            Entry::Served { .. } | Entry::Requested { .. } | Entry::Heartbeat { .. } => {}
        }
    }
    runs
}

/// The run `n`, if it is in progress.
fn running(runs: &mut [Run], n: u64) -> Option<&mut Run> {
    let is_it = |run: &&mut Run| run.run == n && run.state == RunState::Running;
    runs.iter_mut().rfind(is_it)
}
