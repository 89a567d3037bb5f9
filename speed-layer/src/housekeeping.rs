//! What may go: cells that a manifest covers and readers have left, and stream entries that are
//! both flushed and in raw.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use handover::raw;
use model::{Bug, Epoch, Horizon, LogId, Seq, Tail, planted};
use storage::{
    bell::Look,
    error::{LiveError, StorageError},
    store::StoreError,
};
use tokio::time::Instant;

use crate::SpeedDeps;

/// A manifest may be read for so long after the next one is there, or until two newer ones are.
const GRACE: Duration = Duration::from_secs(600);
const GRACE_MANIFESTS: u64 = 2;

/// Deletes what nobody needs.
pub struct Housekeeper {
    /// Manifests in the order seen, with when.
    seen: VecDeque<(u64, Instant, Horizon)>,
    pruned: u64,
    trims: BTreeMap<LogId, Trim>,
    /// For new seals.
    look: Look,
}

/// How far the stream of one log may be forgotten, and is.
struct Trim {
    /// The next epoch whose seal is awaited.
    awaited: Epoch,
    /// Last event known to be in raw.
    in_raw: Seq,
    /// Up to where it is forgotten.
    done: Seq,
}

impl Default for Trim {
    fn default() -> Self {
        Self {
            awaited: Epoch::FIRST,
            in_raw: Seq::ZERO,
            done: Seq::ZERO,
        }
    }
}

impl Housekeeper {
    /// Nothing is known yet.
    pub fn new(deps: &SpeedDeps) -> Self {
        Self {
            seen: VecDeque::new(),
            pruned: 0,
            trims: BTreeMap::new(),
            look: Look::new(deps.bell.clone(), Duration::ZERO),
        }
    }

    /// One round over `logs`.
    pub async fn step(&mut self, deps: &SpeedDeps, logs: &[LogId]) -> Result<(), StorageError> {
        self.prune(deps).await?;
        let begun = self.look.is_due().then(|| self.look.begin());
        for log in logs {
            if begun.is_some() || !self.trims.contains_key(log) {
                self.find_seals(deps, *log).await?;
            }
            self.trim(deps, *log).await?;
        }
        begun.into_iter().for_each(|begun| self.look.done(begun));
        Ok(())
    }

    async fn prune(&mut self, deps: &SpeedDeps) -> Result<(), StorageError> {
        let newest = deps.overview.look_once().await?.published;
        if self.seen.back().is_none_or(|(n, ..)| *n < newest.n) {
            // After a start older manifests are fetched, so that pruning goes on where it was.
            if self.seen.is_empty()
                && newest.n > GRACE_MANIFESTS
                && let Some(old) = deps
                    .overview
                    .manifests()
                    .get(newest.n - GRACE_MANIFESTS)
                    .await?
            {
                self.seen
                    .push_back((old.n, Instant::now(), old.manifest.horizon.clone()));
            }
            self.seen
                .push_back((newest.n, Instant::now(), newest.manifest.horizon.clone()));
        }
        // Readers of a manifest may go on until its successor has been there for the grace time.
        let left = |n: u64, next: Option<Instant>| {
            n + GRACE_MANIFESTS <= newest.n || next.is_some_and(|at| at.elapsed() >= GRACE)
        };
        let mut covered = None;
        for (place, (n, _, horizon)) in self.seen.iter().enumerate() {
            if !left(*n, self.seen.get(place + 1).map(|next| next.1)) {
                break;
            }
            covered = Some((place, *n, horizon.clone()));
        }
        let Some((place, n, horizon)) = covered.filter(|(_, n, _)| *n > self.pruned) else {
            return Ok(());
        };
        let cells = delete(deps, horizon).await?;
        tracing::debug!(manifest = n, cells, "pruned");
        // Only now: what failed is tried again.
        self.pruned = n;
        self.seen.drain(..=place);
        Ok(())
    }

    /// Finds out how far a log is sealed: all of it is in raw then.
    async fn find_seals(&mut self, deps: &SpeedDeps, log: LogId) -> Result<(), StorageError> {
        let covered = deps.overview.seen().published.manifest.horizon.of(log);
        let trim = self.trims.entry(log).or_default();
        if trim.awaited <= covered.epoch {
            (trim.awaited, trim.in_raw) = (covered.epoch.next(), covered.seq);
        }
        loop {
            match raw::seal(&deps.store, log, trim.awaited).await {
                Ok(Some(seal)) => {
                    (trim.awaited, trim.in_raw) = (trim.awaited.next(), seal.seqs.last)
                }
                // What is damaged keeps its own stream from being trimmed beyond, and no other.
                Ok(None) | Err(StoreError::Damaged { .. }) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn trim(&mut self, deps: &SpeedDeps, log: LogId) -> Result<(), StorageError> {
        let trim = self.trims.entry(log).or_default();
        let checkpoint = deps.cells.checkpoint(log).await?;
        let flushed = checkpoint.map_or(Seq::ZERO, |m| m.seq);
        let upto = match planted(Bug::TrimUnflushed) {
            true => (deps.stream.last(log).await?.and_then(Tail::open)).unwrap_or_default(),
            false => flushed.min(trim.in_raw),
        };
        if upto > trim.done {
            deps.stream.trim(log, upto).await?;
            trim.done = upto;
        }
        Ok(())
    }
}

/// Deletes the cells that `horizon` covers.
async fn delete(deps: &SpeedDeps, mut horizon: Horizon) -> Result<u64, LiveError> {
    if planted(Bug::PruneUncovered) {
        horizon
            .0
            .values_mut()
            .for_each(|c| c.epoch = c.epoch.next());
    }
    if planted(Bug::PruneBeforeWatermark) {
        deps.cells.prune(&horizon).await?;
    }
    // The prune watermark first, then the cells: a reader of an older manifest must notice.
    for (log, covered) in &horizon.0 {
        deps.cells
            .raise_prune_watermark(*log, covered.epoch)
            .await?;
    }
    deps.cells.prune(&horizon).await
}
