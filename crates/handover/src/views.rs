//! The day files of the version before, which are read until they are taken over; and what they
//! have in common with other files in Parquet.

use std::sync::Arc;

use crate::runs::SumRow;
use arrow::{
    array::{AsArray, BooleanArray, RecordBatch, Scalar, StringArray},
    compute::{filter_record_batch, kernels::cmp},
    datatypes::{
        DataType, Field, Int64Type, Schema, TimeUnit, TimestampMillisecondType, UInt64Type,
    },
};
use bytes::Bytes;
use futures::TryStreamExt;
use model::{Counts, EntityId, Measure};
use object_store::path::Path;
use parquet::{
    arrow::{
        ArrowWriter, ParquetRecordBatchStreamBuilder,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
    },
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::{metadata::RowGroupMetaData, properties::WriterProperties, statistics::Statistics},
};
use storage::{
    error::{Kind, StorageError},
    parquet_object::ObjectReader,
    store::Store,
};

/// Rows in one row group: what a query about one entity reads at least.
const ROW_GROUP: usize = 8192;
/// View of distinct visitors per entity and hour.
pub const VISITORS: &str = "visitors";
/// View of counts of distinct visitors per entity and hour or day.
pub const UNIQUES: &str = "uniques";
/// View of counts of distinct visitors per entity and month; in the file of the month's first day.
pub const MONTH_UNIQUES: &str = "month_uniques";

/// Why a view cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The file is missing or damaged, or the store does not answer.
    #[error("view file `{path}`: {source}")]
    Parquet {
        /// The file.
        path: String,
        /// What went wrong.
        source: ParquetError,
    },
    /// Another reader of the same file failed.
    #[error("{0}")]
    Shared(Arc<ViewError>),
    /// The file's columns are not those of the view.
    #[error("view file `{path}` lacks column {column}")]
    Column {
        /// The file.
        path: String,
        /// The column.
        column: &'static str,
    },
}

impl From<ViewError> for StorageError {
    fn from(error: ViewError) -> Self {
        let kind = error.kind();
        let source = Box::new(error);
        Self::Content { kind, source }
    }
}

impl ViewError {
    fn kind(&self) -> Kind {
        match self {
            Self::Parquet {
                source: ParquetError::External(cause),
                ..
            } if is_out_of_reach(&**cause) => Kind::Unavailable,
            Self::Parquet { .. } | Self::Column { .. } => Kind::Damaged,
            Self::Shared(error) => error.kind(),
        }
    }
}

/// A file that is not there is as bad as a damaged one: a manifest names it.
fn is_out_of_reach(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let cause = cause.downcast_ref::<object_store::Error>();
    cause.is_some_and(|cause| !matches!(cause, object_store::Error::NotFound { .. }))
}

/// One row of [`VISITORS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitorRow {
    /// Start of the hour, unix minute.
    pub hour: i64,
    /// Whether the visitor is a bot.
    pub bot: bool,
    /// The visitor.
    pub visitor: u64,
}

/// Type of all time columns: milliseconds, UTC.
pub fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// Columns of a cube's view: `entity, time, value` and one per measure.
pub fn cube_schema() -> Arc<Schema> {
    let mut fields = vec![
        Field::new("entity", DataType::Utf8, false),
        Field::new("time", time_type(), false),
        Field::new("value", DataType::Utf8, false),
    ];
    let measure = |m: Measure| Field::new(m.column(), DataType::Int64, m.is_later());
    fields.extend(Measure::ALL.map(measure));
    Arc::new(Schema::new(fields))
}

/// Columns of [`VISITORS`].
pub fn visitors_schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("entity", DataType::Utf8, false),
        Field::new("time", time_type(), false),
        Field::new("bot", DataType::Boolean, false),
        Field::new("visitor", DataType::UInt64, false),
    ]))
}

/// Writes a view as Parquet in memory. Rows must be sorted by entity: readers skip row groups.
pub struct ViewWriter(ArrowWriter<Vec<u8>>);

impl ViewWriter {
    /// A writer for batches of `schema`.
    pub fn new(schema: Arc<Schema>) -> Result<Self, ParquetError> {
        let level = ZstdLevel::try_new(3)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .build();
        Ok(Self(ArrowWriter::try_new(
            Vec::new(),
            schema,
            Some(properties),
        )?))
    }

    /// Appends rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        self.0.write(batch)
    }

    /// The file's bytes.
    pub fn finish(self) -> Result<Bytes, ParquetError> {
        self.0.into_inner().map(Bytes::from)
    }
}

/// Reads the rows of one entity out of one view file.
pub struct ViewReader {
    reader: ObjectReader,
    metadata: ArrowReaderMetadata,
}

impl ViewReader {
    /// Opens a file: reads its footer.
    pub async fn open(store: &Store, path: Path, size: u64) -> Result<Self, ViewError> {
        let mut reader = ObjectReader::new(Arc::clone(store), path, size);
        let metadata =
            ArrowReaderMetadata::load_async(&mut reader, ArrowReaderOptions::new()).await;
        let metadata = metadata.map_err(|e| parquet_error(&reader.path, e))?;
        Ok(Self { reader, metadata })
    }

