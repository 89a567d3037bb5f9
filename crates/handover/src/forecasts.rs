//! Stored forecasts: one Parquet file per run, and the ledger entry that says which one counts.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, Float64Array, PrimitiveArray, RecordBatch, StringArray,
        TimestampMillisecondArray, UInt32Array,
    },
    datatypes::{ArrowPrimitiveType, DataType, Field, Schema},
};
use bytes::Bytes;
use model::EntityId;
use parquet::errors::ParquetError;
use serde::{Deserialize, Serialize};
use storage::{object_keys::ObjectKey, store::Store};

use crate::{
    manifest::File,
    views::{ViewError, ViewReader, ViewWriter, time_type},
};

/// Name of the ledger of forecasts; its entries are [`Made`].
pub const LEDGER: &str = "forecasts";
/// Forecasts in one batch of rows.
const BATCH: usize = 256;

/// That a run made forecasts. The newest entry's are the ones to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The file of [`ObjectKey::Forecast`].
    pub file: File,
    /// The manifest whose views were looked at.
    pub manifest: u64,
    /// When, unix milliseconds by the clock of whoever made them.
    pub made_ms: i64,
    /// How many forecasts are in the file.
    pub series: u64,
}

/// The distance between points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// Whole hours, UTC.
    Hour,
    /// Whole days, UTC.
    Day,
}

impl Grain {
    /// Every grain.
    pub const ALL: [Grain; 2] = [Grain::Hour, Grain::Day];

    /// The word in files.
    pub fn name(self) -> &'static str {
        match self {
            Grain::Hour => "hour",
            Grain::Day => "day",
        }
    }
}

/// One forecast of clicks by people.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Whose clicks.
    pub entity: EntityId,
    /// Distance between points.
    pub grain: Grain,
    /// The model, or the combination of models, that was chosen.
    pub model: String,
    /// When it was made, unix milliseconds.
    pub made_ms: i64,
    /// How the same choice did on the past; absent where the history was too short to tell.
    pub backtest: Option<Backtest>,
    /// The points, in order of time.
    pub points: Vec<Point>,
}

/// One point: `lower_95 ≤ lower_80 ≤ value ≤ upper_80 ≤ upper_95`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Start of the hour or day, unix milliseconds.
    pub time_ms: i64,
    /// What is expected.
    pub value: f64,
    /// Lower end of the 80 % interval.
    pub lower_80: f64,
    /// Upper end of the 80 % interval.
    pub upper_80: f64,
    /// Lower end of the 95 % interval.
    pub lower_95: f64,
    /// Upper end of the 95 % interval.
    pub upper_95: f64,
}

/// Errors on the past, by rolling origin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Backtest {
    /// Symmetric mean absolute percentage error.
    pub smape: f64,
    /// Mean absolute scaled error.
    pub mase: f64,
    /// The same of repeating the last season.
    pub naive_mase: f64,
    /// Share of values inside the 80 % interval.
    pub coverage_80: f64,
    /// Share of values inside the 95 % interval.
    pub coverage_95: f64,
    /// How many origins were forecast from.
    pub origins: u32,
}

