//! What the live cells count, and whether that can be compared with anything.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use catalog::Catalog;
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use handover::raw;
use model::{
    CUBES, Cell, Counts, Cube, Dimension, EntityId, Epoch, Fence, FoldVersion, Grain, LogId, Seq,
};
use storage::{
    cells::{Checkpoint, LiveCells, StoredCell},
    error::StorageError,
    store::Store,
};

use crate::views::EVENTS;

/// Accounts whose cells are read at once, and how many are looked up in the catalog at once.
const READS_AT_ONCE: usize = 16;
const ACCOUNTS_AT_ONCE: usize = 1_000;

/// A log in one of its folds, and an epoch of it.
type Place = (LogId, Option<Fence>, Epoch);
const OTHER_FOLD: &str = "its cells were folded by another version and are being folded again";

/// The accounts' cells, added up.
#[derive(Debug, Default)]
pub(crate) struct LiveView {
    counts: BTreeMap<Place, Sums>,
    /// Where a cell was folded by another version: its checkpoint may be ours already.
    other_fold: BTreeSet<Place>,
    /// By log and fence, the last event that any cell holds.
    upto: BTreeMap<(LogId, Option<Fence>), Seq>,
    logs: BTreeMap<LogId, LogState>,
    generations: String,
}

#[derive(Debug, Default)]
struct LogState {
    checkpoint: Option<Checkpoint>,
    prune_watermark: Epoch,
    fence: Option<Fence>,
}

/// What cells count of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    pub events: u64,
    /// Sum of values, micro-units.
    pub value_micros: i128,
}

/// What the cells hold of epochs that are not sealed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LiveTail {
    pub counted: u64,
    /// They hold all events up to this one …
    pub all_upto: Seq,
    /// … and none after this one.
    pub none_after: Seq,
}

/// Reads the cells of all accounts, of epochs beyond `after`. The order of the reads is that of
/// the reader in the hand-over; the accounts are looked up after the checkpoints, so that whoever has
/// an event up to a checkpoint is among them.
pub(crate) async fn read(
    store: &Store,
    cells: &Arc<dyn LiveCells>,
    catalog: &Catalog,
    after: &BTreeMap<LogId, Epoch>,
) -> Result<LiveView, StorageError> {
    let logs: Vec<LogId> = after.keys().copied().collect();
    let checkpoints = try_join_all(logs.iter().map(|log| cells.checkpoint(*log))).await?;
    catalog.follow().await?;
    let mut view = LiveView::default();
    view.read_cells(cells, catalog, after).await?;
    let prune_watermarks = try_join_all(logs.iter().map(|log| cells.prune_watermark(*log))).await?;
    let fenced = raw::fences(store).await?;
    for ((log, checkpoint), prune_watermark) in
        logs.into_iter().zip(checkpoints).zip(prune_watermarks)
    {
        let fence = match fenced.contains(&log) {
            true => raw::fence(store, log).await?,
            false => None,
        };
        view.logs.insert(
            log,
            LogState {
                checkpoint,
                prune_watermark,
                fence,
            },
        );
    }
    view.generations = cells.generations(false).await?;
    Ok(view)
}

