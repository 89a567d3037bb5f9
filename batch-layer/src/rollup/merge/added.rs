//! Rows with the same key become one: measures are added, quarters of an hour put together.

use std::{ops::Range, sync::Arc};

use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, Decimal128Array, PrimitiveArray, RecordBatch, UInt64Array},
    compute::{concat_batches, partition, take},
    datatypes::{ArrowPrimitiveType, DataType, Decimal128Type, Int64Type, UInt32Type, UInt64Type},
    error::ArrowError,
};
use handover::runs::Table;
use model::{Bug, planted};

/// Adds up rows of a stream that is in order.
pub(super) struct Adder {
    table: Table,
    /// Rows of the last key, of which there may be more.
    held: Option<RecordBatch>,
}

impl Adder {
    pub(super) fn new(table: Table) -> Self {
        Self { table, held: None }
    }

    /// Takes rows; gives those that are complete.
    pub(super) fn add(&mut self, batch: RecordBatch) -> Result<Option<RecordBatch>, ArrowError> {
        let all = match self.held.take() {
            Some(held) => concat_batches(&batch.schema(), [&held, &batch])?,
            None => batch,
        };
        let mut ranges = self.ranges(&all)?;
        if let Some(last) = ranges.pop() {
            self.held = Some(all.slice(last.start, last.len()));
        }
        self.added(&all, &ranges)
    }

    /// Gives the last row.
    pub(super) fn finish(self) -> Result<Option<RecordBatch>, ArrowError> {
        let Some(all) = self.held.as_ref().filter(|_| !planted(Bug::MergeDropsLast)) else {
            return Ok(None);
        };
        self.added(all, &self.ranges(all)?)
    }

    fn ranges(&self, rows: &RecordBatch) -> Result<Vec<Range<usize>>, ArrowError> {
        let keys = &rows.columns()[..self.table.sorted_by()];
        Ok(partition(keys)?.ranges())
    }

    fn added(
        &self,
        rows: &RecordBatch,
        ranges: &[Range<usize>],
    ) -> Result<Option<RecordBatch>, ArrowError> {
        let Some(last) = ranges.last() else {
            return Ok(None);
        };
        if ranges.len() == last.end {
            return Ok(Some(rows.slice(0, last.end)));
        }
        let firsts = UInt64Array::from_iter_values(ranges.iter().map(|r| r.start as u64));
        let (keys, measures) = rows.columns().split_at(self.table.sorted_by());
        let mut columns = Vec::with_capacity(rows.num_columns());
        for column in keys {
            columns.push(take(column, &firsts, None)?);
        }
        for column in measures {
            columns.push(self.joined(column, ranges)?);
        }
        RecordBatch::try_new(rows.schema(), columns).map(Some)
    }

    fn joined(&self, column: &ArrayRef, ranges: &[Range<usize>]) -> Result<ArrayRef, ArrowError> {
        Ok(match (self.table, column.data_type()) {
            (Table::Sums, DataType::Int64) => {
                fold::<Int64Type>(column, ranges, i64::saturating_add)
            }
            (Table::Sums, DataType::Decimal128(..)) => {
                let values = column.as_primitive::<Decimal128Type>().values();
                let sum = |r: &Range<usize>| values[r.clone()].iter().sum::<i128>();
                let sums = Decimal128Array::from_iter_values(ranges.iter().map(sum));
                Arc::new(sums.with_data_type(column.data_type().clone()))
            }
            (Table::Visits, DataType::UInt64) => fold::<UInt64Type>(column, ranges, |a, b| a | b),
            (Table::Visits, DataType::UInt32) => fold::<UInt32Type>(column, ranges, |a, b| a | b),
            (_, other) => {
                let why = format!("{other} is not the type of a measure");
                return Err(ArrowError::SchemaError(why));
            }
        })
    }
}

fn fold<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    ranges: &[Range<usize>],
    join: impl Fn(T::Native, T::Native) -> T::Native,
) -> ArrayRef {
    let values = column.as_primitive::<T>().values();
    let join = |r: &Range<usize>| {
        let first = values[r.start];
        values[r.start + 1..r.end]
            .iter()
            .fold(first, |a, b| join(a, *b))
    };
    Arc::new(PrimitiveArray::<T>::from_iter_values(
        ranges.iter().map(join),
    ))
}
