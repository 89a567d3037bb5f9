//! Rows as text or as files, written while they are read.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use asking::{AskError, Form, Written};
use bytes::Bytes;
use datafusion::{
    arrow::{
        array::RecordBatch,
        compute::BatchCoalescer,
        csv,
        datatypes::{FieldRef, Schema, SchemaRef},
        error::ArrowError,
        ipc::{reader::StreamReader, writer::StreamWriter},
        json::LineDelimitedWriter,
        util::pretty::pretty_format_batches,
    },
    error::DataFusionError,
    execution::SendableRecordBatchStream,
    parquet::{
        arrow::ArrowWriter,
        basic::{Compression, ZstdLevel},
        file::properties::WriterProperties,
    },
    physical_plan::stream::RecordBatchStreamAdapter,
};
use futures::{
    StreamExt,
    stream::{self, Fuse},
};

use super::failed;

/// Rows of a group of a Parquet file: so many are held before they are written.
const GROUP: usize = 64 * 1024;
/// Rows that are written at once where bytes shall be the same each time.
const EVEN: usize = 8 * 1024;

/// The same rows without some columns.
pub(super) fn without(
    rows: SendableRecordBatchStream,
    names: &[&str],
) -> SendableRecordBatchStream {
    let fields = rows.schema().fields().clone();
    let stays = |(_, field): &(usize, &FieldRef)| !names.contains(&field.name().as_str());
    let (places, fields): (Vec<usize>, Vec<FieldRef>) = fields
        .iter()
        .enumerate()
        .filter(stays)
        .map(|(place, field)| (place, Arc::clone(field)))
        .unzip();
    let schema = Arc::new(Schema::new(fields));
    let batches = rows.map(move |batch| Ok(batch?.project(&places)?));
    Box::pin(RecordBatchStreamAdapter::new(schema, batches))
}

/// The same rows, so many at a time. How many come together depends on threads and memory, and where the pages of a Parquet
/// file end depends on how many come together.
pub(super) fn evenly(rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let even = BatchCoalescer::new(Arc::clone(&schema), EVEN);
    let next = |(mut rows, mut even): (Fuse<SendableRecordBatchStream>, BatchCoalescer)| async move {
        loop {
            if let Some(batch) = even.next_completed_batch() {
                return Ok(Some((batch, (rows, even))));
            }
            match rows.next().await.transpose()? {
                Some(batch) => even.push_batch(batch)?,
                None if even.is_empty() => return Ok::<_, DataFusionError>(None),
                None => even.finish_buffered_batch()?,
            }
        }
    };
    let batches = stream::try_unfold((rows.fuse(), even), next);
    Box::pin(RecordBatchStreamAdapter::new(schema, batches))
}

/// Writes rows as they come.
pub(super) fn write(rows: SendableRecordBatchStream, form: Form) -> Result<Written, AskError> {
    let writer = Writer::new(rows.schema(), form).map_err(failed)?;
    let steps = stream::unfold(Some((rows, writer)), |state| async move {
        let (mut rows, mut writer) = state?;
        let written = match rows.next().await {
            Some(Ok(batch)) => writer.write(&batch),
            Some(Err(error)) => Err(error),
            None => {
                let end = writer.finish().map_err(failed);
                return Some((end, None));
            }
        };
        match written {
            Ok(bytes) => Some((Ok(bytes), Some((rows, writer)))),
            Err(error) => Some((Err(failed(error)), None)),
        }
    });
    let full = |bytes: &Result<Bytes, AskError>| bytes.as_ref().map_or(true, |b| !b.is_empty());
    Ok(steps
        .filter(move |bytes| std::future::ready(full(bytes)))
        .boxed())
}

/// Rows that are there, written. There must be a batch at least, which says what they are.
///
/// # Errors
///
/// They cannot be written so.
pub fn write_all(rows: Vec<RecordBatch>, form: Form) -> Result<Written, AskError> {
    let schema = rows.first().map(RecordBatch::schema);
    let schema = schema.ok_or_else(|| AskError::Failed("there are no rows".into()))?;
    let rows = stream::iter(rows.into_iter().map(Ok));
    write(Box::pin(RecordBatchStreamAdapter::new(schema, rows)), form)
}

/// The rows of an Arrow stream as a table for people.
///
/// # Errors
///
/// It is none.
pub fn pretty_stream(bytes: &[u8]) -> Result<String, AskError> {
    let failed = |error: ArrowError| failed(error.into());
    let reader = StreamReader::try_new(bytes, None).map_err(failed)?;
    let none = RecordBatch::new_empty(reader.schema());
    let rows: Result<Vec<RecordBatch>, ArrowError> =
        std::iter::once(Ok(none)).chain(reader).collect();
    let table = pretty_format_batches(&rows.map_err(failed)?);
    Ok(table.map_err(failed)?.to_string())
}