impl LiveView {
    /// Adds up the cells of all accounts, some accounts at a time.
    async fn read_cells(
        &mut self,
        cells: &Arc<dyn LiveCells>,
        catalog: &Catalog,
        after: &BTreeMap<LogId, Epoch>,
    ) -> Result<(), StorageError> {
        let mut last = None;
        loop {
            let page: Vec<EntityId> = catalog.read(|state| {
                let accounts = state.accounts(last, ACCOUNTS_AT_ONCE);
                accounts.iter().map(|account| account.id).collect()
            });
            last = page.last().copied();
            if last.is_none() {
                break;
            }
            let mut read =
                stream::iter(page)
                    .map(|entity| async move {
                        Ok::<_, StorageError>((entity, cells.cells(entity).await?))
                    })
                    .buffer_unordered(READS_AT_ONCE);
            while let Some((entity, stored)) = read.try_next().await? {
                let wanted =
                    |cell: &StoredCell| after.get(&cell.log).is_some_and(|e| cell.epoch > *e);
                let wanted = stored.into_iter().filter(wanted);
                for cell in wanted {
                    self.add(entity, &cell)?;
                }
                // Cells in memory never make a reader wait: let others have their turn.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    fn add(&mut self, entity: EntityId, stored: &StoredCell) -> Result<(), StorageError> {
        let place = (stored.log, stored.fence, stored.epoch);
        if stored.fold == FoldVersion::OURS {
            let cell = Cell::decode(&stored.body);
            let cell =
                cell.map_err(|e| StorageError::damaged(format!("a cell of {entity}: {e}")))?;
            let sums = self.counts.entry(place).or_default();
            sums.events += events_in(&cell);
            sums.value_micros = sums.value_micros.saturating_add(value_in(&cell));
        } else {
            self.other_fold.insert(place);
        }
        let upto = self.upto.entry((stored.log, stored.fence)).or_default();
        *upto = stored.upto.max(*upto);
        Ok(())
    }

    /// What the cells count of a sealed epoch with the last event `last`, or why that says nothing.
    pub fn sealed(&self, log: LogId, epoch: Epoch, last: Seq) -> Result<Sums, &'static str> {
        let checkpoint = self.checkpoint(log, epoch.previous())?;
        if checkpoint.seq < last {
            return Err("not all of it is folded yet");
        }
        let place = (log, checkpoint.fence, epoch);
        if self.other_fold.contains(&place) {
            return Err(OTHER_FOLD);
        }
        Ok(self.counts.get(&place).copied().unwrap_or_default())
    }

    /// What the cells count beyond `epoch`, or why that says nothing.
    pub fn beyond(&self, log: LogId, epoch: Epoch) -> Result<LiveTail, &'static str> {
        let checkpoint = self.checkpoint(log, epoch)?;
        let (fence, last) = (checkpoint.fence, Epoch(u64::MAX));
        let places = (log, fence, epoch.next())..=(log, fence, last);
        if self.other_fold.range(places.clone()).next().is_some() {
            return Err(OTHER_FOLD);
        }
        let upto = self
            .upto
            .get(&(log, checkpoint.fence))
            .copied()
            .unwrap_or_default();
        Ok(LiveTail {
            counted: self.counts.range(places).map(|(_, sums)| sums.events).sum(),
            all_upto: checkpoint.seq,
            none_after: upto.max(checkpoint.seq),
        })
    }

    /// The checkpoint of a log if all cells beyond `epoch` are there up to it.
    fn checkpoint(&self, log: LogId, epoch: Epoch) -> Result<&Checkpoint, &'static str> {
        let state = self.logs.get(&log).ok_or("the log is new")?;
        let checkpoint = state.checkpoint.as_ref().ok_or("it is not folded")?;
        if checkpoint.generations != self.generations {
            return Err("live cells were lost and are being folded again");
        }
        if checkpoint.fence != state.fence {
            return Err("the log was fenced and is being folded again");
        }
        if checkpoint.fold != FoldVersion::OURS {
            return Err(OTHER_FOLD);
        }
        if checkpoint.base > epoch {
            return Err("not folded again: batch has it");
        }
        if state.prune_watermark > epoch {
            return Err("pruned: batch has it");
        }
        Ok(checkpoint)
    }
}

/// Events in one account's cell.
pub fn events_in(cell: &Cell) -> u64 {
    let Some(cube) = Cube::find(Dimension::Total, Grain::Quarter) else {
        return 0;
    };
    cell.rows(cube).map(|(.., counts)| events_of(counts)).sum()
}

/// Values in one account's cell, micro-units.
fn value_in(cell: &Cell) -> i128 {
    let cube = CUBES.iter().find(|cube| cube.sums_values());
    let rows = cube.into_iter().flat_map(|cube| cell.rows(cube));
    rows.fold(0, |sum, (.., counts)| sum.saturating_add(counts.micros))
}

