//! Reading live cells so that, with one manifest, nothing is missed and nothing counted twice.
//! The order of the reads is a rule of the hand-over.

mod content;

use std::{collections::BTreeMap, fmt, time::Duration};

use futures::future::try_join_all;
use model::{
    Awaits, Bug, Cell, Covered, EntityId, Epoch, Fence, FoldVersion, LogId, Seq, Target, planted,
};
use serde::{Serialize, Serializer};
use storage::{
    cells::{Checkpoint, LiveCells, StoredCell},
    error::StorageError,
    store::Store,
};

pub use self::content::Content;
use crate::{directory::Directory, fences::Fences, manifests::Published, raw::LogInfo};

/// A checkpoint that was not renewed for so long has no worker. Clocks may differ by seconds; this only
/// says how fresh an answer is, never what it counts.
const SILENT: Duration = Duration::from_secs(10);

/// What a reader starts from. The manifest must have been read before the logs.
pub struct Reader<'a> {
    /// The settled part is this one's.
    pub published: &'a Published,
    /// All logs, read after the manifest.
    pub directory: &'a Directory,
    /// Where fences are.
    pub store: &'a Store,
    /// What this process has read of them.
    pub fences: &'a Fences,
    /// Where cells are.
    pub cells: &'a dyn LiveCells,
    /// Whose numbers are read, if that is known: what others import is not waited for.
    pub account: Option<EntityId>,
    /// Unix milliseconds.
    pub now_ms: i64,
}

/// The live part of one entity's numbers.
#[derive(Debug, Default)]
pub struct Reading {
    /// Cells of epochs beyond the manifest.
    pub cells: Vec<Cell>,
    /// What may be missing, and why; empty: complete.
    pub missing: Vec<Missing>,
    /// Longest delay of the last flushes, milliseconds.
    pub lag_ms: i64,
    /// Whether an event may be counted that repeats another, and no batch has decided yet: a
    /// sender's key could not be checked.
    pub unchecked: bool,
    /// What batch will find out about conversions that are counted live.
    pub awaits: Awaits,
    /// Per log, the event up to which everything is counted: a lower bound.
    pub as_of: BTreeMap<LogId, Seq>,
}

/// Something that a reading may lack. As text (`log 01ABC…: it is new`) it is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The log whose events these are; `None`: every log's.
    pub log: Option<LogId>,
    /// Why they may be missing.
    pub why: Why,
}

impl Missing {
    fn of(log: LogId, why: Why) -> Self {
        let log = Some(log);
        Self { log, why }
    }
}

/// Why something may be missing from a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Its checkpoint was not looked at: it was made after the reader looked for logs.
    #[error("it is new")]
    New,
    /// No worker has taken it up yet.
    #[error("its events are yet to be folded")]
    NotFolded,
    /// The checkpoint is of other generations of the live store.
    #[error("live cells were lost and are being folded again")]
    Lost,
    /// A history was imported into it, of which no live cells are made.
    #[error("its imported history is yet to be settled; the next run of the rollup does it")]
    Imported,
    /// Nobody knows what is said of it.
    #[error("its object in `logs/` is damaged; restore it from a backup")]
    Damaged,
    /// The checkpoint is of another fence.
    #[error("it was fenced and is being folded again")]
    Fenced,
    /// Checkpoint or cells count other cubes than the reader knows.
    #[error("its cells were folded by another version and are being folded again")]
    OtherFold,
    /// The cells lack what lies between the manifest and their base.
    #[error("its cells begin after the manifest")]
    BeginsLater,
    /// Epochs that the manifest does not cover have no cells any more.
    #[error("its cells were pruned after a newer manifest")]
    Pruned,
    /// Nobody knows yet how far the worker must come.
    #[error("live cells were lost, and its collector has yet to say what it holds")]
    TargetUnknown,
    /// The worker has not yet come as far again as it was.
    #[error("its cells are being folded again")]
    Behind,
    /// The checkpoint is old.
    #[error("the speed layer is silent")]
    Silent,
    /// Nothing live could be read.
    #[error("the live store does not answer")]
    NoAnswer,
    /// The cube of this name lacks what batch took before it was defined.
    #[error(
        "the cube `{0}` does not have all of history yet; each run of the rollup counts some more"
    )]
    NotWhole(&'static str),
    /// What is asked is counted from events, and those that are not settled cannot all be read, or are too many.
    #[error("events that are not settled yet cannot all be counted one by one just now")]
    LiveEvents,
    /// What was paid for periods is not spread over events that are chosen by their currency, nor where clicks of its period
    /// are not kept, or too many to be counted.
    #[error(
        "costs of periods are not in this answer: events are chosen by currency, or those of a whole period cannot be counted; ask without filters and by one name"
    )]
    PeriodCosts,
}

