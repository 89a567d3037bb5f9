//! What there is to do: every sealed epoch beyond the horizon, contiguous per log.

use model::{Covered, Horizon};
use storage::{
    directory::Directory,
    raw::{self, Seal},
    store::{Store, StoreError},
};

/// A sealed epoch that is to be covered.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub seal: Seal,
}

impl Taken {
    /// What is covered once this epoch is.
    pub(super) fn covered(&self) -> Covered {
        Covered {
            epoch: self.seal.epoch,
            seq: self.seal.seqs.1,
            segment: self.seal.segments.1,
        }
    }
}

/// Sealed epochs beyond `horizon`, in order per log.
pub(super) async fn sealed_epochs(
    store: &Store,
    horizon: &Horizon,
) -> Result<Vec<Taken>, StoreError> {
    let mut directory = Directory::default();
    directory.refresh(store).await?;
    let mut taken = Vec::new();
    for info in directory.logs() {
        let covered = horizon.of(info.log);
        if info.retired_at.is_some_and(|last| last <= covered.seq) {
            continue;
        }
        let mut epoch = covered.epoch + 1;
        while let Some(seal) = raw::seal(store, info.log, epoch).await? {
            taken.push(Taken { seal });
            epoch += 1;
        }
    }
    Ok(taken)
}
