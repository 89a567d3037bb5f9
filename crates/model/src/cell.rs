//! The live cell: what one entity counted in one epoch of one log, and the fold that builds it.

use std::collections::HashMap;

use prost::Message;

use crate::{
    counts::{Counts, Measure},
    cube::{CUBES, Cube},
    dimension::Names,
    event::{Event, Facts},
    id::{EntityId, EntityKind},
    time,
    visitors::{EXACT_LIMIT, VisitorSet},
};

/// Counters per cube, bucket and value, and visitors per hour, of one entity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    slices: HashMap<(u32, i64), HashMap<Box<str>, Counts>>,
    visitors: HashMap<(i64, bool), VisitorSet>,
    unchecked: bool,
}

/// Why stored bytes are not a cell.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// Not the format.
    #[error("a live cell cannot be decoded: {0}")]
    Format(#[from] prost::DecodeError),
    /// A sketch inside it is broken.
    #[error("a live cell holds a broken visitor sketch: {0}")]
    Sketch(String),
}

/// One event prepared for counting: what is the same for all its entities is worked out once.
pub struct Countable<'a> {
    event: &'a Event,
    facts: &'a Facts,
    names: Names,
}

impl<'a> Countable<'a> {
    /// Prepares an event.
    pub fn new(event: &'a Event, facts: &'a Facts) -> Self {
        Self {
            event,
            facts,
            names: Names::of(event),
        }
    }
}

impl Cell {
    /// Counts one event for an entity of `kind`.
    pub fn fold(&mut self, kind: EntityKind, countable: &Countable<'_>) {
        let Countable {
            event,
            facts,
            names,
        } = countable;
        for cube in CUBES.iter().filter(|c| c.is_for(kind)) {
            let Some(value) = cube.dimension.value(event, facts, names) else {
                continue;
            };
            let slice = self
                .slices
                .entry((cube.id, cube.bucket(event)))
                .or_default();
            let counts = Counts::of(cube, event, facts);
            match slice.get_mut(value) {
                Some(sum) => *sum += counts,
                None => drop(slice.insert(value.into(), counts)),
            }
        }
        if let Some((visitor, bot)) = event.visit(facts) {
            let hour = time::floor(time::minute_of(event.occurred_ms), time::HOUR);
            let set = self.visitors.entry((hour, bot)).or_default();
            set.insert(visitor, EXACT_LIMIT);
        }
        self.unchecked |= event.unchecked;
    }

    /// Whether it counts an event whose sender's key could not be checked: it may repeat another.
    pub fn unchecked(&self) -> bool {
        self.unchecked
    }

    /// Every (bucket, value, counts) of one cube, in no particular order.
    pub fn rows<'a>(&'a self, cube: &Cube) -> impl Iterator<Item = (i64, &'a str, &'a Counts)> {
        let id = cube.id;
        self.slices
            .iter()
            .filter(move |((cube, _), _)| *cube == id)
            .flat_map(|((_, bucket), slice)| {
                slice
                    .iter()
                    .map(|(value, counts)| (*bucket, &**value, counts))
            })
    }

    /// Every (hour as unix minute, is bot, visitors), in no particular order.
    pub fn visitors(&self) -> impl Iterator<Item = (i64, bool, &VisitorSet)> {
        self.visitors
            .iter()
            .map(|((hour, bot), set)| (*hour, *bot, set))
    }

    /// The stored form. Equal cells may differ in bytes: the order of rows is free.
    pub fn encode(&self) -> Vec<u8> {
        let slices = self.slices.iter().map(|((cube, bucket), rows)| CellSlice {
            cube: *cube,
            bucket: *bucket,
            rows: rows
                .iter()
                .map(|(value, counts)| CellRow::of(value, counts))
                .collect(),
        });
        let visitors = self.visitors.iter().map(|((hour, bot), set)| match set {
            VisitorSet::Exact(exact) => CellVisitors {
                hour: *hour,
                bot: *bot,
                exact: exact.iter().copied().collect(),
                sketch: vec![],
            },
            VisitorSet::Sketch(_) => CellVisitors {
                hour: *hour,
                bot: *bot,
                exact: vec![],
                sketch: set.to_sketch_bytes(),
            },
        });
        StoredCell {
            slices: slices.collect(),
            visitors: visitors.collect(),
            unchecked: self.unchecked,
        }
        .encode_to_vec()
    }

    /// Reads what [`Cell::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, CellError> {
        let stored = StoredCell::decode(bytes)?;
        let mut cell = Cell {
            unchecked: stored.unchecked,
            ..Cell::default()
        };
        for slice in stored.slices {
            let rows = slice
                .rows
                .into_iter()
                .map(|row| (row.value.as_str().into(), row.counts()));
            cell.slices
                .insert((slice.cube, slice.bucket), rows.collect());
        }
        for v in stored.visitors {
            let set = if v.sketch.is_empty() {
                v.exact.into_iter().collect()
            } else {
                VisitorSet::from_sketch_bytes(&v.sketch)
                    .map_err(|e| CellError::Sketch(e.to_string()))?
            };
            cell.visitors.insert((v.hour, v.bot), set);
        }
        Ok(cell)
    }
}

