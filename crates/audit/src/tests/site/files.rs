//! Settled files with the columns that the audit reads.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array,
    },
    datatypes::{DataType, Field, Schema},
};
use model::Event;
use object_store::path::Path;
use parquet::arrow::ArrowWriter;
use storage::object_keys::ObjectKey;

use super::{DAY, LOG};

pub fn events_path(name: &str) -> Path {
    let (received, name) = (DAY, name.to_owned());
    ObjectKey::Events { received, name }.path()
}

/// The columns that the audit reads, of events with their epochs and numbers.
pub fn events_file(events: &[(u64, u64, Event)]) -> Vec<u8> {
    let numbers = |of: fn(&(u64, u64, Event)) -> u64| -> ArrayRef {
        Arc::new(UInt64Array::from_iter_values(events.iter().map(of)))
    };
    let texts = |of: fn(&Event) -> String| -> ArrayRef {
        let texts = events.iter().map(|(.., event)| of(event));
        Arc::new(StringArray::from_iter_values(texts))
    };
    let times = |of: fn(&Event) -> i64| -> ArrayRef {
        let times = events.iter().map(|(.., event)| of(event));
        Arc::new(TimestampMillisecondArray::from_iter_values(times).with_timezone("UTC"))
    };
    let values = events.iter().map(|(.., event)| event.value_micros);
    let nobody: StringArray = events.iter().map(|_| None::<String>).collect();
    parquet(vec![
        ("log", texts(|_| LOG.to_string())),
        ("epoch", numbers(|(epoch, ..)| *epoch)),
        ("seq", numbers(|(_, seq, _)| *seq)),
        ("type", texts(|event| event.kind().name().to_owned())),
        ("account", texts(|event| event.account_id().to_string())),
        ("time", times(|event| event.occurred_ms)),
        ("received", times(|event| event.received_ms)),
        ("visitor", numbers(|(.., event)| event.visitor)),
        ("bot", Arc::new(nobody)),
        ("value_micros", Arc::new(values.collect::<Int64Array>())),
    ])
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let field = |(name, column): &(&str, ArrayRef)| {
        let kind: &DataType = column.data_type();
        Field::new(*name, kind.clone(), true)
    };
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}
