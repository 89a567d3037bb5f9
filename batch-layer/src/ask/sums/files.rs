//! Files of events, read for one account: of a file only the groups of rows, of these only the pages, that can have events of it,
//! and texts as numbers of their values, as they are stored.

use std::{ops::Range, sync::Arc};

use asking::AskError;
use datafusion::{
    arrow::{
        array::{ArrayRef, RecordBatch, new_null_array},
        datatypes::SchemaRef,
    },
    datasource::{
        listing::PartitionedFile,
        physical_plan::{ParquetFileReaderFactory, parquet::CachedParquetFileReaderFactory},
    },
    error::DataFusionError,
    execution::cache::cache_manager::{CacheManager, CacheManagerConfig, FileMetadataCache},
    physical_plan::metrics::ExecutionPlanMetricsSet,
};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use handover::manifest::PlacedEvents;
use parquet::{
    arrow::{
        ParquetRecordBatchStreamBuilder, ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection},
        async_reader::AsyncFileReader,
    },
    file::{
        metadata::{PageIndexPolicy, ParquetMetaData},
        page_index::column_index::ColumnIndexMetaData,
        statistics::Statistics,
    },
};
use storage::store::Store;

use super::classes::coded;
use crate::ask::failed;

/// Rows that are handled together.
const ROWS: usize = 16_384;
/// What is read from the end of a file at once, bytes: its index is mostly in it.
const INDEX: usize = 64 << 10;

/// What is wanted of files.
pub(super) struct Wanted {
    /// Id of the account.
    pub account: String,
    /// When the events happened, unix milliseconds; the end is out.
    pub times: (i64, i64),
    /// Columns, as [`coded`] has them; each may be null, as it is in files that are older.
    pub schema: SchemaRef,
}

/// Room for indexes of files. Not that of the engine: there files are known with the time of their last change, and what one of us
/// keeps of a file the other takes for old.
pub(in crate::ask) fn kept_indexes() -> Result<Arc<FileMetadataCache>, DataFusionError> {
    let manager = CacheManager::try_new(&CacheManagerConfig::default())?;
    Ok(manager.get_file_metadata_cache())
}

/// Reads files.
pub(super) struct Files(CachedParquetFileReaderFactory);

impl Files {
    /// Indexes of files are kept.
    pub(super) fn new(store: &Store, indexes: &Arc<FileMetadataCache>) -> Self {
        let indexes = Arc::clone(indexes);
        Self(CachedParquetFileReaderFactory::new(
            Arc::clone(store),
            indexes,
        ))
    }

    /// The rows of a file that may be wanted: all that are, and maybe others.
    pub(super) async fn read(
        &self,
        file: &PlacedEvents,
        wanted: &Wanted,
    ) -> Result<BoxStream<'static, Result<RecordBatch, AskError>>, AskError> {
        let reader = self.reader(file).map_err(failed)?;
        let rows = rows(reader, wanted).await.map_err(failed)?;
        Ok(rows.map_err(failed).boxed())
    }

    fn reader(&self, file: &PlacedEvents) -> Result<Box<dyn AsyncFileReader>, DataFusionError> {
        let placed = PartitionedFile::new(file.path.to_string(), file.file.bytes);
        let metrics = ExecutionPlanMetricsSet::new();
        let reader = self.0.create_reader(0, placed, Some(INDEX), &metrics);
        Ok(reader?)
    }
}

async fn rows(
    mut reader: Box<dyn AsyncFileReader>,
    wanted: &Wanted,
) -> Result<BoxStream<'static, Result<RecordBatch, DataFusionError>>, DataFusionError> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let index = reader.get_metadata(Some(&options)).await?;
    let plain = ArrowReaderMetadata::try_new(Arc::clone(&index), options.clone())?;
    let coded = Arc::new(coded(plain.schema()));
    let read_as = ArrowReaderMetadata::try_new(Arc::clone(&index), options.with_schema(coded))?;
    let parts = parts(&index, wanted);
    let names = wanted
        .schema
        .fields()
        .iter()
        .map(|field| field.name().as_str());
    let columns = ProjectionMask::columns(read_as.parquet_schema(), names);
    let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, read_as)
        .with_projection(columns)
        .with_row_groups(parts.groups)
        .with_row_selection(parts.rows)
        .with_batch_size(ROWS);
    let schema = Arc::clone(&wanted.schema);
    let rows = builder.build()?.map(move |batch| conform(&batch?, &schema));
    Ok(rows.boxed())
}

