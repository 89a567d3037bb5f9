//! Reading live cells so that, with one manifest, nothing is missed and nothing counted twice.
//! The order of the reads is a rule of the hand-over.

use std::{collections::BTreeMap, time::Duration};

use futures::future::try_join_all;
use model::{Cell, EntityId, LogId};
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
    let open = |log: &LogId| directory.get(*log).is_none_or(|i| i.retired_at.is_none_or(|last| last > horizon.of(*log).seq));
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

    let fence_of = |log: LogId| fences.get(&log).copied().unwrap_or(0);
    let mut missing = Vec::new();
    let mut as_of: BTreeMap<LogId, u64> = horizon.0.iter().map(|(log, c)| (*log, c.seq)).collect();
    let mut lag_ms = 0;
    for ((log, mark), floor) in logs.iter().zip(&marks).zip(floors) {
        let covered = horizon.of(*log);
        match check(mark.as_ref(), floor, covered.epoch, fence_of(*log), &generations) {
            Ok(mark) => {
                as_of.insert(*log, covered.seq.max(mark.seq));
                lag_ms = lag_ms.max(mark.lag_ms);
            }
            Err(why) => missing.push(format!("log {log}: {why}")),
        }
    }
    let live = |cell: &&StoredCell| cell.epoch > horizon.of(cell.log).epoch && cell.fence == fence_of(cell.log);
    let mut decoded = Vec::new();
    for cell in cells.iter().filter(live) {
        if !sources.knows(cell.log) {
            missing.push(format!("log {}: it is new", cell.log));
            continue;
        }
        decoded.push(Cell::decode(&cell.body)?);
    }
    Ok(Reading { published, cells: decoded, missing, lag_ms, as_of })
}

/// Whether the cells of a log are all there, seen from a manifest that covers it up to `epoch`.
fn check<'a>(mark: Option<&'a Mark>, floor: u64, epoch: u64, fence: u64, generations: &str) -> Result<&'a Mark, &'static str> {
    let mark = mark.ok_or("its events are yet to be folded")?;
    if mark.generations != generations {
        return Err("live cells were lost and are being folded again");
    }
    if mark.fence != fence {
        return Err("it was fenced and is being folded again");
    }
    if mark.base > epoch {
        return Err("its cells begin after the manifest");
    }
    if floor > epoch {
        return Err("its cells were pruned after a newer manifest");
    }
    Ok(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_of_the_reader_is_checked() {
        let mark = Mark { fence: 1, generations: "g".into(), base: 2, seq: 9, epoch: (3, 5), lag_ms: 0 };
        let check = |floor, epoch, fence, generations| check(Some(&mark), floor, epoch, fence, generations).is_ok();
        assert!(check(2, 2, 1, "g"));
        assert!(!check(2, 2, 1, "h"), "another generation");
        assert!(!check(2, 2, 0, "g"), "another fence");
        assert!(!check(2, 1, 1, "g"), "a mark from after the manifest");
        assert!(!check(3, 2, 1, "g"), "a floor above the manifest");
        assert!(super::check(None, 0, 0, 0, "g").is_err(), "no mark");
    }
}
