//! The fold that builds cells: a few numbers for each row, since there are some forty rows for each event of
//! a small account.

use std::sync::Arc;

use bytes::Bytes;
use hashbrown::{HashMap, HashSet};

use super::{Cell, rows::Rows, seen::Seen, write::Writer};
use crate::{
    counts::Measure,
    cube::{CUBES, Cube},
    dimension::{Grain, Names},
    event::{Awaits, Event, Facts},
    id::EntityId,
    time,
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
    /// Whose cells have changed since [`EpochCells::forget_changes`], each once.
    changed: Vec<EntityId>,
    /// Those of them that had none before.
    new: Vec<EntityId>,
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
    pub(super) rows: Rows,
    /// Sums of values, which are wider.
    pub(super) micros: HashMap<Place, i128>,
    /// By hour and whether they are bots, in order.
    pub(super) seen: Vec<Seen>,
    pub(super) unchecked: bool,
    pub(super) awaits: Awaits,
    /// Whether it is among what has changed.
    changed: bool,
    /// Rows of open cubes.
    open_rows: usize,
    /// How many values each open cube and bucket has, once there may be too many.
    distinct: Option<Box<HashMap<(u16, i64), usize>>>,
}

/// Of one number in a cell: bucket; cube, value and measure. Their order is that of rows that are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place(i64, u64);

impl Place {
    fn new(cube: &Cube, bucket: i64, value: u32, measure: Measure) -> Self {
        let number = u64::from(cube.id) << 40 | u64::from(value) << 8 | measure as u64;
        Self(bucket, number)
    }

    pub(super) fn bucket(self) -> i64 {
        self.0
    }

    pub(super) fn cube(self) -> u16 {
        (self.1 >> 40) as u16
    }

    pub(super) fn value(self) -> u32 {
        (self.1 >> 8) as u32
    }

    pub(super) fn measure(self) -> u8 {
        self.1 as u8
    }

    fn with_value(self, value: u32) -> Self {
        let others = self.1 & !(u64::from(u32::MAX) << 8);
        Self(self.0, others | u64::from(value) << 8)
    }

    pub(super) fn with_measure(self, measure: Measure) -> Self {
        Self(self.0, self.1 & !0xFF | measure as u64)
    }
}

impl EpochCells {
    /// Counts one event for every entity it belongs to.
    pub fn fold(&mut self, event: &Event, facts: &Facts) {
        let names = Names::of(event, facts);
        let mut values = [None; CUBES.len()];
        for (cube, known) in CUBES.iter().zip(&mut values) {
            let value = cube.dimension.value(event, facts, &names);
            *known = value.map(|value| (value, self.values.numbers.get(value).copied()));
        }
        let minute = time::minute_of(event.occurred_ms);
        let quarter = Grain::Quarter.bucket(minute);
        let counted = Measure::counted(event, facts);
        let measure = counted.first();
        for entity in event.entities() {
            let cell = self.cells.entry(entity).or_default();
            if cell.rows.is_empty() {
                self.new.push(entity);
            }
            if !cell.changed {
                cell.changed = true;
                self.changed.push(entity);
            }
            for (cube, value) in CUBES.iter().zip(&mut values) {
                let Some((text, number)) = value.as_mut().filter(|_| cube.is_for(entity.kind))
                else {
                    continue;
                };
                let value = number.unwrap_or(REST);
                let bucket = match cube.grain {
                    Grain::Minute => minute,
                    Grain::Quarter => quarter,
                };
                let mut place = Place::new(cube, bucket, value, measure);
                // The text of a value that nobody counts apart is not kept.
                if number.is_none() && cell.has_room(cube, place) {
                    place = place.with_value(*number.insert(self.values.number(text)));
                }
                let mut counted_at = place;
                for (measure, more) in counted.iter() {
                    counted_at = cell.count(cube, place.with_measure(measure), more);
                }
                if let Some(micros) = cube.money(event, facts) {
                    *cell.micros.entry(counted_at).or_default() += i128::from(micros);
                }
            }
            cell.visit(event, facts);
            cell.unchecked |= event.unchecked;
            cell.awaits = cell.awaits.max(event.awaits());
        }
    }