/// With all columns, in order; those that the file is older than are null.
fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, DataFusionError> {
    let rows = batch.num_rows();
    let columns = schema
        .fields()
        .iter()
        .map(|field| -> Result<ArrayRef, DataFusionError> {
            match batch.column_by_name(field.name()) {
                Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
                Some(column) => Ok(datafusion::arrow::compute::cast(column, field.data_type())?),
                None => Ok(new_null_array(field.data_type(), rows)),
            }
        });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

/// Rows of the stream or of memory as files have them.
pub(super) fn as_read(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, AskError> {
    conform(batch, schema).map_err(failed)
}

/// Groups of rows, and the rows of these.
struct Parts {
    groups: Vec<usize>,
    rows: RowSelection,
}

/// What of a file can be wanted.
fn parts(index: &ParquetMetaData, wanted: &Wanted) -> Parts {
    let schema = index.file_metadata().schema_descr();
    let place = |name: &str| {
        schema
            .columns()
            .iter()
            .position(|column| column.name() == name)
    };
    let (account, time) = (place("account"), place("time"));
    let mut groups = Vec::new();
    let mut rows: Vec<Range<usize>> = Vec::new();
    let mut before = 0;
    for (at, group) in index.row_groups().iter().enumerate() {
        let statistics = |place: Option<usize>| group.column(place?).statistics();
        let has_account =
            statistics(account).is_none_or(|it| may_be(it, wanted.account.as_bytes()));
        let has_time = statistics(time).is_none_or(|it| touches(it, wanted.times));
        if !has_account || !has_time {
            continue;
        }
        let count = usize::try_from(group.num_rows()).unwrap_or_default();
        let pages = account.and_then(|account| pages(index, at, account, count, wanted));
        let pages = pages.unwrap_or_else(|| std::iter::once(0..count).collect());
        rows.extend(
            pages
                .iter()
                .map(|page| before + page.start..before + page.end),
        );
        groups.push(at);
        before += count;
    }
    Parts {
        groups,
        rows: RowSelection::from_consecutive_ranges(rows.into_iter(), before),
    }
}

/// Rows of the pages of a group that can be of the account; `None`: the file does not tell.
fn pages(
    index: &ParquetMetaData,
    group: usize,
    column: usize,
    count: usize,
    wanted: &Wanted,
) -> Option<Vec<Range<usize>>> {
    let ColumnIndexMetaData::BYTE_ARRAY(values) = index.column_index()?.get(group)?.get(column)?
    else {
        return None;
    };
    let pages = index
        .offset_index()?
        .get(group)?
        .get(column)?
        .page_locations();
    let account = wanted.account.as_bytes();
    let start = |page: usize| {
        let page = pages.get(page)?;
        usize::try_from(page.first_row_index).ok()
    };
    let found = (0..pages.len()).filter(|page| {
        let (least, most) = (values.min_value(*page), values.max_value(*page));
        least.is_none_or(|least| least <= account) && most.is_none_or(|most| account <= most)
    });
    found
        .map(|page| Some(start(page)?..start(page + 1).unwrap_or(count)))
        .collect()
}

fn may_be(statistics: &Statistics, value: &[u8]) -> bool {
    let least = statistics.min_bytes_opt();
    let most = statistics.max_bytes_opt();
    least.is_none_or(|least| least <= value) && most.is_none_or(|most| value <= most)
}

fn touches(statistics: &Statistics, (start, end): (i64, i64)) -> bool {
    let Statistics::Int64(times) = statistics else {
        return true;
    };
    let (first, last) = (times.min_opt(), times.max_opt());
    first.is_none_or(|first| *first < end) && last.is_none_or(|last| start <= *last)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::{
        array::{AsArray, StringArray, TimestampMillisecondArray},
        datatypes::{DataType, Field, Int32Type, Schema},
    };
    use handover::{manifest::File, views::time_type};
    use object_store::{ObjectStoreExt, memory::InMemory, path::Path};
    use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};

    use super::*;

    const ACCOUNTS: usize = 10;
    /// Rows of each account, in pages of a hundred, in groups of two accounts.
    const EACH: usize = 1_000;

    fn written() -> Vec<u8> {
        let schema = Schema::new(vec![
            Field::new("account", DataType::Utf8, false),
            Field::new("time", time_type(), false),
        ]);
        let rows = 0..ACCOUNTS * EACH;
        let accounts = rows.clone().map(|row| format!("acc_{}", row / EACH));
        let accounts = StringArray::from_iter_values(accounts);
        let times = TimestampMillisecondArray::from_iter_values(rows.map(|row| row as i64));
        let columns: Vec<ArrayRef> = vec![Arc::new(accounts), Arc::new(times.with_timezone("UTC"))];
        let batch = RecordBatch::try_new(Arc::new(schema.clone()), columns).unwrap();
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(2 * EACH))
            .set_write_batch_size(100)
            .set_data_page_row_count_limit(100)
            .build();
        let mut out = ArrowWriter::try_new(Vec::new(), Arc::new(schema), Some(properties)).unwrap();
        out.write(&batch).unwrap();
        out.into_inner().unwrap()
    }

    /// Rows that are read, and those of them that are wanted.
    async fn read(account: &str, times: (i64, i64)) -> (usize, usize) {
        let store: Store = Arc::new(InMemory::new());
        let bytes = written();
        let file = PlacedEvents {
            path: Path::from("events/a.parquet"),
            file: File {
                name: "a".into(),
                rows: (ACCOUNTS * EACH) as u64,
                bytes: bytes.len() as u64,
            },
            days: (0, 0),
        };
        store.put(&file.path, bytes.into()).await.unwrap();
        let nullable = |name: &str, kind| Field::new(name, kind, true);
        let schema = coded(&Schema::new(vec![
            nullable("account", DataType::Utf8),
            nullable("bot", DataType::Utf8),
            nullable("time", time_type()),
        ]));
        let wanted = Wanted {
            account: account.into(),
            times,
            schema: Arc::new(schema),
        };
        let files = Files::new(&store, &kept_indexes().unwrap());
        let rows = files.read(&file, &wanted).await.unwrap();
        let batches: Vec<RecordBatch> = rows.try_collect().await.unwrap();
        let of_account = |batch: &RecordBatch| {
            assert_eq!(
                batch.column(1).null_count(),
                batch.num_rows(),
                "no such column"
            );
            let accounts = batch.column(0).as_dictionary::<Int32Type>();
            let accounts = accounts.downcast_dict::<StringArray>().unwrap();
            accounts
                .into_iter()
                .flatten()
                .filter(|found| *found == account)
                .count()
        };
        let read = batches.iter().map(RecordBatch::num_rows).sum();
        (read, batches.iter().map(of_account).sum())
    }

    #[tokio::test]
    async fn of_a_file_the_pages_of_an_account_are_read() {
        let always = (i64::MIN, i64::MAX);
        for account in ["acc_0", "acc_5", "acc_9"] {
            let (read, wanted) = read(account, always).await;
            assert_eq!(wanted, EACH);
            assert!(read <= EACH + 200, "{read}");
        }
        assert_eq!(read("acc_10", always).await, (0, 0));
    }

    #[tokio::test]
    async fn of_other_times_nothing_is_read() {
        assert_eq!(read("acc_0", (20_000, 30_000)).await, (0, 0));
        assert_eq!(read("acc_0", (2_000, 30_000)).await, (0, 0));
        assert_eq!(read("acc_2", (2_000, 2_001)).await.1, EACH);
    }
}
