//! What batch has to do: every sealed epoch beyond the horizon, contiguous per log.

use model::{Bug, Covered, Horizon, planted};
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

/// Sealed epochs beyond `horizon`, in order per log.
pub async fn beyond(store: &Store, horizon: &Horizon) -> Result<Vec<Seal>, StoreError> {
    let mut directory = Directory::default();
    directory.refresh(store).await?;
    let mut seals = Vec::new();
    for info in directory.open_beyond(horizon) {
        let mut epoch = horizon.of(info.log).epoch.next();
        if planted(Bug::HorizonGap) && raw::seal(store, info.log, epoch.next()).await?.is_some() {
            epoch = epoch.next();
        }
        while let Some(seal) = raw::seal(store, info.log, epoch).await? {
            seals.push(seal);
            epoch = epoch.next();
        }
    }
    Ok(seals)
}
