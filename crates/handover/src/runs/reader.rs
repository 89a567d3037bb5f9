//! Reading what one question needs out of one file of a run: the directory tells the rows, and only
//! their pages are fetched.

use std::{ops::Range, sync::Arc};

use arrow::{
    array::{Array, ArrowPrimitiveType, AsArray, PrimitiveArray, RecordBatch},
    datatypes::{
        DataType, Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMillisecondType,
        UInt16Type, UInt32Type, UInt64Type,
    },
};
use futures::TryStreamExt;
use model::{Counts, Measure};
use object_store::path::Path;
use parquet::{
    arrow::{
        ParquetRecordBatchStreamBuilder,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection},
    },
    errors::ParquetError,
    file::metadata::PageIndexPolicy,
};
use storage::{parquet_object::ObjectReader, store::Store};

use super::{
    Key,
    row::{Quarters, SumRow, Visit},
    writer::{DIRECTORY, STRIDE},
};
use crate::views::ViewError;

/// An open file: its footer and its directory.
pub struct RunReader {
    reader: ObjectReader,
    metadata: ArrowReaderMetadata,
    directory: Vec<Key>,
    rows: usize,
}

impl RunReader {
    /// Opens a file of `size` bytes.
    pub async fn open(store: &Store, path: Path, size: u64) -> Result<Self, ViewError> {
        let mut reader = ObjectReader::new(Arc::clone(store), path, size);
        let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Required);
        let metadata = ArrowReaderMetadata::load_async(&mut reader, options).await;
        let metadata = metadata.map_err(|source| failed(&reader.path, source))?;
        let file = metadata.metadata().file_metadata();
        let entry = file.key_value_metadata().into_iter().flatten();
        let entry = entry.into_iter().find(|entry| entry.key == DIRECTORY);
        let directory = entry.and_then(|entry| entry.value.as_deref());
        let directory = directory.and_then(|text| serde_json::from_str(text).ok());
        let rows = usize::try_from(file.num_rows()).unwrap_or(0);
        let Some(directory) = directory.filter(|d: &Vec<Key>| d.len() == rows.div_ceil(STRIDE))
        else {
            let why = "its directory of keys is missing or damaged".to_owned();
            return Err(failed(&reader.path, ParquetError::General(why)));
        };
        Ok(Self {
            reader,
            metadata,
            directory,
            rows,
        })
    }

    /// What it takes in memory, bytes, roughly.
    pub fn memory(&self) -> usize {
        let directory = self.directory.len() * size_of::<Key>();
        directory + self.metadata.metadata().memory_size()
    }

    /// How many rows there are under a key, at most.
    pub fn rows_under(&self, key: Key) -> usize {
        self.rows_of(key).len()
    }

    /// The sums under a key, in order.
    pub async fn sums(&self, key: Key) -> Result<Vec<SumRow>, ViewError> {
        let mut rows = Vec::new();
        let add = |columns: &Columns<'_>, here: Range<usize>| {
            let times = columns.numbers::<TimestampMillisecondType>("time")?;
            let values = columns.texts("value")?;
            let measures = Measures::of(columns)?;
            rows.extend(here.map(|row| SumRow {
                bucket: times.value(row).div_euclid(60_000),
                value: values.value(row).into(),
                counts: measures.counts(row),
            }));
            Ok(())
        };
        self.each(key, add).await?;
        Ok(rows)
    }

    /// The visits under a key, in order.
    pub async fn visits(
        &self,
        key: Key,
        mut take: impl FnMut(Visit) + Send,
    ) -> Result<(), ViewError> {
        let give = |columns: &Columns<'_>, here: Range<usize>| {
            let dates = columns.numbers::<Date32Type>("day")?;
            let visitors = columns.numbers::<UInt64Type>("visitor")?;
            let early = |who| columns.numbers::<UInt64Type>(who);
            let late = |who| columns.numbers::<UInt32Type>(who);
            let people = (early("people_early")?, late("people_late")?);
            let bots = (early("bots_early")?, late("bots_late")?);
            for row in here {
                take(Visit {
                    day: i64::from(dates.value(row)),
                    visitor: visitors.value(row),
                    people: Quarters::join(people.0.value(row), people.1.value(row)),
                    bots: Quarters::join(bots.0.value(row), bots.1.value(row)),
                });
            }
            Ok(())
        };
        self.each(key, give).await
    }

    /// Gives each batch that holds rows under a key, and where in it those are.
    async fn each(
        &self,
        key: Key,
        mut give: impl FnMut(&Columns<'_>, Range<usize>) -> Result<(), ViewError> + Send,
    ) -> Result<(), ViewError> {
        let rows = self.rows_of(key);
        if rows.is_empty() {
            return Ok(());
        }
        let failed = |source| failed(&self.reader.path, source);
        let selection = RowSelection::from_consecutive_ranges([rows].into_iter(), self.rows);
        let mut batches = ParquetRecordBatchStreamBuilder::new_with_metadata(
            self.reader.clone(),
            self.metadata.clone(),
        )
        .with_row_selection(selection)
        .with_batch_size(STRIDE)
        .build()
        .map_err(failed)?;
        while let Some(batch) = batches.try_next().await.map_err(failed)? {
            let columns = Columns(&batch, &self.reader.path);
            let here = columns.rows_of(key)?;
            if !here.is_empty() {
                give(&columns, here)?;
            }
        }
        Ok(())
    }

    /// Where rows under a key can be.
    fn rows_of(&self, key: Key) -> Range<usize> {
        let first = self.directory.partition_point(|other| *other < key);
        let end = self.directory.partition_point(|other| *other <= key);
        first.saturating_sub(1) * STRIDE..(end * STRIDE).min(self.rows)
    }
}