/// The cells of one epoch of one log, by entity.
pub type EpochCells = HashMap<EntityId, Cell>;

/// Counts one event for every entity it belongs to.
pub fn fold_into(cells: &mut EpochCells, event: &Event, facts: &Facts) {
    let countable = Countable::new(event, facts);
    for entity in event.entities() {
        cells
            .entry(entity)
            .or_default()
            .fold(entity.kind, &countable);
    }
}

#[derive(Clone, PartialEq, Message)]
struct StoredCell {
    #[prost(message, repeated, tag = "1")]
    slices: Vec<CellSlice>,
    #[prost(message, repeated, tag = "2")]
    visitors: Vec<CellVisitors>,
    #[prost(bool, tag = "3")]
    unchecked: bool,
}

#[derive(Clone, PartialEq, Message)]
struct CellSlice {
    #[prost(uint32, tag = "1")]
    cube: u32,
    #[prost(sint64, tag = "2")]
    bucket: i64,
    #[prost(message, repeated, tag = "3")]
    rows: Vec<CellRow>,
}

#[derive(Clone, PartialEq, Message)]
struct CellRow {
    #[prost(string, tag = "1")]
    value: String,
    #[prost(sint64, repeated, tag = "2")]
    counts: Vec<i64>,
    /// The upper half of a sum of values that does not fit into `counts`; the lower half is there.
    #[prost(sint64, optional, tag = "3")]
    micros_high: Option<i64>,
}

impl CellRow {
    fn of(value: &str, counts: &Counts) -> Self {
        let mut all = [0; Measure::ALL.len()];
        let (events, micros) = all.split_at_mut(counts.events.len());
        events.copy_from_slice(&counts.events);
        let narrow = i64::try_from(counts.micros).ok();
        micros[0] = narrow.unwrap_or(counts.micros as i64);
        let used = all.iter().rposition(|n| *n != 0).map_or(0, |last| last + 1);
        Self {
            value: value.to_owned(),
            counts: all[..used].to_vec(),
            micros_high: narrow.is_none().then_some((counts.micros >> 64) as i64),
        }
    }

    fn counts(&self) -> Counts {
        let mut all = [0; Measure::ALL.len()];
        for (to, from) in all.iter_mut().zip(&self.counts) {
            *to = *from;
        }
        let (events, micros) = all.split_at(Counts::default().events.len());
        let mut counts = Counts::default();
        counts.events.copy_from_slice(events);
        counts.micros = match self.micros_high {
            Some(high) => i128::from(high) << 64 | i128::from(micros[0] as u64),
            None => i128::from(micros[0]),
        };
        counts
    }
}

