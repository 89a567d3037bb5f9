//! What batch has to do: every sealed epoch beyond the horizon, contiguous per log.

use std::collections::BTreeMap;

use model::{Bug, Covered, Epoch, Horizon, LogId, planted};
use storage::store::{Store, StoreError};

use crate::{
    directory::Directory,
    raw::{self, Seal},
};

impl Seal {
    /// What is covered once this epoch is.
    pub fn covered(&self) -> Covered {
        Covered {
            epoch: self.epoch,
            seq: self.seqs.last,
            segment: self.segments.last,
        }
    }
}

/// Sealed epochs beyond `horizon`, in order per log, until they hold `most` events or more: one of
/// each log, then the next of each, so that no log waits for all of another. Of a log that is
/// `held` only epochs before that one.
pub async fn beyond(
    store: &Store,
    horizon: &Horizon,
    held: &BTreeMap<LogId, Epoch>,
    most: u64,
) -> Result<Vec<Seal>, StoreError> {
    let mut directory = Directory::default();
    directory.refresh(store).await?;
    let next = |log| (log, horizon.of(log).epoch.next());
    let logs = directory.open_beyond(horizon).map(|info| info.log);
    let mut open: Vec<(LogId, Epoch)> = logs.map(next).collect();
    let (mut seals, mut events) = (Vec::new(), 0);
    while !open.is_empty() && events < most {
        let mut still = Vec::new();
        for (log, mut epoch) in open {
            if planted(Bug::HorizonGap) && raw::seal(store, log, epoch.next()).await?.is_some() {
                epoch = epoch.next();
            }
            if held.get(&log).is_some_and(|held| epoch >= *held) {
                continue;
            }
            if let Some(seal) = raw::seal(store, log, epoch).await? {
                events += seal.count;
                seals.push(seal);
                still.push((log, epoch.next()));
            }
            if events >= most {
                break;
            }
        }
        open = still;
    }
    Ok(seals)
}
