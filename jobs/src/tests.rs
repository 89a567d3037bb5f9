use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono_tz::Tz;
use model::{Clock, ManualClock, random::SeededRandom};
use object_store::memory::InMemory;
use serde_json::{Value, json};
use storage::{bell::Bell, env::Env};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{job::Work, *};

mod closing;
mod listening;
mod running;

/// 2026-01-01T00:00:30Z.
const BEGIN_MS: i64 = 1_767_225_630_000;
const MINUTE: Duration = Duration::from_secs(60);

/// A clock that goes with the runtime's paused time.
struct RuntimeClock(Instant);

impl Clock for RuntimeClock {
    fn now_ms(&self) -> i64 {
        BEGIN_MS + self.0.elapsed().as_millis() as i64
    }
}

fn env(clock: Arc<dyn Clock>) -> Env {
    Env {
        store: Arc::new(InMemory::new()),
        bell: Bell::default(),
        clock,
        random: Arc::new(SeededRandom::new(1)),
    }
}

fn in_runtime() -> Env {
    env(Arc::new(RuntimeClock(Instant::now())))
}

/// The same store as seen by another process.
fn elsewhere(env: &Env, seed: u64) -> Env {
    Env {
        random: Arc::new(SeededRandom::new(seed)),
        ..env.clone()
    }
}

fn every_minute() -> Schedule {
    Schedule::parse("* * * * *", Tz::UTC).unwrap()
}

/// What runs have done.
#[derive(Default)]
struct Log {
    began: Mutex<Vec<JobContext>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Log {
    /// A job that takes some time and counts how many of it run at once.
    fn job(self: &Arc<Self>, takes: Duration, result: Result<Value, &'static str>) -> ScheduledJob {
        let log = Arc::clone(self);
        let work: Work = Arc::new(move |context| {
            let (log, result) = (Arc::clone(&log), result.clone());
            Box::pin(async move {
                let now = log.now.fetch_add(1, Ordering::SeqCst) + 1;
                log.most.fetch_max(now, Ordering::SeqCst);
                log.began.lock().unwrap().push(context);
                let _present = Present(&log.now);
                sleep(takes).await;
                result.map_err(JobError::new)
            })
        });
        ScheduledJob {
            name: "batch",
            schedule: every_minute(),
            after: None,
            work,
        }
    }

    fn reasons(&self) -> Vec<Reason> {
        self.began
            .lock()
            .unwrap()
            .iter()
            .map(|context| context.reason)
            .collect()
    }
}

/// Counts itself out when its run ends or is cut off.
struct Present<'a>(&'a AtomicUsize);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Process {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Process {
    fn start(by: &str, env: Env, job: ScheduledJob) -> Self {
        let shutdown = CancellationToken::new();
        let deps = SchedulerDeps {
            env,
            jobs: vec![job],
            epochs: None,
            on_reach: Arc::new(|_, _| ()),
        };
        let task = tokio::spawn(run(deps, SchedulerSettings::new(by), shutdown.clone()));
        Self { shutdown, task }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }

    async fn stop_all<const N: usize>(processes: [Self; N]) {
        processes
            .iter()
            .for_each(|process| process.shutdown.cancel());
        for process in processes {
            process.stop().await;
        }
    }

    /// As if it was killed: tasks end wherever they are. Aborting the role drops its runners only
    /// with their runtime, so processes that are to be killed get one of their own.
    fn kill(runtime: tokio::runtime::Runtime) {
        runtime.shutdown_background();
    }
}

/// Nothing runs by this; it only has the name and the schedule.
fn client(env: &Env) -> JobClient {
    let job = Arc::new(Log::default()).job(Duration::ZERO, Ok(Value::Null));
    JobClient::new(env.clone(), &[job], "client", 10 * MINUTE)
}

/// The runs as programs see them, newest first.
async fn runs(env: &Env) -> Vec<Value> {
    let runs = client(env).runs("batch", 100).await.unwrap();
    let Value::Array(runs) = json!(runs) else {
        unreachable!("runs are a list")
    };
    runs
}

/// Asks for a run; the answer as programs see it.
async fn start(client: &JobClient, close_epochs: bool, wait: bool) -> Value {
    json!(client.start("batch", close_epochs, wait).await.unwrap())
}
