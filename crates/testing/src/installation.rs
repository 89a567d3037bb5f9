//! An installation in memory: its store, clock, live counters and stream, and what a collector and
//! a speed worker leave in them.

use std::sync::Arc;

use handover::raw::{self, LogInfo};
use model::{
    Epoch, EpochStart, Facts, FoldVersion, LogId, ManualClock, Record, Seq, Target,
    cell::EpochCells, random::SeededRandom,
};
use storage::{
    bell::Bell,
    cells::{Checkpoint, LiveCells, MemoryCells, StoredCell},
    env::Env,
    store::{self, Store},
    stream::MemoryStream,
};

/// See the module. Cheap to clone: all clones are of the same installation.
#[derive(Clone)]
pub struct Installation {
    /// What work on it stands on; the clock is `clock`.
    pub env: Env,
    /// Set by hand.
    pub clock: Arc<ManualClock>,
    /// Live counters.
    pub cells: Arc<MemoryCells>,
    /// From the collectors to the speed layer.
    pub stream: Arc<MemoryStream>,
}

impl Installation {
    /// An empty one.
    ///
    /// # Panics
    ///
    /// As everything here, where the memory refuses something: a test has nothing else to do.
    pub fn new(now_ms: i64) -> Self {
        Self::on(store::open("memory://").expect("a store in memory"), now_ms)
    }

    /// One whose objects are in this store.
    pub fn on(store: Store, now_ms: i64) -> Self {
        let clock = Arc::new(ManualClock::new(now_ms));
        let env = Env {
            store,
            bell: Bell::default(),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
        };
        Self {
            env,
            clock,
            cells: Arc::default(),
            stream: Arc::default(),
        }
    }

    /// What another process on this installation stands on: the same but for chance.
    pub fn another(&self, seed: u64) -> Env {
        Env {
            random: Arc::new(SeededRandom::new(seed)),
            ..self.env.clone()
        }
    }

    /// Registers a log in which nothing has happened yet.
    pub async fn register(&self, log: LogId) {
        let info = LogInfo::new(log);
        let registered = raw::register_log(&self.env.store, &info).await;
        registered.expect("a log is registered");
    }

    /// Counts all records of an epoch as a worker does that knows nothing of where they came from.
    pub async fn fold(&self, log: LogId, epoch: Epoch, records: &[Record]) {
        let mut cells = EpochCells::default();
        for record in records {
            cells.fold(&record.event, &Facts::default());
        }
        for entity in cells.entities() {
            let body = cells.encode(entity).unwrap_or_default();
            let cell = StoredCell {
                log,
                epoch,
                fence: None,
                fold: FoldVersion::OURS,
                upto: records.last().map_or(Seq::ZERO, |record| record.seq),
                body,
            };
            let put = self.cells.put(entity, vec![cell]).await;
            put.expect("a cell is stored");
        }
    }

    /// Says that all of a log is counted up to `seq`, and when its newest epoch began.
    pub async fn checkpoint(&self, log: LogId, epoch: EpochStart, seq: Seq) {
        let old = self.cells.checkpoint(log).await.expect("a checkpoint");
        let generations = self.cells.generations(false).await.expect("generations");
        let checkpoint = Checkpoint {
            fence: None,
            fold: FoldVersion::OURS,
            generations,
            base: Epoch(0),
            seq,
            epoch,
            lag_ms: 0,
            target: Target::Upto(seq),
            at_ms: self.env.clock.now_ms(),
        };
        let put = self.cells.put_checkpoint(log, old.as_ref(), &checkpoint);
        assert!(put.await.expect("a checkpoint"), "nobody else writes it");
    }
}