/// How many events were counted.
pub fn events_of(counts: &Counts) -> u64 {
    let events = EVENTS.map(|measure| counts.get(measure));
    u64::try_from(events.iter().sum::<i64>()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{EpochStart, Target};

    const LOG: LogId = LogId(1);

    fn sums(events: u64) -> Sums {
        Sums {
            events,
            value_micros: 3,
        }
    }

    fn view(change: impl FnOnce(&mut LogState, &mut Checkpoint)) -> LiveView {
        let mut checkpoint = Checkpoint {
            fence: None,
            fold: FoldVersion::OURS,
            generations: "g".into(),
            base: Epoch(1),
            seq: Seq(20),
            epoch: EpochStart::from((Epoch(3), Seq(15))),
            lag_ms: 0,
            target: Target::Upto(Seq::ZERO),
            at_ms: 0,
        };
        let mut state = LogState {
            prune_watermark: Epoch(1),
            ..LogState::default()
        };
        change(&mut state, &mut checkpoint);
        state.checkpoint = state.checkpoint.or(Some(checkpoint));
        LiveView {
            counts: BTreeMap::from([
                ((LOG, None, Epoch(2)), sums(5)),
                ((LOG, None, Epoch(3)), sums(6)),
                ((LOG, Some(Fence::FIRST), Epoch(3)), sums(50)),
                ((LogId(2), None, Epoch(3)), sums(100)),
            ]),
            other_fold: BTreeSet::from([(LOG, Some(Fence::FIRST), Epoch(3))]),
            upto: BTreeMap::from([((LOG, None), Seq(21)), ((LOG, Some(Fence::FIRST)), Seq(99))]),
            logs: BTreeMap::from([(LOG, state)]),
            generations: "g".into(),
        }
    }

    #[test]
    fn what_is_whole_is_compared() {
        let view = view(|_, _| {});
        assert_eq!(view.sealed(LOG, Epoch(2), Seq(15)), Ok(sums(5)));
        let tail = LiveTail {
            counted: 6,
            all_upto: Seq(20),
            none_after: Seq(21),
        };
        assert_eq!(view.beyond(LOG, Epoch(2)), Ok(tail));
    }

    #[test]
    fn what_is_not_whole_is_not_compared() {
        assert!(
            view(|_, _| {}).sealed(LOG, Epoch(2), Seq(21)).is_err(),
            "behind"
        );
        assert!(
            view(|_, _| {}).sealed(LOG, Epoch(1), Seq(5)).is_err(),
            "before its base"
        );
        assert!(
            view(|_, _| {}).sealed(LogId(9), Epoch(2), Seq(5)).is_err(),
            "unknown"
        );
        assert!(
            view(|s, _| s.prune_watermark = Epoch(2))
                .sealed(LOG, Epoch(2), Seq(15))
                .is_err(),
            "pruned"
        );
        assert!(
            view(|s, _| s.fence = Some(Fence::FIRST))
                .sealed(LOG, Epoch(2), Seq(15))
                .is_err(),
            "fenced"
        );
        let other = |checkpoint: bool| {
            let mut view = view(|_, m| {
                if checkpoint {
                    m.fold = FoldVersion::FIRST;
                }
            });
            if !checkpoint {
                view.other_fold.insert((LOG, None, Epoch(3)));
            }
            view
        };
        assert_eq!(other(false).sealed(LOG, Epoch(2), Seq(15)), Ok(sums(5)));
        assert_eq!(other(false).sealed(LOG, Epoch(3), Seq(20)), Err(OTHER_FOLD));
        assert_eq!(other(false).beyond(LOG, Epoch(2)), Err(OTHER_FOLD));
        assert_eq!(other(true).sealed(LOG, Epoch(2), Seq(15)), Err(OTHER_FOLD));
        let lost = view(|_, m| m.generations = "h".into());
        assert!(
            lost.sealed(LOG, Epoch(2), Seq(15)).is_err() && lost.beyond(LOG, Epoch(2)).is_err()
        );
    }
}
