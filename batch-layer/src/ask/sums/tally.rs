//! Sums while events go by, of one reader of several.

use std::sync::Arc;

use asking::{AskError, SumsAsked};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, RecordBatch},
        compute::cast,
        datatypes::{DataType, Int64Type, UInt64Type},
    },
    error::DataFusionError,
};
use hashbrown::HashMap;
use model::{Counts, Measure, time};

use super::{
    places::{At, Place, Places, bytes_of},
    plan::{Plan, times},
    room::Room,
    visitors::{Seen, Share},
};
use crate::ask::failed;

/// What a sum takes in its table, about, bytes.
const SUM: usize = 64;
/// What the sums of a place take, about, bytes.
pub(super) const ROW: usize = 320;
/// Rows of one answer, at most, before they are cut to those that are shown.
const MOST_ROWS: usize = 500_000;

/// Sums while events go by.
pub(super) struct Tally {
    plan: Arc<Plan>,
    asked: Arc<SumsAsked>,
    places: Places,
    /// What events add, each once.
    kinds: Vec<Counts>,
    /// Events by place, kind and whether they are settled.
    events: HashMap<(u32, u16, bool), i64>,
    money: HashMap<(u32, bool, Box<str>), i128>,
    seen: Seen,
    room: Room,
}

impl Tally {
    pub(super) fn new(plan: Arc<Plan>, asked: Arc<SumsAsked>, room: Room, share: Share) -> Self {
        Self {
            plan,
            asked,
            places: Places::default(),
            kinds: Vec::new(),
            events: HashMap::new(),
            money: HashMap::new(),
            seen: Seen::new(share, &room),
            room,
        }
    }

    /// Adds the rows of a batch that are asked about.
    pub(super) fn add(&mut self, batch: RecordBatch, is_settled: bool) -> Result<(), AskError> {
        let rows = self.plan.select(batch).map_err(failed)?;
        if rows.num_rows() == 0 {
            return Ok(());
        }
        let at = self.places(&rows).map_err(failed)?;
        self.count(&rows, &at, is_settled).map_err(failed)?;
        self.pay(&rows, &at).map_err(failed)?;
        self.see(&rows, &at)?;
        enough(self.places.len())?;
        let sums = (self.events.capacity() + self.money.capacity()) * SUM;
        self.room.resize(self.places.bytes() + sums)
    }

    /// Where rows are.
    fn places(&mut self, rows: &RecordBatch) -> Result<At, DataFusionError> {
        let mut groups = Vec::new();
        for worked in &self.plan.groups {
            groups.push(worked.out(rows)?);
        }
        self.places.of(self.buckets(rows)?, &groups)
    }

    fn buckets(&self, rows: &RecordBatch) -> Result<Vec<u32>, DataFusionError> {
        let mut last = (i64::MIN, 0);
        let buckets = times(rows)?.values().iter().map(|ms| {
            let minute = time::minute_of(*ms);
            if minute != last.0 {
                last = (minute, (self.asked.buckets)(minute));
            }
            last.1
        });
        Ok(buckets.collect())
    }

    fn count(
        &mut self,
        rows: &RecordBatch,
        at: &At,
        is_settled: bool,
    ) -> Result<(), DataFusionError> {
        let values = self.plan.counters.out(rows)?;
        let columns = numbers_of(&values.columns)?;
        let kind = |of: usize| {
            let mut counts = Counts::default();
            for (measure, column) in Measure::COUNTERS.into_iter().zip(&columns) {
                counts.set(measure, column.as_primitive::<Int64Type>().value(of));
            }
            self.kind(counts)
        };
        let kinds: Vec<u16> = (0..values.of_row.count).map(kind).collect();
        let mut classes = at.classes.clone();
        classes.part(&values.of_row);
        let mut events = vec![0; classes.first.len()];
        for class in &classes.of_row {
            events[*class as usize] += 1;
        }
        for (row, events) in classes.first.iter().zip(events) {
            let row = *row as usize;
            let kind = kinds[values.of_row.of(row)];
            let key = (at.place(row), kind, is_settled);
            *self.events.entry(key).or_default() += events;
        }
        Ok(())
    }

    fn kind(&mut self, counts: Counts) -> u16 {
        let known = self.kinds.iter().position(|kind| *kind == counts);
        let at = known.unwrap_or_else(|| {
            self.kinds.push(counts);
            self.kinds.len() - 1
        });
        at as u16
    }

