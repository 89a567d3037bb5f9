//! What may go: cells that a manifest covers and readers have left, and stream entries that are
//! both flushed and in raw.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use futures::{StreamExt, TryStreamExt, stream};
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

/// How often all cells are looked at for what no list names: cells of another version, or of a store that lost a list.
const SCAN: Duration = Duration::from_secs(24 * 3600);
/// Cells deleted at once.
const DELETES_AT_ONCE: usize = 64;

/// Deletes what nobody needs.
pub struct Housekeeper {
    /// Manifests in the order seen, with when.
    seen: VecDeque<(u64, Instant, Horizon)>,
    pruned: u64,
    /// Up to where nothing is left to be deleted after the last two times, the older first: what is listed meanwhile is
    /// found the next time.
    done: [Horizon; 2],
    scanned: Option<Scan>,
    trims: BTreeMap<LogId, Trim>,
    /// For new seals.
    look: Look,
}

/// When all cells were looked at, in which generations of the live store.
struct Scan {
    at: Instant,
    generations: String,
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
            done: [Horizon::default(), Horizon::default()],
            scanned: None,
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
        let cells = self.delete(deps, horizon).await?;
        tracing::debug!(manifest = n, cells, "pruned");
        // Only now: what failed is tried again.
        self.pruned = n;
        self.seen.drain(..=place);
        Ok(())
    }

    /// Deletes the cells that `horizon` covers.
    async fn delete(&mut self, deps: &SpeedDeps, mut horizon: Horizon) -> Result<u64, LiveError> {
        if planted(Bug::PruneUncovered) {
            let covered = horizon.0.values_mut();
            covered.for_each(|c| c.epoch = c.epoch.next());
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
        let reached = reached(deps, &horizon).await?;
        let generations = deps.cells.generations(false).await?;
        let known = self
            .scanned
            .as_ref()
            .filter(|scan| scan.at.elapsed() < SCAN && scan.generations == generations);
        if known.is_some() {
            let cells = delete_listed(deps, &self.done[0], &horizon).await?;
            self.done.rotate_left(1);
            self.done[1] = reached;
            return Ok(cells);
        }
        let cells = deps.cells.prune(&horizon).await?;
        let at = Instant::now();
        self.scanned = Some(Scan { at, generations });
        self.done = [reached.clone(), reached];
        Ok(cells)
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

/// What is covered, but no further than the epoch before the one that is folded: a worker that lags behind batch may yet
/// put cells of covered epochs.
async fn reached(deps: &SpeedDeps, horizon: &Horizon) -> Result<Horizon, LiveError> {
    let mut reached = horizon.clone();
    for (log, covered) in &mut reached.0 {
        if let Some(checkpoint) = deps.cells.checkpoint(*log).await? {
            // It folded from its base on, and may not have met an event since.
            let done = Epoch(checkpoint.epoch.epoch.0.saturating_sub(1)).max(checkpoint.base);
            covered.epoch = covered.epoch.min(done);
        }
    }
    Ok(reached)
}

/// Deletes the listed cells of epochs after `done` that `horizon` covers.
async fn delete_listed(
    deps: &SpeedDeps,
    done: &Horizon,
    horizon: &Horizon,
) -> Result<u64, LiveError> {
    let mut deleted = 0;
    for (log, covered) in &horizon.0 {
        let mut epoch = done.of(*log).epoch.next();
        while epoch <= covered.epoch {
            deleted += delete_epoch(deps, *log, epoch).await?;
            epoch = epoch.next();
        }
    }
    Ok(deleted)
}

async fn delete_epoch(deps: &SpeedDeps, log: LogId, epoch: Epoch) -> Result<u64, LiveError> {
    let mut deleted = 0;
    for page in 0.. {
        let entities = deps.cells.listed(log, epoch, page).await?;
        if entities.is_empty() {
            if page > 0 {
                deps.cells.unlist(log, epoch).await?;
            }
            break;
        }
        let deletes = entities
            .into_iter()
            .map(|entity| deps.cells.delete(entity, log, epoch));
        let done = stream::iter(deletes).buffer_unordered(DELETES_AT_ONCE);
        let counts = done
            .map_ok(u64::from)
            .try_fold(0, |all, n| async move { Ok(all + n) });
        deleted += counts.await?;
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use enrich::Rules;
    use handover::overview::Overview;
    use model::{Covered, EntityId, EntityKind, EpochStart, FoldVersion, SegmentNo};
    use storage::{bell::Bell, cells::StoredCell, leases::AllGranted};
    use testing::Installation;
    use web::Health;

    use super::*;

    const LOG: LogId = LogId(1);

    fn entity(raw: u64) -> EntityId {
        EntityId::new(EntityKind::Link, raw)
    }

    fn deps(installation: &Installation) -> SpeedDeps {
        let env = &installation.env;
        SpeedDeps {
            overview: Overview::new(Arc::clone(&env.store), Bell::default()),
            bell: Bell::default(),
            store: Arc::clone(&env.store),
            stream: installation.stream.clone(),
            cells: installation.cells.clone(),
            leases: Arc::new(AllGranted),
            worker: 1,
            rules: Arc::new(Rules::new().unwrap()),
            clock: Arc::clone(&env.clock),
            health: Health::default(),
        }
    }

    /// A cell of each entity, of one epoch.
    async fn put(deps: &SpeedDeps, epoch: u64, entities: &[u64], listed: bool) {
        let epoch = Epoch(epoch);
        let entities: Vec<EntityId> = entities.iter().map(|raw| entity(*raw)).collect();
        if listed {
            deps.cells.list(LOG, epoch, &entities).await.unwrap();
        }
        for entity in entities {
            let cell = StoredCell {
                log: LOG,
                epoch,
                fence: None,
                fold: FoldVersion::OURS,
                upto: Seq(1),
                body: Bytes::new(),
            };
            deps.cells.put(entity, vec![cell]).await.unwrap();
        }
    }

    fn upto(epoch: u64) -> Horizon {
        let covered = Covered {
            epoch: Epoch(epoch),
            seq: Seq(1),
            segment: SegmentNo(1),
        };
        Horizon([(LOG, covered)].into_iter().collect())
    }

    async fn left(deps: &SpeedDeps, raw: u64) -> Vec<u64> {
        let cells = deps.cells.cells(entity(raw)).await.unwrap();
        cells.iter().map(|cell| cell.epoch.0).collect()
    }

    /// Batch is far ahead, and the worker goes through epochs that were pruned long before.
    #[tokio::test]
    async fn what_a_lagging_worker_lists_is_found() {
        let installation = Installation::new(0);
        let deps = deps(&installation);
        let mut keeper = Housekeeper::new(&deps);
        let at = |epoch| EpochStart::from((Epoch(epoch), Seq::ZERO));
        installation.checkpoint(LOG, at(2), Seq(1)).await;
        for covered in 10..14 {
            keeper.delete(&deps, upto(covered)).await.unwrap();
        }
        put(&deps, 2, &[1], true).await;
        put(&deps, 5, &[1, 2], true).await;
        installation.checkpoint(LOG, at(20), Seq(9)).await;
        assert_eq!(keeper.delete(&deps, upto(14)).await.unwrap(), 3);
        assert_eq!(left(&deps, 1).await, [] as [u64; 0]);
    }

    #[tokio::test]
    async fn all_cells_are_looked_at_first_and_listed_ones_afterwards() {
        let installation = Installation::new(0);
        let deps = deps(&installation);
        let mut keeper = Housekeeper::new(&deps);
        put(&deps, 1, &[1, 2], false).await;
        put(&deps, 2, &[1], true).await;
        assert_eq!(keeper.delete(&deps, upto(1)).await.unwrap(), 2);
        assert_eq!(left(&deps, 1).await, [2]);
        put(&deps, 2, &[3], false).await;
        put(&deps, 3, &[1], true).await;
        assert_eq!(keeper.delete(&deps, upto(2)).await.unwrap(), 1);
        assert_eq!(
            (left(&deps, 1).await, left(&deps, 3).await),
            (vec![3], vec![2])
        );
        // A worker that came late lists a cell of an epoch that was deleted with the last manifest.
        put(&deps, 2, &[4], true).await;
        assert_eq!(keeper.delete(&deps, upto(3)).await.unwrap(), 2);
        assert_eq!(left(&deps, 4).await, [] as [u64; 0]);
        assert_eq!(deps.cells.listed(LOG, Epoch(3), 0).await.unwrap(), []);
        assert_eq!(left(&deps, 3).await, [2], "no list names it");
        // A store that lost something may hold what lists do not name.
        installation.cells.flush();
        put(&deps, 3, &[3], false).await;
        assert_eq!(keeper.delete(&deps, upto(4)).await.unwrap(), 1);
        assert_eq!(deps.cells.prune_watermark(LOG).await.unwrap(), Epoch(4));
    }
}
