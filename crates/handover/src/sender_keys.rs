//! Which settled event has which sender's key: `keys/{name}.parquet`, one file or more for each
//! batch, kept for as long as a key counts. From them keys are put back, and duplicates are found.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, PrimitiveArray,
        RecordBatch, StringArray, TimestampMillisecondArray, UInt32Array, UInt64Array,
    },
    datatypes::{
        ArrowPrimitiveType, DataType, Field, Int32Type, Int64Type, Schema,
        TimestampMillisecondType, UInt32Type, UInt64Type,
    },
};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use model::{Event, EventId, LogId, Record, Seq};
use parquet::{arrow::ParquetRecordBatchStreamBuilder, errors::ParquetError};
use storage::{object_keys::ObjectKey, parquet_object::ObjectReader, store::Store};

use crate::{
    manifest::File,
    views::{ViewError, ViewWriter, time_type},
};

/// An event with a sender's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed {
    /// Raw number of the account whose key it is.
    pub account: u64,
    /// The key's hash, see [`hashes`].
    pub key: String,
    /// The event.
    pub event: EventId,
    /// When it happened, unix milliseconds.
    pub occurred_ms: i64,
    /// When it was received, unix milliseconds.
    pub received_ms: i64,
    /// Whether the key could not be checked at the door.
    pub unchecked: bool,
    /// What is said of the transaction, if the key is of one.
    pub said: Option<Said>,
}

/// What a report says of its transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// As in [`Event::status`].
    pub status: i32,
    /// As in [`Event::amount_micros`].
    pub amount: Option<i64>,
    /// As in [`Event::adjusts`].
    pub adjusts: bool,
    /// As in [`Event::repeats`].
    pub repeats: u32,
    /// The hash of its own key beside the transaction's, if it has one.
    pub own_key: Option<String>,
    /// What it does, as its door wrote; files from before do not tell.
    pub does: Option<Does>,
}

/// What a report does to its transaction beside its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Does {
    /// As in [`Event::taken_back`].
    pub taken_back: Option<i32>,
    /// As in [`Event::value_micros`].
    pub value_micros: Option<i64>,
}

/// In the place of a status: nothing is taken back.
const NOTHING: i32 = -1;

impl Said {
    fn of(event: &Event) -> Self {
        Self {
            status: event.status,
            amount: event.amount_micros.or(event.value_micros),
            adjusts: event.adjusts,
            repeats: event.repeats,
            own_key: event.idempotency_key.as_deref().map(idempotency_hash),
            does: Some(Does {
                taken_back: event.taken_back,
                value_micros: event.value_micros,
            }),
        }
    }

    /// Whether one says nothing that the other does not.
    pub fn repeats(&self, other: &Self) -> bool {
        // Keys of their own tell reports apart.
        if let (Some(one), Some(other)) = (&self.own_key, &other.own_key)
            && one != other
        {
            return false;
        }
        // A report without a value says nothing of it.
        let said_same = self.amount.is_none() || other.amount.is_none();
        let (ignores, same) = (self.repeats == 0, said_same || self.amount == other.amount);
        match (self.adjusts, other.adjusts) {
            (true, true) => same,
            (false, false) => self.status == other.status && (same || ignores),
            _ => false,
        }
    }
}

/// What stands for each of an event's keys: of bounded length, and nothing that a sender chose. A
/// transaction belongs to its goal, an idempotency key to its account's server-side events; a key
/// from before they were told apart belongs to the account. No two of these are ever the same.
pub fn hashes(event: &Event) -> impl Iterator<Item = String> {
    let old = event.key.as_deref().map(old_hash);
    let idempotency = event.idempotency_key.as_deref().map(idempotency_hash);
    let transaction = event.transaction_id.as_ref().map(|key| {
        let hash = blake3::Hasher::new_derive_key(TRANSACTION)
            .update(&event.object.to_be_bytes())
            .update(key.as_bytes())
            .finalize();
        shortened(hash)
    });
    [old, transaction, idempotency].into_iter().flatten()
}

fn idempotency_hash(key: &str) -> String {
    let mut hash = blake3::Hasher::new_derive_key(IDEMPOTENCY);
    shortened(hash.update(key.as_bytes()).finalize())
}

