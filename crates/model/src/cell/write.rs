//! Writes the stored form of cells, straight from the fold: a message in memory for each would cost more than the fold.

use bytes::Bytes;

use super::{
    fold::{Folded, Place, REST, Values},
    seen::Seen,
};
use crate::{counts::Measure, event::Awaits, visitors::VisitorSet};

/// Wire types of protobuf.
const VARINT: u32 = 0;
const LENGTH: u32 = 2;

/// Writes cells one after another, with the same memory.
#[derive(Debug, Default)]
pub struct Writer {
    cell: Vec<u8>,
    /// A message inside the cell, and a list inside that.
    inner: Vec<u8>,
    list: Vec<u8>,
    /// Rows of the cell, in order.
    rows: Vec<(Place, i128)>,
    own: OwnValues,
}

/// The numbers that values have in one cell: their places in its list, from 1.
#[derive(Debug, Default)]
struct OwnValues {
    /// In the order of their numbers.
    values: Vec<u32>,
    /// Of each value: the cell that numbered it last, and how.
    numbers: Vec<(u32, u32)>,
    cell: u32,
}

impl OwnValues {
    fn begin(&mut self) {
        self.values.clear();
        self.cell = self.cell.wrapping_add(1);
        if self.cell == 0 {
            self.numbers.clear();
            self.cell = 1;
        }
    }

    /// 0 is the rest.
    fn number(&mut self, value: u32) -> u32 {
        if value == REST {
            return 0;
        }
        let at = value as usize;
        if self.numbers.len() <= at {
            self.numbers.resize(at + 1, (0, 0));
        }
        let (cell, number) = &mut self.numbers[at];
        if *cell != self.cell {
            self.values.push(value);
            (*cell, *number) = (self.cell, self.values.len() as u32);
        }
        *number
    }
}

impl Writer {
    /// The stored form of a cell: what `stored` reads.
    pub(super) fn write(&mut self, cell: &mut Folded, values: &Values) -> Bytes {
        self.cell.clear();
        self.own.begin();
        self.take(cell);
        if cell.unchecked {
            key(&mut self.cell, 3, VARINT);
            varint(&mut self.cell, 1);
        }
        if cell.awaits != Awaits::Nothing {
            key(&mut self.cell, 7, VARINT);
            varint(&mut self.cell, cell.awaits as u64);
        }
        let rows = std::mem::take(&mut self.rows);
        for rows in rows.chunk_by(|(a, _), (b, _)| slice_of(*a) == slice_of(*b)) {
            self.slice(rows);
        }
        self.rows = rows;
        for value in &self.own.values {
            field(&mut self.cell, 4, values.text(*value).as_bytes());
        }
        for seen in &mut cell.seen {
            self.visitors(seen);
        }
        Bytes::copy_from_slice(&self.cell)
    }

    fn take(&mut self, cell: &Folded) {
        self.rows.clear();
        let counts = cell.rows.iter();
        self.rows
            .extend(counts.map(|(place, n)| (place, i128::from(n))));
        let sums = cell.micros.iter();
        self.rows
            .extend(sums.map(|(place, sum)| (place.with_measure(Measure::ValueMicros), *sum)));
        self.rows.sort_unstable_by_key(|(place, _)| *place);
        // A value's sum may be of events of several measures.
        self.rows.dedup_by(|next, row| {
            let same = next.0 == row.0;
            if same {
                row.1 += next.1;
            }
            same
        });
    }

    /// The rows of one bucket and cube.
    fn slice(&mut self, rows: &[(Place, i128)]) {
        let (bucket, cube) = slice_of(rows[0].0);
        self.inner.clear();
        key(&mut self.inner, 1, VARINT);
        varint(&mut self.inner, cube.into());
        key(&mut self.inner, 2, VARINT);
        varint(&mut self.inner, zigzag(bucket));
        let mut own = std::mem::take(&mut self.own);
        let numbers = rows.iter().map(|(place, _)| own.number(place.value()));
        self.list(3, numbers.map(u64::from));
        self.own = own;
        let measures = rows.iter().map(|(place, _)| place.measure());
        self.list(4, measures.map(u64::from));
        self.list(5, rows.iter().map(|(_, count)| zigzag(*count as i64)));
        let is_sum = |place: Place| place.measure() == Measure::ValueMicros as u8;
        let sums = rows.iter().filter(|(place, _)| is_sum(*place));
        self.list(6, sums.map(|(_, sum)| zigzag((*sum >> 64) as i64)));
        field(&mut self.cell, 5, &self.inner);
    }

    /// A packed list of the inner message.
    fn list(&mut self, tag: u32, numbers: impl Iterator<Item = u64>) {
        self.list.clear();
        numbers.for_each(|number| varint(&mut self.list, number));
        if !self.list.is_empty() {
            field(&mut self.inner, tag, &self.list);
        }
    }

    fn visitors(&mut self, seen: &mut Seen) {
        self.inner.clear();
        key(&mut self.inner, 1, VARINT);
        varint(&mut self.inner, zigzag(seen.hour));
        key(&mut self.inner, 2, VARINT);
        varint(&mut self.inner, seen.bot.into());
        let set = seen.set();
        match set {
            VisitorSet::Exact(exact) => {
                key(&mut self.inner, 3, LENGTH);
                varint(&mut self.inner, 8 * exact.len() as u64);
                for visitor in exact {
                    self.inner.extend_from_slice(&visitor.to_le_bytes());
                }
            }
            VisitorSet::Sketch(_) => field(&mut self.inner, 4, &set.to_sketch_bytes()),
        }
        field(&mut self.cell, 6, &self.inner);
    }
}

fn slice_of(place: Place) -> (i64, u16) {
    (place.bucket(), place.cube())
}

fn key(out: &mut Vec<u8>, tag: u32, kind: u32) {
    varint(out, u64::from(tag << 3 | kind));
}

fn field(out: &mut Vec<u8>, tag: u32, content: &[u8]) {
    key(out, tag, LENGTH);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}
