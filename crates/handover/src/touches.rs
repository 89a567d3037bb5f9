//! Clicks of visitors whom senders name: `touches/{name}.parquet`, sorted by account, visitor and time. Batch looks there for
//! the click that a conversion without a click id belongs to. They are kept for as long as a goal may look back.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, UInt64Array},
    datatypes::{DataType, Field, Int64Type, Schema, UInt64Type},
};
use bytes::Bytes;
use model::{EventId, EventKind, Facts, LogId, Record};
use parquet::errors::ParquetError;

use crate::{
    attributions::{Origin, columns, ids, rows},
    manifest::{File, TouchesFile},
    sender_keys::{Columns, logs},
    views::{ViewError, ViewWriter},
};

/// A click of a named visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Raw number of the account.
    pub account: u64,
    /// The visitor's number.
    pub visitor: u64,
    /// The click.
    pub event: EventId,
    /// What a conversion takes over of it, with its time.
    pub origin: Origin,
}

impl Touch {
    /// That of an event, if it is one: a click by a person whom its sender named.
    pub fn of(log: LogId, record: &Record, facts: &Facts) -> Option<Self> {
        let event = &record.event;
        let is_click = event.kind() == EventKind::Click && facts.bot.is_none();
        (is_click && event.named && event.visitor != 0).then(|| Self {
            account: event.account,
            visitor: event.visitor,
            event: record.id(log),
            origin: Origin::of(event, facts),
        })
    }

    /// The order of files.
    pub fn key(&self) -> (u64, u64, i64, EventId) {
        (
            self.account,
            self.visitor,
            self.origin.clicked_ms,
            self.event,
        )
    }
}

/// Columns of a file, without those of [`Origin`].
pub const KEY: [&str; 5] = ["account", "visitor", "time", "log", "seq"];

/// Columns of a file.
pub fn schema() -> Arc<Schema> {
    let mut fields = vec![
        Field::new(KEY[0], DataType::UInt64, false),
        Field::new(KEY[1], DataType::UInt64, false),
        Field::new(KEY[2], DataType::Int64, false),
        Field::new(KEY[3], DataType::Utf8, false),
        Field::new(KEY[4], DataType::UInt64, false),
    ];
    fields.extend(Origin::fields());
    Arc::new(Schema::new(fields))
}

/// A file that is being written, in order.
pub struct Writer {
    out: ViewWriter,
    rows: u64,
    /// Account, visitor and time of the first row, and of the last.
    ends: Option<[(u64, u64); 2]>,
    times: (i64, i64),
}

impl Writer {
    /// An empty one.
    pub fn new() -> Result<Self, ParquetError> {
        Ok(Self {
            out: ViewWriter::new(schema())?,
            rows: 0,
            ends: None,
            times: (i64::MAX, i64::MIN),
        })
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds rows, which come after all that are there.
    pub fn write(&mut self, touches: &[Touch]) -> Result<(), ParquetError> {
        let each = || touches.iter();
        for touch in touches {
            let of = (touch.account, touch.visitor);
            self.ends = Some([self.ends.map_or(of, |ends| ends[0]), of]);
            let (first, last) = self.times;
            let at = touch.origin.clicked_ms;
            self.times = (first.min(at), last.max(at));
        }
        self.rows += touches.len() as u64;
        let mut all: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from_iter_values(each().map(|t| t.account))),
            Arc::new(UInt64Array::from_iter_values(each().map(|t| t.visitor))),
            Arc::new(Int64Array::from_iter_values(
                each().map(|t| t.origin.clicked_ms),
            )),
            Arc::new(logs(each().map(|t| t.event.log))),
            Arc::new(UInt64Array::from_iter_values(each().map(|t| t.event.seq.0))),
        ];
        all.extend(columns(touches.iter().map(|t| Some(&t.origin))));
        self.out.write(&RecordBatch::try_new(schema(), all)?)
    }

    /// The file; `None` if it has no rows.
    pub fn finish(self) -> Result<Option<Finished>, ParquetError> {
        let Some([first, last]) = self.ends else {
            return Ok(None);
        };
        Ok(Some(Finished {
            bytes: self.out.finish()?,
            rows: self.rows,
            ends: (first, last),
            times: self.times,
        }))
    }
}

/// A file that is to be stored.
pub struct Finished {
    /// Its bytes.
    pub bytes: Bytes,
    /// How many rows it has.
    pub rows: u64,
    ends: ((u64, u64), (u64, u64)),
    times: (i64, i64),
}

impl Finished {
    /// What a manifest says of it.
    pub fn stored(&self, file: File, level: u8) -> TouchesFile {
        TouchesFile {
            file,
            level,
            first_ms: self.times.0,
            last_ms: self.times.1,
            first: self.ends.0,
            last: self.ends.1,
        }
    }
}

/// Rows of a batch with the columns of [`schema`]; `path` is for the error.
pub fn decode(batch: &RecordBatch, path: &str) -> Result<Vec<Touch>, ViewError> {
    let columns = Columns { batch, path };
    let events = ids(&columns, KEY[3], KEY[4])?;
    let accounts = columns.primitive::<UInt64Type>(KEY[0])?;
    let visitors = columns.primitive::<UInt64Type>(KEY[1])?;
    columns.primitive::<Int64Type>(KEY[2])?;
    let origins = rows(&columns)?;
    let row = |(i, event)| Touch {
        account: accounts.value(i),
        visitor: visitors.value(i),
        event,
        origin: origins.row(i),
    };
    Ok(events.into_iter().enumerate().map(row).collect())
}