const IDEMPOTENCY: &str = "millrace 2026-11 idempotency key of an account";
const TRANSACTION: &str = "millrace 2026-11 transaction of a goal";

/// What stood for a key before keys had scopes.
pub fn old_hash(key: &str) -> String {
    shortened(blake3::hash(key.as_bytes()))
}

fn shortened(hash: blake3::Hash) -> String {
    hash.to_hex()[..32].to_owned()
}

/// The names of all keys of an event among all accounts' keys. The first report of a transaction has the transaction's
/// name, each later one that of its step.
pub fn names(event: &Event) -> impl Iterator<Item = String> {
    let account = event.account;
    keys(event).map(move |(key, _)| name(account, &key))
}

/// The keys of an event, each with whether it is a transaction's.
fn keys(event: &Event) -> impl Iterator<Item = (String, bool)> {
    let is_transaction = |place: usize| {
        let first = usize::from(event.key.is_some());
        event.transaction_id.is_some() && place == first
    };
    let step = event.step;
    let keys: Vec<(String, bool)> = hashes(event)
        .enumerate()
        .map(|(place, hash)| match is_transaction(place) {
            true if step > 0 => (format!("{hash}{STEP}{step}"), true),
            is_transaction => (hash, is_transaction),
        })
        .collect();
    keys.into_iter()
}

/// Between the hash of a transaction and the number of a step.
const STEP: char = '.';

/// The name of a key among all accounts' keys, by its hash.
pub fn name(account: u64, hash: &str) -> String {
    format!("{account:016x}:{hash}")
}

impl Keyed {
    /// The keys of an event.
    pub fn of(log: LogId, record: &Record) -> impl Iterator<Item = Self> {
        let event = &record.event;
        let keyed = move |(key, is_transaction): (String, bool)| Self {
            account: event.account,
            key,
            event: record.id(log),
            occurred_ms: event.occurred_ms,
            received_ms: event.received_ms,
            unchecked: event.unchecked,
            said: is_transaction.then(|| Said::of(event)),
        };
        keys(event).map(keyed)
    }

    /// Which change of its transaction it is, as its door numbered it.
    pub fn step(&self) -> u32 {
        let step = self.key.split_once(STEP);
        step.and_then(|(_, step)| step.parse().ok()).unwrap_or(0)
    }

    /// The name of what its key is of: all reports of a transaction have the same.
    pub fn subject(&self) -> String {
        let key = self.key.split_once(STEP);
        name(self.account, key.map_or(&self.key, |(hash, _)| hash))
    }

    /// Whether one says nothing of its subject that the other does not. What is not known is taken for the same.
    pub fn says_same(&self, other: &Self) -> bool {
        match (&self.said, &other.said) {
            (Some(one), Some(other)) => one.repeats(other),
            _ => true,
        }
    }

    /// See [`name`].
    pub fn name(&self) -> String {
        name(self.account, &self.key)
    }
}

/// Columns of a file of keys.
pub fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("account", DataType::UInt64, false),
        Field::new("key", DataType::Utf8, false),
        Field::new("log", DataType::Utf8, false),
        Field::new("seq", DataType::UInt64, false),
        Field::new("time", time_type(), false),
        Field::new("received", time_type(), false),
        Field::new("unchecked", DataType::Boolean, false),
        // Files from before transactions had statuses lack these.
        Field::new("status", DataType::Int32, true),
        Field::new("amount", DataType::Int64, true),
        Field::new("adjusts", DataType::Boolean, true),
        Field::new("repeats", DataType::UInt32, true),
        Field::new("own_key", DataType::Utf8, true),
        // Files from before batch corrected what its door could not know lack these.
        Field::new("taken_back", DataType::Int32, true),
        Field::new("value", DataType::Int64, true),
    ]))
}