type Column<T> = (&'static str, fn(&T) -> f64);
const POINTS: [Column<Point>; 5] = [
    ("value", |p| p.value),
    ("lower_80", |p| p.lower_80),
    ("upper_80", |p| p.upper_80),
    ("lower_95", |p| p.lower_95),
    ("upper_95", |p| p.upper_95),
];
const ERRORS: [Column<Backtest>; 5] = [
    ("smape", |b| b.smape),
    ("mase", |b| b.mase),
    ("naive_mase", |b| b.naive_mase),
    ("coverage_80", |b| b.coverage_80),
    ("coverage_95", |b| b.coverage_95),
];

/// Columns of a file of forecasts: one row per point; the errors are null without a backtest.
pub fn schema() -> Arc<Schema> {
    let text = |name| Field::new(name, DataType::Utf8, false);
    let mut fields = vec![text("entity"), text("grain"), text("model")];
    fields.extend(["made_at", "time"].map(|name| Field::new(name, time_type(), false)));
    fields.extend(POINTS.map(|(name, _)| Field::new(name, DataType::Float64, false)));
    fields.extend(ERRORS.map(|(name, _)| Field::new(name, DataType::Float64, true)));
    fields.push(Field::new("origins", DataType::UInt32, true));
    Arc::new(Schema::new(fields))
}

/// The file of these forecasts, and how many rows it has. Sorts them as readers need them.
pub fn encode(forecasts: &mut [Forecast]) -> Result<(Bytes, u64), ParquetError> {
    forecasts.sort_by_cached_key(|f| (f.entity.to_string(), f.grain));
    let mut writer = ViewWriter::new(schema())?;
    let mut rows = 0;
    for some in forecasts.chunks(BATCH) {
        let batch = batch(some)?;
        rows += batch.num_rows() as u64;
        writer.write(&batch)?;
    }
    Ok((writer.finish()?, rows))
}

fn batch(forecasts: &[Forecast]) -> Result<RecordBatch, ParquetError> {
    let rows: Vec<(&Forecast, &Point)> = forecasts
        .iter()
        .flat_map(|f| f.points.iter().map(move |p| (f, p)))
        .collect();
    let texts = |of: &dyn Fn(&Forecast) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|(f, _)| of(f)),
        ))
    };
    let times = |of: &dyn Fn(&Forecast, &Point) -> i64| -> ArrayRef {
        let times = TimestampMillisecondArray::from_iter_values(rows.iter().map(|(f, p)| of(f, p)));
        Arc::new(times.with_timezone("UTC"))
    };
    let mut columns = vec![
        texts(&|f| f.entity.to_string()),
        texts(&|f| f.grain.name().to_owned()),
        texts(&|f| f.model.clone()),
        times(&|f, _| f.made_ms),
        times(&|_, p| p.time_ms),
    ];
    for (_, of) in POINTS {
        let values = rows.iter().map(|(_, p)| of(p));
        columns.push(Arc::new(Float64Array::from_iter_values(values)));
    }
    for (_, of) in ERRORS {
        let values = rows.iter().map(|(f, _)| f.backtest.as_ref().map(of));
        columns.push(Arc::new(values.collect::<Float64Array>()));
    }
    let origins = rows.iter().map(|(f, _)| f.backtest.map(|b| b.origins));
    columns.push(Arc::new(origins.collect::<UInt32Array>()));
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// The forecasts of one entity, one per grain at most.
pub async fn read(
    store: &Store,
    made: &Made,
    entity: EntityId,
) -> Result<Vec<Forecast>, ViewError> {
    let name = made.file.name.clone();
    let path = ObjectKey::Forecast { name }.path();
    let reader = ViewReader::open(store, path.clone(), made.file.bytes).await?;
    let mut forecasts: Vec<Forecast> = Vec::new();
    for batch in reader.batches(entity).await? {
        let rows = Rows::new(&batch).map_err(|column| ViewError::Column {
            path: path.to_string(),
            column,
        })?;
        for row in 0..batch.num_rows() {
            let Some(grain) = rows.grain(row) else {
                continue;
            };
            if forecasts.last().is_none_or(|f| f.grain != grain) {
                forecasts.push(rows.forecast(entity, grain, row));
            }
            if let Some(forecast) = forecasts.last_mut() {
                forecast.points.push(rows.point(row));
            }
        }
    }
    Ok(forecasts)
}

/// The columns of one batch.
struct Rows<'a> {
    grain: &'a StringArray,
    model: &'a StringArray,
    made_at: &'a TimestampMillisecondArray,
    time: &'a TimestampMillisecondArray,
    points: Vec<&'a Float64Array>,
    errors: Vec<&'a Float64Array>,
    origins: &'a UInt32Array,
}

impl<'a> Rows<'a> {
    /// The name of the column that is missing if one is.
    fn new(batch: &'a RecordBatch) -> Result<Self, &'static str> {
        let text = |name: &'static str| {
            let column = batch.column_by_name(name).ok_or(name)?;
            column.as_string_opt::<i32>().ok_or(name)
        };
        let floats = |names: [&'static str; 5]| -> Result<Vec<_>, &'static str> {
            names.map(|n| numbers(batch, n)).into_iter().collect()
        };
        Ok(Self {
            grain: text("grain")?,
            model: text("model")?,
            made_at: numbers(batch, "made_at")?,
            time: numbers(batch, "time")?,
            points: floats(POINTS.map(|(name, _)| name))?,
            errors: floats(ERRORS.map(|(name, _)| name))?,
            origins: numbers(batch, "origins")?,
        })
    }

    /// Everything but the points.
    fn forecast(&self, entity: EntityId, grain: Grain, row: usize) -> Forecast {
        let error = |i: usize| self.errors[i].value(row);
        let tested = self.origins.is_valid(row);
        Forecast {
            entity,
            grain,
            model: self.model.value(row).to_owned(),
            made_ms: self.made_at.value(row),
            backtest: tested.then(|| Backtest {
                smape: error(0),
                mase: error(1),
                naive_mase: error(2),
                coverage_80: error(3),
                coverage_95: error(4),
                origins: self.origins.value(row),
            }),
            points: Vec::new(),
        }
    }

    fn point(&self, row: usize) -> Point {
        let number = |i: usize| self.points[i].value(row);
        Point {
            time_ms: self.time.value(row),
            value: number(0),
            lower_80: number(1),
            upper_80: number(2),
            lower_95: number(3),
            upper_95: number(4),
        }
    }

    /// `None` for grains of other versions.
    fn grain(&self, row: usize) -> Option<Grain> {
        let name = self.grain.value(row);
        Grain::ALL.into_iter().find(|grain| grain.name() == name)
    }
}

fn numbers<'a, T: ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a PrimitiveArray<T>, &'static str> {
    let column = batch.column_by_name(name).ok_or(name)?;
    column.as_primitive_opt().ok_or(name)
}

#[cfg(test)]
mod tests;
