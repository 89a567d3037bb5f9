//! A task that merges: files of runs become others with the same numbers. What is read is streamed, so
//! that memory does not follow the size.

use datafusion::arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use handover::runs::{Finished, RunWriter, Table};
use tokio::sync::mpsc;

use super::{
    super::{
        error::RollupError,
        fold::MAX_ROWS,
        task::{Done, Merge, NewRun},
        worker::Worker,
        write::Writer,
    },
    sorted::{Side, sorted},
};

/// Batches that wait to be written.
const AHEAD: usize = 4;

/// Does the task.
pub(in crate::rollup) async fn merged(
    worker: &Worker,
    writer: &mut Writer<'_>,
    merge: &Merge,
) -> Result<Done, RollupError> {
    let _computing = worker.computing.lock().await;
    let (table, place) = (merge.table, (0, merge.level));
    let sides = merge.runs.iter().map(|files| (Side::Added, files.clone()));
    let mut rows = sorted(
        &worker.env.store,
        worker.limits.merge(),
        table,
        sides.collect(),
    )?;
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
    let mut outputs = Vec::new();
    let storing = async {
        while let Some(file) = files.recv().await {
            outputs.push(writer.put_run(table, file, place).await?);
        }
        Ok(())
    };
    tokio::try_join!(reading, storing)?;
    encoding.await.map_err(RollupError::Panicked)??;
    let run = match table {
        Table::Sums => NewRun {
            sums: outputs,
            ..NewRun::default()
        },
        Table::Visits => NewRun {
            visits: outputs,
            ..NewRun::default()
        },
    };
    Ok(Done {
        runs: vec![run],
        ..Done::default()
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
