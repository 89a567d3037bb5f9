//! Rows as text or as files, written while they are read.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use asking::{AskError, Form, Written};
use bytes::Bytes;
use datafusion::{
    arrow::{
        array::RecordBatch, csv, datatypes::SchemaRef, ipc::writer::StreamWriter,
        json::LineDelimitedWriter,
    },
    error::DataFusionError,
    execution::SendableRecordBatchStream,
    parquet::{
        arrow::ArrowWriter,
        basic::{Compression, ZstdLevel},
        file::properties::WriterProperties,
    },
};
use futures::{StreamExt, stream};

use super::failed;

/// Rows of a group of a Parquet file: so many are held before they are written.
const GROUP: usize = 64 * 1024;

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
