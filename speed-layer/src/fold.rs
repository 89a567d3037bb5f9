//! The fold of one log: pure state, always built from events, never from stored cells.

use std::collections::BTreeMap;

use enrich::Rules;
use model::{
    Bug, EntityId, Epoch, EpochStart, Fence, FoldVersion, LogId, Record, Seq,
    cell::{EpochCells, Writer},
    planted,
};
use storage::cells::StoredCell;

/// The cells of a log's open epoch (and of those not yet flushed), and how far they go.
pub struct Folder {
    log: LogId,
    fence: Option<Fence>,
    position: Seq,
    epoch: EpochStart,
    cells: BTreeMap<Epoch, EpochCells>,
    writer: Writer,
    oldest_ms: Option<i64>,
}

/// Events do not follow the ones folded before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first event that is missing.
    pub missing: Seq,
}

impl Folder {
    /// A fold that begins after event `position`, which must be the last one before an epoch.
    pub fn new(log: LogId, fence: Option<Fence>, position: Seq) -> Self {
        Self {
            log,
            fence,
            position,
            epoch: EpochStart::from((Epoch::ZERO, position)),
            cells: BTreeMap::new(),
            writer: Writer::default(),
            oldest_ms: None,
        }
    }

    /// Last event that is folded.
    pub fn position(&self) -> Seq {
        self.position
    }

    /// Where the current epoch begins.
    pub fn epoch(&self) -> EpochStart {
        self.epoch
    }

    /// When the oldest event that is not flushed was received, unix milliseconds.
    pub fn oldest_ms(&self) -> Option<i64> {
        self.oldest_ms
    }

    /// Whether anything is not flushed.
    pub fn is_dirty(&self) -> bool {
        self.cells.values().any(|cells| !cells.changed().is_empty())
    }

    /// Folds records that follow event `previous`; those already folded are passed over.
    pub fn fold(&mut self, rules: &Rules, previous: Seq, records: &[Record]) -> Result<(), Gap> {
        if previous > self.position && !planted(Bug::GapPassedOver) {
            return Err(Gap {
                missing: self.position.next(),
            });
        }
        for record in records
            .iter()
            .filter(|r| r.seq > self.position)
            .collect::<Vec<_>>()
        {
            if record.epoch != self.epoch.epoch {
                self.epoch = EpochStart::from((record.epoch, self.position));
            }
            let facts = rules.facts(&record.event);
            let cells = self.cells.entry(record.epoch).or_default();
            cells.fold(&record.event, &facts);
            let received = record.event.received_ms;
            self.oldest_ms = Some(self.oldest_ms.map_or(received, |ms| ms.min(received)));
            self.position = record.seq;
        }
        Ok(())
    }

    /// Whose cells of which epoch will be stored for the first time: see [`storage::cells::LiveCells::list`].
    pub fn new_entities(&self) -> impl Iterator<Item = (Epoch, &[EntityId])> {
        let new = (self.cells.iter()).map(|(epoch, cells)| (*epoch, cells.new_entities()));
        new.filter(|(_, entities)| !entities.is_empty())
    }

    /// The changed cells, whole, by entity: all of one entity go in one step. Each is written when it is asked for, so
    /// that what is written can be on its way meanwhile. Call [`Folder::flushed`] when they are stored.
    pub fn changed(&mut self) -> impl Iterator<Item = (EntityId, Vec<StoredCell>)> + '_ {
        let (log, fence, upto) = (self.log, self.fence, self.position);
        let (all, writer) = (&mut self.cells, &mut self.writer);
        by_entity(all).into_iter().map(move |(entity, epochs)| {
            let cells = epochs.into_iter().filter_map(|epoch| {
                Some(StoredCell {
                    log,
                    epoch,
                    fence,
                    fold: FoldVersion::OURS,
                    upto,
                    body: all.get_mut(&epoch)?.encode_with(writer, entity)?,
                })
            });
            (entity, cells.collect())
        })
    }

    /// Everything changed is stored: closed epochs will not change any more and are dropped.
    pub fn flushed(&mut self) {
        self.oldest_ms = None;
        self.cells.retain(|epoch, _| *epoch >= self.epoch.epoch);
        self.cells.values_mut().for_each(EpochCells::forget_changes);
    }
}

/// Whose cells have changed, and of which epochs.
fn by_entity(cells: &BTreeMap<Epoch, EpochCells>) -> Vec<(EntityId, Vec<Epoch>)> {
    let changed = cells.iter().flat_map(|(epoch, cells)| {
        let entities = cells.changed().iter();
        entities.map(|entity| (*entity, *epoch))
    });
    let mut changed: Vec<(EntityId, Epoch)> = changed.collect();
    changed.sort_unstable();
    changed
        .chunk_by(|(a, _), (b, _)| a == b)
        .map(|cells| (cells[0].0, cells.iter().map(|(_, epoch)| *epoch).collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Cell, Event};

    fn records(from: u64, to: u64) -> Vec<Record> {
        (from..=to)
            .map(|seq| Record {
                seq: Seq(seq),
                epoch: Epoch(1 + seq / 4),
                event: Event {
                    account: 1,
                    object: seq % 2,
                    ..Event::default()
                },
            })
            .collect()
    }

    /// Cells of two versions of the rules would take each other's place as if they were the same.
    #[test]
    fn other_rules_are_another_fold() {
        let rules = Rules::new().unwrap();
        let known = ("cc51c2cf04a3", FoldVersion(3_298_534_891_529));
        assert_eq!(
            (rules.version(), FoldVersion::OURS),
            known,
            "if the rules are others, raise REVISION in crates/model/src/cube.rs; then write both down here"
        );
    }

    #[test]
    fn what_overlaps_is_folded_once_and_gaps_are_told() {
        let rules = Rules::new().unwrap();
        let mut folder = Folder::new(LogId(1), None, Seq::ZERO);
        folder.fold(&rules, Seq(0), &records(1, 5)).unwrap();
        folder.fold(&rules, Seq(0), &records(1, 6)).unwrap();
        assert_eq!(
            folder.fold(&rules, Seq(7), &records(8, 9)),
            Err(Gap { missing: Seq(7) })
        );
        assert_eq!(
            (folder.position(), folder.epoch()),
            (Seq(6), EpochStart::from((Epoch(2), Seq(3))))
        );
        let account = EntityId::new(model::EntityKind::Account, 1);
        let put: BTreeMap<_, _> = folder.changed().collect();
        let epochs: Vec<(u64, u64, i64)> = put[&account]
            .iter()
            .map(|c| {
                let cell = Cell::decode(&c.body).unwrap();
                (
                    c.epoch.0,
                    c.upto.0,
                    cell.rows(&model::CUBES[0])
                        .map(|(_, _, n)| n.events[0])
                        .sum(),
                )
            })
            .collect();
        assert_eq!(epochs, vec![(1, 6, 3), (2, 6, 3)]);
        folder.flushed();
        assert!(folder.changed().next().is_none());
        folder.fold(&rules, Seq(6), &records(7, 7)).unwrap();
        let again: BTreeMap<_, _> = folder.changed().collect();
        let counts: i64 = Cell::decode(&again[&account][0].body)
            .unwrap()
            .rows(&model::CUBES[0])
            .map(|(_, _, n)| n.events[0])
            .sum();
        assert_eq!(counts, 4, "a cell is whole, also after a flush");
    }
}
