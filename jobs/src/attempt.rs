//! A run in progress: its work, its signs of life, its end.

use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};
use storage::ledger::LedgerError;
use tokio::{
    task::{JoinError, JoinHandle},
    time::{Instant, MissedTickBehavior, interval_at, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    deps::Runner,
    history::{Entry, Running, State},
    job::{JobContext, JobError},
};

/// Largest detail that is kept, bytes of JSON.
const MAX_DETAIL: usize = 64 << 10;
/// How long a run that lost its lease may take to notice before it is cut off.
const LOST_GRACE: Duration = Duration::from_millis(100);

/// How a run ended.
pub(crate) enum Outcome {
    /// Here.
    Ended { ok: bool, detail: Value },
    /// Another process has it, or may have.
    Lost,
}

pub(crate) struct Attempt<'a> {
    runner: &'a Runner,
    number: u64,
    stop: CancellationToken,
    shutdown: CancellationToken,
    task: JoinHandle<Result<Value, JobError>>,
    /// When we last were certain that others would see us alive.
    alive: Instant,
}

impl<'a> Attempt<'a> {
    /// Begins the work in a task of its own.
    pub(crate) fn begin(
        runner: &'a Runner,
        running: &Running,
        shutdown: &CancellationToken,
    ) -> Self {
        let stop = shutdown.child_token();
        let started = &running.started;
        let context = JobContext {
            name: runner.job.name,
            run: running.run,
            scheduled_for: started
                .scheduled_for
                .and_then(DateTime::from_timestamp_millis),
            reason: started.reason,
            stop: stop.clone(),
        };
        let epochs = runner.deps.epochs.clone().filter(|_| started.close_epochs);
        let work = runner.job.work.clone();
        let task = tokio::spawn(async move {
            if let Some(epochs) = epochs {
                match epochs.close().await {
                    Ok(closed) if closed.late.is_empty() => {}
                    Ok(closed) => {
                        tracing::warn!(late = ?closed.late, "collectors have not handed over yet; the job runs without")
                    }
                    Err(error) => {
                        tracing::warn!(%error, "epochs could not be closed; the job runs without")
                    }
                }
            }
            work(context).await
        });
        let (number, shutdown, alive) = (running.run, shutdown.clone(), Instant::now());
        Self {
            runner,
            number,
            stop,
            shutdown,
            task,
            alive,
        }
    }

    /// Waits for the end, and shows others that the run is alive.
    pub(crate) async fn end(mut self, state: &mut State) -> Outcome {
        let every = self.runner.settings.lease / 4;
        let mut beats = interval_at(Instant::now() + every, every);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ended = &mut self.task => return outcome(ended),
                () = self.shutdown.cancelled() => return self.drain().await,
                _ = beats.tick() => {}
            }
            if !self.beat(state, every).await {
                return self.give_up().await;
            }
        }
    }

    /// Whether the run is still ours for certain.
    async fn beat(&mut self, state: &mut State, patience: Duration) -> bool {
        let sent = Instant::now();
        match timeout(patience, self.try_beat(state)).await {
            Ok(Ok(true)) => self.alive = sent,
            Ok(Ok(false)) if !state.is_running(self.number) => return false,
            Ok(Ok(false)) | Err(_) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a job's sign of life could not be written"),
        }
        // Others wait for the whole lease from when they saw the last sign: we stop before.
        self.alive.elapsed() < self.runner.settings.lease * 3 / 4
    }

    async fn try_beat(&self, state: &mut State) -> Result<bool, LedgerError> {
        let history = &self.runner.history;
        history.follow(state).await?;
        match state.is_running(self.number) {
            true => {
                history
                    .append(state, Entry::Heartbeat { run: self.number })
                    .await
            }
            false => Ok(false),
        }
    }

    /// The process ends: the work has some time to do so, too.
    async fn drain(mut self) -> Outcome {
        match timeout(self.runner.settings.drain, &mut self.task).await {
            Ok(ended) => outcome(ended),
            Err(_) => {
                self.task.abort();
                failed("it was cut off when its process ended")
            }
        }
    }

    async fn give_up(self) -> Outcome {
        self.stop.cancel();
        sleep(LOST_GRACE).await;
        self.task.abort();
        Outcome::Lost
    }
}

fn outcome(ended: Result<Result<Value, JobError>, JoinError>) -> Outcome {
    match ended {
        Ok(Ok(detail)) if detail.to_string().len() > MAX_DETAIL => {
            let detail = json!({"note": "what it gave is too long to be kept"});
            Outcome::Ended { ok: true, detail }
        }
        Ok(Ok(detail)) => Outcome::Ended { ok: true, detail },
        Ok(Err(error)) => failed(&error.to_string()),
        Err(_) => failed("it panicked; the log of its process says more"),
    }
}

fn failed(why: &str) -> Outcome {
    let why: String = why.chars().take(MAX_DETAIL / 4).collect();
    Outcome::Ended {
        ok: false,
        detail: json!({"error": why}),
    }
}