impl Why {
    /// Whether it may be there in a moment: what only a batch brings is not waited for.
    pub fn may_pass(self) -> bool {
        !matches!(
            self,
            Self::Imported | Self::NotWhole(_) | Self::LiveEvents | Self::PeriodCosts
        )
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.log, self.why) {
            (Some(log), why) => write!(f, "log {log}: {why}"),
            (None, why @ Why::NotWhole(_)) => write!(f, "settled: {why}"),
            (None, why) => write!(f, "live: {why}"),
        }
    }
}

impl Serialize for Missing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Reader<'_> {
    /// Reads the cells of one entity, once.
    pub async fn read(&self, entity: EntityId) -> Result<Reading, StorageError> {
        Ok(self.read_again(entity, None).await?.0)
    }

    /// Like [`Reader::read`]; gives what was read, too. If that is what it was `before`, fences need be no newer than
    /// that: they were looked for after these very cells were read.
    pub async fn read_again(
        &self,
        entity: EntityId,
        before: Option<&Content>,
    ) -> Result<(Reading, Content), StorageError> {
        let horizon = &self.published.manifest.horizon;
        let concerns = |info: &&LogInfo| self.account.is_none_or(|account| info.concerns(account));
        let open = self.directory.open_beyond(horizon).filter(concerns);
        let (imports, logs): (Vec<&LogInfo>, Vec<&LogInfo>) =
            open.partition(|info| info.is_import());
        let logs: Vec<LogId> = logs.iter().map(|info| info.log).collect();
        let early = match planted(Bug::CellsBeforeCheckpoints) {
            true => Some(self.cells.cells(entity).await?),
            false => None,
        };
        let checkpoints = try_join_all(logs.iter().map(|log| self.cells.checkpoint(*log))).await?;
        let cells = match early {
            Some(cells) => cells,
            None => self.cells.cells(entity).await?,
        };
        let prune_watermarks =
            try_join_all(logs.iter().map(|log| self.cells.prune_watermark(*log))).await?;
        let content = Content::of(
            self.published.n,
            &logs,
            &checkpoints,
            &cells,
            &prune_watermarks,
            self.fences.moment(),
        );
        let content = content.since(before);
        let fences = (self.fences.begun_after(self.store, content.since)).await?;
        let generations = self.cells.generations(false).await?;

        let mut reading = Reading {
            as_of: horizon.0.iter().map(|(log, c)| (*log, c.seq)).collect(),
            missing: imports
                .iter()
                .map(|info| Missing::of(info.log, Why::Imported))
                .collect(),
            ..Reading::default()
        };
        for ((log, checkpoint), prune_watermark) in
            logs.iter().zip(&checkpoints).zip(prune_watermarks)
        {
            let covered = horizon.of(*log);
            let seen = Seen {
                prune_watermark,
                covered,
                fence: fences.get(log).copied(),
                generations: &generations,
                now_ms: self.now_ms,
            };
            let checked = match self.directory.is_damaged(*log) {
                true => Err(Why::Damaged),
                false => seen.check(checkpoint.as_ref()),
            };
            match checked {
                Ok(checkpoint) => {
                    reading.as_of.insert(*log, covered.seq.max(checkpoint.seq));
                    reading.lag_ms = reading.lag_ms.max(checkpoint.lag_ms);
                }
                Err(why) => reading.missing.push(Missing::of(*log, why)),
            }
        }
        self.add_cells(&mut reading, &cells, &fences)?;
        Ok((reading, content))
    }

    /// Adds the cells that are to be believed, and names the logs of those that are not.
    fn add_cells(
        &self,
        reading: &mut Reading,
        cells: &[StoredCell],
        fences: &BTreeMap<LogId, Fence>,
    ) -> Result<(), StorageError> {
        let manifest = &self.published.manifest;
        let live = |cell: &&StoredCell| {
            cell.epoch > manifest.horizon.of(cell.log).epoch
                && cell.fence == fences.get(&cell.log).copied()
        };
        let mut passed_over = BTreeMap::new();
        for cell in cells.iter().filter(live) {
            // Its checkpoint was not looked at: it was made after we looked for logs.
            let Some(info) = self.directory.get(cell.log) else {
                passed_over.insert(cell.log, Why::New);
                continue;
            };
            // A worker of an older version made it; that the history is yet to be settled is said above.
            if info.is_import() {
                continue;
            }
            // One of our checkpoint may yet be overwritten by a worker that knows no versions.
            if cell.fold != FoldVersion::OURS {
                passed_over.insert(cell.log, Why::OtherFold);
                continue;
            }
            let unsure = manifest.unsure.contains(&cell.log);
            let cell = Cell::decode(&cell.body).map_err(StorageError::damaged)?;
            reading.unchecked |= unsure || cell.unchecked();
            reading.awaits = reading.awaits.max(cell.awaits());
            reading.cells.push(cell);
        }
        for (log, why) in passed_over {
            let missing = Missing::of(log, why);
            if !reading.missing.contains(&missing) {
                reading.missing.push(missing);
            }
        }
        Ok(())
    }
}

