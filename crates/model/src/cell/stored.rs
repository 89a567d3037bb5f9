//! The stored form of a cell: its values once each, and the rows of each cube and bucket as three lists of numbers.

use std::sync::Arc;

use prost::Message;

use super::{
    Cell, Slice, Visitors,
    fold::{Folded, Place, REST, Values},
};
use crate::{
    counts::{Counts, Measure},
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
pub(super) struct StoredCell {
    #[prost(bool, tag = "3")]
    unchecked: bool,
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

pub(super) fn encode(cell: &Folded, values: &Values) -> Vec<u8> {
    stored(cell, values).encode_to_vec()
}

pub(super) fn decode(bytes: &[u8]) -> Result<Cell, CellError> {
    read(StoredCell::decode(bytes)?)
}

/// What is stored of a cell.
pub(super) fn stored(cell: &Folded, values: &Values) -> StoredCell {
    let mut rows: Vec<(Place, i128)> = cell
        .rows
        .iter()
        .map(|(p, n)| (*p, i128::from(*n)))
        .collect();
    rows.extend(cell.micros.iter().map(|(place, micros)| {
        let measure = Measure::ValueMicros as u8;
        (Place { measure, ..*place }, *micros)
    }));
    rows.sort_unstable_by_key(|(place, _)| *place);
    // A value's sum may be of events of several measures.
    rows.dedup_by(|next, row| {
        let same = next.0 == row.0;
        if same {
            row.1 += next.1;
        }
        same
    });
    let mut own: Vec<u32> = rows.iter().map(|(place, _)| place.value).collect();
    own.sort_unstable();
    own.dedup();
    own.retain(|value| *value != REST);
    let slices = rows.chunk_by(|(a, _), (b, _)| (a.cube, a.bucket) == (b.cube, b.bucket));
    StoredCell {
        unchecked: cell.unchecked,
        slices: slices.map(|rows| slice(rows, &own)).collect(),
        values: own
            .iter()
            .map(|value| values.text(*value).to_owned())
            .collect(),
        visitors: cell.visitors.iter().map(StoredVisitors::of).collect(),
    }
}

fn slice(rows: &[(Place, i128)], own: &[u32]) -> StoredSlice {
    let mut slice = StoredSlice {
        cube: u32::from(rows[0].0.cube),
        bucket: rows[0].0.bucket,
        ..StoredSlice::default()
    };
    for (place, count) in rows {
        let value = own
            .binary_search(&place.value)
            .map_or(0, |at| at as u32 + 1);
        slice.values.push(value);
        slice.measures.push(u32::from(place.measure));
        slice.counts.push(*count as i64);
        if place.measure == Measure::ValueMicros as u8 {
            slice.high.push((*count >> 64) as i64);
        }
    }
    slice
}

/// The cell that is stored.
pub(super) fn read(stored: StoredCell) -> Result<Cell, CellError> {
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
                counter => counts.events[*counter as usize] = *count,
            }
        }
        Ok(slice)
    }
}

impl StoredVisitors {
    fn of(visitors: &Visitors) -> Self {
        let (exact, sketch) = match &visitors.set {
            VisitorSet::Exact(exact) => (exact.clone(), Vec::new()),
            VisitorSet::Sketch(_) => (Vec::new(), visitors.set.to_sketch_bytes()),
        };
        Self {
            hour: visitors.hour,
            bot: visitors.bot,
            exact,
            sketch,
        }
    }

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