/// What was written and not taken yet.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Bytes {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *bytes).into()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Writer {
    buffer: Buffer,
    to: To,
}

enum To {
    Ndjson,
    Csv { schema: SchemaRef, has_names: bool },
    Arrow(Box<StreamWriter<Buffer>>),
    Parquet(Box<ArrowWriter<Buffer>>),
}

impl Writer {
    fn new(schema: SchemaRef, form: Form) -> Result<Self, DataFusionError> {
        let buffer = Buffer::default();
        let to = match form {
            Form::Ndjson => To::Ndjson,
            Form::Csv => To::Csv {
                schema,
                has_names: false,
            },
            Form::Arrow => To::Arrow(Box::new(StreamWriter::try_new(buffer.clone(), &schema)?)),
            Form::Parquet => {
                let zstd = Compression::ZSTD(ZstdLevel::try_new(3)?);
                let properties = WriterProperties::builder()
                    .set_compression(zstd)
                    .set_max_row_group_row_count(Some(GROUP))
                    .build();
                let writer = ArrowWriter::try_new(buffer.clone(), schema, Some(properties))?;
                To::Parquet(Box::new(writer))
            }
        };
        Ok(Self { buffer, to })
    }

    fn write(&mut self, rows: &RecordBatch) -> Result<Bytes, DataFusionError> {
        let out = self.buffer.clone();
        match &mut self.to {
            To::Ndjson => {
                let mut lines = LineDelimitedWriter::new(out);
                lines.write(rows)?;
                lines.finish()?;
            }
            To::Csv { has_names, .. } => {
                let mut writer = csv::WriterBuilder::new()
                    .with_header(!*has_names)
                    .build(out);
                writer.write(rows)?;
                *has_names = true;
            }
            To::Arrow(writer) => writer.write(rows)?,
            To::Parquet(writer) => writer.write(rows)?,
        }
        Ok(self.buffer.take())
    }

    fn finish(mut self) -> Result<Bytes, DataFusionError> {
        match &mut self.to {
            To::Ndjson => {}
            // Without rows there is still a line of names.
            To::Csv { schema, has_names } => {
                if !*has_names {
                    let none = RecordBatch::new_empty(Arc::clone(schema));
                    let writer = csv::WriterBuilder::new().with_header(true);
                    writer.build(self.buffer.clone()).write(&none)?;
                }
            }
            To::Arrow(writer) => writer.finish()?,
            To::Parquet(writer) => {
                writer.finish()?;
            }
        }
        Ok(self.buffer.take())
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{ArrayRef, StringArray, UInt64Array};
    use futures::TryStreamExt;

    use super::*;

    /// The rows `0..count`, of which so many come at once.
    fn rows(count: u64, at_once: u64) -> SendableRecordBatchStream {
        let batch = |first: u64| {
            let numbers = first..count.min(first + at_once);
            let texts: StringArray = numbers
                .clone()
                .map(|number| Some(format!("{}", number * number % 1_009)))
                .collect();
            let numbers: UInt64Array = numbers.map(Some).collect();
            let columns: [(&str, ArrayRef); 2] =
                [("number", Arc::new(numbers)), ("text", Arc::new(texts))];
            RecordBatch::try_from_iter(columns).unwrap()
        };
        let firsts = (0..count.max(1)).step_by(at_once as usize);
        let batches: Vec<RecordBatch> = firsts.map(batch).collect();
        let schema = batches[0].schema();
        let batches = stream::iter(batches.into_iter().map(Ok));
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    }

    async fn bytes(rows: SendableRecordBatchStream, form: Form) -> Vec<u8> {
        let pieces: Vec<Bytes> = write(rows, form).unwrap().try_collect().await.unwrap();
        pieces.concat()
    }

    #[tokio::test]
    async fn how_rows_come_together_changes_no_byte() {
        for form in [Form::Ndjson, Form::Csv, Form::Arrow, Form::Parquet] {
            for count in [0, 5, EVEN as u64, 100_000] {
                let first = bytes(evenly(rows(count, 8_192)), form).await;
                for at_once in [7_000, 50_001] {
                    let other = bytes(evenly(rows(count, at_once)), form).await;
                    assert!(first == other, "{form:?} {count} {at_once}");
                }
            }
        }
        let uneven = [8_192, 7_000].map(|at_once| bytes(rows(100_000, at_once), Form::Parquet));
        let [one, other] = futures::future::join_all(uneven).await.try_into().unwrap();
        assert!(one != other, "without it the pages are others");
    }
}