/// The bytes of a file.
pub fn encode(rows: &[Keyed]) -> Result<Bytes, ParquetError> {
    let mut out = ViewWriter::new(schema())?;
    for part in rows.chunks(65_536) {
        let each = || part.iter();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from_iter_values(each().map(|r| r.account))),
            Arc::new(StringArray::from_iter_values(each().map(|r| &r.key))),
            Arc::new(logs(each().map(|r| r.event.log))),
            Arc::new(UInt64Array::from_iter_values(each().map(|r| r.event.seq.0))),
            Arc::new(times(each().map(|r| r.occurred_ms))),
            Arc::new(times(each().map(|r| r.received_ms))),
            Arc::new(BooleanArray::from_iter(each().map(|r| Some(r.unchecked)))),
            Arc::new(Int32Array::from_iter(said(part, |said| Some(said.status)))),
            Arc::new(Int64Array::from_iter(said(part, |said| said.amount))),
            Arc::new(BooleanArray::from_iter(said(part, |said| {
                Some(said.adjusts)
            }))),
            Arc::new(UInt32Array::from_iter(said(part, |said| {
                Some(said.repeats)
            }))),
            Arc::new(StringArray::from_iter(said(part, |said| {
                said.own_key.clone()
            }))),
            Arc::new(Int32Array::from_iter(said(part, |said| {
                let taken_back = said.does.map(|does| does.taken_back);
                taken_back.map(|status| status.unwrap_or(NOTHING))
            }))),
            Arc::new(Int64Array::from_iter(said(part, |said| {
                said.does.and_then(|does| does.value_micros)
            }))),
        ];
        out.write(&RecordBatch::try_new(schema(), columns)?)?;
    }
    out.finish()
}

fn said<T>(rows: &[Keyed], of: impl Fn(&Said) -> Option<T>) -> impl Iterator<Item = Option<T>> {
    rows.iter().map(move |row| row.said.as_ref().and_then(&of))
}

pub(crate) fn logs(logs: impl Iterator<Item = LogId>) -> StringArray {
    StringArray::from_iter_values(logs.map(|log| log.to_string()))
}

pub(crate) fn times(times: impl Iterator<Item = i64>) -> TimestampMillisecondArray {
    TimestampMillisecondArray::from_iter_values(times).with_timezone("UTC")
}

/// Rows of a batch with the columns of [`schema`]; `path` is for the error.
pub fn decode(batch: &RecordBatch, path: &str) -> Result<Vec<Keyed>, ViewError> {
    let columns = Columns { batch, path };
    let (accounts, keys) = (
        columns.primitive::<UInt64Type>("account")?,
        columns.text("key")?,
    );
    let (logs, seqs) = (
        columns.text("log")?,
        columns.primitive::<UInt64Type>("seq")?,
    );
    let times = columns.primitive::<TimestampMillisecondType>("time")?;
    let received = columns.primitive::<TimestampMillisecondType>("received")?;
    let unchecked = columns.flags("unchecked")?;
    let said = Reports::of(&columns)?;
    let row = |i: usize| {
        Ok(Keyed {
            account: accounts.value(i),
            key: keys.value(i).to_owned(),
            event: EventId {
                log: columns.log("log", logs.value(i))?,
                seq: Seq(seqs.value(i)),
            },
            occurred_ms: times.value(i),
            received_ms: received.value(i),
            unchecked: unchecked.value(i),
            said: said.as_ref().and_then(|said| said.row(i)),
        })
    };
    (0..batch.num_rows()).map(row).collect()
}

/// What rows say of transactions.
struct Reports<'a> {
    status: &'a PrimitiveArray<Int32Type>,
    amount: &'a PrimitiveArray<Int64Type>,
    adjusts: &'a BooleanArray,
    repeats: &'a PrimitiveArray<UInt32Type>,
    own_key: &'a StringArray,
    does: Option<(&'a PrimitiveArray<Int32Type>, &'a PrimitiveArray<Int64Type>)>,
}

impl<'a> Reports<'a> {
    /// `None` of a file from before there were any.
    fn of(columns: &Columns<'a>) -> Result<Option<Self>, ViewError> {
        if columns.batch.column_by_name("status").is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            status: columns.primitive("status")?,
            amount: columns.primitive("amount")?,
            adjusts: columns.flags("adjusts")?,
            repeats: columns.primitive("repeats")?,
            own_key: columns.text("own_key")?,
            does: match columns.batch.column_by_name("taken_back") {
                None => None,
                Some(_) => Some((
                    columns.primitive("taken_back")?,
                    columns.primitive("value")?,
                )),
            },
        }))
    }

    fn row(&self, i: usize) -> Option<Said> {
        self.status.is_valid(i).then(|| Said {
            status: self.status.value(i),
            amount: self.amount.is_valid(i).then(|| self.amount.value(i)),
            adjusts: self.adjusts.value(i),
            repeats: self.repeats.value(i),
            own_key: self
                .own_key
                .is_valid(i)
                .then(|| self.own_key.value(i).to_owned()),
            does: self.does(i),
        })
    }

    fn does(&self, i: usize) -> Option<Does> {
        let (taken_back, values) = self.does?;
        taken_back.is_valid(i).then(|| Does {
            taken_back: Some(taken_back.value(i)).filter(|status| *status != NOTHING),
            value_micros: values.is_valid(i).then(|| values.value(i)),
        })
    }
}

