//! Events that are not counted, because another event with the same sender's key is:
//! `duplicates/{name}.parquet`. The decision is made once, by the batch that first sees both, and
//! stays: a full recompute takes it over.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, RecordBatch, UInt64Array},
    datatypes::{DataType, Field, Schema, TimestampMillisecondType, UInt64Type},
};
use bytes::Bytes;
use model::{EventId, Seq, time};
use parquet::{
    arrow::arrow_reader::ParquetRecordBatchReaderBuilder,
    errors::{ParquetError, Result as ParquetResult},
};
use storage::{
    error::StorageError,
    object_keys::ObjectKey,
    store::{self, Store},
};

use crate::{
    manifest::{File, Manifest},
    sender_keys::{Columns, logs, times},
    views::{ViewError, ViewWriter, time_type},
};

/// An event that is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// The event.
    pub event: EventId,
    /// The one that is counted.
    pub of: EventId,
    /// Raw number of the account.
    pub account: u64,
    /// When it happened, unix milliseconds.
    pub occurred_ms: i64,
}

impl Duplicate {
    /// The UTC day on which it would count, since 1970-01-01.
    pub fn day(&self) -> i64 {
        time::day_of(time::minute_of(self.occurred_ms))
    }
}

/// All duplicates of a manifest, by event.
pub type Duplicates = BTreeMap<EventId, Duplicate>;

/// Columns of the file.
pub fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("log", DataType::Utf8, false),
        Field::new("seq", DataType::UInt64, false),
        Field::new("of_log", DataType::Utf8, false),
        Field::new("of_seq", DataType::UInt64, false),
        Field::new("account", DataType::UInt64, false),
        Field::new("time", time_type(), false),
    ]))
}

/// The bytes of the file.
pub fn encode(duplicates: &Duplicates) -> Result<Bytes, ParquetError> {
    let each = || duplicates.values();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(logs(each().map(|d| d.event.log))),
        Arc::new(UInt64Array::from_iter_values(each().map(|d| d.event.seq.0))),
        Arc::new(logs(each().map(|d| d.of.log))),
        Arc::new(UInt64Array::from_iter_values(each().map(|d| d.of.seq.0))),
        Arc::new(UInt64Array::from_iter_values(each().map(|d| d.account))),
        Arc::new(times(each().map(|d| d.occurred_ms))),
    ];
    let mut out = ViewWriter::new(schema())?;
    out.write(&RecordBatch::try_new(schema(), columns)?)?;
    out.finish()
}

/// All duplicates that `manifest` knows.
pub async fn read(store: &Store, manifest: &Manifest) -> Result<Duplicates, StorageError> {
    match &manifest.duplicates {
        Some(file) => read_file(store, file).await,
        None => Ok(Duplicates::new()),
    }
}

/// All duplicates of one file.
pub async fn read_file(store: &Store, file: &File) -> Result<Duplicates, StorageError> {
    let name = file.name.clone();
    let path = ObjectKey::Duplicates { name }.path();
    let failed = |source| ViewError::Parquet {
        path: path.to_string(),
        source,
    };
    let bytes = store::read(store, &path).await?;
    let gone = || failed(ParquetError::General("it is gone".into()));
    let batches = decode(bytes.ok_or_else(gone)?).map_err(failed)?;
    let mut all = Duplicates::new();
    for batch in &batches {
        let rows = rows(batch, path.as_ref())?;
        all.extend(rows.into_iter().map(|d| (d.event, d)));
    }
    Ok(all)
}

fn decode(bytes: Bytes) -> ParquetResult<Vec<RecordBatch>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)?.build()?;
    Ok(reader.collect::<Result<_, _>>()?)
}

fn rows(batch: &RecordBatch, path: &str) -> Result<Vec<Duplicate>, ViewError> {
    let columns = Columns { batch, path };
    let numbers = |name| columns.primitive::<UInt64Type>(name);
    let (logs, seqs) = (columns.text("log")?, numbers("seq")?);
    let (of_logs, of_seqs) = (columns.text("of_log")?, numbers("of_seq")?);
    let accounts = numbers("account")?;
    let times = columns.primitive::<TimestampMillisecondType>("time")?;
    let row = |i: usize| {
        let id = |name, log: &str, seq| {
            let log = columns.log(name, log)?;
            Ok::<_, ViewError>(EventId { log, seq })
        };
        Ok(Duplicate {
            event: id("log", logs.value(i), Seq(seqs.value(i)))?,
            of: id("of_log", of_logs.value(i), Seq(of_seqs.value(i)))?,
            account: accounts.value(i),
            occurred_ms: times.value(i),
        })
    };
    (0..batch.num_rows()).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::LogId;

    #[tokio::test]
    async fn what_is_written_is_read() {
        let store = storage::store::open("memory://").unwrap();
        let id = |log, seq| EventId {
            log: LogId(log),
            seq: Seq(seq),
        };
        let duplicate = |seq: u64| Duplicate {
            event: id(9, seq),
            of: id(8, seq + 1),
            account: seq,
            occurred_ms: 86_400_000,
        };
        let all: Duplicates = (1..100).map(|n| (id(9, n), duplicate(n))).collect();
        let bytes = encode(&all).unwrap();
        let mut manifest = Manifest::default();
        assert!(read(&store, &manifest).await.unwrap().is_empty());
        manifest.duplicates = Some(File {
            name: "some".into(),
            rows: 99,
            bytes: bytes.len() as u64,
        });
        let gone = read(&store, &manifest).await.unwrap_err().to_string();
        assert!(gone.contains("duplicates/some.parquet"), "{gone}");
        let path = ObjectKey::Duplicates {
            name: "some".into(),
        }
        .path();
        store::create(&store, &path, bytes).await.unwrap();
        assert_eq!(read(&store, &manifest).await.unwrap(), all);
        assert_eq!(duplicate(1).day(), 1);
    }
}
