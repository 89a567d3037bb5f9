//! Files of events, written anew where they hold erased ones. All other rows stay as they are.

use std::collections::BTreeSet;

use bytes::Bytes;
use datafusion::{
    arrow::array::RecordBatch,
    parquet::arrow::{ArrowWriter, ParquetRecordBatchStreamBuilder, ProjectionMask},
};
use futures::TryStreamExt;
use handover::{
    erasures::ErasedEvents,
    manifest::{EventsFile, File, Manifest},
};
use object_store::path::Path;
use storage::{object_keys::ObjectKey, parquet_object::ObjectReader};

use super::{
    columns::{erased_batch, hits},
    visits::{self, Moves},
};
use crate::rollup::{
    deps::{RollupDeps, RollupError},
    events::properties,
    write::Writer,
};

/// Erases these events in the files of a manifest, and gives their visits to the numbers that stand for their visitors.
pub(super) async fn rewrite(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    erased: &ErasedEvents,
) -> Result<(), RollupError> {
    let mut moves = Moves::default();
    let days: BTreeSet<i64> = erased.values().map(|it| it.received).collect();
    let is_hit = |file: &&mut EventsFile| days.contains(&file.received);
    for events in manifest.event_files.iter_mut().filter(is_hit) {
        let received = events.received;
        let key = move |name| ObjectKey::Events { received, name };
        file(deps, writer, &mut events.file, key, erased, &mut moves).await?;
    }
    // The version before kept them by the day on which they happened.
    for (day, files) in &mut manifest.day_events {
        for old in files {
            let day = *day;
            let key = move |name| ObjectKey::DayEvents { day, name };
            file(deps, writer, old, key, erased, &mut moves).await?;
        }
    }
    visits::give(deps, writer, manifest, &moves).await
}

/// Puts in the place of a file what is left of it, if it holds any of these events.
async fn file(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    file: &mut File,
    key: impl Fn(String) -> ObjectKey + Copy + Send + 'static,
    erased: &ErasedEvents,
    moves: &mut Moves,
) -> Result<(), RollupError> {
    let reader = ObjectReader::new(
        deps.env.store.clone(),
        key(file.name.clone()).path(),
        file.bytes,
    );
    if holds_any(reader.clone(), erased).await? {
        let bytes = left(reader, erased, moves).await?;
        *file = writer.put(key, file.rows, bytes).await?;
    }
    Ok(())
}

async fn holds_any(reader: ObjectReader, erased: &ErasedEvents) -> Result<bool, RollupError> {
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["log", "seq"]);
    let mut batches = builder.with_projection(mask).build()?;
    while let Some(batch) = batches.try_next().await? {
        if hits(&batch, erased).is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The file without what is erased; where its visitors were is noted.
async fn left(
    reader: ObjectReader,
    erased: &ErasedEvents,
    moves: &mut Moves,
) -> Result<Bytes, RollupError> {
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
    let mut out = ArrowWriter::try_new(Vec::new(), builder.schema().clone(), Some(properties()?))?;
    let mut batches = builder.build()?;
    while let Some(batch) = batches.try_next().await? {
        note(&batch, erased, moves);
        let left = erased_batch(&batch, erased)?;
        out.write(left.as_ref().unwrap_or(&batch))?;
    }
    Ok(out.into_inner()?.into())
}

fn note(batch: &RecordBatch, erased: &ErasedEvents, moves: &mut Moves) {
    let hits = hits(batch, erased).unwrap_or_default();
    for (row, hit) in hits.into_iter().enumerate() {
        if let Some(erased) = hit {
            // A row that cannot be read was not counted either.
            let _unread = moves.note(batch, row, erased.visitor);
        }
    }
}

/// Reads all of a file with a schema, in order.
pub(super) async fn batches(
    deps: &RollupDeps,
    path: Path,
    bytes: u64,
) -> Result<Vec<RecordBatch>, RollupError> {
    let reader = ObjectReader::new(deps.env.store.clone(), path, bytes);
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
    Ok(builder.build()?.try_collect().await?)
}