/// All rows of a file, some at a time.
pub async fn read(
    store: &Store,
    file: &File,
) -> Result<impl Stream<Item = Result<Vec<Keyed>, ViewError>> + Send + Unpin + use<>, ViewError> {
    let name = file.name.clone();
    let path = ObjectKey::Keys { name }.path().to_string();
    let failed = |path: &str, source| ViewError::Parquet {
        path: path.to_owned(),
        source,
    };
    let reader = ObjectReader::new(Arc::clone(store), path.as_str().into(), file.bytes);
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await;
    let batches = builder.and_then(|b| b.build());
    let batches = batches.map_err(|e| failed(&path, e))?;
    Ok(batches.map(move |batch| decode(&batch.map_err(|e| failed(&path, e))?, &path)))
}

/// The columns of a batch by name.
pub(crate) struct Columns<'a> {
    pub(crate) batch: &'a RecordBatch,
    /// Where it is from.
    pub(crate) path: &'a str,
}

impl<'a> Columns<'a> {
    pub(crate) fn text(&self, name: &'static str) -> Result<&'a StringArray, ViewError> {
        let column = self.batch.column_by_name(name);
        let column = column.and_then(|c| c.as_string_opt::<i32>());
        column.ok_or(self.lacks(name))
    }

    pub(crate) fn primitive<T: ArrowPrimitiveType>(
        &self,
        name: &'static str,
    ) -> Result<&'a PrimitiveArray<T>, ViewError> {
        let column = self.batch.column_by_name(name);
        let column = column.and_then(|c| c.as_primitive_opt::<T>());
        column.ok_or(self.lacks(name))
    }

    pub(crate) fn flags(&self, name: &'static str) -> Result<&'a BooleanArray, ViewError> {
        let column = self.batch.column_by_name(name);
        let column = column.and_then(|c| c.as_boolean_opt());
        column.ok_or(self.lacks(name))
    }

    /// The log that a text in column `name` names.
    pub(crate) fn log(&self, name: &'static str, text: &str) -> Result<LogId, ViewError> {
        text.parse().map_err(|_| self.lacks(name))
    }

    fn lacks(&self, column: &'static str) -> ViewError {
        ViewError::Column {
            path: self.path.to_owned(),
            column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_read() {
        let store = storage::store::open("memory://").unwrap();
        let row = |seq: u64| Keyed {
            account: u64::MAX - seq,
            key: old_hash(&seq.to_string()),
            event: EventId {
                log: LogId(7),
                seq: Seq(seq),
            },
            occurred_ms: -5,
            received_ms: 1_400_000_000_000,
            unchecked: seq.is_multiple_of(2),
            said: seq.is_multiple_of(3).then_some(Said {
                status: 1,
                amount: seq.is_multiple_of(5).then_some(-7),
                adjusts: seq.is_multiple_of(7),
                repeats: 2,
                own_key: seq.is_multiple_of(11).then(|| old_hash("own")),
                does: seq.is_multiple_of(2).then_some(Does {
                    taken_back: seq.is_multiple_of(13).then_some(2),
                    value_micros: seq.is_multiple_of(17).then_some(-3),
                }),
            }),
        };
        let rows: Vec<Keyed> = (1..20_000).map(row).collect();
        let bytes = encode(&rows).unwrap();
        let file = File {
            name: "some".into(),
            rows: rows.len() as u64,
            bytes: bytes.len() as u64,
        };
        let path = ObjectKey::Keys {
            name: "some".into(),
        }
        .path();
        storage::store::create(&store, &path, bytes).await.unwrap();
        let parts = read(&store, &file).await.unwrap();
        let found: Vec<Vec<Keyed>> = parts.map(Result::unwrap).collect().await;
        assert_eq!(found.concat(), rows);
    }
}