    /// Rows of a cube's view.
    pub async fn cube(&self, entity: EntityId) -> Result<Vec<SumRow>, ViewError> {
        let mut rows = Vec::new();
        for batch in self.batches(entity).await? {
            let values = self.text(&batch, "value")?;
            let buckets = self.minutes(&batch)?;
            let measures = Measure::ALL.map(|m| {
                batch
                    .column_by_name(m.column())
                    .and_then(|c| c.as_primitive_opt::<Int64Type>().cloned())
            });
            for (i, bucket) in buckets.into_iter().enumerate() {
                let number = |m: Measure| measures[m as usize].as_ref().map_or(0, |c| c.value(i));
                let mut counts = Counts {
                    micros: number(Measure::ValueMicros).into(),
                    ..Counts::default()
                };
                for measure in Measure::COUNTERS {
                    counts.set(measure, number(measure));
                }
                rows.push(SumRow {
                    bucket,
                    value: values.value(i).into(),
                    counts,
                });
            }
        }
        Ok(rows)
    }

    /// Rows of [`VISITORS`].
    pub async fn visitors(&self, entity: EntityId) -> Result<Vec<VisitorRow>, ViewError> {
        let mut rows = Vec::new();
        for batch in self.batches(entity).await? {
            let hours = self.minutes(&batch)?;
            let bots = batch
                .column_by_name("bot")
                .and_then(|c| c.as_boolean_opt())
                .ok_or(self.lacks("bot"))?;
            let visitors = self.numbers(&batch, "visitor")?;
            rows.extend((0..batch.num_rows()).map(|i| VisitorRow {
                hour: hours[i],
                bot: bots.value(i),
                visitor: visitors[i],
            }));
        }
        Ok(rows)
    }

    /// All rows of one entity.
    pub(crate) async fn batches(&self, entity: EntityId) -> Result<Vec<RecordBatch>, ViewError> {
        let name = entity.to_string();
        let groups = self.metadata.metadata().row_groups();
        let groups: Vec<usize> = (0..groups.len())
            .filter(|i| may_hold(&groups[*i], name.as_bytes()))
            .collect();
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let error = |e| parquet_error(&self.reader.path, e);
        let stream = ParquetRecordBatchStreamBuilder::new_with_metadata(
            self.reader.clone(),
            self.metadata.clone(),
        )
        .with_row_groups(groups)
        .build()
        .map_err(error)?;
        let batches: Vec<RecordBatch> = stream.try_collect().await.map_err(error)?;
        let wanted = Scalar::new(StringArray::from(vec![name]));
        let mut out = Vec::new();
        for batch in batches {
            let entities = batch.column_by_name("entity").ok_or(self.lacks("entity"))?;
            let here: BooleanArray = cmp::eq(entities, &wanted).map_err(|e| error(e.into()))?;
            out.push(filter_record_batch(&batch, &here).map_err(|e| error(e.into()))?);
        }
        Ok(out)
    }

    fn text<'a>(
        &self,
        batch: &'a RecordBatch,
        name: &'static str,
    ) -> Result<&'a StringArray, ViewError> {
        batch
            .column_by_name(name)
            .and_then(|c| c.as_string_opt::<i32>())
            .ok_or(self.lacks(name))
    }

    fn numbers(&self, batch: &RecordBatch, name: &'static str) -> Result<Vec<u64>, ViewError> {
        let column = batch
            .column_by_name(name)
            .and_then(|c| c.as_primitive_opt::<UInt64Type>());
        Ok(column.ok_or(self.lacks(name))?.values().to_vec())
    }

    fn minutes(&self, batch: &RecordBatch) -> Result<Vec<i64>, ViewError> {
        let column = batch
            .column_by_name("time")
            .and_then(|c| c.as_primitive_opt::<TimestampMillisecondType>());
        Ok(column
            .ok_or(self.lacks("time"))?
            .values()
            .iter()
            .map(|ms| ms.div_euclid(60_000))
            .collect())
    }

    fn lacks(&self, column: &'static str) -> ViewError {
        ViewError::Column {
            path: self.reader.path.to_string(),
            column,
        }
    }
}

fn parquet_error(path: &Path, source: ParquetError) -> ViewError {
    ViewError::Parquet {
        path: path.to_string(),
        source,
    }
}

/// Whether a row group may hold rows of `entity`, by the statistics of its first column.
fn may_hold(group: &RowGroupMetaData, entity: &[u8]) -> bool {
    let Some(Statistics::ByteArray(statistics)) = group.column(0).statistics() else {
        return true;
    };
    let above = statistics.min_opt().is_none_or(|min| min.data() <= entity);
    // A maximum that was cut short is not a bound.
    let below =
        !statistics.max_is_exact() || statistics.max_opt().is_none_or(|max| max.data() >= entity);
    above && below
}