#[derive(Clone, PartialEq, Message)]
struct CellVisitors {
    #[prost(sint64, tag = "1")]
    hour: i64,
    #[prost(bool, tag = "2")]
    bot: bool,
    #[prost(fixed64, repeated, tag = "3")]
    exact: Vec<u64>,
    #[prost(bytes = "vec", tag = "4")]
    sketch: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(kind: i32, object: u64, minute: i64, country: u8, visitor: u64) -> Event {
        Event {
            kind,
            account: 1,
            object,
            campaign: (object.is_multiple_of(2)).then_some(9),
            occurred_ms: minute * 60_000,
            country: format!("C{country}"),
            visitor,
            value_micros: (kind == 2).then_some(5_000_000),
            currency: if kind == 2 {
                "EUR".into()
            } else {
                String::new()
            },
            ..Event::default()
        }
    }

    proptest! {
        #[test]
        fn parts_add_up_and_cells_round_trip(events in proptest::collection::vec((0i32..3, 1u64..5, -2000i64..2000, 0u8..4, 0u64..50), 0..80)) {
            let mut cells = EpochCells::new();
            let facts = Facts::default();
            for (kind, object, minute, country, visitor) in &events {
                fold_into(&mut cells, &event(*kind, *object, *minute, *country, *visitor), &facts);
            }
            let sum = |cell: &Cell, cube: &Cube| cell.rows(cube).fold(Counts::default(), |a, (_, _, c)| a + *c);
            for (entity, cell) in &cells {
                prop_assert_eq!(&Cell::decode(&cell.encode()).unwrap(), cell);
                let total = sum(cell, &CUBES[0]);
                for cube in CUBES.iter().filter(|c| c.is_for(entity.kind) && c.dimension.counts_all()) {
                    prop_assert_eq!(sum(cell, cube), total, "{} of {}", cube.name, entity);
                }
            }
            let account = cells.get(&EntityId::new(EntityKind::Account, 1));
            let clicks = account.map_or(0, |c| sum(c, &CUBES[0]).get(Measure::Clicks));
            prop_assert_eq!(clicks, events.iter().filter(|e| e.0 == 0).count() as i64);
        }

        #[test]
        fn sums_of_values_are_wider_than_any_value(values in proptest::collection::vec(any::<i64>(), 0..40)) {
            let mut cells = EpochCells::new();
            for value in &values {
                let event = Event {
                    value_micros: Some(*value),
                    currency: "EUR".into(),
                    ..event(2, 1, 0, 0, 0)
                };
                fold_into(&mut cells, &event, &Facts::default());
            }
            let sum = |cell: &Cell| -> i128 {
                CUBES.iter().flat_map(|cube| cell.rows(cube)).map(|(.., counts)| counts.micros).sum()
            };
            let expected: i128 = values.iter().copied().map(i128::from).sum();
            for cell in cells.values() {
                prop_assert_eq!(sum(cell), expected);
                prop_assert_eq!(&Cell::decode(&cell.encode()).unwrap(), cell);
            }
        }

        #[test]
        fn damaged_cells_are_refused_or_mean_one_thing(
            visitors in proptest::collection::vec(any::<u64>(), 0..30), sketched in any::<bool>(),
            at in any::<prop::sample::Index>(), by in any::<u8>(), noise in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let mut cell = Cell::default();
            let mut set = VisitorSet::default();
            for visitor in visitors {
                set.insert(visitor, if sketched { 1 } else { EXACT_LIMIT });
            }
            cell.visitors.insert((60, false), set);
            cell.slices.entry((1, 15)).or_default().insert("DE".into(), Counts::default());
            let mut bytes = cell.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            bytes.splice(at..at, noise);
            if let Ok(read) = Cell::decode(&bytes) {
                for (_, _, set) in read.visitors() {
                    set.count();
                }
                prop_assert_eq!(Cell::decode(&read.encode()).unwrap(), read);
            }
        }
    }
}
