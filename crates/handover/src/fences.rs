//! The fences there are. A fence never changes: each is read once.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use model::{Bug, Fence, LogId, planted};
use storage::store::{Store, StoreError};

use crate::raw;

/// What was read of fences.
#[derive(Debug, Default)]
pub struct Fences(Mutex<BTreeMap<LogId, Fence>>);

impl Fences {
    /// Every fence as of now: one request, and one for each that is new.
    pub async fn now(&self, store: &Store) -> Result<BTreeMap<LogId, Fence>, StoreError> {
        if planted(Bug::FenceIgnored) {
            return Ok(BTreeMap::new());
        }
        let logs = raw::fences(store).await?;
        let known = |log: &LogId| {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(log)
                .copied()
        };
        let mut fences = BTreeMap::new();
        for log in logs {
            let fence = match known(&log) {
                Some(fence) => Some(fence),
                None => raw::fence(store, log).await?,
            };
            fences.extend(fence.map(|fence| (log, fence)));
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(&fences);
        Ok(fences)
    }
}
