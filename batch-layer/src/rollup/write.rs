//! Files of one run: named for it, and taken back if it is not published.

use bytes::Bytes;
use datafusion::arrow::{
    array::{AsArray, RecordBatch},
    compute::cast,
    datatypes::{Int64Type, Schema, SchemaRef},
};
use futures::StreamExt;
use handover::{manifest::File, views::ViewWriter};
use model::{random::new_nonce, time};
use object_store::{ObjectStoreExt, path::Path};
use storage::{object_keys::ObjectKey, store::StoreError};

use super::deps::{RollupDeps, RollupError};

/// Writes the files of one run.
pub(super) struct Writer<'a> {
    deps: &'a RollupDeps,
    run: String,
    written: Vec<Path>,
}

impl<'a> Writer<'a> {
    /// For a run that hopes to publish manifest `n`.
    pub(super) fn new(deps: &'a RollupDeps, n: u64) -> Self {
        let run = format!("{n:010}-{:016x}", new_nonce(&*deps.env.random) as u64);
        Self {
            deps,
            run,
            written: Vec::new(),
        }
    }

    /// Stores one file under a name that no other file has.
    pub(super) async fn put(
        &mut self,
        key: impl FnOnce(String) -> ObjectKey,
        rows: u64,
        bytes: Bytes,
    ) -> Result<File, RollupError> {
        let name = format!("{}-{}", self.run, self.written.len());
        let path = key(name.clone()).path();
        let size = bytes.len() as u64;
        self.written.push(path.clone());
        let stored = self.deps.env.store.put(&path, bytes.into()).await;
        stored.map_err(|e| StoreError::request("write", &path, e))?;
        Ok(File {
            name,
            rows,
            bytes: size,
        })
    }

    /// Deletes what was written, as far as that works: nobody refers to it.
    pub(super) async fn discard(&self) {
        let paths = futures::stream::iter(self.written.clone().into_iter().map(Ok)).boxed();
        let store = std::sync::Arc::clone(&self.deps.env.store);
        let mut deleted = store.delete_stream(paths);
        while let Some(result) = deleted.next().await {
            if let Err(error) = result {
                tracing::warn!(%error, "a file of an abandoned run stays");
            }
        }
    }
}

/// Collects rows that are sorted by day into one file per day.
pub(super) struct DayFiles {
    schema: SchemaRef,
    open: Option<(i64, ViewWriter, u64)>,
    /// Finished files: day, rows, bytes.
    pub(super) done: Vec<(i64, u64, Bytes)>,
}

impl DayFiles {
    /// Files with the columns of `schema`.
    pub(super) fn new(schema: SchemaRef) -> Self {
        Self {
            schema,
            open: None,
            done: Vec::new(),
        }
    }

    /// Adds rows: the columns of the schema by position, and `time` as milliseconds.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), RollupError> {
        let batch = conform(batch, &self.schema)?;
        let column = self.schema.index_of("time")?;
        let times = cast(
            batch.column(column),
            &datafusion::arrow::datatypes::DataType::Int64,
        )?;
        let times = times.as_primitive::<Int64Type>();
        let day = |row: usize| time::day_of(time::minute_of(times.value(row)));
        let mut start = 0;
        while start < batch.num_rows() {
            let here = day(start);
            let end = (start..batch.num_rows())
                .find(|row| day(*row) != here)
                .unwrap_or(batch.num_rows());
            self.write_day(here, &batch.slice(start, end - start))?;
            start = end;
        }
        Ok(())
    }

    fn write_day(&mut self, day: i64, rows: &RecordBatch) -> Result<(), RollupError> {
        if self.open.as_ref().is_none_or(|(open, ..)| *open != day) {
            self.close()?;
            self.open = Some((day, ViewWriter::new(self.schema.clone())?, 0));
        }
        if let Some((_, writer, count)) = &mut self.open {
            writer.write(rows)?;
            *count += rows.num_rows() as u64;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), RollupError> {
        if let Some((day, writer, count)) = self.open.take() {
            self.done.push((day, count, writer.finish()?));
        }
        Ok(())
    }

    /// All files.
    pub(super) fn finish(mut self) -> Result<Vec<(i64, u64, Bytes)>, RollupError> {
        self.close()?;
        Ok(self.done)
    }
}

/// The batch with the types of `schema`: queries give views and dictionaries where files have
/// plain texts.
pub(super) fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, RollupError> {
    let fields = Schema::fields(schema);
    let columns = fields
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| cast(column, field.data_type()));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}
