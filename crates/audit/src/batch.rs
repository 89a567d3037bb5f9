//! What the table `events` holds: its files, read column by column.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, RecordBatch, StringArray};
use futures::TryStreamExt;
use handover::{
    duplicates::Duplicates,
    manifest::{File, Manifest, PlacedEvents},
};
use model::{Epoch, Horizon, LogId, Seq};
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

use crate::{
    decided::Decided,
    events::{self, Row},
    stored::{Content, Print},
    visitors::Sample,
};

/// A file of the settled state and where it lies.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub path: Path,
    pub file: File,
    /// Epochs that it may hold, and that an audit before has seen: what is left of files whose other events are expired.
    pub seen: Option<Horizon>,
}

impl Placed {
    /// Whether an audit before has seen an event.
    fn is_seen(&self, event: &Row) -> bool {
        let seen = self.seen.as_ref();
        seen.is_some_and(|seen| event.epoch <= seen.of(event.log).epoch)
    }
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
    let rests = manifest.event_files.iter().filter(|events| events.is_rest);
    let rests: BTreeSet<&str> = rests.map(|events| &*events.file.name).collect();
    let placed = fresh.map(|PlacedEvents { path, file, .. }| Placed {
        seen: rests.contains(&*file.name).then(|| before.horizon.clone()),
        path,
        file,
    });
    placed.collect()
}

/// Whether `manifest` only adds to what `before` has, but for events that have expired since.
pub(crate) fn extends(manifest: &Manifest, before: &Manifest) -> bool {
    // Whatever else takes something away is looked at from the beginning.
    let is_same = manifest.recounted == before.recounted
        && manifest.erased == before.erased
        && manifest.erased_accounts == before.erased_accounts;
    let known: BTreeSet<String> = names(manifest).collect();
    let has_all = || names(before).all(|name| known.contains(&name));
    is_same && (manifest.expired_count > before.expired_count || has_all())
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

/// Which events the files hold, by log and epoch, what they sum, and what is wrong with files.
#[derive(Debug)]
pub(crate) struct Counted {
    pub prints: BTreeMap<(LogId, Epoch), Print>,
    /// Values of the events that count, micro-units modulo 2^64.
    pub value_micros: i64,
    /// Some visitors.
    pub visitors: Sample,
    pub unreadable: Vec<String>,
    /// Whether all files could be read.
    pub is_whole: bool,
}

impl Counted {
    /// Of no files yet.
    pub fn new(visitors: Sample) -> Self {
        Self {
            prints: BTreeMap::new(),
            value_micros: 0,
            visitors,
            unreadable: Vec::new(),
            is_whole: true,
        }
    }
}

/// Reads the files, one after the other.
pub(crate) async fn counted(
    store: &Store,
    files: &[Placed],
    duplicates: &Duplicates,
    decided: &mut Decided,
    sample: Sample,
) -> Result<Counted, StoreError> {
    let mut counted = Counted::new(sample);
    for placed in files {
        let (mut rows, mut value_micros) = (0, 0i64);
        let mut prints: BTreeMap<(LogId, Epoch), Print> = BTreeMap::new();
        let visitors = &mut counted.visitors;
        let read = events::each(store, placed, |event| {
            rows += 1;
            if placed.is_seen(event) || decided.is_row_expired(event) {
                return;
            }
            let print = prints.entry((event.log, event.epoch)).or_default();
            print.add(event.seq, event.content());
            decided.see(event);
            let is_counted = duplicates.is_empty() || !duplicates.contains_key(&event.id());
            if is_counted {
                value_micros = value_micros.wrapping_add(event.value_micros.unwrap_or(0));
                visitors.add(event);
            }
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
        counted.value_micros = counted.value_micros.wrapping_add(value_micros);
        for (place, print) in prints {
            counted.prints.entry(place).or_default().join(print);
        }
    }
    counted.is_whole = counted.unreadable.is_empty();
    Ok(counted)
}

/// The events of one epoch in the files that can be read, in order.
pub(crate) async fn events(
    store: &Store,
    files: &[Placed],
    of: (LogId, Epoch),
    decided: &Decided,
) -> Result<Vec<(Seq, Content)>, StoreError> {
    let mut events = Vec::new();
    for placed in files {
        let before = events.len();
        let read = events::each(store, placed, |event| {
            if (event.log, event.epoch) == of && !decided.is_row_expired(event) {
                events.push((event.seq, event.content()));
            }
        });
        match read.await {
            Ok(()) => {}
            Err(Unreadable::Bad(_)) => events.truncate(before),
            Err(Unreadable::Store(error)) => return Err(error),
        }
    }
    events.sort_unstable_by_key(|(seq, _)| *seq);
    Ok(events)
}
