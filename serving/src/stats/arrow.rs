//! Rows of an answer as an Arrow IPC stream, for pandas, Polars and DuckDB. Pure.
//!
//! Times are milliseconds in UTC, counts whole numbers, money decimals with six digits after the point, rates floats. What the
//! answer says of itself beside the rows (`totals`, `meta`) is in the metadata of the schema, as JSON.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{
        ArrayRef, BooleanArray, Decimal128Array, Decimal128Builder, Float64Array, Int64Array,
        MapBuilder, RecordBatch, StringArray, StringBuilder, TimestampMillisecondArray,
    },
    compute::kernels::cast_utils::parse_decimal,
    datatypes::{Decimal128Type, Field, Schema},
    error::ArrowError,
    ipc::writer::StreamWriter,
};
use serde_json::{Map, Value};
use web::Problem;

use super::{Interval, Metric};
use crate::api_types::Stats;

/// How the stream is asked for.
pub(crate) const KIND: &str = "application/vnd.apache.arrow.stream";
/// Digits of money, and those of them after the point.
const PRECISION: u8 = 38;
const SCALE: i8 = 6;
/// Sums in several currencies: what stands beside `value`, `cost` and `profit` then.
const IN_EACH: [&str; 3] = ["values", "costs", "profits"];

type Rows = [Map<String, Value>];

/// The stream.
pub(crate) fn arrow(stats: &Stats) -> Result<Vec<u8>, Problem> {
    let rows = stats.results.iter().map(serde_json::to_value);
    let rows: Vec<Value> = rows.collect::<Result<_, _>>().map_err(Problem::internal)?;
    let rows: Vec<Map<String, Value>> = rows
        .into_iter()
        .filter_map(|row| match row {
            Value::Object(row) => Some(row),
            _ => None,
        })
        .collect();
    let about = |part: &str, said: Result<String, serde_json::Error>| {
        said.map(|text| (part.to_owned(), text))
            .map_err(Problem::internal)
    };
    let metadata = HashMap::from([
        about("totals", serde_json::to_string(&stats.totals))?,
        about("meta", serde_json::to_string(&stats.meta))?,
    ]);
    written(stats, &rows, metadata).map_err(Problem::internal)
}

fn written(
    stats: &Stats,
    rows: &Rows,
    metadata: HashMap<String, String>,
) -> Result<Vec<u8>, ArrowError> {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for name in names(stats, rows) {
        let column = column(rows, &name)?;
        fields.push(Field::new(&name, column.data_type().clone(), true));
        columns.push(column);
    }
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
    writer.write(&batch)?;
    writer.finish()?;
    writer.into_inner()
}

/// The columns in their order: they follow from the question, but for names of objects and sums in several currencies.
fn names(stats: &Stats, rows: &Rows) -> Vec<String> {
    let query = &stats.meta.query;
    let mut names = Vec::new();
    if query.interval != Interval::None {
        names.push("time".to_owned());
    }
    let groups = query.group_by.as_deref().unwrap_or_default().split(',');
    names.extend(groups.filter(|name| !name.is_empty()).map(str::to_owned));
    if query.group_by.is_some() {
        names.push("other".to_owned());
    }
    names.extend(query.metrics.iter().map(|metric| metric.name().to_owned()));
    for name in rows.iter().flat_map(Map::keys) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn column(rows: &Rows, name: &str) -> Result<ArrayRef, ArrowError> {
    let values = rows.iter().map(|row| row.get(name).unwrap_or(&Value::Null));
    let metric = Metric::ALL.into_iter().find(|metric| metric.name() == name);
    let is_float = matches!(metric, Some(Metric::Ctr | Metric::Cr | Metric::Roi));
    Ok(match (name, metric) {
        ("time", _) => {
            let times: TimestampMillisecondArray = values.map(time).collect();
            Arc::new(times.with_timezone("UTC"))
        }
        ("other", _) => {
            let is_other = |value: &Value| Some(value.as_bool().unwrap_or(false));
            Arc::new(values.map(is_other).collect::<BooleanArray>())
        }
        (_, Some(_)) if is_float => Arc::new(values.map(Value::as_f64).collect::<Float64Array>()),
        (_, Some(metric)) if metric.is_money() => {
            let decimals = values.map(|value| value.as_str().map(decimal).transpose());
            let decimals: Decimal128Array = decimals.collect::<Result<_, _>>()?;
            Arc::new(decimals.with_precision_and_scale(PRECISION, SCALE)?)
        }
        (_, Some(_)) => Arc::new(values.map(Value::as_i64).collect::<Int64Array>()),
        (name, None) if IN_EACH.contains(&name) => by_currency(values)?,
        _ => Arc::new(values.map(Value::as_str).collect::<StringArray>()),
    })
}

fn time(value: &Value) -> Option<i64> {
    let time = chrono::DateTime::parse_from_rfc3339(value.as_str()?).ok()?;
    Some(time.timestamp_millis())
}

fn decimal(text: &str) -> Result<i128, ArrowError> {
    parse_decimal::<Decimal128Type>(text, PRECISION, SCALE)
}

fn by_currency<'a>(values: impl Iterator<Item = &'a Value>) -> Result<ArrayRef, ArrowError> {
    let money = Decimal128Builder::new().with_precision_and_scale(PRECISION, SCALE)?;
    let mut sums = MapBuilder::new(None, StringBuilder::new(), money);
    for value in values {
        let currencies = value.as_object();
        for (currency, sum) in currencies.into_iter().flatten() {
            sums.keys().append_value(currency);
            sums.values()
                .append_option(sum.as_str().map(decimal).transpose()?);
        }
        sums.append(currencies.is_some())?;
    }
    Ok(Arc::new(sums.finish()))
}
