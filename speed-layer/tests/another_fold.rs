//! Cells that another version of the fold has left are folded again, however far they had come.

use std::{sync::Arc, time::Duration};

use enrich::Rules;
use handover::overview::Overview;
use model::{
    CUBES, Cell, EntityId, EntityKind, Epoch, EpochStart, Event, FoldVersion, LogId, Record, Seq,
    SystemClock, Target,
};
use speed_layer::{SpeedDeps, SpeedSettings, worker};
use storage::{
    bell::Bell,
    cells::{Checkpoint, LiveCells, MemoryCells, StoredCell},
    leases::AllGranted,
    store,
    stream::{Batch, EventStream, MemoryStream},
};
use tokio_util::sync::CancellationToken;
use web::Health;

const LOG: LogId = LogId(1);
const EVENTS: u64 = 3;

fn account() -> EntityId {
    EntityId::new(EntityKind::Account, 1)
}

/// What the fold before left: cells and a checkpoint as of the last event.
async fn leave(cells: &MemoryCells) {
    let fold = FoldVersion(FoldVersion::OURS.0 - 1);
    let cell = StoredCell {
        log: LOG,
        epoch: Epoch(1),
        fence: None,
        fold,
        upto: Seq(EVENTS),
        body: Default::default(),
    };
    cells.put(account(), vec![cell]).await.unwrap();
    let checkpoint = Checkpoint {
        fence: None,
        fold,
        generations: cells.generations(true).await.unwrap(),
        base: Epoch::ZERO,
        seq: Seq(EVENTS),
        epoch: EpochStart::from((Epoch(1), Seq::ZERO)),
        lag_ms: 0,
        target: Target::Upto(Seq(EVENTS)),
        at_ms: 0,
    };
    assert!(cells.put_checkpoint(LOG, None, &checkpoint).await.unwrap());
}

async fn folded(cells: &MemoryCells) -> Checkpoint {
    loop {
        let checkpoint = cells.checkpoint(LOG).await.unwrap().unwrap();
        if checkpoint.fold == FoldVersion::OURS && checkpoint.seq == Seq(EVENTS) {
            return checkpoint;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn it_is_folded_again_and_replaces_what_came_as_far() {
    let store = store::open("memory://").unwrap();
    let (cells, stream) = (Arc::new(MemoryCells::default()), MemoryStream::default());
    let event = Event {
        account: 1,
        object: 2,
        ..Event::default()
    };
    let record = |seq| Record {
        seq: Seq(seq),
        epoch: Epoch(1),
        event: event.clone(),
    };
    let batch = Batch {
        previous: Seq::ZERO,
        records: Arc::new((1..=EVENTS).map(record).collect()),
    };
    stream.append(LOG, &batch).await.unwrap();
    leave(&cells).await;
    let deps = SpeedDeps {
        overview: Overview::new(Arc::clone(&store), Bell::default()),
        bell: Bell::default(),
        store,
        stream: Arc::new(stream),
        cells: cells.clone(),
        leases: Arc::new(AllGranted),
        worker: 1,
        rules: Arc::new(Rules::new().unwrap()),
        clock: Arc::new(SystemClock),
        health: Health::default(),
    };
    let shutdown = CancellationToken::new();
    let settings = SpeedSettings::default();
    let running = tokio::spawn(worker::run(deps.into(), settings, LOG, shutdown.clone()));
    let folded = tokio::time::timeout(Duration::from_secs(20), folded(&cells));
    let checkpoint = folded.await.expect("it is folded in time");
    shutdown.cancel();
    running.await.unwrap();

    assert_eq!(
        checkpoint.target,
        Target::Upto(Seq(EVENTS)),
        "until then it was incomplete"
    );
    let stored = cells.cells(account()).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(
        (stored[0].fold, stored[0].upto),
        (FoldVersion::OURS, Seq(EVENTS))
    );
    let cell = Cell::decode(&stored[0].body).unwrap();
    let counted: i64 = cell
        .rows(&CUBES[0])
        .map(|(.., counts)| counts.events[0])
        .sum();
    assert_eq!(counted, EVENTS as i64);
}
