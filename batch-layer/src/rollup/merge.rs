//! Merging runs, as a log-structured merge tree does: many small ones become one, and no number
//! changes. What is read is streamed, so that memory does not follow the size.

mod added;
mod plan;
mod sorted;

use std::collections::BTreeSet;

use datafusion::arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use handover::{
    manifest::Manifest,
    runs::{Finished, RunFile, RunWriter, Table},
};
use model::{Bug, planted};
use tokio::sync::mpsc;

use self::plan::Plan;
pub(super) use self::sorted::{Side, sorted};
use super::{
    deps::{RollupDeps, RollupError},
    fold::MAX_ROWS,
    write::Writer,
};

/// Batches that wait to be written.
const AHEAD: usize = 4;

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

    /// Names of the files that are needed no more: those that were merged, not those that were moved.
    pub(super) fn gone(&self) -> impl Iterator<Item = (Table, &str)> {
        let stays = |name: &&String| self.outputs.iter().any(|file| file.file.name == **name);
        let gone = self.inputs.iter().filter(move |name| !stays(name));
        gone.map(|name| (self.table, name.as_str()))
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
    // See `Merged::apply` for its number.
    let place = (0, plan.level);
    let mut inputs = BTreeSet::new();
    let mut outputs = Vec::new();
    for file in plan.moved {
        inputs.insert(file.file.name.clone());
        let (run, level) = place;
        outputs.push(RunFile { run, level, ..file });
    }
    for runs in plan.merged {
        let names = runs.iter().flatten().map(|file| file.file.name.clone());
        inputs.extend(names);
        let sides = runs.into_iter().map(|files| (Side::Added, files));
        let mut rows = sorted(deps, table, sides.collect())?;
        let (send, batches) = mpsc::channel(AHEAD);
        let (finished, mut files) = mpsc::channel(1);
        let encoding = tokio::task::spawn_blocking(move || encode(table, batches, &finished));
        let reading = async {
            while let Some(batch) = rows.try_next().await? {
                if send.send(batch).await.is_err() {
                    break;
                }
            }
            drop(send);
            Ok::<_, RollupError>(())
        };
        let storing = async {
            while let Some(file) = files.recv().await {
                outputs.push(writer.put_run(table, file, place).await?);
            }
            Ok(())
        };
        tokio::try_join!(reading, storing)?;
        encoding.await.map_err(RollupError::Panicked)??;
    }
    Ok(Merged {
        table,
        inputs,
        outputs,
    })
}

/// Makes files of batches, on a thread of its own.
fn encode(
    table: Table,
    mut batches: mpsc::Receiver<RecordBatch>,
    finished: &mpsc::Sender<Finished>,
) -> Result<(), RollupError> {
    let mut out = RunWriter::new(table, MAX_ROWS);
    // Nobody takes files any more if the merge failed.
    let give = |file| finished.blocking_send(file).is_ok();
    while let Some(batch) = batches.blocking_recv() {
        out.write(&batch)?;
        if !out.take().into_iter().all(give) {
            return Ok(());
        }
    }
    out.finish()?.into_iter().all(give);
    Ok(())
}
