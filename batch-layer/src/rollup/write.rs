//! Files of one attempt: named for it, and taken back if it is not published.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use datafusion::arrow::{
    array::RecordBatch,
    compute::cast,
    datatypes::{Schema, SchemaRef},
};
use futures::{StreamExt, future, stream};
use handover::{
    manifest::File,
    runs::{Finished, RunFile, Table},
};
use model::random::new_nonce;
use object_store::{ObjectStoreExt, path::Path};
use storage::{env::Env, object_keys::ObjectKey, store::StoreError};

use super::error::RollupError;

/// Files that are stored at once; all of them are in memory anyway.
const PUTS_AT_ONCE: usize = 4;

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
        key: impl Fn(String) -> ObjectKey + Send + 'static,
        rows: u64,
        bytes: Bytes,
    ) -> Result<File, RollupError> {
        let file = self.name(NewFile::new(key, rows, bytes));
        store(self.env, file).await
    }

    /// Stores files, some at once; they come in their order. After the first failure none is begun, and those that were
    /// begun have ended when this does: what is deleted then stays deleted.
    pub(super) async fn put_all(
        &mut self,
        files: impl Iterator<Item = NewFile>,
    ) -> Result<Vec<File>, RollupError> {
        let files: Vec<Named> = files.map(|file| self.name(file)).collect();
        let (env, failed) = (self.env, AtomicBool::new(false));
        let stored = stream::iter(files)
            .take_while(|_| future::ready(!failed.load(Ordering::Relaxed)))
            .map(|file| async {
                let stored = store(env, file).await;
                failed.fetch_or(stored.is_err(), Ordering::Relaxed);
                stored
            })
            .buffered(PUTS_AT_ONCE);
        let stored: Vec<Result<File, RollupError>> = stored.collect().await;
        stored.into_iter().collect()
    }

    fn name(&mut self, file: NewFile) -> Named {
        let NewFile { key, rows, bytes } = file;
        let name = format!("{}-{}", self.attempt, self.written.len() + self.forgotten);
        let path = key(name.clone()).path();
        self.written.push(path.clone());
        Named {
            path,
            name,
            rows,
            bytes,
        }
    }

    /// Stores a finished file of a run.
    pub(super) async fn put_run(
        &mut self,
        table: Table,
        finished: Finished,
        place: (u64, u8),
    ) -> Result<RunFile, RollupError> {
        let key = move |name| run_key(table, name);
        let bytes = finished.bytes.clone();
        let file = self.put(key, finished.rows, bytes).await?;
        Ok(run_file(file, finished, place))
    }

    /// Stores finished files of a run, some at once.
    pub(super) async fn put_runs(
        &mut self,
        table: Table,
        finished: Vec<Finished>,
        place: (u64, u8),
    ) -> Result<Vec<RunFile>, RollupError> {
        let files = finished.iter().map(|file| NewFile::of_run(table, file));
        let files = self.put_all(files).await?.into_iter().zip(finished);
        let files = files.map(|(file, finished)| run_file(file, finished, place));
        Ok(files.collect())
    }

    /// Deletes files that were written, and are not needed any more.
    pub(super) async fn forget(&mut self, paths: impl Iterator<Item = Path>) {
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

/// A file that is to be stored.
pub(super) struct NewFile {
    key: Box<dyn Fn(String) -> ObjectKey + Send>,
    rows: u64,
    bytes: Bytes,
}

impl NewFile {
    /// It is to lie where `key` says of its name.
    pub(super) fn new(
        key: impl Fn(String) -> ObjectKey + Send + 'static,
        rows: u64,
        bytes: Bytes,
    ) -> Self {
        Self {
            key: Box::new(key),
            rows,
            bytes,
        }
    }

    /// One of a run.
    pub(super) fn of_run(table: Table, file: &Finished) -> Self {
        let key = move |name| run_key(table, name);
        Self::new(key, file.rows, file.bytes.clone())
    }
}

/// The same with its name.
struct Named {
    path: Path,
    name: String,
    rows: u64,
    bytes: Bytes,
}

async fn store(env: &Env, file: Named) -> Result<File, RollupError> {
    let Named {
        path,
        name,
        rows,
        bytes,
    } = file;
    let size = bytes.len() as u64;
    let stored = env.store.put(&path, bytes.into()).await;
    stored.map_err(|e| StoreError::request("write", &path, e))?;
    Ok(File {
        name,
        rows,
        bytes: size,
    })
}

/// What a manifest says of a file of a run.
pub(super) fn run_file(file: File, finished: Finished, (run, level): (u64, u8)) -> RunFile {
    RunFile {
        file,
        run,
        level,
        first: finished.first,
        last: finished.last,
        totals: finished.totals,
        values: finished.values,
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

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use model::{ManualClock, random::SeededRandom};
    use object_store::{
        memory::InMemory,
        throttle::{ThrottleConfig, ThrottledStore},
    };
    use storage::{
        bell::Bell,
        store::{self, Store},
    };
    use tokio::time::Instant;

    use super::*;

    const EACH: Duration = Duration::from_secs(1);

    fn env(store: Store) -> Env {
        Env {
            store,
            bell: Bell::default(),
            clock: Arc::new(ManualClock::new(1)),
            random: Arc::new(SeededRandom::new(1)),
        }
    }

    fn files(count: u64) -> impl Iterator<Item = NewFile> {
        let key = |name| ObjectKey::Sums { name };
        (0..count).map(move |n| NewFile::new(key, n, Bytes::from(n.to_string())))
    }

    #[tokio::test(start_paused = true)]
    async fn some_files_are_stored_at_once_and_come_in_their_order() {
        let slow = ThrottleConfig {
            wait_put_per_call: EACH,
            ..ThrottleConfig::default()
        };
        let env = env(Arc::new(ThrottledStore::new(InMemory::new(), slow)));
        let mut writer = Writer::new(&env, 1);
        let begun = Instant::now();
        let stored = writer.put_all(files(8)).await.unwrap();
        assert_eq!(begun.elapsed(), EACH * (8 / PUTS_AT_ONCE as u32));
        for (n, file) in stored.into_iter().enumerate() {
            assert_eq!(file.rows, n as u64);
            let path = ObjectKey::Sums { name: file.name }.path();
            let bytes = store::read(&env.store, &path).await.unwrap();
            assert_eq!(bytes, Some(Bytes::from(n.to_string())));
        }
    }

    #[tokio::test]
    async fn after_a_failure_none_is_begun_and_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("file://{}", folder.path().display());
        let env = env(store::open(&url).unwrap());
        let mut writer = Writer::new(&env, 1);
        // A folder stands where the second file is to be.
        let name = format!("{}-1", writer.attempt());
        let in_the_way = folder.path().join(format!("runs/{name}.parquet"));
        std::fs::create_dir_all(in_the_way.join("x")).unwrap();
        let begun = 2 * PUTS_AT_ONCE;
        let error = writer.put_all(files(20)).await.unwrap_err().to_string();
        assert!(error.contains(&name), "{error}");
        let there = || {
            std::fs::read_dir(folder.path().join("runs"))
                .unwrap()
                .count()
        };
        assert!(there() <= begun, "{} were begun", there());
        writer.discard().await;
        assert_eq!(there(), 1, "what stood in the way");
    }
}
