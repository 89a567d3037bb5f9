//! What batch decided about conversions, once: `attributions/{name}.parquet`. Which click a conversion of a named
//! visitor belongs to, what the click id of another does not carry, and what a report should have taken back that its
//! door recorded without knowing what was before. A full recompute takes all of it over.
//!
//! A decision is about one event. All reports of a transaction have the click of the first: where a later one is settled
//! before it, what was decided is written down for the first one, too.

pub mod asked;
mod origin;
mod table;

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, UInt64Array},
    datatypes::{DataType, Field, Int32Type, Int64Type, Schema, UInt64Type},
};
use bytes::Bytes;
use futures::TryStreamExt;
use model::{Awaits, Event, EventId, Facts, Seq};
use parquet::{arrow::ParquetRecordBatchStreamBuilder, errors::ParquetError};
use storage::{object_keys::ObjectKey, parquet_object::ObjectReader, store::Store};

pub use self::origin::Origin;
pub(crate) use self::{
    origin::{columns, rows},
    table::ids,
};
use crate::{
    manifest::File,
    sender_keys::{Columns, logs},
    views::{ViewError, ViewWriter},
};

/// What was decided about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The event.
    pub event: EventId,
    /// Raw number of its account.
    pub account: u64,
    /// What its click says; `None`: it belongs to none.
    pub origin: Option<Origin>,
    /// What it does to its transaction, if that is not what its door wrote.
    pub correction: Option<Correction>,
}

/// What a report does to its transaction: stands for the same fields of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// As in [`Event::status`].
    pub status: i32,
    /// As in [`Event::taken_back`].
    pub taken_back: Option<i32>,
    /// As in [`Event::adjusts`].
    pub adjusts: bool,
    /// As in [`Event::value_micros`].
    pub value_micros: Option<i64>,
}

/// Decisions by event.
pub type Decisions = BTreeMap<EventId, Decision>;

impl Decision {
    /// Writes it into the event, before its facts are told.
    pub fn amend(&self, event: &mut Event) {
        if let Some(origin) = &self.origin {
            // A report whose door did not know what was before has all of the first one.
            let all = self.correction.is_some() || event.awaits() != Awaits::Details;
            origin.write(event, all);
        }
        if let Some(correction) = self.correction {
            event.status = correction.status;
            event.taken_back = correction.taken_back;
            event.adjusts = correction.adjusts;
            event.value_micros = correction.value_micros;
        }
    }

    /// Writes into the facts of an amended event what its fields cannot say.
    pub fn amend_facts(&self, facts: &mut Facts) {
        if let Some(origin) = &self.origin {
            facts.referrer_domain.clone_from(&origin.referrer_domain);
        }
    }
}

/// Columns of a file, which is sorted by event.
pub fn schema() -> Arc<Schema> {
    let mut fields = vec![
        Field::new("log", DataType::Utf8, false),
        Field::new("seq", DataType::UInt64, false),
        Field::new("account", DataType::UInt64, false),
        Field::new("attributed", DataType::Boolean, false),
        Field::new("corrected", DataType::Boolean, false),
        Field::new("status", DataType::Int32, true),
        Field::new("taken_back", DataType::Int32, true),
        Field::new("adjusts", DataType::Boolean, true),
        Field::new("value_micros", DataType::Int64, true),
    ];
    fields.extend(Origin::fields());
    Arc::new(Schema::new(fields))
}

/// The bytes of a file.
pub fn encode<'a>(decisions: impl Iterator<Item = &'a Decision>) -> Result<Bytes, ParquetError> {
    let decisions: Vec<&Decision> = decisions.collect();
    let mut out = ViewWriter::new(schema())?;
    for part in decisions.chunks(65_536) {
        let each = || part.iter().copied();
        let said = |of: fn(Correction) -> Option<i32>| {
            Int32Array::from_iter(each().map(|d| d.correction.and_then(of)))
        };
        let adjusts = each().map(|d| d.correction.map(|c| c.adjusts));
        let values = each().map(|d| d.correction.and_then(|c| c.value_micros));
        let mut all: Vec<ArrayRef> = vec![
            Arc::new(logs(each().map(|d| d.event.log))),
            Arc::new(UInt64Array::from_iter_values(each().map(|d| d.event.seq.0))),
            Arc::new(UInt64Array::from_iter_values(each().map(|d| d.account))),
            Arc::new(flags(each().map(|d| d.origin.is_some()))),
            Arc::new(flags(each().map(|d| d.correction.is_some()))),
            Arc::new(said(|c| Some(c.status))),
            Arc::new(said(|c| c.taken_back)),
            Arc::new(BooleanArray::from_iter(adjusts)),
            Arc::new(Int64Array::from_iter(values)),
        ];
        all.extend(columns(part.iter().map(|d| d.origin.as_ref())));
        out.write(&RecordBatch::try_new(schema(), all)?)?;
    }
    out.finish()
}

fn flags(flags: impl Iterator<Item = bool>) -> BooleanArray {
    BooleanArray::from_iter(flags.map(Some))
}

/// The decisions of some files that are wanted.
pub async fn read(
    store: &Store,
    files: impl Iterator<Item = &File>,
    wanted: impl Fn(&Decision) -> bool,
) -> Result<Decisions, ViewError> {
    let mut all = Decisions::new();
    for file in files {
        let name = file.name.clone();
        let path = ObjectKey::Attributions { name }.path();
        let failed = |source| ViewError::Parquet {
            path: path.to_string(),
            source,
        };
        let reader = ObjectReader::new(Arc::clone(store), path.clone(), file.bytes);
        let builder = ParquetRecordBatchStreamBuilder::new(reader).await;
        let mut batches = builder.and_then(|b| b.build()).map_err(failed)?;
        while let Some(batch) = batches.try_next().await.map_err(failed)? {
            for decision in decode(&batch, path.as_ref())? {
                if wanted(&decision) {
                    all.insert(decision.event, decision);
                }
            }
        }
    }
    Ok(all)
}

fn decode(batch: &RecordBatch, path: &str) -> Result<Vec<Decision>, ViewError> {
    let columns = Columns { batch, path };
    let events = ids(&columns, "log", "seq")?;
    let accounts = columns.primitive::<UInt64Type>("account")?;
    let (attributed, corrected) = (columns.flags("attributed")?, columns.flags("corrected")?);
    let status = columns.primitive::<Int32Type>("status")?;
    let taken_back = columns.primitive::<Int32Type>("taken_back")?;
    let adjusts = columns.flags("adjusts")?;
    let values = columns.primitive::<Int64Type>("value_micros")?;
    let origins = rows(&columns)?;
    let row = |(i, event): (usize, EventId)| Decision {
        event,
        account: accounts.value(i),
        origin: attributed.value(i).then(|| origins.row(i)),
        correction: corrected.value(i).then(|| Correction {
            status: status.value(i),
            taken_back: table::get(taken_back, i),
            adjusts: adjusts.value(i),
            value_micros: table::get(values, i),
        }),
    };
    Ok(events.into_iter().enumerate().map(row).collect())
}

/// Stands for no event: logs count from one.
pub(crate) const NOBODY: EventId = EventId {
    log: model::LogId(0),
    seq: Seq::ZERO,
};

#[cfg(test)]
mod tests;
