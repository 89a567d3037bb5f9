//! Runs: what is settled, as sorted files that never change. A step of the rollup writes the sums of
//! its own events, whatever days are in them, and reads nothing old; a merge makes one run of several.
//! Readers add up.
//!
//! There are two kinds: [`sums`](sums_schema) has a row for each entity, cube, bucket and value,
//! [`visits`](visits_schema) one for each entity, UTC day and visitor. Both are sorted by [`Key`]
//! first, so that what one question reads lies together.

mod build;
mod reader;
mod row;
mod totals;
mod writer;

use std::sync::Arc;

use arrow::{
    array::{Int64Array, RecordBatch},
    datatypes::{DataType, Field, FieldRef, Schema, SchemaRef},
    error::ArrowError,
};
use model::{Cube, EntityId, EntityKind, Measure, time};
use serde::{Deserialize, Serialize};

pub use self::{
    build::{SumRows, VisitRows},
    reader::RunReader,
    row::{Quarters, SumRow, Visit},
    writer::{Finished, RunWriter, STRIDE},
};
use crate::{manifest::File, views::time_type};

/// Days of one period: a question about a month reads two of them, and a busy period has files
/// of its own.
const PERIOD_DAYS: i64 = 32;

/// Which of the two kinds of run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Sums of measures.
    Sums,
    /// Who was there when.
    Visits,
}

impl Table {
    /// Its columns.
    pub fn schema(self) -> SchemaRef {
        match self {
            Self::Sums => sums_schema(),
            Self::Visits => visits_schema(),
        }
    }

    /// How many of its first columns make a row the same as another: it is sorted by them.
    pub fn sorted_by(self) -> usize {
        SORTED_BY
    }
}

const SORTED_BY: usize = 5;

/// Where rows lie: files are sorted by it, and know it of every [`STRIDE`]th row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "(i32, u64, u16)", from = "(i32, u64, u16)")]
pub struct Key {
    /// Number of the period of time.
    pub period: i32,
    /// Raw number of the entity.
    pub entity: u64,
    /// Kind of the entity, and cube.
    pub part: u16,
}

impl From<Key> for (i32, u64, u16) {
    fn from(key: Key) -> Self {
        (key.period, key.entity, key.part)
    }
}

impl From<(i32, u64, u16)> for Key {
    fn from((period, entity, part): (i32, u64, u16)) -> Self {
        Self {
            period,
            entity,
            part,
        }
    }
}

impl Key {
    /// Of an entity's rows of a cube on a day (UTC, since 1970-01-01); without a cube of its visits.
    pub fn new(entity: EntityId, cube: Option<&Cube>, day: i64) -> Self {
        Self {
            period: period(day),
            entity: entity.raw,
            part: part(entity.kind, cube),
        }
    }
}

/// The period that a day is in; of days that no calendar has, the first or the last there is.
pub fn period(day: i64) -> i32 {
    let period = day.div_euclid(PERIOD_DAYS);
    period.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// The period that a unix minute is in.
pub fn period_of_minute(minute: i64) -> i32 {
    period(time::day_of(minute))
}

/// Kind and cube in one number.
pub fn part(kind: EntityKind, cube: Option<&Cube>) -> u16 {
    let cube = cube.map_or(0, |cube| cube.id as u16);
    u16::from(kind.code()) << 8 | cube
}

/// The kind of entity in a part.
pub fn kind_of(part: u16) -> Option<EntityKind> {
    EntityKind::from_code((part >> 8) as u8)
}

/// The id of the cube in a part.
pub fn cube_of(part: u16) -> u32 {
    u32::from(part & 0xff)
}

/// One file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// The file.
    #[serde(flatten)]
    pub file: File,
    /// Number of the run: its files have no key in common but at their ends.
    pub run: u64,
    /// How often its rows have been merged.
    pub level: u8,
    /// Key of its first row.
    pub first: Key,
    /// Key of its last row.
    pub last: Key,
    /// Events that its rows count; none in files of visits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<Total>,
    /// Values that its rows of accounts sum, by id of the cube, where that is not nought: micro-units of whatever
    /// currency, modulo 2^64. `None` in files from before this was told, and in files of visits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<(u32, i64)>>,
}

