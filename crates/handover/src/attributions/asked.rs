//! Conversions that a step has to decide about: what its tasks find of them, in files that nobody names any more once
//! the step is published.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, UInt64Array},
    datatypes::{DataType, Field, Int64Type, Schema, UInt64Type},
};
use bytes::Bytes;
use model::{Awaits, Event, EventId, LogId, Record};
use parquet::errors::ParquetError;

use super::{NOBODY, flags, ids};
use crate::{
    sender_keys::{Columns, logs},
    views::{ViewError, ViewWriter},
};

const DAY_MS: i64 = 86_400_000;

/// A conversion that a step has to decide about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// It.
    pub event: EventId,
    /// The first report of its transaction, whose click it has; itself, if it is that.
    pub first: EventId,
    /// Raw number of its account.
    pub account: u64,
    /// What it belongs to.
    pub click: Clicked,
}

/// By what the click of a conversion is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clicked {
    /// It is this one.
    Event {
        /// Its name.
        id: EventId,
        /// When it happened, unix milliseconds, in seconds or better.
        at_ms: i64,
        /// When it was received, unix milliseconds, in seconds or better.
        received_ms: i64,
    },
    /// It is one of a visitor.
    Visitor {
        /// The visitor's number.
        visitor: u64,
        /// The first one, not the last.
        takes_first: bool,
        /// Not before this, unix milliseconds.
        since_ms: i64,
        /// Not after this, unix milliseconds.
        until_ms: i64,
    },
}

impl Asked {
    /// What is to be decided about an event, if anything is.
    pub fn of(log: LogId, record: &Record) -> Option<Self> {
        let event = &record.event;
        let click = match event.awaits() {
            Awaits::Nothing => return None,
            Awaits::Details => Clicked::Event {
                // A door writes names of events alone.
                id: event.click_event.parse().ok()?,
                at_ms: event.clicked_ms.unwrap_or(event.occurred_ms),
                received_ms: event.click_received_ms,
            },
            Awaits::Click => Clicked::of_visitor(event),
        };
        let event_id = record.id(log);
        Some(Self {
            event: event_id,
            first: event.first_event.parse().unwrap_or(event_id),
            account: event.account,
            click,
        })
    }
}

impl Clicked {
    fn of_visitor(event: &Event) -> Self {
        let until_ms = event.first_ms.unwrap_or(event.occurred_ms);
        Self::Visitor {
            visitor: event.seeks_visitor,
            takes_first: event.seeks_first,
            since_ms: until_ms.saturating_sub(i64::from(event.seeks_days) * DAY_MS),
            until_ms,
        }
    }
}

/// Columns of a file.
pub fn schema() -> Arc<Schema> {
    let number = |name: &str| Field::new(name, DataType::UInt64, false);
    let time = |name: &str| Field::new(name, DataType::Int64, false);
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        text("log"),
        number("seq"),
        text("first_log"),
        number("first_seq"),
        number("account"),
        text("click_log"),
        number("click_seq"),
        time("at"),
        time("received"),
        number("visitor"),
        Field::new("takes_first", DataType::Boolean, false),
        time("since"),
        time("until"),
    ]))
}

/// One row: its click, then its visitor; of one of the two there is nothing.
type Row = ((EventId, i64, i64), (u64, bool, i64, i64));

fn row(asked: &Asked) -> Row {
    match asked.click {
        Clicked::Event {
            id,
            at_ms,
            received_ms,
        } => ((id, at_ms, received_ms), (0, false, 0, 0)),
        Clicked::Visitor {
            visitor,
            takes_first,
            since_ms,
            until_ms,
        } => ((NOBODY, 0, 0), (visitor, takes_first, since_ms, until_ms)),
    }
}

/// The bytes of a file.
pub fn encode(rows: &[Asked]) -> Result<Bytes, ParquetError> {
    let mut out = ViewWriter::new(schema())?;
    for part in rows.chunks(65_536) {
        let each = || part.iter();
        let said: Vec<Row> = each().map(row).collect();
        let said = || said.iter();
        let numbers = |all: Vec<u64>| -> ArrayRef { Arc::new(UInt64Array::from(all)) };
        let times = |all: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(all)) };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(logs(each().map(|a| a.event.log))),
            numbers(each().map(|a| a.event.seq.0).collect()),
            Arc::new(logs(each().map(|a| a.first.log))),
            numbers(each().map(|a| a.first.seq.0).collect()),
            numbers(each().map(|a| a.account).collect()),
            Arc::new(logs(said().map(|(click, _)| click.0.log))),
            numbers(said().map(|(click, _)| click.0.seq.0).collect()),
            times(said().map(|(click, _)| click.1).collect()),
            times(said().map(|(click, _)| click.2).collect()),
            numbers(said().map(|(_, of)| of.0).collect()),
            Arc::new(flags(said().map(|(_, of)| of.1))),
            times(said().map(|(_, of)| of.2).collect()),
            times(said().map(|(_, of)| of.3).collect()),
        ];
        out.write(&RecordBatch::try_new(schema(), columns)?)?;
    }
    out.finish()
}

/// Rows of a batch with the columns of [`schema`]; `path` is for the error.
pub fn decode(batch: &RecordBatch, path: &str) -> Result<Vec<Asked>, ViewError> {
    let columns = Columns { batch, path };
    let events = ids(&columns, "log", "seq")?;
    let firsts = ids(&columns, "first_log", "first_seq")?;
    let clicks = ids(&columns, "click_log", "click_seq")?;
    let number = |name| columns.primitive::<UInt64Type>(name);
    let time = |name| columns.primitive::<Int64Type>(name);
    let (accounts, visitors) = (number("account")?, number("visitor")?);
    let (at, received) = (time("at")?, time("received")?);
    let (since, until) = (time("since")?, time("until")?);
    let takes_first: &BooleanArray = columns.flags("takes_first")?;
    let click = |i: usize, id: EventId| match visitors.value(i) {
        0 => Clicked::Event {
            id,
            at_ms: at.value(i),
            received_ms: received.value(i),
        },
        visitor => Clicked::Visitor {
            visitor,
            takes_first: takes_first.value(i),
            since_ms: since.value(i),
            until_ms: until.value(i),
        },
    };
    let rows = events.into_iter().zip(firsts).zip(clicks).enumerate();
    let row = |(i, ((event, first), id))| Asked {
        event,
        first,
        account: accounts.value(i),
        click: click(i, id),
    };
    Ok(rows.map(row).collect())
}
