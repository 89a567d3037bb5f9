//! Rows as CSV and as Parquet.

use chrono::DateTime;
use datafusion::{
    arrow::{csv::WriterBuilder, record_batch::RecordBatch},
    error::DataFusionError,
    execution::SendableRecordBatchStream,
    parquet::{
        arrow::ArrowWriter,
        basic::{Compression, ZstdLevel},
        file::properties::WriterProperties,
    },
};
use futures::TryStreamExt;

use super::error::ReportError;

/// Most rows of a report.
const MAX_ROWS: u64 = 5_000_000;
/// Most bytes of a report as CSV.
const MAX_BYTES: usize = 512 << 20;

/// A report's files.
pub(super) struct Files {
    pub(super) csv: Vec<u8>,
    pub(super) parquet: Vec<u8>,
    pub(super) rows: u64,
}

impl Files {
    /// The files of report `name`.
    pub(super) async fn of(
        name: &str,
        mut rows: SendableRecordBatchStream,
    ) -> Result<Self, ReportError> {
        let too_large = |limit: String| ReportError::TooLarge {
            name: name.to_owned(),
            limit,
        };
        let level = ZstdLevel::try_new(3).map_err(DataFusionError::from)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .build();
        let parquet = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties));
        let mut parquet = parquet.map_err(DataFusionError::from)?;
        let mut csv = Vec::new();
        // Without rows there is still a line of names.
        write_csv(&mut csv, &RecordBatch::new_empty(rows.schema()), true)?;
        let mut count = 0;
        while let Some(batch) = rows.try_next().await? {
            count += batch.num_rows() as u64;
            if count > MAX_ROWS {
                return Err(too_large(format!("{MAX_ROWS} rows")));
            }
            write_csv(&mut csv, &batch, false)?;
            if csv.len() > MAX_BYTES {
                return Err(too_large(format!("{} MiB of CSV", MAX_BYTES >> 20)));
            }
            parquet.write(&batch).map_err(DataFusionError::from)?;
        }
        let parquet = parquet.into_inner().map_err(DataFusionError::from)?;
        Ok(Self {
            csv,
            parquet,
            rows: count,
        })
    }
}

fn write_csv(out: &mut Vec<u8>, rows: &RecordBatch, names: bool) -> Result<(), DataFusionError> {
    let mut writer = WriterBuilder::new().with_header(names).build(out);
    Ok(writer.write(rows)?)
}

/// A moment as part of a file's name; names sort by it.
pub(super) fn moment(ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(ms);
    time.map_or_else(
        || ms.to_string(),
        |time| time.format("%Y-%m-%dT%H%M%S%3fZ").to_string(),
    )
}