    fn pay(&mut self, rows: &RecordBatch, at: &At) -> Result<(), DataFusionError> {
        let has_some = |name: &str| {
            rows.column_by_name(name)
                .is_some_and(|c| c.null_count() < c.len())
        };
        let Some(money) = &self.plan.money else {
            return Ok(());
        };
        if !has_some("value_micros") && !has_some("cost_micros") {
            return Ok(());
        }
        let values = money.out(rows)?;
        let [paid, is_value, currency, micros] = &values.columns[..] else {
            return Ok(());
        };
        let (paid, is_value) = (paid.as_boolean(), is_value.as_boolean());
        let currency = cast(currency, &DataType::Utf8)?;
        let currency = currency.as_string::<i32>();
        let micros = cast(micros, &DataType::Int64)?;
        let micros = micros.as_primitive::<Int64Type>();
        for row in 0..rows.num_rows() {
            let of = values.of_row.of(row);
            if paid.is_valid(of) && paid.value(of) {
                let key = (at.place(row), is_value.value(of), currency.value(of).into());
                *self.money.entry(key).or_default() += i128::from(micros.value(of));
            }
        }
        Ok(())
    }

    fn see(&mut self, rows: &RecordBatch, at: &At) -> Result<(), AskError> {
        let Some(visits) = &self.plan.visits else {
            return Ok(());
        };
        let values = visits.out(rows).map_err(failed)?;
        let visitors = rows.column_by_name("visitor");
        let visitors = visitors.and_then(|visitors| visitors.as_primitive_opt::<UInt64Type>());
        let (Some(visitors), Some(was_there)) = (visitors, values.columns.first()) else {
            return Ok(());
        };
        let was_there = was_there.as_boolean().iter();
        let was_there: Vec<bool> = was_there.map(|truth| truth == Some(true)).collect();
        for (row, visitor) in visitors.values().iter().enumerate() {
            if *visitor != 0 && was_there[values.of_row.of(row)] {
                self.seen.add(at.place(row), *visitor)?;
            }
        }
        Ok(())
    }

    /// The sums, the money, and who was seen where.
    pub(super) fn done(self) -> Result<Done, AskError> {
        let places = self.places.named(self.asked.groups.len());
        let named: usize = places.iter().map(bytes_of).sum();
        let sums = (self.events.capacity() + self.money.capacity()) * SUM;
        self.room.resize(named + places.len() * ROW + sums)?;
        let mut rows: HashMap<u32, Row> = HashMap::new();
        for ((place, kind, is_settled), events) in self.events {
            let counts = times_of(self.kinds[kind as usize], events);
            let row = rows.entry(place).or_default();
            row.counts += counts;
            if is_settled {
                row.settled += counts;
            }
        }
        Ok(Done {
            rows,
            money: self.money,
            seen: self.seen,
            places,
            _room: self.room,
        })
    }
}

/// Sums of a place.
#[derive(Default)]
pub(super) struct Row {
    pub counts: Counts,
    pub settled: Counts,
}

/// What one reader found, by number of a place.
pub(super) struct Done {
    pub rows: HashMap<u32, Row>,
    /// By place, whether it is of values, and currency.
    pub money: HashMap<(u32, bool, Box<str>), i128>,
    pub seen: Seen,
    /// What the numbers of places stand for.
    pub places: Vec<Place>,
    /// Until it is put together with what others found.
    _room: Room,
}

/// Refuses more rows than an answer has.
pub(super) fn enough(rows: usize) -> Result<(), AskError> {
    match rows > MOST_ROWS {
        true => Err(AskError::TooMuch(format!(
            "it has more than {MOST_ROWS} groups and buckets; ask for a shorter range, a longer interval, or filter"
        ))),
        false => Ok(()),
    }
}

fn times_of(kind: Counts, events: i64) -> Counts {
    let mut counts = kind;
    for measure in Measure::COUNTERS {
        counts.set(measure, kind.get(measure).saturating_mul(events));
    }
    counts
}

fn numbers_of(columns: &[ArrayRef]) -> Result<Vec<ArrayRef>, DataFusionError> {
    let numbers = columns.iter().map(|column| cast(column, &DataType::Int64));
    Ok(numbers.collect::<Result<_, _>>()?)
}
