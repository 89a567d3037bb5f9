//! What batch has to do: every sealed epoch beyond the horizon, contiguous per log.

use model::{Bug, Covered, Horizon, planted};

use crate::{
    directory::Directory,
    raw::{self, Seal},
};
use storage::store::{Store, StoreError};

impl Seal {
    /// What is covered once this epoch is.
    pub fn covered(&self) -> Covered {
        Covered {
            epoch: self.epoch,
            seq: self.seqs.1,
            segment: self.segments.1,
        }
    }
}

/// Sealed epochs beyond `horizon`, in order per log.
pub async fn beyond(store: &Store, horizon: &Horizon) -> Result<Vec<Seal>, StoreError> {
    let mut directory = Directory::default();
    directory.refresh(store).await?;
    let mut seals = Vec::new();
    for info in directory.logs() {
        let covered = horizon.of(info.log);
        if info.retired_at.is_some_and(|last| last <= covered.seq) {
            continue;
        }
        let mut epoch = covered.epoch + 1;
        if planted(Bug::HorizonGap) && raw::seal(store, info.log, epoch + 1).await?.is_some() {
            epoch += 1;
        }
        while let Some(seal) = raw::seal(store, info.log, epoch).await? {
            seals.push(seal);
            epoch += 1;
        }
    }
    Ok(seals)
}
