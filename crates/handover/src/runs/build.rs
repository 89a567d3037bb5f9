//! Rows into columns.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringBuilder,
        TimestampMillisecondArray, UInt16Array, UInt32Array, UInt64Array,
    },
    error::ArrowError,
};
use model::{Counts, Cube, EntityId, Measure, time};

use super::{Quarters, part, period_of_minute, sums_schema, visits_schema};

/// Columns of rows of sums.
#[derive(Default)]
pub struct SumRows {
    period: Vec<i32>,
    entity: Vec<u64>,
    part: Vec<u16>,
    time: Vec<i64>,
    value: StringBuilder,
    counts: [Vec<i64>; Measure::COUNTERS.len()],
    micros: Vec<i128>,
}

impl SumRows {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.micros.len()
    }

    /// Adds a row; `bucket` is a unix minute. Rows must come in order.
    pub fn push(
        &mut self,
        entity: EntityId,
        cube: &Cube,
        bucket: i64,
        value: &str,
        counts: &Counts,
    ) {
        self.period.push(period_of_minute(bucket));
        self.entity.push(entity.raw);
        self.part.push(part(entity.kind, Some(cube)));
        self.time.push(bucket * 60_000);
        self.value.append_value(value);
        for (column, count) in self.counts.iter_mut().zip(counts.events) {
            column.push(count);
        }
        self.micros.push(counts.micros);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.micros.is_empty()
    }

    /// The rows, as one batch; none are left.
    pub fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let mut rows = std::mem::take(self);
        let times = TimestampMillisecondArray::from(rows.time).with_timezone("UTC");
        let micros = Decimal128Array::from(rows.micros).with_precision_and_scale(38, 0)?;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(Int32Array::from(rows.period)),
            Arc::new(UInt64Array::from(rows.entity)),
            Arc::new(UInt16Array::from(rows.part)),
            Arc::new(times),
            Arc::new(rows.value.finish()),
        ];
        let mut counts = rows.counts.into_iter();
        let (first, later) = Measure::COUNTERS.split_at(Measure::ValueMicros as usize);
        let mut counters = |measures: &[Measure]| -> Vec<ArrayRef> {
            let arrays = counts.by_ref().take(measures.len());
            arrays
                .map(|column| Arc::new(Int64Array::from(column)) as ArrayRef)
                .collect()
        };
        columns.extend(counters(first));
        columns.push(Arc::new(micros));
        columns.extend(counters(later));
        RecordBatch::try_new(sums_schema(), columns)
    }
}

/// Columns of rows of visits.
#[derive(Default)]
pub struct VisitRows {
    period: Vec<i32>,
    entity: Vec<u64>,
    part: Vec<u16>,
    day: Vec<i32>,
    visitor: Vec<u64>,
    early: [Vec<u64>; 2],
    late: [Vec<u32>; 2],
}

impl VisitRows {
    /// Adds a row. Rows must come in order.
    pub fn push(
        &mut self,
        entity: EntityId,
        day: i64,
        visitor: u64,
        people: Quarters,
        bots: Quarters,
    ) {
        self.period.push(period_of_minute(day * time::DAY));
        self.entity.push(entity.raw);
        self.part.push(part(entity.kind, None));
        self.day.push(i32::try_from(day).unwrap_or(i32::MAX));
        self.visitor.push(visitor);
        for (place, quarters) in [people, bots].into_iter().enumerate() {
            let (early, late) = quarters.split();
            self.early[place].push(early);
            self.late[place].push(late);
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.visitor.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.visitor.is_empty()
    }

    /// The rows, as one batch; none are left.
    pub fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let rows = std::mem::take(self);
        let ([people_early, bots_early], [people_late, bots_late]) = (rows.early, rows.late);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int32Array::from(rows.period)),
            Arc::new(UInt64Array::from(rows.entity)),
            Arc::new(UInt16Array::from(rows.part)),
            Arc::new(Date32Array::from(rows.day)),
            Arc::new(UInt64Array::from(rows.visitor)),
            Arc::new(UInt64Array::from(people_early)),
            Arc::new(UInt32Array::from(people_late)),
            Arc::new(UInt64Array::from(bots_early)),
            Arc::new(UInt32Array::from(bots_late)),
        ];
        RecordBatch::try_new(visits_schema(), columns)
    }
}
