//! Erasing visitors (ADR 36). Who is to be erased is asked for by an object each, `erasing/{account}/{erasure}.json`, which
//! holds the visitor's number, never a name, and goes when the work is done; what became of it is told by another,
//! `erasures/{account}/{erasure}.json`, which stays.
//!
//! What is erased is a list of events, `erased/{name}.parquet`, that manifests name: whoever reads an event from raw, where
//! all of it stays as it was accepted, and stores or shows something of it, takes that off which the list says.

mod asked;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray, UInt64Array},
    datatypes::{DataType, Field, Int64Type, Schema, UInt64Type},
};
use bytes::Bytes;
use model::{Event, EventId, LogId};
use parquet::{arrow::arrow_reader::ParquetRecordBatchReaderBuilder, errors::ParquetError};
use storage::{
    error::StorageError,
    object_keys::ObjectKey,
    store::{self, Store},
};

pub use self::asked::{
    Asked, Carried, Told, ask, asked, carried_out, done, of_account, open, told,
};
use crate::{
    attributions::ids,
    manifest::File,
    sender_keys::{Columns, logs},
    views::{ViewError, ViewWriter},
};

/// An event that is erased: what could tell who its visitor was is taken off it. It goes on being counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// The event.
    pub event: EventId,
    /// Raw number of its account.
    pub account: u64,
    /// The day on which it was received, UTC, since 1970-01-01: files of events lie by it.
    pub received: i64,
    /// Stands for the visitor's number: one random number for all events of an erasure, so that distinct visitors stay
    /// as many.
    pub visitor: u64,
    /// The erasure.
    pub erasure: Arc<str>,
}

/// Erased events.
pub type ErasedEvents = BTreeMap<EventId, Erased>;

impl Erased {
    /// Takes off an event what could tell who its visitor was. What numbers are kept by stays: see `docs/ERASURE.md`. What is
    /// known of it ([`model::Facts`]) is found out before.
    pub fn apply(&self, event: &mut Event) {
        for number in [&mut event.visitor, &mut event.seeks_visitor] {
            if *number != 0 {
                *number = self.visitor;
            }
        }
        event.user_agent.clear();
        event.referrer.clear();
        event.accept_language.clear();
        event.network.clear();
        event.subs.clear();
        event.asn = None;
        event.key = None;
        event.idempotency_key = None;
        event.transaction_id = None;
        event.click_id = None;
    }
}

/// An event of an erased account: that something happened, and when. It counts for account 0, which nobody has.
pub fn nobody(event: &Event) -> Event {
    Event {
        kind: event.kind,
        occurred_ms: event.occurred_ms,
        received_ms: event.received_ms,
        ..Event::default()
    }
}

/// Columns of a file, which is sorted by event.
pub fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("log", DataType::Utf8, false),
        Field::new("seq", DataType::UInt64, false),
        Field::new("account", DataType::UInt64, false),
        Field::new("received", DataType::Int64, false),
        Field::new("visitor", DataType::UInt64, false),
        Field::new("erasure", DataType::Utf8, false),
    ]))
}

/// The bytes of a file.
///
/// # Errors
///
/// Parquet's.
pub fn encode(events: &ErasedEvents) -> Result<Bytes, ParquetError> {
    let each = || events.values();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(logs(each().map(|it| it.event.log))),
        Arc::new(UInt64Array::from_iter_values(
            each().map(|it| it.event.seq.0),
        )),
        Arc::new(UInt64Array::from_iter_values(each().map(|it| it.account))),
        Arc::new(Int64Array::from_iter_values(each().map(|it| it.received))),
        Arc::new(UInt64Array::from_iter_values(each().map(|it| it.visitor))),
        Arc::new(StringArray::from_iter_values(each().map(|it| &*it.erasure))),
    ];
    let mut out = ViewWriter::new(schema())?;
    out.write(&RecordBatch::try_new(schema(), columns)?)?;
    out.finish()
}

