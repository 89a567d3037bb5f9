//! Full runs: cut off and gone on with, beside the schedule, and gone back from.

use std::sync::{Arc, Mutex};

use batch_layer::{
    Engine, Limits, Local, Mode, Results, RollupDeps, RollupError, Worker, query, run, tasks,
};
use datafusion::arrow::{array::AsArray, datatypes::Int64Type};
use enrich::Rules;
use futures::{StreamExt, future::BoxFuture, stream};
use model::{LogId, SegmentNo};
use object_store::ObjectStoreExt;
use storage::{ledger::Ledger, object_keys::ObjectKey};
use testing::{Installation, Log};

use crate::{
    installation::{DAY, HOUR, click, rollup, start},
    recount::all_agree,
};

/// Notes which segments are counted, and lets something happen before the first.
#[derive(Default)]
struct Watched {
    counted: Mutex<Vec<u64>>,
    first: Mutex<Option<BoxFuture<'static, ()>>>,
}

static LOCAL: Local = Local;

impl Engine for Watched {
    fn run(&self, here: Worker, tasks: Vec<tasks::Task>) -> Results<'_> {
        for task in &tasks {
            if let tasks::Piece::Count(count) = &task.piece {
                let parts = count.parts.iter();
                let segments = parts.flat_map(|part| part.segments.first.0..=part.segments.last.0);
                self.counted.lock().unwrap().extend(segments);
            }
        }
        let first = self.first.lock().unwrap().take();
        let first = async move {
            if let Some(first) = first {
                first.await;
            }
        };
        let then = move |()| LOCAL.run(here.clone(), tasks.clone());
        stream::once(first).flat_map(then).boxed()
    }

    fn at_once(&self) -> usize {
        1
    }
}

/// A process that takes two epochs of ten events at once.
fn deps(installation: &Installation, seed: u64, engine: Arc<dyn Engine>) -> RollupDeps {
    RollupDeps {
        engine,
        limits: Limits {
            step: 20,
            ..Limits::default()
        },
        ..rollup(installation, &Arc::new(Rules::new().expect("rules")), seed)
    }
}

async fn seal(installation: &Installation, log: &mut Log) {
    (0..10).for_each(|n| log.accept(click(1, 10, start() + n * HOUR)));
    log.seal(&installation.env.store).await;
}

async fn clicks(deps: &RollupDeps) -> i64 {
    let sql = "SELECT CAST(SUM(clicks) AS BIGINT) FROM account_total";
    let rows = query(deps, sql, 1).await.expect("an answer");
    let columns = rows
        .iter()
        .map(|rows| rows.column(0).as_primitive::<Int64Type>());
    columns.flat_map(|column| column.iter().flatten()).sum()
}

/// Six settled epochs of two segments each.
async fn settled() -> (Installation, Log) {
    let installation = Installation::new(start() + DAY);
    installation.register(LogId(1)).await;
    let mut log = Log::new(LogId(1));
    for _ in 0..6 {
        seal(&installation, &mut log).await;
    }
    let deps = deps(&installation, 1, Arc::new(Local));
    let report = run(&deps, Mode::Incremental).await.expect("a run");
    assert_eq!((report.steps, clicks(&deps).await), (3, 60));
    (installation, log)
}

#[tokio::test]
async fn a_full_run_goes_on_where_it_was_cut_off_and_beside_the_schedule() {
    let (installation, mut log) = settled().await;
    let store = &installation.env.store;
    let segment = ObjectKey::Raw {
        log: log.id,
        segment: SegmentNo(9),
    };
    let path = segment.path();
    let whole = store
        .get(&path)
        .await
        .expect("it")
        .bytes()
        .await
        .expect("bytes");
    store.put(&path, "damaged".into()).await.expect("stored");
    let failed = run(&deps(&installation, 2, Arc::new(Local)), Mode::Full).await;
    assert!(
        matches!(failed, Err(RollupError::Held { .. })),
        "{failed:?}"
    );
    let progress = Ledger::new(Arc::clone(store), "recounts");
    assert_eq!(
        progress.newest().await.expect("it"),
        2,
        "two steps were done"
    );

    store.put(&path, whole.into()).await.expect("stored");
    seal(&installation, &mut log).await;
    let other = deps(&installation, 3, Arc::new(Local));
    let watched = Arc::new(Watched::default());
    *watched.first.lock().unwrap() = Some(Box::pin(async move {
        let report = run(&other, Mode::Incremental).await.expect("a run");
        assert_eq!(report.events, 10, "the schedule is not held up");
    }));
    let deps = deps(&installation, 4, watched.clone());
    let report = run(&deps, Mode::Full).await.expect("a run");
    assert_eq!(
        *watched.counted.lock().unwrap(),
        [9, 10, 11, 12, 13, 14],
        "each once, and none again"
    );
    assert_eq!(report.changed, []);
    assert_eq!(clicks(&deps).await, 70);
    let manifest = deps.manifests.latest().await.expect("one").manifest;
    assert!(manifest.recounted.is_some() && manifest.events_count == 70);
    all_agree(&deps).await;

    // It is done: the next one begins anew.
    let watched = Arc::new(Watched::default());
    let deps = self::deps(&installation, 5, watched.clone());
    run(&deps, Mode::Full).await.expect("a run");
    assert_eq!(
        *watched.counted.lock().unwrap(),
        (1..=14).collect::<Vec<u64>>()
    );
    assert_eq!(clicks(&deps).await, 70);
}

#[tokio::test]
async fn one_can_go_back_for_a_day() {
    let (installation, mut log) = settled().await;
    let deps = deps(&installation, 2, Arc::new(Local));
    let none = run(&deps, Mode::Back).await;
    assert!(
        matches!(none, Err(RollupError::NothingToGoBackTo)),
        "{none:?}"
    );

    let before = deps.manifests.latest().await.expect("one").manifest;
    run(&deps, Mode::Full).await.expect("a run");
    seal(&installation, &mut log).await;
    run(&deps, Mode::Incremental).await.expect("a run");
    // What was replaced outlives what is merged.
    installation.clock.set(start() + DAY + 3 * HOUR);
    for _ in 0..3 {
        seal(&installation, &mut log).await;
        run(&deps, Mode::Incremental).await.expect("a run");
    }
    run(&deps, Mode::Back).await.expect("a run");
    let after = deps.manifests.latest().await.expect("one").manifest;
    let old = before.event_files.iter();
    assert!(old.clone().all(|file| after.event_files.contains(file)));
    assert_eq!((after.events_count, after.recounted.as_ref()), (100, None));
    assert_eq!(clicks(&deps).await, 100);
    all_agree(&deps).await;

    run(&deps, Mode::Full).await.expect("a run");
    installation.clock.set(start() + 4 * DAY);
    let gone = run(&deps, Mode::Back).await;
    assert!(matches!(gone, Err(RollupError::NotKept { .. })), "{gone:?}");
    assert_eq!(clicks(&deps).await, 100);
}
