//! Live cells inside one process.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use model::{Bug, EntityId, Epoch, Horizon, LogId, planted};

use super::{Checkpoint, HighWatermark, LiveCells, StoredCell};
use crate::error::LiveError;

/// Entities on a page of a list.
const PAGE: usize = 1_000;

/// [`LiveCells`] in memory.
#[derive(Default)]
pub struct MemoryCells {
    state: Mutex<State>,
    generation: AtomicU64,
}

#[derive(Default, Clone)]
struct State {
    cells: HashMap<EntityId, Vec<StoredCell>>,
    checkpoints: HashMap<LogId, Checkpoint>,
    high_watermarks: HashMap<LogId, HighWatermark>,
    prune_watermarks: HashMap<LogId, Epoch>,
    lists: HashMap<(LogId, Epoch), Vec<EntityId>>,
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
            let same = |old: &&mut StoredCell| (old.log, old.epoch) == (cell.log, cell.epoch);
            match stored.iter_mut().find(same) {
                None => stored.push(cell),
                Some(old) if cell.version() > old.version() || planted(Bug::NoUptoCompare) => {
                    *old = cell;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    async fn cells(&self, entity: EntityId) -> Result<Vec<StoredCell>, LiveError> {
        Ok(self.state().cells.get(&entity).cloned().unwrap_or_default())
    }

    async fn checkpoint(&self, log: LogId) -> Result<Option<Checkpoint>, LiveError> {
        Ok(self.state().checkpoints.get(&log).cloned())
    }

    async fn put_checkpoint(
        &self,
        log: LogId,
        expected: Option<&Checkpoint>,
        checkpoint: &Checkpoint,
    ) -> Result<bool, LiveError> {
        let mut state = self.state();
        let same = state.checkpoints.get(&log) == expected;
        if same {
            state.checkpoints.insert(log, checkpoint.clone());
        }
        Ok(same)
    }

    async fn high_watermark(&self, log: LogId) -> Result<Option<HighWatermark>, LiveError> {
        Ok(self.state().high_watermarks.get(&log).cloned())
    }

    async fn put_high_watermark(
        &self,
        log: LogId,
        high_watermark: &HighWatermark,
    ) -> Result<(), LiveError> {
        self.state()
            .high_watermarks
            .insert(log, high_watermark.clone());
        Ok(())
    }

    async fn prune_watermark(&self, log: LogId) -> Result<Epoch, LiveError> {
        let state = self.state();
        Ok(state
            .prune_watermarks
            .get(&log)
            .copied()
            .unwrap_or_default())
    }

    async fn raise_prune_watermark(&self, log: LogId, epoch: Epoch) -> Result<(), LiveError> {
        let mut state = self.state();
        let prune_watermark = state.prune_watermarks.entry(log).or_default();
        *prune_watermark = epoch.max(*prune_watermark);
        Ok(())
    }

    async fn generations(&self, _create: bool) -> Result<String, LiveError> {
        Ok(self.generation.load(Ordering::SeqCst).to_string())
    }

    async fn list(&self, log: LogId, epoch: Epoch, entities: &[EntityId]) -> Result<(), LiveError> {
        let mut state = self.state();
        let list = state.lists.entry((log, epoch)).or_default();
        list.extend_from_slice(entities);
        Ok(())
    }

    async fn listed(
        &self,
        log: LogId,
        epoch: Epoch,
        page: usize,
    ) -> Result<Vec<EntityId>, LiveError> {
        let state = self.state();
        let list = state.lists.get(&(log, epoch));
        let page = list.and_then(|list| list.chunks(PAGE).nth(page));
        Ok(page.unwrap_or_default().to_vec())
    }

    async fn unlist(&self, log: LogId, epoch: Epoch) -> Result<(), LiveError> {
        self.state().lists.remove(&(log, epoch));
        Ok(())
    }

    async fn delete(&self, entity: EntityId, log: LogId, epoch: Epoch) -> Result<bool, LiveError> {
        let mut state = self.state();
        let Some(cells) = state.cells.get_mut(&entity) else {
            return Ok(false);
        };
        let before = cells.len();
        cells.retain(|cell| (cell.log, cell.epoch) != (log, epoch));
        let deleted = cells.len() < before;
        if cells.is_empty() {
            state.cells.remove(&entity);
        }
        Ok(deleted)
    }

    async fn prune(&self, covered: &Horizon) -> Result<u64, LiveError> {
        let mut pruned = 0;
        let mut state = self.state();
        let lists = &mut state.lists;
        lists.retain(|(log, epoch), _| *epoch > covered.of(*log).epoch);
        state.cells.retain(|_, cells| {
            let before = cells.len();
            cells.retain(|cell| cell.epoch > covered.of(cell.log).epoch);
            pruned += (before - cells.len()) as u64;
            !cells.is_empty()
        });
        Ok(pruned)
    }
}
