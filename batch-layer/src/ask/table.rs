//! The events of a selection as a table, of one account by construction: whatever is asked of it, there is nothing else in it.

use std::sync::Arc;

use asking::{AskError, Column, Filter, Moment, Selection, Value};
use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, RecordBatch, StringArray},
        datatypes::{DataType, TimeUnit, TimestampMillisecondType, UInt64Type},
    },
    common::ScalarValue,
    dataframe::DataFrame,
    error::DataFusionError,
    logical_expr::{ColumnarValue, Expr, ScalarUDF, Volatility, create_udf, lit},
    prelude::col,
};
use model::time;

use super::{Asker, failed};
use crate::rollup::{INTERNAL, events_schema};

/// Whether an event is settled, beside the columns of the table `events`.
pub(super) const SETTLED: &str = "is_settled";

/// Reads an expression of SQL over the columns of events.
pub(super) type Parse<'a> = &'a dyn Fn(&str) -> Result<Expr, DataFusionError>;

impl Asker {
    /// All events of a selection, with [`SETTLED`].
    pub(super) async fn select(
        &self,
        selection: &Selection,
        offset: &Offset,
    ) -> Result<DataFrame, AskError> {
        let live = self.live(selection.account, &selection.moment).await?;
        let manifest = &selection.moment.published.manifest;
        let all = self
            .lake
            .events(selection.account, manifest, selection.minutes, live);
        let mut frame = all.await?;
        for filter in &selection.filters {
            let parse = |sql: &str| frame.parse_sql_expr(sql);
            let wanted = condition(&parse, filter, offset).map_err(failed)?;
            frame = frame.filter(wanted).map_err(failed)?;
        }
        Ok(frame)
    }

    /// Events of an account that no batch has settled.
    pub(super) async fn live(
        &self,
        account: u64,
        moment: &Moment,
    ) -> Result<Vec<RecordBatch>, AskError> {
        let live = self.tail.events(account, moment).await?;
        self.erased.take_off(moment, live).await
    }
}

/// A moment as the table has it.
pub(super) fn moment(ms: i64) -> ScalarValue {
    ScalarValue::TimestampMillisecond(Some(ms), Some("UTC".into()))
}

/// Minutes that local time is ahead, by unix minute.
pub(super) type Offset = Arc<dyn Fn(i64) -> i64 + Send + Sync>;

/// No local time but UTC.
pub(super) fn utc() -> Offset {
    Arc::new(|_| 0)
}

/// The value of a column, empty where there is none.
pub(super) fn value(
    parse: Parse<'_>,
    column: Column,
    offset: &Offset,
) -> Result<Expr, DataFusionError> {
    match column.value {
        Value::Sql(sql) => parse(&format!("COALESCE({sql}, '')")),
        Value::HourOfDay => Ok(local(offset, |minute| {
            format!("{:02}", minute.div_euclid(60).rem_euclid(24))
        })),
        Value::DayOfWeek => Ok(local(offset, |minute| {
            // 1970-01-01 was a Thursday.
            (1 + (time::day_of(minute) + 3).rem_euclid(7)).to_string()
        })),
    }
}

/// Whether a filter lets an event pass.
pub(super) fn condition(
    parse: Parse<'_>,
    filter: &Filter,
    offset: &Offset,
) -> Result<Expr, DataFusionError> {
    let values = filter.values.iter().map(|value| lit(value.as_str()));
    let value = value(parse, filter.column, offset)?;
    Ok(value.in_list(values.collect(), filter.is_not))
}

fn local(offset: &Offset, name: impl Fn(i64) -> String + Send + Sync + 'static) -> Expr {
    let offset = Arc::clone(offset);
    let text = move |minute: i64| name(minute + offset(minute));
    let of = move |values: &[ColumnarValue]| {
        let minutes = minutes(values)?;
        let texts: StringArray = minutes
            .into_iter()
            .map(|minute| Some(text(minute)))
            .collect();
        Ok(ColumnarValue::Array(Arc::new(texts) as ArrayRef))
    };
    of_time("local", DataType::Utf8, of)
}

fn of_time(
    name: &str,
    result: DataType,
    of: impl Fn(&[ColumnarValue]) -> Result<ColumnarValue, DataFusionError> + Send + Sync + 'static,
) -> Expr {
    let time = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let udf: ScalarUDF = create_udf(
        name,
        vec![time],
        result,
        Volatility::Immutable,
        Arc::new(of),
    );
    udf.call(vec![col("time")])
}

/// Unix minutes of a column of times.
fn minutes(values: &[ColumnarValue]) -> Result<Vec<i64>, DataFusionError> {
    let arrays = ColumnarValue::values_to_arrays(values)?;
    let times = arrays
        .first()
        .map(|times| times.as_primitive::<TimestampMillisecondType>());
    let times = times.into_iter().flat_map(|times| times.values().iter());
    Ok(times.map(|ms| time::minute_of(*ms)).collect())
}

/// What a customer sees of events, without some columns. A visitor's number is more than a number of JSON holds: it is text.
pub(super) fn shown(frame: DataFrame, without: &[&str]) -> Result<DataFrame, DataFusionError> {
    let schema = events_schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let names = names.filter(|name| !without.contains(name) && !INTERNAL.contains(name));
    let columns = names.map(|name| match name {
        "visitor" => visitor().alias("visitor"),
        name => col(name),
    });
    let settled = col(SETTLED).alias("settled");
    frame.select(columns.chain([settled]).collect::<Vec<Expr>>())
}

/// Sixteen digits, or nothing.
fn visitor() -> Expr {
    let text = |visitor: u64| match visitor {
        0 => String::new(),
        visitor => format!("{visitor:016x}"),
    };
    let of = move |values: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(values)?;
        let numbers = arrays
            .first()
            .map(|numbers| numbers.as_primitive::<UInt64Type>());
        let numbers = numbers
            .into_iter()
            .flat_map(|numbers| numbers.values().iter());
        let texts: StringArray = numbers.map(|number| Some(text(*number))).collect();
        Ok(ColumnarValue::Array(Arc::new(texts) as ArrayRef))
    };
    let kinds = vec![DataType::UInt64];
    let of = Arc::new(of);
    let udf = create_udf(
        "visitor_text",
        kinds,
        DataType::Utf8,
        Volatility::Immutable,
        of,
    );
    udf.call(vec![col("visitor")])
}
