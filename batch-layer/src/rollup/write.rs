//! Files of one attempt: named for it, and taken back if it is not published.

use std::collections::BTreeSet;

use bytes::Bytes;
use datafusion::arrow::{
    array::RecordBatch,
    compute::cast,
    datatypes::{Schema, SchemaRef},
};
use futures::StreamExt;
use handover::{
    manifest::File,
    runs::{Finished, RunFile, Table},
};
use model::random::new_nonce;
use object_store::{ObjectStoreExt, path::Path};
use storage::{env::Env, object_keys::ObjectKey, store::StoreError};

use super::error::RollupError;

/// Writes the files of one attempt.
pub(super) struct Writer<'a> {
    env: &'a Env,
    attempt: String,
    written: Vec<Path>,
    forgotten: usize,
}

impl<'a> Writer<'a> {
    /// For an attempt to publish manifest `n`.
    pub(super) fn new(env: &'a Env, n: u64) -> Self {
        Self::named(env, format!("{n:010}"))
    }

    /// For a task of such an attempt. It may be done twice at the same time, so each time has names of
    /// its own.
    pub(super) fn of_task(env: &'a Env, attempt: &str) -> Self {
        Self::named(env, attempt.to_owned())
    }

    fn named(env: &'a Env, within: String) -> Self {
        Self {
            env,
            attempt: format!("{within}-{:016x}", new_nonce(&*env.random) as u64),
            written: Vec::new(),
            forgotten: 0,
        }
    }

    /// What its files are named for.
    pub(super) fn attempt(&self) -> &str {
        &self.attempt
    }

    /// Takes over what tasks have written.
    pub(super) fn adopt(&mut self, files: impl Iterator<Item = Path>) {
        self.written.extend(files);
    }

    /// Stores one file under a name that no other file has.
    pub(super) async fn put(
        &mut self,
        key: impl FnOnce(String) -> ObjectKey,
        rows: u64,
        bytes: Bytes,
    ) -> Result<File, RollupError> {
        let name = format!("{}-{}", self.attempt, self.written.len() + self.forgotten);
        let path = key(name.clone()).path();
        let size = bytes.len() as u64;
        self.written.push(path.clone());
        let stored = self.env.store.put(&path, bytes.into()).await;
        stored.map_err(|e| StoreError::request("write", &path, e))?;
        Ok(File {
            name,
            rows,
            bytes: size,
        })
    }

    /// Stores a finished file of a run.
    pub(super) async fn put_run(
        &mut self,
        table: Table,
        finished: Finished,
        (run, level): (u64, u8),
    ) -> Result<RunFile, RollupError> {
        let key = |name| run_key(table, name);
        let file = self.put(key, finished.rows, finished.bytes).await?;
        Ok(RunFile {
            file,
            run,
            level,
            first: finished.first,
            last: finished.last,
            totals: finished.totals,
            values: finished.values,
        })
    }

    /// Deletes files of runs that were written, and are not needed any more.
    pub(super) async fn forget(&mut self, files: impl Iterator<Item = (Table, &str)>) {
        let paths = files.map(|(table, name)| run_key(table, name.to_owned()).path());
        let (ours, rest): (Vec<Path>, Vec<Path>) = {
            let gone: BTreeSet<Path> = paths.collect();
            self.written.drain(..).partition(|path| gone.contains(path))
        };
        // Names are numbered by what was written.
        self.forgotten += ours.len();
        self.written = rest;
        self.delete(ours).await;
    }

    /// Deletes what was written and is not named by what was published.
    pub(super) async fn tidy(&self, named: &BTreeSet<String>) {
        let written = self.written.iter();
        let left = written.filter(|path| !named.contains(path.as_ref()));
        self.delete(left.cloned().collect()).await;
    }

    /// Deletes what was written, as far as that works: nobody refers to it.
    pub(super) async fn discard(&self) {
        self.delete(self.written.clone()).await;
    }

    async fn delete(&self, paths: Vec<Path>) {
        let paths = futures::stream::iter(paths.into_iter().map(Ok)).boxed();
        let store = std::sync::Arc::clone(&self.env.store);
        let mut deleted = store.delete_stream(paths);
        while let Some(result) = deleted.next().await {
            if let Err(error) = result {
                tracing::warn!(%error, "a file of an abandoned attempt stays");
            }
        }
    }
}

/// The key of a file of a run.
pub(crate) fn run_key(table: Table, name: String) -> ObjectKey {
    match table {
        Table::Sums => ObjectKey::Sums { name },
        Table::Visits => ObjectKey::Visits { name },
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
