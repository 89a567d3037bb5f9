//! What batch has to do: every sealed epoch beyond the horizon, contiguous per log.
//! Of an epoch that is given up ([`Skips`]) the seal may be missing or damaged: where it ends follows from the next.

use model::{Bug, Covered, Epoch, Horizon, LogId, Span, planted};
use storage::{
    object_keys::ObjectKey,
    store::{Store, StoreError},
};

use crate::{
    directory::Directory,
    raw::{self, Seal},
    skips::Skips,
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
    skips: &Skips,
    most: u64,
) -> Result<Vec<Seal>, SealError> {
    let logs = directory.open_beyond(horizon).map(|info| info.log);
    let mut open: Vec<(LogId, Covered)> = logs.map(|log| (log, horizon.of(log))).collect();
    let (mut seals, mut events) = (Vec::new(), 0);
    while !open.is_empty() && events < most {
        let mut still = Vec::new();
        for (log, covered) in open {
            let mut epoch = covered.epoch.next();
            let read = async |epoch| {
                let seal = match skips.contains(log, epoch) {
                    true => given_up(store, log, covered).await,
                    false => raw::seal(store, log, epoch).await,
                };
                seal.map_err(|source| SealError { log, epoch, source })
            };
            if planted(Bug::HorizonGap) && read(epoch.next()).await?.is_some() {
                epoch = epoch.next();
            }
            if end(log).is_some_and(|end| epoch >= end) {
                continue;
            }
            let mut seal = read(epoch).await?;
            if seal.is_none()
                && raw::sealed_ms(store, log, epoch.next())
                    .await
                    .map_err(|source| SealError { log, epoch, source })?
                    .is_some()
            {
                // It was sealed meanwhile, or is lost.
                seal = read(epoch).await?;
                if seal.is_none() {
                    let source = missing(log, epoch);
                    return Err(SealError { log, epoch, source });
                }
            }
            if let Some(seal) = seal {
                events += seal.count;
                still.push((log, seal.covered()));
                seals.push(seal);
            }
        }
        open = still;
    }
    Ok(seals)
}

/// A seal that must be there is not.
fn missing(log: LogId, epoch: Epoch) -> StoreError {
    StoreError::Damaged {
        path: ObjectKey::Seal { log, epoch }.path(),
        why: "it is missing, and the next one is there".into(),
    }
}

/// The seal of the epoch after what is `covered`, which is given up: its own if it can be read, otherwise all
/// that is before the next.
pub async fn given_up(
    store: &Store,
    log: LogId,
    covered: Covered,
) -> Result<Option<Seal>, StoreError> {
    let epoch = covered.epoch.next();
    let own = match raw::seal(store, log, epoch).await {
        Ok(Some(seal)) => return Ok(Some(seal)),
        Ok(None) => None,
        Err(error @ StoreError::Damaged { .. }) => Some(error),
        Err(error) => return Err(error),
    };
    let Some(next) = raw::seal(store, log, epoch.next()).await? else {
        // It is not known where it ends before the next epoch is sealed.
        return own.map_or(Ok(None), Err);
    };
    if next.segments.first <= covered.segment || next.seqs.first <= covered.seq {
        return Err(StoreError::Damaged {
            path: ObjectKey::Seal {
                log,
                epoch: next.epoch,
            }
            .path(),
            why: "it begins before what is covered".into(),
        });
    }
    let segments = Span::from((covered.segment.next(), next.segments.first.previous()));
    let seqs = Span::from((covered.seq.next(), next.seqs.first.previous()));
    Ok(Some(Seal {
        log,
        epoch,
        segments,
        seqs,
        count: seqs.count(),
    }))
}
