//! Settled files with the columns that the audit reads.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch, StringArray, UInt64Array},
    datatypes::{DataType, Field, Schema},
};
use object_store::path::Path;
use parquet::arrow::ArrowWriter;
use storage::object_keys::ObjectKey;

use super::{DAY, LOG};

pub fn events_path(name: &str) -> Path {
    let (received, name) = (DAY, name.to_owned());
    ObjectKey::Events { received, name }.path()
}

/// The columns that the audit reads.
pub fn events_file(events: &[(u64, u64)]) -> Vec<u8> {
    let logs = events.iter().map(|_| LOG.to_string());
    parquet(vec![
        (
            "log",
            Arc::new(StringArray::from_iter_values(logs)) as ArrayRef,
        ),
        (
            "epoch",
            Arc::new(UInt64Array::from_iter_values(events.iter().map(|e| e.0))),
        ),
        (
            "seq",
            Arc::new(UInt64Array::from_iter_values(events.iter().map(|e| e.1))),
        ),
    ])
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let field = |(name, column): &(&str, ArrayRef)| {
        let kind: &DataType = column.data_type();
        Field::new(*name, kind.clone(), false)
    };
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}
