use async_trait::async_trait;
use handover::{
    installation::{Control, Request},
    raw::{self, EpochsClosed, LogInfo, Seal},
};
use model::{Epoch, LogId, SegmentNo, Seq, Span};

use super::*;

const LOG: LogId = LogId(7);

fn info(log: LogId, retired_at: Option<u64>, closed: Option<(u64, u64)>) -> LogInfo {
    LogInfo {
        log,
        created_ms: 1,
        predecessor: None,
        retired_at: retired_at.map(Seq),
        closed: closed.map(|(request, epoch)| EpochsClosed::from((request, Epoch(epoch)))),
        account: None,
    }
}

async fn register(env: &Env, log: LogId, retired_at: Option<u64>) {
    raw::register_log(&env.store, &info(log, retired_at, None))
        .await
        .unwrap();
}

async fn seal(env: &Env, log: LogId, epoch: u64) {
    let seal = Seal {
        log,
        epoch: Epoch(epoch),
        segments: Span::from((SegmentNo(epoch), SegmentNo(epoch))),
        seqs: Span::from((Seq(epoch), Seq(epoch))),
        count: 1,
    };
    raw::put_seal(&env.store, &seal).await.unwrap();
}

fn closer(env: &Env) -> EpochCloser {
    EpochCloser::new(env.clone(), Duration::from_secs(30))
}

/// A collector that answers the next request after `answer`, and has the seal after as long again.
fn collector(env: &Env, log: LogId, epoch: u64, answer: Duration) {
    let env = env.clone();
    tokio::spawn(async move {
        let control = Control::new(env.store.clone());
        while control.newest().await.unwrap() == 0 {
            sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(control.after(0).await.unwrap().1, [Request::CloseEpochs]);
        sleep(answer).await;
        raw::update_log(&env.store, &info(log, None, Some((1, epoch))))
            .await
            .unwrap();
        sleep(answer).await;
        seal(&env, log, epoch).await;
    });
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_every_answer_and_its_seal() {
    let one = in_runtime();
    register(&one, LOG, None).await;
    register(&one, LogId(8), Some(3)).await;
    seal(&one, LOG, 1).await;
    collector(&one, LOG, 2, Duration::from_secs(2));
    let begin = Instant::now();
    let closed = closer(&one).close().await.unwrap();
    assert_eq!(
        closed,
        Closed {
            sealed: vec![LOG],
            late: vec![]
        },
        "retired logs are not waited for"
    );
    assert!((4..8).contains(&begin.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn a_collector_without_events_has_nothing_to_seal() {
    let one = in_runtime();
    register(&one, LOG, None).await;
    collector(&one, LOG, 0, Duration::from_secs(1));
    let closed = closer(&one).close().await.unwrap();
    assert_eq!(
        closed,
        Closed {
            sealed: vec![LOG],
            late: vec![]
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_collector_holds_up_nobody_for_long() {
    let one = in_runtime();
    register(&one, LOG, None).await;
    let begin = Instant::now();
    let closed = closer(&one).close().await.unwrap();
    assert_eq!(
        closed,
        Closed {
            sealed: vec![],
            late: vec![LOG]
        }
    );
    assert!((30..33).contains(&begin.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn without_logs_nobody_is_asked() {
    let one = in_runtime();
    let closed = closer(&one).close().await.unwrap();
    assert_eq!(
        closed,
        Closed {
            sealed: vec![],
            late: vec![]
        }
    );
    assert_eq!(Control::new(one.store.clone()).newest().await.unwrap(), 0);
}

/// Keeps how much collectors had been asked for when it ran.
struct Watch;

#[async_trait]
impl Job<(Control, AtomicU64)> for Watch {
    fn name(&self) -> &'static str {
        "batch"
    }

    fn description(&self) -> &'static str {
        "requests are counted"
    }

    fn schedule(&self) -> &'static str {
        "@yearly"
    }

    async fn run(
        &self,
        (control, seen): &(Control, AtomicU64),
        _: JobContext,
    ) -> Result<Value, JobError> {
        let newest = control.newest().await.map_err(JobError::new)?;
        seen.store(newest, Ordering::SeqCst);
        Ok(Value::Null)
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_wants_it_closes_epochs_first() {
    let one = in_runtime();
    register(&one, LOG, None).await;
    let began = Arc::new((Control::new(one.store.clone()), AtomicU64::new(0)));
    let yearly = Schedule::parse(Watch.schedule(), Tz::UTC).unwrap();
    let job = ScheduledJob::new(&Watch, yearly, Arc::clone(&began));
    let deps = SchedulerDeps {
        env: elsewhere(&one, 1),
        jobs: vec![job],
        epochs: Some(closer(&one)),
        on_reach: Arc::new(|_, _| ()),
    };
    let shutdown = CancellationToken::new();
    let role = tokio::spawn(run(deps, SchedulerSettings::new("one"), shutdown.clone()));
    let answer = start(&client(&one), true, true).await;
    assert_eq!(
        (&answer["state"], &answer["run"]["close_epochs"]),
        (&json!("ok"), &json!(true))
    );
    assert_eq!(began.1.load(Ordering::SeqCst), 1);
    shutdown.cancel();
    role.await.unwrap();
}