/// What a reader has seen beside the checkpoint of a log.
struct Seen<'a> {
    prune_watermark: Epoch,
    covered: Covered,
    fence: Option<Fence>,
    generations: &'a str,
    now_ms: i64,
}

impl Seen<'_> {
    /// Whether the cells of a log are all there, seen from a manifest.
    fn check<'m>(&self, checkpoint: Option<&'m Checkpoint>) -> Result<&'m Checkpoint, Why> {
        let checkpoint = checkpoint.ok_or(Why::NotFolded)?;
        if checkpoint.generations != self.generations && !planted(Bug::NoGenerationsCheck) {
            return Err(Why::Lost);
        }
        if checkpoint.fence != self.fence {
            return Err(Why::Fenced);
        }
        if checkpoint.fold != FoldVersion::OURS {
            return Err(Why::OtherFold);
        }
        if checkpoint.base > self.covered.epoch && !planted(Bug::NoBaseCheck) {
            return Err(Why::BeginsLater);
        }
        if self.prune_watermark > self.covered.epoch && !planted(Bug::NoPruneWatermarkCheck) {
            return Err(Why::Pruned);
        }
        match checkpoint.target {
            _ if planted(Bug::NoTargetCheck) => {}
            Target::Unknown => {
                return Err(Why::TargetUnknown);
            }
            Target::Upto(last) if checkpoint.seq.max(self.covered.seq) < last => {
                return Err(Why::Behind);
            }
            Target::Upto(_) => {}
        }
        if self.now_ms - checkpoint.at_ms > SILENT.as_millis() as i64 {
            return Err(Why::Silent);
        }
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{EntityKind, EpochStart, SegmentNo};

    use super::*;
    use storage::cells::MemoryCells;

    #[tokio::test]
    async fn a_new_log_is_named_once() {
        let cells = MemoryCells::default();
        let entity = EntityId::new(EntityKind::Link, 1);
        let cell = |log, epoch| StoredCell {
            log: LogId(log),
            epoch: Epoch(epoch),
            fence: None,
            fold: FoldVersion::OURS,
            upto: Seq(1),
            body: Default::default(),
        };
        let stored = [(2, 1), (2, 2), (1, 1), (1, 3), (2, 3)].map(|(log, epoch)| cell(log, epoch));
        cells.put(entity, stored.to_vec()).await.unwrap();
        let reader = Reader {
            published: &Published::default(),
            directory: &Directory::default(),
            store: &(Arc::new(object_store::memory::InMemory::new()) as Store),
            fences: &Fences::default(),
            cells: &cells,
            account: None,
            now_ms: 0,
        };
        let reading = reader.read(entity).await.unwrap();
        let new = |log| Missing {
            log: Some(LogId(log)),
            why: Why::New,
        };
        assert_eq!(reading.missing, [1, 2].map(new));
        let text = format!("log {}: it is new", LogId(1));
        assert_eq!(serde_json::json!(new(1)), serde_json::json!(text));
        assert_eq!(reading.cells, []);
    }

    #[tokio::test]
    async fn an_import_is_waited_for_by_its_account_alone() {
        let store: Store = Arc::new(object_store::memory::InMemory::new());
        let (cells, log) = (MemoryCells::default(), LogId(1));
        let [own, other] = [1, 2].map(|raw| EntityId::new(EntityKind::Account, raw));
        let info = LogInfo {
            retired_at: Some(Seq(9)),
            account: Some(own),
            ..LogInfo::new(log)
        };
        crate::raw::register_log(&store, &info).await.unwrap();
        let mut directory = Directory::default();
        directory.refresh(&store).await.unwrap();
        // What a worker of an older version makes of it.
        let cell = StoredCell {
            log,
            epoch: Epoch(2),
            fence: None,
            fold: FoldVersion::OURS,
            upto: Seq(9),
            body: Default::default(),
        };
        let entity = EntityId::new(EntityKind::Link, 1);
        cells.put(entity, vec![cell]).await.unwrap();
        let yet = vec![Missing::of(log, Why::Imported)];
        for (covered, account, expected) in [
            (0, Some(own), &yet),
            (5, Some(own), &yet),
            (9, Some(own), &vec![]),
            (0, Some(other), &vec![]),
            (5, Some(other), &vec![]),
            // Who does not know whose the numbers are waits for all.
            (5, None, &yet),
        ] {
            let mut published = Published::default();
            let covered = Covered {
                epoch: Epoch(u64::from(covered > 0)),
                seq: Seq(covered),
                segment: SegmentNo(1),
            };
            let manifest = Arc::make_mut(&mut published.manifest);
            manifest.horizon.0.insert(log, covered);
            let reader = Reader {
                published: &published,
                directory: &directory,
                store: &store,
                fences: &Fences::default(),
                cells: &cells,
                account,
                now_ms: 0,
            };
            let reading = reader.read(entity).await.unwrap();
            assert_eq!(&reading.missing, expected, "{covered:?} {account:?}");
            assert_eq!(reading.cells, []);
        }
        assert!(!Why::Imported.may_pass() && Why::Behind.may_pass());
    }

    #[tokio::test]
    async fn cells_of_another_fold_are_missing_and_never_nought() {
        let store: Store = Arc::new(object_store::memory::InMemory::new());
        let (cells, log) = (MemoryCells::default(), LogId(1));
        let info = crate::raw::LogInfo::new(log);
        crate::raw::register_log(&store, &info).await.unwrap();
        let mut directory = Directory::default();
        directory.refresh(&store).await.unwrap();
        let entity = EntityId::new(EntityKind::Link, 1);
        let reader = Reader {
            published: &Published::default(),
            directory: &directory,
            store: &store,
            fences: &Fences::default(),
            cells: &cells,
            account: None,
            now_ms: 0,
        };
        let (ours, later) = (FoldVersion::OURS, FoldVersion(FoldVersion::OURS.0 + 1));
        let mut before = None;
        for (of_checkpoint, of_cell, why) in [
            (ours, ours, None),
            (ours, later, Some(Why::OtherFold)),
            (later, later, Some(Why::OtherFold)),
        ] {
            let cell = StoredCell {
                log,
                epoch: Epoch(1),
                fence: None,
                fold: of_cell,
                upto: Seq(1),
                body: Default::default(),
            };
            cells.put(entity, vec![cell]).await.unwrap();
            let checkpoint = Checkpoint {
                fence: None,
                fold: of_checkpoint,
                generations: cells.generations(true).await.unwrap(),
                base: Epoch::ZERO,
                seq: Seq(1),
                epoch: EpochStart::from((Epoch(1), Seq::ZERO)),
                lag_ms: 0,
                target: Target::Upto(Seq(1)),
                at_ms: 0,
            };
            let put = cells.put_checkpoint(log, before.as_ref(), &checkpoint);
            assert!(put.await.unwrap());
            before = Some(checkpoint);
            let reading = reader.read(entity).await.unwrap();
            let log = Some(log);
            let missing: Vec<Missing> = why.map(|why| Missing { log, why }).into_iter().collect();
            assert_eq!(reading.missing, missing);
            assert_eq!(reading.cells.len(), usize::from(why.is_none()));
        }
    }

    #[test]
    fn each_rule_of_the_reader_is_checked() {
        let checkpoint = Checkpoint {
            fence: Fence::of(1),
            fold: FoldVersion::OURS,
            generations: "g".into(),
            base: Epoch(2),
            seq: Seq(9),
            epoch: EpochStart::from((Epoch(3), Seq(5))),
            lag_ms: 0,
            target: Target::Upto(Seq(9)),
            at_ms: 1_000,
        };
        let seen = |prune_watermark, epoch, fence, generations| Seen {
            prune_watermark: Epoch(prune_watermark),
            covered: Covered {
                epoch: Epoch(epoch),
                ..Covered::default()
            },
            fence: Fence::of(fence),
            generations,
            now_ms: 2_000,
        };
        let check = |seen: Seen<'_>| seen.check(Some(&checkpoint)).is_ok();
        assert!(check(seen(2, 2, 1, "g")));
        assert!(!check(seen(2, 2, 1, "h")), "another generation");
        assert!(!check(seen(2, 2, 0, "g")), "another fence");
        assert!(
            !check(seen(2, 1, 1, "g")),
            "a checkpoint from after the manifest"
        );
        assert!(
            !check(seen(3, 2, 1, "g")),
            "a prune watermark above the manifest"
        );
        assert!(
            !check(Seen {
                now_ms: 60_000,
                ..seen(2, 2, 1, "g")
            }),
            "nobody folds"
        );
        assert!(seen(0, 0, 0, "g").check(None).is_err(), "no checkpoint");
        let behind = Checkpoint {
            target: Target::Upto(Seq(10)),
            ..checkpoint.clone()
        };
        assert!(
            seen(2, 2, 1, "g").check(Some(&behind)).is_err(),
            "folding again"
        );
        let covered = Covered {
            epoch: Epoch(2),
            seq: Seq(10),
            segment: SegmentNo(1),
        };
        assert!(
            Seen {
                covered,
                ..seen(2, 2, 1, "g")
            }
            .check(Some(&behind))
            .is_ok(),
            "what batch covers need not be folded"
        );
    }
}
