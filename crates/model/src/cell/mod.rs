//! The live cell: what one entity counted in one epoch of one log. [`fold`] builds cells, [`write`] and
//! [`stored`] write and read their stored form, and here is what is read of it.

mod fold;
mod rows;
mod seen;
mod stored;
mod write;

use std::sync::Arc;

pub use self::{
    fold::{EpochCells, MOST_ROWS, MOST_VALUES},
    stored::CellError,
    write::Writer,
};
use crate::{counts::Counts, cube::Cube, event::Awaits, visitors::VisitorSet};

/// Counters per cube, bucket and value, and visitors per hour, of one entity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    slices: Vec<Slice>,
    visitors: Vec<Visitors>,
    unchecked: bool,
    awaits: Awaits,
}

/// What was counted in one bucket of one cube.
#[derive(Debug, Clone, PartialEq)]
struct Slice {
    cube: u32,
    bucket: i64,
    rows: Vec<(Arc<str>, Counts)>,
    /// Of values that are not counted apart: see [`MOST_VALUES`].
    rest: Option<Counts>,
}

/// Who came in one hour.
#[derive(Debug, Clone, PartialEq)]
struct Visitors {
    /// Unix minute.
    hour: i64,
    bot: bool,
    set: VisitorSet,
}

impl Cell {
    /// Whether it counts an event whose sender's key could not be checked: it may repeat another.
    pub fn unchecked(&self) -> bool {
        self.unchecked
    }

    /// What batch will find out about conversions that it counts: until then they may be in another group.
    pub fn awaits(&self) -> Awaits {
        self.awaits
    }

    /// Every (bucket, value, counts) of one cube, in no particular order.
    pub fn rows<'a>(&'a self, cube: &Cube) -> impl Iterator<Item = (i64, &'a str, &'a Counts)> {
        self.of(cube).flat_map(|slice| {
            let rows = slice.rows.iter();
            rows.map(|(value, counts)| (slice.bucket, &**value, counts))
        })
    }

    /// Every (bucket, counts) of values of one cube that are not counted apart, because there were too
    /// many.
    pub fn rest<'a>(&'a self, cube: &Cube) -> impl Iterator<Item = (i64, &'a Counts)> {
        self.of(cube)
            .filter_map(|slice| Some((slice.bucket, slice.rest.as_ref()?)))
    }

    fn of<'a>(&'a self, cube: &Cube) -> impl Iterator<Item = &'a Slice> {
        let id = cube.id;
        self.slices.iter().filter(move |slice| slice.cube == id)
    }

    /// Every (hour as unix minute, is bot, visitors), in no particular order.
    pub fn visitors(&self) -> impl Iterator<Item = (i64, bool, &VisitorSet)> {
        self.visitors.iter().map(|v| (v.hour, v.bot, &v.set))
    }

    /// Reads what [`EpochCells::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, CellError> {
        stored::decode(bytes)
    }
}

#[cfg(test)]
mod tests;
