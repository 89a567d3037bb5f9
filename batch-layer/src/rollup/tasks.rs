//! Gives out tasks, and takes back what became of them.

use std::collections::BTreeMap;

use futures::StreamExt;
use handover::{
    manifest::{AttributionsFile, Skipped},
    raw::Seal,
    skips::Skips,
};
use model::{Epoch, LogId};

use super::{
    deps::{RollupDeps, RollupError},
    task::{Count, Done, Piece, Task, split},
    worker::Worker,
    write::Writer,
};

/// Has all pieces of work done; what was written belongs to the attempt of `writer` then.
pub(super) async fn all(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    pieces: Vec<Piece>,
) -> Result<Vec<Done>, RollupError> {
    let task = |piece| Task {
        attempt: writer.attempt().to_owned(),
        piece,
    };
    let tasks: Vec<Task> = pieces.into_iter().map(task).collect();
    let mut all: Vec<Option<Done>> = tasks.iter().map(|_| None).collect();
    let here = Worker::new(deps.env.clone(), deps.rules.clone(), deps.limits.clone());
    let mut results = deps.engine.run(here, tasks);
    let mut failed = None;
    while let Some(result) = results.next().await {
        match result {
            Ok((place, done)) => {
                writer.adopt(done.paths());
                all[place] = Some(done);
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match (failed, all.into_iter().collect()) {
        (Some(error), _) => Err(error),
        (None, Some(all)) => Ok(all),
        (None, None) => Err(RollupError::Engine("a task has no result".into())),
    }
}

/// Counts the events of sealed epochs, as `count` says, of some of which this was decided before; tells also what is
/// lost of those that are given up.
pub(super) async fn count(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    taken: &[Seal],
    decided: &[AttributionsFile],
    count: Count,
) -> Result<(Vec<(Count, Done)>, Vec<Skipped>), RollupError> {
    let with = |parts| count.of_parts(parts, taken, decided);
    let skips = Skips::read(&deps.env.store).await?;
    let counts: Vec<Count> = split(taken, &skips, deps.limits.task())
        .into_iter()
        .map(with)
        .collect();
    let pieces = counts.iter().cloned().map(Piece::Count).collect();
    let done = all(deps, writer, pieces).await?;
    let skipped = check(taken, &skips, &done)?;
    Ok((counts.into_iter().zip(done).collect(), skipped))
}

/// Whether there were as many events as the seals say; of epochs that are given up, how many were not.
fn check(taken: &[Seal], skips: &Skips, done: &[Done]) -> Result<Vec<Skipped>, RollupError> {
    let mut found: BTreeMap<(LogId, Epoch), u64> = BTreeMap::new();
    for read in done.iter().flat_map(|done| &done.read) {
        *found.entry((read.log, read.epoch)).or_default() += read.count;
    }
    let mut skipped = Vec::new();
    for seal in taken {
        let found = found.get(&(seal.log, seal.epoch)).copied().unwrap_or(0);
        if skips.contains(seal.log, seal.epoch) {
            skipped.push(Skipped {
                log: seal.log,
                epoch: seal.epoch,
                lost: seal.count.saturating_sub(found),
            });
        } else if found != seal.count {
            return Err(RollupError::Held {
                log: seal.log,
                epoch: seal.epoch,
                why: format!(
                    "its seal says {} events, and its segments hold {found}",
                    seal.count
                ),
            });
        }
    }
    Ok(skipped)
}