/// How many events the rows of a cube count. Every event is counted once for its account and once
/// for its link, pixel or goal, if the cube is kept for those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u32, i64, i64)", from = "(u32, i64, i64)")]
pub struct Total {
    /// Id of the cube.
    pub cube: u32,
    /// By rows of accounts.
    pub accounts: i64,
    /// By rows of links, pixels and goals.
    pub objects: i64,
}

impl From<Total> for (u32, i64, i64) {
    fn from(total: Total) -> Self {
        (total.cube, total.accounts, total.objects)
    }
}

impl From<(u32, i64, i64)> for Total {
    fn from((cube, accounts, objects): (u32, i64, i64)) -> Self {
        Self {
            cube,
            accounts,
            objects,
        }
    }
}

impl RunFile {
    /// Whether it may hold rows of one of these periods.
    pub fn touches(&self, periods: (i32, i32)) -> bool {
        self.first.period <= periods.1 && periods.0 <= self.last.period
    }

    /// Whether it may hold rows from one key to another, both included.
    pub fn overlaps(&self, first: Key, last: Key) -> bool {
        self.first <= last && first <= self.last
    }
}

/// Columns of sums: sorted by `period, entity, part, time, value`, one row for each.
pub fn sums_schema() -> SchemaRef {
    let mut fields = key_fields();
    fields.push(Field::new("time", time_type(), false));
    fields.push(Field::new("value", DataType::Utf8, false));
    let measure = |m: Measure| match m {
        Measure::ValueMicros => Field::new(m.column(), DataType::Decimal128(38, 0), false),
        _ => Field::new(m.column(), DataType::Int64, m.is_later()),
    };
    fields.extend(Measure::ALL.map(measure));
    Arc::new(Schema::new(fields))
}

/// Rows of a file of sums with all columns of [`sums_schema`]: those of measures that the file is older than are
/// noughts.
pub fn widened(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = sums_schema();
    let column = |field: &FieldRef| match batch.column_by_name(field.name()) {
        Some(column) => Arc::clone(column),
        None => Arc::new(Int64Array::from(vec![0; batch.num_rows()])),
    };
    let columns = schema.fields().iter().map(column).collect();
    RecordBatch::try_new(schema, columns)
}

/// Columns of visits: sorted by `period, entity, part, day, visitor`, one row for each. The other
/// four are [`Quarters`]: of people and of bots, the first 64 of the day and the rest.
pub fn visits_schema() -> SchemaRef {
    let mut fields = key_fields();
    fields.push(Field::new("day", DataType::Date32, false));
    fields.push(Field::new("visitor", DataType::UInt64, false));
    for who in ["people", "bots"] {
        fields.push(Field::new(format!("{who}_early"), DataType::UInt64, false));
        fields.push(Field::new(format!("{who}_late"), DataType::UInt32, false));
    }
    Arc::new(Schema::new(fields))
}

fn key_fields() -> Vec<Field> {
    vec![
        Field::new("period", DataType::Int32, false),
        Field::new("entity", DataType::UInt64, false),
        Field::new("part", DataType::UInt16, false),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::CUBES;

    #[test]
    fn kind_and_cube_are_found_again() {
        for kind in EntityKind::ALL {
            assert_eq!(kind_of(part(kind, None)), Some(kind));
            for cube in CUBES {
                let part = part(kind, Some(cube));
                assert_eq!((kind_of(part), cube_of(part)), (Some(kind), cube.id));
            }
        }
        assert!(CUBES.iter().all(|cube| cube.id < 256));
    }

    #[test]
    fn keys_are_written_as_three_numbers() {
        let key = Key::new(EntityId::new(EntityKind::Link, u64::MAX), None, -1);
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(text, "[-1,18446744073709551615,512]");
        assert_eq!(serde_json::from_str::<Key>(&text).unwrap(), key);
    }
}