/// The events of a file whose log is wanted; none without a file.
///
/// # Errors
///
/// The store's, or the file is damaged.
pub async fn read(
    store: &Store,
    file: Option<&File>,
    wanted: impl Fn(LogId) -> bool,
) -> Result<ErasedEvents, StorageError> {
    let Some(File { name, .. }) = file.cloned() else {
        return Ok(ErasedEvents::new());
    };
    let path = ObjectKey::Erased { name }.path();
    let failed = |source| ViewError::Parquet {
        path: path.to_string(),
        source,
    };
    let bytes = store::read(store, &path).await?;
    let gone = || failed(ParquetError::General("it is gone".into()));
    let bytes = bytes.ok_or_else(gone)?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).and_then(|file| file.build());
    let (mut all, mut names) = (ErasedEvents::new(), BTreeSet::new());
    for batch in reader.map_err(failed)? {
        let batch = batch.map_err(|error| failed(error.into()))?;
        let rows = rows(&batch, path.as_ref(), &mut names)?;
        let rows = rows.into_iter().filter(|row| wanted(row.event.log));
        all.extend(rows.map(|row| (row.event, row)));
    }
    Ok(all)
}

fn rows(
    batch: &RecordBatch,
    path: &str,
    names: &mut BTreeSet<Arc<str>>,
) -> Result<Vec<Erased>, ViewError> {
    let columns = Columns { batch, path };
    let events = ids(&columns, "log", "seq")?;
    let accounts = columns.primitive::<UInt64Type>("account")?;
    let received = columns.primitive::<Int64Type>("received")?;
    let visitors = columns.primitive::<UInt64Type>("visitor")?;
    let erasures = columns.text("erasure")?;
    let mut name = |text: &str| match names.get(text) {
        Some(name) => Arc::clone(name),
        None => {
            let name: Arc<str> = text.into();
            names.insert(Arc::clone(&name));
            name
        }
    };
    let row = |(i, event): (usize, EventId)| Erased {
        event,
        account: accounts.value(i),
        received: received.value(i),
        visitor: visitors.value(i),
        erasure: name(erasures.value(i)),
    };
    Ok(events.into_iter().enumerate().map(row).collect())
}

#[cfg(test)]
mod tests {
    use model::Seq;

    use super::*;

    fn erased(log: u128, seq: u64) -> Erased {
        Erased {
            event: EventId {
                log: LogId(log),
                seq: Seq(seq),
            },
            account: seq,
            received: 20_000,
            visitor: u64::MAX - seq,
            erasure: format!("ers_{}", seq % 3).into(),
        }
    }

    #[tokio::test]
    async fn what_is_written_is_read() {
        let store = store::open("memory://").unwrap();
        let all = (1..3).flat_map(|log| (1..50).map(move |seq| erased(log, seq)));
        let all: ErasedEvents = all.map(|it| (it.event, it)).collect();
        let bytes = encode(&all).unwrap();
        let file = File {
            name: "some".into(),
            rows: all.len() as u64,
            bytes: bytes.len() as u64,
        };
        let gone = read(&store, Some(&file), |_| true).await.unwrap_err();
        assert!(gone.to_string().contains("erased/some.parquet"), "{gone}");
        let name = file.name.clone();
        let path = ObjectKey::Erased { name }.path();
        store::create(&store, &path, bytes).await.unwrap();
        assert_eq!(read(&store, Some(&file), |_| true).await.unwrap(), all);
        let some = read(&store, Some(&file), |log| log == LogId(2)).await;
        assert_eq!(some.unwrap().len(), 49);
        assert!(read(&store, None, |_| true).await.unwrap().is_empty());
    }

    #[test]
    fn an_event_keeps_what_is_counted() {
        let event = Event {
            account: 7,
            object: 8,
            visitor: 9,
            user_agent: "agent".into(),
            network: "198.51.100.0/24".into(),
            referrer: "https://a.example/who?ann".into(),
            accept_language: "de-AT".into(),
            country: "AT".into(),
            city: "Graz".into(),
            asn: Some(1),
            key: Some("k".into()),
            idempotency_key: Some("i".into()),
            transaction_id: Some("t".into()),
            click_id: Some("c".into()),
            value_micros: Some(5),
            subs: vec!["a".into()],
            utm: vec!["mail".into(); 5],
            ..Event::default()
        };
        let mut left = event.clone();
        erased(1, 3).apply(&mut left);
        let expected = Event {
            account: 7,
            object: 8,
            visitor: u64::MAX - 3,
            country: "AT".into(),
            city: "Graz".into(),
            value_micros: Some(5),
            utm: event.utm,
            ..Event::default()
        };
        assert_eq!(left, expected);
        let mut nobody = Event::default();
        erased(1, 3).apply(&mut nobody);
        assert_eq!(nobody.visitor, 0, "who was nobody stays so");
    }
}
