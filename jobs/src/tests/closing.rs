use model::LogId;
use storage::{
    cells::{LiveCells, Mark, MemoryCells},
    installation::{Control, Request},
    raw::{self, LogInfo, Seal},
};

use super::*;

const LOG: LogId = LogId(7);

async fn register(shared: &Shared, log: LogId, retired_at: Option<u64>) {
    let info = LogInfo {
        log,
        created_ms: 1,
        predecessor: None,
        retired_at: None,
    };
    raw::register_log(&shared.store, &info).await.unwrap();
    if let Some(last) = retired_at {
        raw::retire_log(&shared.store, &info, last).await.unwrap();
    }
}

/// Says that the log has events up to `seq`, the last of them in `epoch`.
async fn mark(cells: &dyn LiveCells, log: LogId, seq: u64, epoch: u64) {
    let mark = Mark {
        fence: 0,
        generations: String::new(),
        base: 0,
        seq,
        epoch: (epoch, 0),
        lag_ms: 0,
    };
    assert!(cells.put_mark(log, None, &mark).await.unwrap());
}

async fn seal(shared: &Shared, log: LogId, epoch: u64) {
    let seal = Seal {
        log,
        epoch,
        segments: (epoch, epoch),
        seqs: (epoch, epoch),
        count: 1,
    };
    raw::put_seal(&shared.store, &seal).await.unwrap();
}

fn closer(shared: &Shared, cells: &Arc<MemoryCells>) -> EpochCloser {
    EpochCloser::new(shared.clone(), cells.clone(), Duration::from_secs(30))
}

#[tokio::test(start_paused = true)]
async fn closing_waits_until_the_seals_cover_what_was_known() {
    let (one, cells) = (in_runtime(), Arc::new(MemoryCells::default()));
    register(&one, LOG, None).await;
    register(&one, LogId(8), Some(3)).await;
    register(&one, LogId(9), None).await;
    mark(&*cells, LOG, 5, 2).await;
    mark(&*cells, LogId(8), 3, 1).await;
    seal(&one, LOG, 1).await;
    let collector = one.clone();
    tokio::spawn(async move {
        let control = Control::new(collector.store.clone());
        while control.newest().await.unwrap() == 0 {
            sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(control.after(0).await.unwrap().1, [Request::CloseEpochs]);
        sleep(Duration::from_secs(4)).await;
        seal(&collector, LOG, 2).await;
    });
    let begin = Instant::now();
    let closed = closer(&one, &cells).close().await.unwrap();
    assert_eq!(
        closed,
        Closed {
            sealed: vec![LOG],
            late: vec![]
        },
        "neither retired nor empty logs are waited for"
    );
    assert!((4..8).contains(&begin.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn a_dead_collector_holds_up_nobody_for_long() {
    let (one, cells) = (in_runtime(), Arc::new(MemoryCells::default()));
    register(&one, LOG, None).await;
    mark(&*cells, LOG, 5, 2).await;
    let begin = Instant::now();
    let closed = closer(&one, &cells).close().await.unwrap();
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
async fn without_events_nobody_is_asked() {
    let (one, cells) = (in_runtime(), Arc::new(MemoryCells::default()));
    register(&one, LOG, None).await;
    mark(&*cells, LOG, 0, 1).await;
    assert_eq!(
        closer(&one, &cells).close().await.unwrap(),
        Closed {
            sealed: vec![],
            late: vec![]
        }
    );
    assert_eq!(Control::new(one.store.clone()).newest().await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_wants_it_closes_epochs_first() {
    let (one, cells) = (in_runtime(), Arc::new(MemoryCells::default()));
    register(&one, LOG, None).await;
    mark(&*cells, LOG, 5, 2).await;
    let began = Arc::new(AtomicU64::new(0));
    let (seen, control) = (began.clone(), Control::new(one.store.clone()));
    let control = Arc::new(control);
    let work: Work = Arc::new(move |_| {
        let (seen, control) = (seen.clone(), control.clone());
        Box::pin(async move {
            seen.store(
                control.newest().await.map_err(JobError::new)?,
                Ordering::SeqCst,
            );
            Ok(Value::Null)
        })
    });
    let job = Job {
        name: "batch",
        schedule: Schedule::parse("@yearly", Tz::UTC).unwrap(),
        work,
    };
    let deps = SchedulerDeps {
        shared: elsewhere(&one, 1),
        jobs: vec![job],
        epochs: Some(closer(&one, &cells)),
        health: Health::default(),
    };
    let shutdown = CancellationToken::new();
    let role = tokio::spawn(run(deps, SchedulerSettings::new("one"), shutdown.clone()));
    let answer = desk(&one).start("batch", true, true).await.unwrap();
    assert_eq!(
        (&answer["state"], &answer["run"]["close_epochs"]),
        (&json!("ok"), &json!(true))
    );
    assert_eq!(began.load(Ordering::SeqCst), 1);
    shutdown.cancel();
    role.await.unwrap();
}
