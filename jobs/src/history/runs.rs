//! Entries told as runs.

use model::time::rfc3339;
use serde_json::{Value, json};
use storage::ledger;

use super::entry::{Entry, Finished, Started};

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub n: u64,
    pub started: Started,
    /// Unix milliseconds by its process's clock.
    pub started_ms: i64,
    pub end: Option<End>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum End {
    /// Its process has said so, at that time.
    Finished(Finished, i64),
    /// Its process died; the run of this number begins it again.
    TakenOver(u64),
}

impl Run {
    /// `running`, `ok`, `failed` or `taken_over`.
    pub(crate) fn state(&self) -> &'static str {
        match &self.end {
            None => "running",
            Some(End::Finished(end, _)) if end.ok => "ok",
            Some(End::Finished(..)) => "failed",
            Some(End::TakenOver(_)) => "taken_over",
        }
    }

    /// As clients see it.
    pub(crate) fn view(&self) -> Value {
        let (finished, taken_over) = match &self.end {
            Some(End::Finished(end, at_ms)) => (Some((end, at_ms)), None),
            Some(End::TakenOver(by)) => (None, Some(by)),
            None => (None, None),
        };
        json!({
            "run": self.n,
            "state": self.state(),
            "reason": self.started.reason,
            "by": self.started.by,
            "close_epochs": self.started.close_epochs,
            "scheduled_for": self.started.scheduled_for.map(rfc3339),
            "started_at": rfc3339(self.started_ms),
            "finished_at": finished.map(|(_, at_ms)| rfc3339(*at_ms)),
            "took_ms": finished.map(|(end, _)| end.took_ms),
            "detail": finished.map(|(end, _)| &end.detail),
            "taken_over_by": taken_over,
        })
    }
}

/// The runs that begin among `entries`, in order.
pub(crate) fn runs(entries: &[ledger::Entry<Entry>]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for entry in entries {
        let mut end = |run: u64, end: End| {
            if let Some(run) = runs
                .iter_mut()
                .rfind(|one| one.n == run && one.end.is_none())
            {
                run.end = Some(end);
            }
        };
        match &entry.body {
            Entry::Started(started) => {
                if let Some(old) = started.takes_over {
                    end(old, End::TakenOver(entry.n));
                }
                let (n, started_ms) = (entry.n, entry.at_ms);
                runs.push(Run {
                    n,
                    started: started.clone(),
                    started_ms,
                    end: None,
                });
            }
            Entry::Finished(finished) => {
                end(finished.run, End::Finished(finished.clone(), entry.at_ms))
            }
            Entry::Served { .. } | Entry::Requested { .. } | Entry::Heartbeat { .. } => {}
        }
    }
    runs
}