/// The columns of the measures; a file lacks those that it is older than.
struct Measures<'a> {
    counts: Vec<Option<&'a PrimitiveArray<Int64Type>>>,
    micros: &'a PrimitiveArray<Decimal128Type>,
}

impl<'a> Measures<'a> {
    fn of(columns: &Columns<'a>) -> Result<Self, ViewError> {
        let column = |measure: &Measure| match columns.numbers(measure.column()) {
            Err(_) if measure.is_later() => Ok(None),
            found => found.map(Some),
        };
        let counts = Measure::COUNTERS.iter().map(column);
        Ok(Self {
            counts: counts.collect::<Result<_, _>>()?,
            micros: columns.numbers(Measure::ValueMicros.column())?,
        })
    }

    fn counts(&self, row: usize) -> Counts {
        let mut counts = Counts {
            micros: self.micros.value(row),
            ..Counts::default()
        };
        for (count, column) in counts.events.iter_mut().zip(&self.counts) {
            *count = column.map_or(0, |column| column.value(row));
        }
        counts
    }
}

/// Columns of a batch by name; what lacks is damage.
struct Columns<'a>(&'a RecordBatch, &'a Path);

impl<'a> Columns<'a> {
    /// The rows under a key: they are in order.
    fn rows_of(&self, key: Key) -> Result<Range<usize>, ViewError> {
        let periods = self.numbers::<Int32Type>("period")?;
        let entities = self.numbers::<UInt64Type>("entity")?;
        let parts = self.numbers::<UInt16Type>("part")?;
        let of = |row| Key::from((periods.value(row), entities.value(row), parts.value(row)));
        let place = |is_before: &dyn Fn(Key) -> bool| {
            let (mut low, mut high) = (0, self.0.num_rows());
            while low < high {
                let middle = usize::midpoint(low, high);
                match is_before(of(middle)) {
                    true => low = middle + 1,
                    false => high = middle,
                }
            }
            low
        };
        Ok(place(&|other| other < key)..place(&|other| other <= key))
    }

    fn numbers<T: ArrowPrimitiveType>(
        &self,
        name: &'static str,
    ) -> Result<&'a PrimitiveArray<T>, ViewError> {
        let column = self.0.column_by_name(name);
        let column = column.filter(|column| is_of::<T>(column.data_type()));
        let column = column.and_then(|column| column.as_primitive_opt::<T>());
        column.ok_or_else(|| self.lacks(name))
    }

    fn texts(&self, name: &'static str) -> Result<&'a arrow::array::StringArray, ViewError> {
        let column = self.0.column_by_name(name);
        let column = column.and_then(|column| column.as_string_opt::<i32>());
        column.ok_or_else(|| self.lacks(name))
    }

    fn lacks(&self, column: &'static str) -> ViewError {
        ViewError::Column {
            path: self.1.to_string(),
            column,
        }
    }
}

fn is_of<T: ArrowPrimitiveType>(kind: &DataType) -> bool {
    std::mem::discriminant(kind) == std::mem::discriminant(&T::DATA_TYPE)
}

fn failed(path: &Path, source: ParquetError) -> ViewError {
    ViewError::Parquet {
        path: path.to_string(),
        source,
    }
}
