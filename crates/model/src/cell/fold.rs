//! The fold that builds cells: a few numbers for each row, since there are some forty rows for each event of
//! a small account.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use hashbrown::{HashMap, HashSet};

use super::{Cell, Visitors, stored};
use crate::{
    counts::Measure,
    cube::{CUBES, Cube},
    dimension::Names,
    event::{Event, Facts},
    id::EntityId,
    time,
    visitors::{EXACT_LIMIT, VisitorSet},
};

/// So many values of one open cube and bucket are counted apart in a cell, the first ones in the log's
/// order; what is beyond is one rest. That is a function of the events, like the cell itself.
pub const MOST_VALUES: usize = 1_000;
/// With so many rows of open cubes a cell counts no more values of them apart. Forty days of some 30,000 events, sent at
/// once, have fewer.
pub const MOST_ROWS: usize = 200_000;

/// In the place of a value: see [`MOST_VALUES`].
pub(super) const REST: u32 = u32::MAX;

/// The cells of one epoch of one log, by entity, while they are built.
#[derive(Debug, Default)]
pub struct EpochCells {
    values: Values,
    cells: HashMap<EntityId, Folded>,
}

/// Each value once, however many cells count it. A number below [`REST`] for each.
#[derive(Debug, Default)]
pub(super) struct Values {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

/// One cell.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) rows: HashMap<Place, i64>,
    /// Sums of values, which are wider.
    pub(super) micros: HashMap<Place, i128>,
    pub(super) visitors: Vec<Visitors>,
    pub(super) unchecked: bool,
    /// Rows of open cubes.
    open_rows: usize,
    /// How many values each open cube and bucket has, once there may be too many.
    distinct: Option<Box<HashMap<(u16, i64), usize>>>,
}

/// Of one number in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) cube: u16,
    pub(super) bucket: i64,
    pub(super) value: u32,
    pub(super) measure: u8,
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let small = u64::from(self.cube) << 8 | u64::from(self.measure);
        state.write_u64(self.bucket as u64);
        state.write_u64(u64::from(self.value) << 32 | small);
    }
}

impl EpochCells {
    /// Counts one event for every entity it belongs to.
    pub fn fold(&mut self, event: &Event, facts: &Facts) {
        let names = Names::of(event);
        let mut values = [None; CUBES.len()];
        for (cube, known) in CUBES.iter().zip(&mut values) {
            let value = cube.dimension.value(event, facts, &names);
            *known = value.map(|value| (value, self.values.numbers.get(value).copied()));
        }
        let measure = Measure::counted(event, facts) as u8;
        for entity in event.entities() {
            let cell = self.cells.entry(entity).or_default();
            for (cube, value) in CUBES.iter().zip(&mut values) {
                let Some((text, number)) = value.as_mut().filter(|_| cube.is_for(entity.kind))
                else {
                    continue;
                };
                let mut place = Place {
                    cube: cube.id as u16,
                    bucket: cube.bucket(event),
                    value: number.unwrap_or(REST),
                    measure,
                };
                // The text of a value that nobody counts apart is not kept.
                if number.is_none() && cell.has_room(cube, place) {
                    place.value = *number.insert(self.values.number(text));
                }
                cell.count(cube, place, event);
            }
            cell.visit(event, facts);
            cell.unchecked |= event.unchecked;
        }
    }

    /// Whose cells there are.
    pub fn entities(&self) -> impl Iterator<Item = EntityId> {
        self.cells.keys().copied()
    }

    /// The stored form of an entity's cell; `None` if it has no events. Equal cells may differ in bytes: the order of
    /// rows is free.
    pub fn encode(&self, entity: EntityId) -> Option<Vec<u8>> {
        let cell = self.cells.get(&entity)?;
        Some(stored::encode(cell, &self.values))
    }

    /// An entity's cell, as readers see it; without any event an empty one.
    pub fn cell(&self, entity: EntityId) -> Cell {
        let cell = self.cells.get(&entity);
        cell.map_or_else(Cell::default, |cell| {
            stored::read(stored::stored(cell, &self.values)).unwrap_or_default()
        })
    }
}

impl Values {
    fn number(&mut self, value: &str) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let (text, number) = (Arc::<str>::from(value), self.texts.len() as u32);
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    pub(super) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }
}

impl Folded {
    fn count(&mut self, cube: &Cube, place: Place, event: &Event) {
        let place = match self.rows.get_mut(&place) {
            Some(sum) => {
                *sum += 1;
                place
            }
            None => {
                let (place, rows) = (self.apart(cube, place), self.rows.len());
                *self.rows.entry(place).or_default() += 1;
                if cube.dimension.is_open() {
                    self.open_rows += self.rows.len() - rows;
                }
                place
            }
        };
        if let Some(micros) = event.value_micros.filter(|_| cube.sums_values()) {
            *self.micros.entry(place).or_default() += i128::from(micros);
        }
    }

    /// Where a new row is counted: apart, or with the rest.
    fn apart(&mut self, cube: &Cube, place: Place) -> Place {
        if place.value == REST || !self.is_bounded(cube) || self.knows(place) {
            return place;
        }
        if !self.has_room(cube, place) {
            return Place {
                value: REST,
                ..place
            };
        }
        *self.values_in(place) += 1;
        place
    }

    /// Whether there may be too many values: with fewer rows there are not.
    fn is_bounded(&self, cube: &Cube) -> bool {
        self.open_rows >= MOST_VALUES && cube.dimension.is_open()
    }

    /// Whether another value can be counted apart there.
    fn has_room(&mut self, cube: &Cube, place: Place) -> bool {
        let few = self.open_rows < MOST_ROWS;
        !self.is_bounded(cube) || (few && *self.values_in(place) < MOST_VALUES)
    }

    /// How many values are counted apart there.
    fn values_in(&mut self, place: Place) -> &mut usize {
        let rows = &self.rows;
        let distinct = self
            .distinct
            .get_or_insert_with(|| Box::new(distinct(rows)));
        distinct.entry((place.cube, place.bucket)).or_default()
    }

    /// Whether the value is counted apart, in whatever measure.
    fn knows(&self, place: Place) -> bool {
        let mut measures = (0..Measure::ALL.len() as u8).map(|measure| Place { measure, ..place });
        measures.any(|place| self.rows.contains_key(&place))
    }

    fn visit(&mut self, event: &Event, facts: &Facts) {
        for (visitor, bot) in event.visits(facts) {
            let hour = time::floor(time::minute_of(event.occurred_ms), time::HOUR);
            self.note(visitor, bot, hour);
        }
    }

    fn note(&mut self, visitor: u64, bot: bool, hour: i64) {
        let at = self
            .visitors
            .binary_search_by_key(&(hour, bot), |v| (v.hour, v.bot));
        let at = at.unwrap_or_else(|at| {
            let set = VisitorSet::default();
            self.visitors.insert(at, Visitors { hour, bot, set });
            at
        });
        self.visitors[at].set.insert(visitor, EXACT_LIMIT);
    }
}

/// How many values each cube and bucket has.
fn distinct(rows: &HashMap<Place, i64>) -> HashMap<(u16, i64), usize> {
    let values: HashSet<(u16, i64, u32)> = rows
        .keys()
        .filter(|place| place.value != REST)
        .map(|place| (place.cube, place.bucket, place.value))
        .collect();
    let mut counts = HashMap::new();
    for (cube, bucket, _) in values {
        *counts.entry((cube, bucket)).or_default() += 1;
    }
    counts
}
