//! Live cells inside one process.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use model::{Bug, EntityId, Horizon, LogId, planted};

use super::{Head, LiveCells, Mark, StoredCell};
use crate::stream::LiveError;

/// [`LiveCells`] in memory.
#[derive(Default)]
pub struct MemoryCells {
    state: Mutex<State>,
    generation: AtomicU64,
}

#[derive(Default, Clone)]
struct State {
    cells: HashMap<EntityId, HashMap<(LogId, u64), StoredCell>>,
    marks: HashMap<LogId, Mark>,
    heads: HashMap<LogId, Head>,
    floors: HashMap<LogId, u64>,
}

impl MemoryCells {
    /// Forgets everything, as a flushed Redis would.
    pub fn flush(&self) {
        let mut state = self.state();
        self.generation.fetch_add(1, Ordering::SeqCst);
        *state = State::default();
    }

    /// Everything stored now, for [`MemoryCells::restore`].
    #[cfg(feature = "testing")]
    pub fn snapshot(&self) -> Self {
        let generation = AtomicU64::new(self.generation.load(Ordering::SeqCst));
        let state = Mutex::new(self.state().clone());
        Self { state, generation }
    }

    /// Goes back to a snapshot, as a Redis does that starts from an old file.
    #[cfg(feature = "testing")]
    pub fn restore(&self, snapshot: &Self) {
        let old = snapshot.state().clone();
        let mut state = self.state();
        self.generation.fetch_add(1, Ordering::SeqCst);
        *state = old;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LiveCells for MemoryCells {
    async fn put(&self, entity: EntityId, cells: Vec<StoredCell>) -> Result<(), LiveError> {
        let mut state = self.state();
        let stored = state.cells.entry(entity).or_default();
        for cell in cells {
            let newer = |old: &StoredCell| cell.version() > old.version();
            let newer = stored.get(&(cell.log, cell.epoch)).is_none_or(newer);
            if newer || planted(Bug::NoUptoCompare) {
                stored.insert((cell.log, cell.epoch), cell);
            }
        }
        Ok(())
    }

    async fn cells(&self, entity: EntityId) -> Result<Vec<StoredCell>, LiveError> {
        Ok(self
            .state()
            .cells
            .get(&entity)
            .map_or_else(Vec::new, |c| c.values().cloned().collect()))
    }

    async fn mark(&self, log: LogId) -> Result<Option<Mark>, LiveError> {
        Ok(self.state().marks.get(&log).cloned())
    }

    async fn put_mark(
        &self,
        log: LogId,
        expected: Option<&Mark>,
        mark: &Mark,
    ) -> Result<bool, LiveError> {
        let mut state = self.state();
        let same = state.marks.get(&log) == expected;
        if same {
            state.marks.insert(log, mark.clone());
        }
        Ok(same)
    }

    async fn head(&self, log: LogId) -> Result<Option<Head>, LiveError> {
        Ok(self.state().heads.get(&log).cloned())
    }

    async fn put_head(&self, log: LogId, head: &Head) -> Result<(), LiveError> {
        self.state().heads.insert(log, head.clone());
        Ok(())
    }

    async fn floor(&self, log: LogId) -> Result<u64, LiveError> {
        Ok(self.state().floors.get(&log).copied().unwrap_or(0))
    }

    async fn raise_floor(&self, log: LogId, epoch: u64) -> Result<(), LiveError> {
        let mut state = self.state();
        let floor = state.floors.entry(log).or_default();
        *floor = epoch.max(*floor);
        Ok(())
    }

    async fn generations(&self, _create: bool) -> Result<String, LiveError> {
        Ok(self.generation.load(Ordering::SeqCst).to_string())
    }

    async fn prune(&self, covered: &Horizon) -> Result<u64, LiveError> {
        let mut pruned = 0;
        self.state().cells.retain(|_, cells| {
            let before = cells.len();
            cells.retain(|(log, epoch), _| *epoch > covered.of(*log).epoch);
            pruned += (before - cells.len()) as u64;
            !cells.is_empty()
        });
        Ok(pruned)
    }
}
