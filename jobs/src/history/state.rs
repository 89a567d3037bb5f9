//! Where a job stands, and what is to be done next. Pure.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::entry::{Entry, Finished, Reason, Started};
use crate::schedule::Schedule;

/// A run begins as a catch-up when it was due this long ago, or when it was due before, too;
/// milliseconds.
const LATE_MS: i64 = 60_000;
/// A time that is this far ahead was written by a clock that was wrong, milliseconds.
const FAR_AHEAD_MS: i64 = 3_600_000;
/// How many processes may die of one run before it is given up.
const MAX_DEATHS: u32 = 3;

/// What the entries up to `n` amount to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct State {
    /// Last entry that is in.
    pub n: u64,
    /// What was due up to then needs no run; `None` before the first entry.
    pub served_ms: Option<i64>,
    /// The run in progress.
    pub running: Option<Running>,
    /// That somebody wants a run.
    pub wanted: Option<Wanted>,
}

/// A run in progress.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Running {
    pub run: u64,
    pub started: Started,
    /// The entry of its last sign of life.
    pub alive: u64,
}

/// A request that no run has answered yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wanted {
    pub request: u64,
    pub close_epochs: bool,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(crate) enum Decision {
    /// Nothing until then, or until there are new entries.
    Wait(Option<DateTime<Utc>>),
    /// To append this as the next entry.
    Append(Entry),
}

/// Who decides, and what they see.
pub(crate) struct View<'a> {
    pub schedule: &'a Schedule,
    /// The process that decides.
    pub by: &'a str,
    pub now: DateTime<Utc>,
    /// The run in progress has given no sign of life for too long.
    pub silent: bool,
}

impl State {
    /// Takes entry `n` in.
    pub(crate) fn apply(&mut self, n: u64, entry: Entry) {
        self.n = n;
        match entry {
            Entry::Served { served_ms } => self.served_ms = Some(served_ms),
            Entry::Requested { close_epochs, .. } => {
                let close_epochs =
                    close_epochs || self.wanted.is_some_and(|wanted| wanted.close_epochs);
                self.wanted = Some(Wanted {
                    request: n,
                    close_epochs,
                });
            }
            Entry::Started(started) => {
                self.served_ms = Some(started.served_ms);
                self.wanted = None;
                self.running = Some(Running {
                    run: n,
                    started,
                    alive: n,
                });
            }
            Entry::Heartbeat { run } => {
                if let Some(running) = self.running.as_mut().filter(|running| running.run == run) {
                    running.alive = n;
                }
            }
            Entry::Finished(finished) => {
                self.running.take_if(|running| running.run == finished.run);
            }
        }
    }

    /// Whether `run` is in progress.
    pub(crate) fn is_running(&self, run: u64) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| running.run == run)
    }

    /// What is to be done.
    pub(crate) fn decide(&self, view: &View<'_>) -> Decision {
        let now_ms = view.now.timestamp_millis();
        let served = self
            .served_ms
            .filter(|served| *served <= now_ms.saturating_add(FAR_AHEAD_MS));
        let Some(served) = served.and_then(DateTime::from_timestamp_millis) else {
            return Decision::Append(Entry::Served { served_ms: now_ms });
        };
        if let Some(running) = &self.running {
            return match view.silent {
                true => Decision::Append(self.after_death(running, view.by)),
                false => Decision::Wait(None),
            };
        }
        let next = view.schedule.next_after(served);
        let due = view.schedule.last_between(served, view.now);
        let late = |due: DateTime<Utc>| (view.now - due).num_milliseconds() > LATE_MS;
        let reason = match (self.wanted, due) {
            (Some(_), _) => Reason::Request,
            (None, Some(due)) if late(due) || next != Some(due) => Reason::CatchUp,
            (None, Some(_)) => Reason::Schedule,
            (None, None) => return Decision::Wait(next),
        };
        Decision::Append(Entry::Started(Started {
            scheduled_for: due.map(|due| due.timestamp_millis()),
            reason,
            by: view.by.to_string(),
            close_epochs: self.wanted.is_some_and(|wanted| wanted.close_epochs),
            served_ms: due.unwrap_or(served).timestamp_millis(),
            takes_over: None,
            deaths: 0,
        }))
    }

    /// The run begins again, unless it seems to be what kills its processes.
    fn after_death(&self, running: &Running, by: &str) -> Entry {
        let deaths = running.started.deaths + 1;
        if deaths >= MAX_DEATHS {
            let error = format!(
                "{deaths} processes died while they ran it; it is tried again when it is due next"
            );
            let detail = json!({"error": error});
            return Entry::Finished(Finished {
                run: running.run,
                ok: false,
                detail,
                took_ms: 0,
            });
        }
        let wanted = self.wanted.is_some_and(|wanted| wanted.close_epochs);
        Entry::Started(Started {
            by: by.to_string(),
            close_epochs: running.started.close_epochs || wanted,
            takes_over: Some(running.run),
            deaths,
            ..running.started.clone()
        })
    }
}

#[cfg(test)]
mod tests;
