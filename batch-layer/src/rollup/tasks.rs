//! Gives out tasks, and takes back what became of them.

use std::collections::BTreeMap;

use futures::StreamExt;
use handover::raw::Seal;
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

/// Counts the events of sealed epochs, as `count` says.
pub(super) async fn count(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    taken: &[Seal],
    count: Count,
) -> Result<Vec<(Count, Done)>, RollupError> {
    let with = |parts| Count {
        parts,
        ..count.clone()
    };
    let counts: Vec<Count> = split(taken, deps.limits.task())
        .into_iter()
        .map(with)
        .collect();
    let pieces = counts.iter().cloned().map(Piece::Count).collect();
    let done = all(deps, writer, pieces).await?;
    check(taken, &done)?;
    Ok(counts.into_iter().zip(done).collect())
}

/// Whether there were as many events as the seals say.
fn check(taken: &[Seal], done: &[Done]) -> Result<(), RollupError> {
    let mut found: BTreeMap<(LogId, Epoch), u64> = BTreeMap::new();
    for read in done.iter().flat_map(|done| &done.read) {
        *found.entry((read.log, read.epoch)).or_default() += read.count;
    }
    for seal in taken {
        let found = found.get(&(seal.log, seal.epoch)).copied().unwrap_or(0);
        if found != seal.count {
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
    Ok(())
}
