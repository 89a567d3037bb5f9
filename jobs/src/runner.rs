//! One job in one process: decides with the others who runs it, and runs it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use storage::{bell::Look, ledger::LedgerError};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    attempt::{Attempt, Outcome},
    deps::Runner,
    history::{Decision, Entry, Finished, History, State, View},
};

/// How often recording the end of a run is tried once the process is ending.
const LAST_TRIES: usize = 3;

/// The last sign of life of a run, and when we saw it: by our own clock, so that nobody else's
/// matters.
struct Seen {
    alive: u64,
    at: Instant,
}

impl Runner {
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut state = State::default();
        let mut seen = Seen {
            alive: 0,
            at: Instant::now(),
        };
        let look = Look::new(self.deps.env.bell.clone(), self.settings.poll);
        let (name, on_reach) = (self.job.name, &self.deps.on_reach);
        while !shutdown.is_cancelled() {
            let pause = match self.turn(&mut state, &mut seen, &look, &shutdown).await {
                Ok(pause) => {
                    on_reach(name, None);
                    pause
                }
                Err(error) => {
                    tracing::warn!(job = name, %error, "the job's history is out of reach");
                    on_reach(name, Some("the job's history is out of reach"));
                    self.settings.poll
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = look.due() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Does what is to be done now; gives how long nothing will be.
    async fn turn(
        &self,
        state: &mut State,
        seen: &mut Seen,
        look: &Look,
        shutdown: &CancellationToken,
    ) -> Result<Duration, LedgerError> {
        let mut decision = self.decide(state, seen);
        // Whoever does something has just looked.
        if look.is_due() || matches!(decision, Decision::Append(_)) {
            let begun = look.begin();
            self.history.follow(state).await?;
            decision = self.decide(state, seen);
            look.done(begun);
        }
        let entry = match decision {
            Decision::Wait(until) => return Ok(self.pause(until)),
            Decision::Append(entry) => entry,
        };
        if self.history.append(state, entry).await? && self.is_ours(state) {
            self.execute(state, shutdown).await;
        }
        Ok(Duration::ZERO)
    }

    /// How long nothing is to be done, unless there is something new.
    fn pause(&self, until: Option<DateTime<Utc>>) -> Duration {
        let pause = until.and_then(|until| (until - self.now()).to_std().ok());
        pause.unwrap_or(self.settings.poll).min(self.settings.poll)
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.deps.env.clock.now_ms()).unwrap_or_default()
    }

    fn decide(&self, state: &State, seen: &mut Seen) -> Decision {
        let alive = state.running.as_ref().map_or(0, |running| running.alive);
        if alive != seen.alive {
            *seen = Seen {
                alive,
                at: Instant::now(),
            };
        }
        let silent = seen.at.elapsed() >= self.settings.lease;
        state.decide(&View {
            schedule: &self.job.schedule,
            by: &self.settings.by,
            now: self.now(),
            silent,
        })
    }

    /// Whether the newest entry is the beginning of a run. We have just written it.
    fn is_ours(&self, state: &State) -> bool {
        state.is_running(state.n)
    }

    async fn execute(&self, state: &mut State, shutdown: &CancellationToken) {
        let Some(running) = state.running.clone() else {
            return;
        };
        tracing::info!(job = self.job.name, run = running.run, reason = ?running.started.reason, "a job runs");
        let began = Instant::now();
        let attempt = Attempt::begin(self, &running, shutdown);
        let (ok, detail) = match attempt.end(state).await {
            Outcome::Ended { ok, detail } => (ok, detail),
            Outcome::Lost => {
                tracing::warn!(
                    job = self.job.name,
                    run = running.run,
                    "another process has taken the run over"
                );
                return;
            }
        };
        let result = if ok { "ok" } else { "failed" };
        metrics::counter!("millrace_job_runs_total", "job" => self.job.name, "result" => result)
            .increment(1);
        match ok {
            true => tracing::info!(job = self.job.name, run = running.run, "a job is done"),
            false => {
                tracing::error!(job = self.job.name, run = running.run, %detail, "a job failed")
            }
        }
        let took_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let finished = Finished {
            run: running.run,
            ok,
            detail,
            took_ms,
        };
        self.record(state, finished, shutdown).await;
        self.ask_followers().await;
    }

    /// Asks for a run of each job that follows this one. If that fails, or this process dies
    /// before, they run after the next run.
    async fn ask_followers(&self) {
        let jobs = self.deps.jobs.iter();
        for job in jobs.filter(|job| job.after == Some(self.job.name)) {
            let history = History::new(job.name, self.deps.env.clone());
            if let Err(error) = history.request(&self.settings.by, false).await {
                tracing::warn!(job = job.name, %error, "a job that follows another could not be asked for");
            }
        }
    }

    /// Records the end of a run, as soon as that can be done.
    async fn record(&self, state: &mut State, finished: Finished, shutdown: &CancellationToken) {
        let mut tries_left = LAST_TRIES;
        while tries_left > 0 {
            match self.try_record(state, &finished).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(job = self.job.name, %error, "the end of a run could not be recorded")
                }
            }
            if shutdown.is_cancelled() {
                tries_left -= 1;
            }
            sleep(self.settings.poll).await;
        }
    }

    /// Whether there is nothing more to record.
    async fn try_record(
        &self,
        state: &mut State,
        finished: &Finished,
    ) -> Result<bool, LedgerError> {
        self.history.follow(state).await?;
        if !state.is_running(finished.run) {
            return Ok(true);
        }
        self.history
            .append(state, Entry::Finished(finished.clone()))
            .await
    }
}
