//! The stored form of a cell: its values once each, and the rows of each cube and bucket as three lists of numbers.
//! Here it is read; `write` writes the same.

use std::sync::Arc;

use prost::Message;

use super::{Cell, Slice, Visitors};
use crate::{
    counts::{Counts, Measure},
    event::Awaits,
    visitors::VisitorSet,
};

/// Why stored bytes are not a cell.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// Not the format.
    #[error("a live cell cannot be decoded: {0}")]
    Format(#[from] prost::DecodeError),
    /// Its lists do not fit each other.
    #[error("a live cell is damaged: {0}")]
    Damaged(&'static str),
    /// A sketch inside it is broken.
    #[error("a live cell holds a broken visitor sketch: {0}")]
    Sketch(String),
}

/// Tags 1 and 2 were rows and visitors of another fold.
#[derive(Clone, PartialEq, Message)]
struct StoredCell {
    #[prost(bool, tag = "3")]
    unchecked: bool,
    #[prost(enumeration = "Awaits", tag = "7")]
    awaits: i32,
    #[prost(string, repeated, tag = "4")]
    values: Vec<String>,
    #[prost(message, repeated, tag = "5")]
    slices: Vec<StoredSlice>,
    #[prost(message, repeated, tag = "6")]
    visitors: Vec<StoredVisitors>,
}

/// One row in the same place of `values`, `measures` and `counts`.
#[derive(Clone, PartialEq, Message)]
struct StoredSlice {
    #[prost(uint32, tag = "1")]
    cube: u32,
    #[prost(sint64, tag = "2")]
    bucket: i64,
    /// 0 is the rest, others are a place in the cell's values, from 1.
    #[prost(uint32, repeated, tag = "3")]
    values: Vec<u32>,
    #[prost(uint32, repeated, tag = "4")]
    measures: Vec<u32>,
    /// Of sums of values the lower half.
    #[prost(sint64, repeated, tag = "5")]
    counts: Vec<i64>,
    /// The upper halves of sums of values, in their order.
    #[prost(sint64, repeated, tag = "6")]
    high: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredVisitors {
    #[prost(sint64, tag = "1")]
    hour: i64,
    #[prost(bool, tag = "2")]
    bot: bool,
    #[prost(fixed64, repeated, tag = "3")]
    exact: Vec<u64>,
    #[prost(bytes = "vec", tag = "4")]
    sketch: Vec<u8>,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Cell, CellError> {
    read(StoredCell::decode(bytes)?)
}

/// The cell that is stored.
fn read(stored: StoredCell) -> Result<Cell, CellError> {
    let values: Vec<Arc<str>> = stored
        .values
        .iter()
        .map(|value| value.as_str().into())
        .collect();
    let slices = stored.slices.iter().map(|slice| slice.read(&values));
    let visitors = stored.visitors.iter().map(StoredVisitors::read);
    Ok(Cell {
        slices: slices.collect::<Result<_, _>>()?,
        visitors: visitors.collect::<Result<_, _>>()?,
        unchecked: stored.unchecked,
        awaits: stored.awaits(),
    })
}

impl StoredSlice {
    fn read(&self, values: &[Arc<str>]) -> Result<Slice, CellError> {
        if self.values.len() != self.counts.len() || self.values.len() != self.measures.len() {
            return Err(CellError::Damaged("its lists are not equally long"));
        }
        let mut slice = Slice {
            cube: self.cube,
            bucket: self.bucket,
            rows: Vec::new(),
            rest: None,
        };
        let (mut high, mut last) = (self.high.iter(), None);
        let rows = self.values.iter().zip(&self.measures).zip(&self.counts);
        for ((value, measure), count) in rows {
            let Some(measure) = Measure::ALL.get(*measure as usize) else {
                return Err(CellError::Damaged("it counts what is unknown"));
            };
            let counts = match value.checked_sub(1) {
                None => slice.rest.get_or_insert_default(),
                Some(at) => {
                    let Some(text) = values.get(at as usize) else {
                        return Err(CellError::Damaged("a value is not there"));
                    };
                    if last != Some(at) {
                        slice.rows.push((Arc::clone(text), Counts::default()));
                    }
                    last = Some(at);
                    match slice.rows.last_mut() {
                        Some((_, counts)) => counts,
                        None => continue,
                    }
                }
            };
            match measure {
                Measure::ValueMicros => {
                    let Some(high) = high.next() else {
                        return Err(CellError::Damaged("half of a sum is not there"));
                    };
                    counts.micros = i128::from(*high) << 64 | i128::from(*count as u64);
                }
                counter => counts.set(*counter, *count),
            }
        }
        Ok(slice)
    }
}

impl StoredVisitors {
    fn read(&self) -> Result<Visitors, CellError> {
        let set = match self.sketch.is_empty() {
            true => self.exact.iter().copied().collect(),
            false => VisitorSet::from_sketch_bytes(&self.sketch)
                .map_err(|error| CellError::Sketch(error.to_string()))?,
        };
        Ok(Visitors {
            hour: self.hour,
            bot: self.bot,
            set,
        })
    }
}
