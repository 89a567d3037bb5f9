//! Merging runs, as a log-structured merge tree does: many small ones become one, and no number
//! changes.

mod added;
mod merged;
mod plan;
mod sorted;

use std::collections::BTreeSet;

use handover::{
    manifest::Manifest,
    runs::{RunFile, Table},
};
use model::{Bug, planted};

use self::plan::Plan;
pub(super) use self::{
    merged::merged,
    sorted::{Side, sorted},
};
use super::{
    deps::{RollupDeps, RollupError},
    task::{Merge, Piece},
    tasks,
    write::Writer,
};

/// What a merge puts in the place of what.
pub(super) struct Merged {
    table: Table,
    /// Names of files that are not needed any more.
    inputs: BTreeSet<String>,
    outputs: Vec<RunFile>,
}

impl Merged {
    /// How many files it merged.
    pub(super) fn files(&self) -> u64 {
        self.inputs.len() as u64
    }

    /// Changes the manifest, which may be a later one than it was made from; false if that has
    /// merged some of the same files, so that this must not be published.
    pub(super) fn apply(&self, manifest: &mut Manifest) -> bool {
        let files = manifest.runs_mut(self.table);
        let here = files
            .iter()
            .filter(|file| self.inputs.contains(&file.file.name));
        if here.count() != self.inputs.len() {
            return false;
        }
        let kept = self
            .inputs
            .first()
            .filter(|_| planted(Bug::MergedStaysNamed));
        let goes = |name: &String| self.inputs.contains(name) && Some(name) != kept;
        files.retain(|file| !goes(&file.file.name));
        // Its number is given now: others may have been given since it was begun.
        let run = manifest.new_run();
        let outputs = self.outputs.iter().cloned();
        let files = manifest.runs_mut(self.table);
        files.extend(outputs.map(|file| RunFile { run, ..file }));
        true
    }
}

/// Does the most urgent merge, without publishing it; `None` if there is none.
pub(super) async fn next(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &Manifest,
) -> Result<Option<Merged>, RollupError> {
    for table in [Table::Sums, Table::Visits] {
        if let Some(plan) = plan::next(manifest.runs(table)) {
            return merge(deps, writer, table, plan).await.map(Some);
        }
    }
    Ok(None)
}

async fn merge(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    table: Table,
    plan: Plan,
) -> Result<Merged, RollupError> {
    let level = plan.level;
    let merged = plan.merged.iter().flatten().flatten();
    let inputs = plan.moved.iter().chain(merged);
    let inputs = inputs.map(|file| file.file.name.clone()).collect();
    // See `Merged::apply` for its number.
    let moved = plan.moved.into_iter();
    let mut outputs: Vec<RunFile> = moved
        .map(|file| RunFile {
            run: 0,
            level,
            ..file
        })
        .collect();
    let merge = |runs| Piece::Merge(Merge { table, level, runs });
    let pieces = plan.merged.into_iter().map(merge).collect();
    for done in tasks::all(deps, writer, pieces).await? {
        let runs = done.runs.into_iter();
        outputs.extend(runs.flat_map(|run| run.sums.into_iter().chain(run.visits)));
    }
    Ok(Merged {
        table,
        inputs,
        outputs,
    })
}
