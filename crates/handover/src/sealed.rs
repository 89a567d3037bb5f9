//! What batch has to do: every sealed epoch beyond the horizon, contiguous per log.

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

/// The seal of an epoch cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the seal of epoch {epoch} of log {log}: {source}")]
pub struct SealError {
    /// The log.
    pub log: LogId,
    /// The epoch.
    pub epoch: Epoch,
    /// Why.
    pub source: StoreError,
}

/// Sealed epochs of the logs of `directory` beyond `horizon`, in order per log, until they hold `most`
/// events or more: one of each log, then the next of each. Of a log only those before the epoch that
/// `end` gives for it, if it gives one.
pub async fn beyond(
    store: &Store,
    directory: &Directory,
    horizon: &Horizon,
    end: impl Fn(LogId) -> Option<Epoch>,
    most: u64,
) -> Result<Vec<Seal>, SealError> {
    let next = |log| (log, horizon.of(log).epoch.next());
    let logs = directory.open_beyond(horizon).map(|info| info.log);
    let mut open: Vec<(LogId, Epoch)> = logs.map(next).collect();
    let (mut seals, mut events) = (Vec::new(), 0);
    while !open.is_empty() && events < most {
        let mut still = Vec::new();
        for (log, mut epoch) in open {
            let read = async |epoch| {
                let seal = raw::seal(store, log, epoch).await;
                seal.map_err(|source| SealError { log, epoch, source })
            };
            if planted(Bug::HorizonGap) && read(epoch.next()).await?.is_some() {
                epoch = epoch.next();
            }
            if end(log).is_some_and(|end| epoch >= end) {
                continue;
            }
            if let Some(seal) = read(epoch).await? {
                events += seal.count;
                seals.push(seal);
                still.push((log, epoch.next()));
            }
        }
        open = still;
    }
    Ok(seals)
}
