//! What the table `events` holds: its files, read column by column.

use std::collections::{BTreeMap, BTreeSet};

use arrow::{
    array::{Array, AsArray, RecordBatch, StringArray},
    datatypes::UInt64Type,
};
use futures::TryStreamExt;
use handover::manifest::{File, Manifest, PlacedEvents};
use model::{Epoch, LogId, Seq};
use object_store::{ObjectStoreExt, path::Path};
use parquet::{
    arrow::{
        ParquetRecordBatchStreamBuilder, ProjectionMask, async_reader::ParquetRecordBatchStream,
    },
    errors::ParquetError,
};
use storage::{
    parquet_object::ObjectReader,
    store::{Store, StoreError},
};

use crate::stored::Print;

/// A file of the settled state and where it lies.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub path: Path,
    pub file: File,
}

/// Why a file could not be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The store does not answer: nothing is known.
    Store(StoreError),
    /// The file is not what the manifest says.
    Bad(String),
}

impl From<StoreError> for Unreadable {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The files of events of `manifest` that `before` has not.
pub(crate) fn files(manifest: &Manifest, before: &Manifest) -> Vec<Placed> {
    let known: BTreeSet<String> = names(before).collect();
    let fresh = manifest.events();
    let fresh = fresh.filter(|events| !known.contains(&events.file.name));
    let placed = fresh.map(|PlacedEvents { path, file, .. }| Placed { path, file });
    placed.collect()
}

/// Whether `manifest` has all files of events that `before` has.
pub(crate) fn extends(manifest: &Manifest, before: &Manifest) -> bool {
    let known: BTreeSet<String> = names(manifest).collect();
    names(before).all(|name| known.contains(&name))
}

fn names(manifest: &Manifest) -> impl Iterator<Item = String> {
    manifest.events().map(|events| events.file.name)
}

/// Some columns of a file, batch by batch, after a look whether it is there and whole.
pub(crate) async fn open(
    store: &Store,
    placed: &Placed,
    columns: &[&str],
) -> Result<ParquetRecordBatchStream<ObjectReader>, Unreadable> {
    let Placed { path, file, .. } = placed;
    match store.head(path).await {
        Ok(meta) if meta.size == file.bytes => {}
        Ok(meta) => {
            let why = format!(
                "`{path}` has {} bytes, its manifest says {}",
                meta.size, file.bytes
            );
            return Err(Unreadable::Bad(why));
        }
        Err(object_store::Error::NotFound { .. }) => {
            return Err(Unreadable::Bad(format!("`{path}` is gone")));
        }
        Err(source) => return Err(StoreError::request("look up", path, source).into()),
    }
    let reader = ObjectReader::new(store.clone(), path.clone(), file.bytes);
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await;
    let builder = builder.map_err(|e| failed(path, e))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    builder
        .with_projection(mask)
        .build()
        .map_err(|e| failed(path, e))
}

/// The next batch of a file.
pub(crate) async fn next(
    stream: &mut ParquetRecordBatchStream<ObjectReader>,
    path: &Path,
) -> Result<Option<RecordBatch>, Unreadable> {
    stream.try_next().await.map_err(|e| failed(path, e))
}

fn failed(path: &Path, error: ParquetError) -> Unreadable {
    match error {
        ParquetError::External(source) => match source.downcast::<object_store::Error>() {
            Ok(source) => StoreError::request("read", path, *source).into(),
            Err(source) => Unreadable::Bad(format!("`{path}`: {source}")),
        },
        error => Unreadable::Bad(format!("`{path}`: {error}")),
    }
}

pub(crate) fn texts<'a>(
    batch: &'a RecordBatch,
    name: &str,
    path: &Path,
) -> Result<&'a StringArray, Unreadable> {
    let column = batch.column_by_name(name);
    column
        .and_then(|c| c.as_string_opt::<i32>())
        .ok_or_else(|| lacks(path, name))
}

pub(crate) fn lacks(path: &Path, column: &str) -> Unreadable {
    Unreadable::Bad(format!("`{path}` lacks the column {column}"))
}

/// Which events the files hold, by log and epoch, and what is wrong with files.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub prints: BTreeMap<(LogId, Epoch), Print>,
    pub unreadable: Vec<String>,
}

/// Reads the files, one after the other.
pub(crate) async fn counted(store: &Store, files: &[Placed]) -> Result<Counted, StoreError> {
    let mut counted = Counted::default();
    for placed in files {
        let mut rows = 0;
        let mut prints: BTreeMap<(LogId, Epoch), Print> = BTreeMap::new();
        let read = each(store, placed, |log, epoch, seq| {
            rows += 1;
            prints.entry((log, epoch)).or_default().add(seq);
        });
        match read.await {
            Ok(()) if rows == placed.file.rows => {}
            Ok(()) => counted.unreadable.push(format!(
                "`{}` holds {rows} events, its manifest says {}",
                placed.path, placed.file.rows
            )),
            // What could be read of it before does not count.
            Err(Unreadable::Bad(why)) => {
                counted.unreadable.push(why);
                continue;
            }
            Err(Unreadable::Store(error)) => return Err(error),
        }
        for (place, print) in prints {
            counted.prints.entry(place).or_default().join(print);
        }
    }
    Ok(counted)
}

/// The numbers of the events of one epoch in the files that can be read, in order.
pub(crate) async fn numbers(
    store: &Store,
    files: &[Placed],
    of: (LogId, Epoch),
) -> Result<Vec<Seq>, StoreError> {
    let mut numbers = Vec::new();
    for placed in files {
        let before = numbers.len();
        let read = each(store, placed, |log, epoch, seq| {
            if (log, epoch) == of {
                numbers.push(seq);
            }
        });
        match read.await {
            Ok(()) => {}
            Err(Unreadable::Bad(_)) => numbers.truncate(before),
            Err(Unreadable::Store(error)) => return Err(error),
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Every event of a file: log, epoch, number.
async fn each(
    store: &Store,
    placed: &Placed,
    mut see: impl FnMut(LogId, Epoch, Seq),
) -> Result<(), Unreadable> {
    let path = &placed.path;
    let mut stream = open(store, placed, &["log", "epoch", "seq"]).await?;
    let mut known: Option<(String, LogId)> = None;
    while let Some(batch) = next(&mut stream, path).await? {
        let logs = texts(&batch, "log", path)?;
        let numbers = |name: &'static str| {
            let column = batch.column_by_name(name);
            column
                .and_then(|c| c.as_primitive_opt::<UInt64Type>())
                .ok_or_else(|| lacks(path, name))
        };
        let (epochs, seqs) = (numbers("epoch")?, numbers("seq")?);
        for row in 0..logs.len() {
            let text = logs.value(row);
            // Neighbours are mostly of the same log.
            let log = match &known {
                Some((same, log)) if same == text => *log,
                _ => text
                    .parse()
                    .map_err(|e: model::IdError| Unreadable::Bad(format!("`{path}`: {e}")))?,
            };
            if known.as_ref().is_none_or(|(_, same)| *same != log) {
                known = Some((text.to_owned(), log));
            }
            see(log, Epoch(epochs.value(row)), Seq(seqs.value(row)));
        }
    }
    Ok(())
}
