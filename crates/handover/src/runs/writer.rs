//! Writing a run: files of a bounded size, each with a directory of its keys.

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{Int32Type, SchemaRef, UInt16Type, UInt64Type},
};
use bytes::Bytes;
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{WriterProperties, WriterVersion},
    },
    schema::types::ColumnPath,
};

use super::{Key, Table, Total, totals::Totals};

/// A file knows the key of each so many-th row; also the rows of a page.
pub const STRIDE: usize = 8192;
/// Rows of a row group: footers stay small.
const ROW_GROUP: usize = 16 * STRIDE;
/// Name of the directory in a file's metadata: the keys as JSON.
pub(super) const DIRECTORY: &str = "millrace.directory";

/// A file that is complete.
#[derive(Debug)]
pub struct Finished {
    /// Its bytes.
    pub bytes: Bytes,
    /// Rows in it.
    pub rows: u64,
    /// Key of its first row.
    pub first: Key,
    /// Key of its last row.
    pub last: Key,
    /// Events that its rows count.
    pub totals: Vec<Total>,
    /// See [`super::RunFile::values`].
    pub values: Option<Vec<(u32, i64)>>,
}

/// Writes sorted rows into files of at most `max_rows`.
pub struct RunWriter {
    table: Table,
    schema: SchemaRef,
    max_rows: usize,
    open: Option<Open>,
    done: Vec<Finished>,
}

struct Open {
    out: ArrowWriter<Vec<u8>>,
    rows: usize,
    last: Option<Key>,
    directory: Vec<Key>,
    totals: Totals,
}

impl RunWriter {
    /// A writer of rows of `table`.
    pub fn new(table: Table, max_rows: usize) -> Self {
        Self {
            table,
            schema: table.schema(),
            max_rows,
            open: None,
            done: Vec::new(),
        }
    }

    /// Adds rows, which must not come before those that are there.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        let mut at = 0;
        while at < batch.num_rows() {
            let open = match self.open.take() {
                Some(open) => open,
                None => Open::new(self.table, self.schema.clone())?,
            };
            let open = self.open.insert(open);
            let count = (self.max_rows - open.rows).min(batch.num_rows() - at);
            open.write(&batch.slice(at, count))?;
            at += count;
            if open.rows >= self.max_rows {
                self.close()?;
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), ParquetError> {
        if let Some(open) = self.open.take() {
            self.done.extend(open.finish()?);
        }
        Ok(())
    }

    /// The files that are complete, each once.
    pub fn take(&mut self) -> Vec<Finished> {
        std::mem::take(&mut self.done)
    }

    /// The files that are left.
    pub fn finish(mut self) -> Result<Vec<Finished>, ParquetError> {
        self.close()?;
        Ok(self.done)
    }
}

impl Open {
    fn new(table: Table, schema: SchemaRef) -> Result<Self, ParquetError> {
        let out = ArrowWriter::try_new(Vec::new(), schema, Some(properties(table)?))?;
        Ok(Self {
            out,
            rows: 0,
            last: None,
            directory: Vec::new(),
            totals: Totals::default(),
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        let keys = keys(batch);
        let first = |row| (row > 0).then(|| keys(row - 1)).or(self.last);
        if let Some(row) = (0..batch.num_rows()).find(|row| first(*row) > Some(keys(*row))) {
            let why = format!(
                "{:?} follows a later key: rows of a run must be in order",
                keys(row)
            );
            return Err(ParquetError::General(why));
        }
        let until_next = (STRIDE - self.rows % STRIDE) % STRIDE;
        let marks = (until_next..batch.num_rows()).step_by(STRIDE);
        self.directory.extend(marks.map(&keys));
        if let Some(last) = batch.num_rows().checked_sub(1) {
            self.last = Some(keys(last));
        }
        self.rows += batch.num_rows();
        self.totals.add(batch);
        self.out.write(batch)
    }

    fn finish(mut self) -> Result<Option<Finished>, ParquetError> {
        let Some(first) = self.directory.first().copied() else {
            return Ok(None);
        };
        let directory = serde_json::to_string(&self.directory);
        let directory = directory.map_err(|e| ParquetError::External(e.into()))?;
        let entry = KeyValue::new(DIRECTORY.to_owned(), directory);
        self.out.append_key_value_metadata(entry);
        let (totals, values) = self.totals.finish();
        Ok(Some(Finished {
            bytes: self.out.into_inner()?.into(),
            rows: self.rows as u64,
            first,
            last: self.last.unwrap_or(first),
            totals,
            values,
        }))
    }
}

/// The keys of the rows of a batch.
fn keys(batch: &RecordBatch) -> impl Fn(usize) -> Key + use<> {
    let periods = batch.column(0).as_primitive::<Int32Type>().clone();
    let entities = batch.column(1).as_primitive::<UInt64Type>().clone();
    let parts = batch.column(2).as_primitive::<UInt16Type>().clone();
    move |row| Key::from((periods.value(row), entities.value(row), parts.value(row)))
}

/// Numbers that rise slowly are written as differences; what repeats, as dictionaries and lengths (for
/// decimals only in version 2 of the format). What that leaves small is not compressed: to begin to
/// unpack a column costs a reader of few rows more than the rows.
fn properties(table: Table) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_data_page_row_count_limit(STRIDE)
        .set_write_batch_size(STRIDE);
    let (rising, packed): (&[&str], &[&str]) = match table {
        Table::Sums => (&["entity", "time"], &["entity", "time", "value"]),
        Table::Visits => (&["entity"], &["entity", "people_early", "people_late"]),
    };
    for name in rising {
        let column = ColumnPath::from(*name);
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
    }
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1)?);
    for name in packed {
        properties = properties.set_column_compression(ColumnPath::from(*name), zstd);
    }
    if table == Table::Visits {
        let visitor = ColumnPath::from("visitor");
        properties = properties
            .set_column_dictionary_enabled(visitor.clone(), false)
            .set_column_encoding(visitor, Encoding::PLAIN);
    }
    Ok(properties.build())
}