    /// Whose cells there are.
    pub fn entities(&self) -> Vec<EntityId> {
        self.cells.keys().copied().collect()
    }

    /// Who has a cell now and had none at the last [`EpochCells::forget_changes`].
    pub fn new_entities(&self) -> &[EntityId] {
        &self.new
    }

    /// Whose cells have changed since [`EpochCells::forget_changes`], each once, in the order of the log.
    pub fn changed(&self) -> &[EntityId] {
        &self.changed
    }

    /// Says that everything changed is stored.
    pub fn forget_changes(&mut self) {
        self.new.clear();
        for entity in self.changed.drain(..) {
            if let Some(cell) = self.cells.get_mut(&entity) {
                cell.changed = false;
            }
        }
    }

    /// The stored form of an entity's cell; `None` if it has no events. Equal cells may differ in bytes: the order of
    /// rows is free.
    pub fn encode(&mut self, entity: EntityId) -> Option<Bytes> {
        self.encode_with(&mut Writer::default(), entity)
    }

    /// The same for many cells, with the memory of one writer.
    pub fn encode_with(&mut self, writer: &mut Writer, entity: EntityId) -> Option<Bytes> {
        let cell = self.cells.get_mut(&entity)?;
        Some(writer.write(cell, &self.values))
    }

    /// An entity's cell, as readers see it; without any event an empty one.
    pub fn cell(&mut self, entity: EntityId) -> Cell {
        let stored = self.encode(entity);
        stored.map_or_else(Cell::default, |stored| {
            Cell::decode(&stored).unwrap_or_default()
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
    /// Counts; tells where: apart, or with the rest.
    fn count(&mut self, cube: &Cube, place: Place, more: i64) -> Place {
        if self.rows.count(place, more) {
            return place;
        }
        let place = self.apart(cube, place);
        let is_new = self.rows.count_or_insert(place, more);
        self.open_rows += usize::from(is_new && cube.dimension.is_open());
        place
    }

    /// Where a new row is counted: apart, or with the rest.
    fn apart(&mut self, cube: &Cube, place: Place) -> Place {
        if place.value() == REST || !self.is_bounded(cube) || self.knows(place) {
            return place;
        }
        if !self.has_room(cube, place) {
            return place.with_value(REST);
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
        distinct.entry((place.cube(), place.bucket())).or_default()
    }

    /// Whether the value is counted apart, in whatever measure.
    fn knows(&self, place: Place) -> bool {
        let mut measures = Measure::ALL.iter().map(|m| place.with_measure(*m));
        measures.any(|place| self.rows.contains(place))
    }

    fn visit(&mut self, event: &Event, facts: &Facts) {
        for (visitor, bot) in event.visits(facts) {
            let hour = time::floor(time::minute_of(event.occurred_ms), time::HOUR);
            self.note(visitor, bot, hour);
        }
    }

    fn note(&mut self, visitor: u64, bot: bool, hour: i64) {
        let at = self
            .seen
            .binary_search_by_key(&(hour, bot), |seen| (seen.hour, seen.bot));
        let at = at.unwrap_or_else(|at| {
            self.seen.insert(at, Seen::new(hour, bot));
            at
        });
        self.seen[at].note(visitor);
    }
}

/// How many values each cube and bucket has.
fn distinct(rows: &Rows) -> HashMap<(u16, i64), usize> {
    let places = rows.iter().map(|(place, _)| place);
    let values: HashSet<(u16, i64, u32)> = places
        .filter(|place| place.value() != REST)
        .map(|place| (place.cube(), place.bucket(), place.value()))
        .collect();
    let mut counts = HashMap::new();
    for (cube, bucket, _) in values {
        *counts.entry((cube, bucket)).or_default() += 1;
    }
    counts
}
