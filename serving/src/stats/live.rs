//! Reading live cells so that, with one manifest, nothing is missed and nothing counted twice.
//! The order of the reads is a rule of the hand-over.

use std::{collections::BTreeMap, time::Duration};

use futures::future::try_join_all;
use model::{Cell, Covered, EntityId, LogId};
use storage::{
    cells::{Mark, StoredCell},
    manifests::Published,
    raw,
    stream::LiveError,
};
use web::Problem;

use super::Sources;

/// Tries to get a complete reading before an incomplete one is given.
const TRIES: u32 = 8;
/// Pause between tries: cells may be being folded anew.
const PAUSE: Duration = Duration::from_millis(40);
/// A mark that was not renewed for so long has no worker. Clocks may differ by seconds; this only
/// says how fresh an answer is, never what it counts.
const SILENT_MS: i64 = 10_000;

/// The live part of one entity's numbers, and the manifest it adds to.
pub(crate) struct Reading {
    /// The settled part is this one's.
    pub published: Published,
    /// Cells of epochs beyond the manifest.
    pub cells: Vec<Cell>,
    /// Why something may be missing; empty: complete.
    pub missing: Vec<String>,
    /// Longest delay of the last flushes, milliseconds.
    pub lag_ms: i64,
    /// Per log, the event up to which everything is counted: a lower bound.
    pub as_of: BTreeMap<LogId, u64>,
}

/// Reads the live cells of `entity`; tries again for a little while if something is missing.
pub(crate) async fn read(sources: &Sources, entity: EntityId) -> Result<Reading, Problem> {
    sources.look_once().await?;
    let mut attempt = 0;
    loop {
        let reading = read_once(sources, entity).await;
        attempt += 1;
        match reading {
            Ok(reading) if reading.missing.is_empty() || attempt == TRIES => return Ok(reading),
            Err(error) if attempt == TRIES => return Ok(without_live(sources, &error)),
            _ => {}
        }
        tokio::time::sleep(PAUSE).await;
        sources.refresh().await?;
    }
}

/// With the live store down the settled part is still true, and said to be a part.
fn without_live(sources: &Sources, error: &ReadError) -> Reading {
    tracing::warn!(%error, "live cells cannot be read");
    Reading {
        published: sources.manifests.seen(),
        cells: Vec::new(),
        missing: vec!["live: the live store does not answer".into()],
        lag_ms: 0,
        as_of: BTreeMap::new(),
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Live(#[from] LiveError),
    #[error(transparent)]
    Store(#[from] storage::store::StoreError),
    #[error(transparent)]
    Cell(#[from] model::cell::CellError),
}

async fn read_once(sources: &Sources, entity: EntityId) -> Result<Reading, ReadError> {
    let published = sources.manifests.seen();
    let directory = sources.directory();
    let horizon = &published.manifest.horizon;
    // A retired log that is covered to its end cannot have anything live.
    let open = |log: &LogId| {
        directory
            .get(*log)
            .is_none_or(|i| i.retired_at.is_none_or(|last| last > horizon.of(*log).seq))
    };
    let logs: Vec<LogId> = directory.logs().map(|i| i.log).filter(open).collect();
    let marks = try_join_all(logs.iter().map(|log| sources.cells.mark(*log))).await?;
    let cells = sources.cells.cells(entity).await?;
    let floors = try_join_all(logs.iter().map(|log| sources.cells.floor(*log))).await?;
    let fenced = raw::fences(&sources.store).await?;
    let mut fences = BTreeMap::new();
    for log in fenced {
        fences.insert(log, raw::fence(&sources.store, log).await?);
    }
    let generations = sources.cells.generations(false).await?;
    let now_ms = sources.clock().now_ms();

    let fence_of = |log: LogId| fences.get(&log).copied().unwrap_or(0);
    let mut missing = Vec::new();
    let mut as_of: BTreeMap<LogId, u64> = horizon.0.iter().map(|(log, c)| (*log, c.seq)).collect();
    let mut lag_ms = 0;
    for ((log, mark), floor) in logs.iter().zip(&marks).zip(floors) {
        let covered = horizon.of(*log);
        let seen = Seen {
            floor,
            covered,
            fence: fence_of(*log),
            generations: &generations,
            now_ms,
        };
        match seen.check(mark.as_ref()) {
            Ok(mark) => {
                as_of.insert(*log, covered.seq.max(mark.seq));
                lag_ms = lag_ms.max(mark.lag_ms);
            }
            Err(why) => missing.push(format!("log {log}: {why}")),
        }
    }
    let live = |cell: &&StoredCell| {
        cell.epoch > horizon.of(cell.log).epoch && cell.fence == fence_of(cell.log)
    };
    let mut decoded = Vec::new();
    for cell in cells.iter().filter(live) {
        if !sources.knows(cell.log) {
            missing.push(format!("log {}: it is new", cell.log));
            continue;
        }
        decoded.push(Cell::decode(&cell.body)?);
    }
    Ok(Reading {
        published,
        cells: decoded,
        missing,
        lag_ms,
        as_of,
    })
}

/// What a reader has seen beside the mark of a log.
struct Seen<'a> {
    floor: u64,
    covered: Covered,
    fence: u64,
    generations: &'a str,
    now_ms: i64,
}

impl Seen<'_> {
    /// Whether the cells of a log are all there, seen from a manifest.
    fn check<'m>(&self, mark: Option<&'m Mark>) -> Result<&'m Mark, &'static str> {
        let mark = mark.ok_or("its events are yet to be folded")?;
        if mark.generations != self.generations {
            return Err("live cells were lost and are being folded again");
        }
        if mark.fence != self.fence {
            return Err("it was fenced and is being folded again");
        }
        if mark.base > self.covered.epoch {
            return Err("its cells begin after the manifest");
        }
        if self.floor > self.covered.epoch {
            return Err("its cells were pruned after a newer manifest");
        }
        if mark.seq.max(self.covered.seq) < mark.target {
            return Err("its cells are being folded again");
        }
        if self.now_ms - mark.at_ms > SILENT_MS {
            return Err("the speed layer is silent");
        }
        Ok(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_of_the_reader_is_checked() {
        let mark = Mark {
            fence: 1,
            generations: "g".into(),
            base: 2,
            seq: 9,
            epoch: (3, 5),
            lag_ms: 0,
            target: 9,
            at_ms: 1_000,
        };
        let seen = |floor, epoch, fence, generations| Seen {
            floor,
            covered: Covered {
                epoch,
                ..Covered::default()
            },
            fence,
            generations,
            now_ms: 2_000,
        };
        let check = |seen: Seen<'_>| seen.check(Some(&mark)).is_ok();
        assert!(check(seen(2, 2, 1, "g")));
        assert!(!check(seen(2, 2, 1, "h")), "another generation");
        assert!(!check(seen(2, 2, 0, "g")), "another fence");
        assert!(!check(seen(2, 1, 1, "g")), "a mark from after the manifest");
        assert!(!check(seen(3, 2, 1, "g")), "a floor above the manifest");
        assert!(
            !check(Seen {
                now_ms: 60_000,
                ..seen(2, 2, 1, "g")
            }),
            "nobody folds"
        );
        assert!(seen(0, 0, 0, "g").check(None).is_err(), "no mark");
        let behind = Mark {
            target: 10,
            ..mark.clone()
        };
        assert!(
            seen(2, 2, 1, "g").check(Some(&behind)).is_err(),
            "folding again"
        );
        let covered = Covered {
            epoch: 2,
            seq: 10,
            segment: 1,
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
