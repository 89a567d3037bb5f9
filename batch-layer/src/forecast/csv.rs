//! Forecasts of any CSV file of series.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, Trim, Writer};

use super::frames::{FrameError, Observation, Series, spaced_series};
use super::time::TimeFormat;
use super::{Forecast, ForecastError, Options, forecast_series, parallel_map};

const COLUMNS: [&str; 3] = ["series", "time", "value"];
const ANY_TIME: &str = "an RFC 3339 time, a date, YYYY-MM-DD HH:MM:SS or an integer";
const WRITTEN: [&str; 8] = [
    "series", "time", "forecast", "lower_80", "upper_80", "lower_95", "upper_95", "model",
];

/// What was done to a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows read.
    pub rows: usize,
    /// Series found.
    pub series: usize,
    /// Values that were missing between rows and were interpolated.
    pub filled: usize,
    /// Rows written.
    pub written: usize,
    /// How many series were forecast by which model.
    pub models: BTreeMap<String, usize>,
}

/// Why a file cannot be forecast.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum CsvError {
    /// The input cannot be opened.
    #[error("{path} cannot be read: {source}; give the path of a CSV file")]
    Open {
        path: PathBuf,
        source: std::io::Error,
    },
    /// Not CSV, or a row with more or fewer fields than the header.
    #[error("malformed CSV: {0}; correct or drop that line")]
    Malformed(csv::Error),
    /// A column is missing.
    #[error("line 1: there is no column `{0}`; the header must name series, time and value")]
    Column(&'static str),
    /// A time that cannot be understood.
    #[error("line {line}: `{text}` is not {expected}, as every time of this file must be")]
    Time {
        line: u64,
        text: String,
        expected: &'static str,
    },
    /// A value that is not a number.
    #[error("line {line}: the value `{text}` is not a finite number; correct or drop that line")]
    Value { line: u64, text: String },
    /// No rows.
    #[error("there are no rows under the header; give at least two for each series")]
    Empty,
    /// Rows that do not make an even series.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A series that cannot be forecast.
    #[error("series `{series}`: {source}")]
    Series {
        series: String,
        source: ForecastError,
    },
    /// The last times of a forecast are beyond the calendar.
    #[error("series `{0}`: the horizon reaches beyond the calendar; ask for fewer steps")]
    Calendar(String),
    /// The output cannot be written.
    #[error("the forecast cannot be written: {0}; check the disk and the path")]
    Write(csv::Error),
}

/// Forecasts every series of a CSV file `series,time,value` and writes
/// `series,time,forecast,lower_80,upper_80,lower_95,upper_95,model`.
///
/// Times are RFC 3339, dates, `YYYY-MM-DD HH:MM:SS` or integers and are written as they were read.
/// The step is what most rows of a series are apart; gaps are interpolated.
pub fn forecast_csv(
    input: &Path,
    output: impl Write,
    horizon: usize,
    season: usize,
) -> Result<Summary, CsvError> {
    let fail = |source| CsvError::Open {
        path: input.to_owned(),
        source,
    };
    forecast_rows(File::open(input).map_err(fail)?, output, horizon, season)
}

fn forecast_rows(
    input: impl Read,
    output: impl Write,
    horizon: usize,
    season: usize,
) -> Result<Summary, CsvError> {
    let table = Table::read(input)?;
    let series = spaced_series(&table.rows)?;
    let options = Options::default();
    let forecasts = parallel_map(&series, |s| {
        forecast_series(&s.values, season, horizon, &options)
    });
    let mut summary = Summary {
        rows: table.rows.len(),
        ..Summary::default()
    };
    let mut writer = Writer::from_writer(output);
    writer.write_record(WRITTEN).map_err(CsvError::Write)?;
    for (series, forecast) in series.iter().zip(forecasts) {
        let name = &table.names[series.series as usize];
        let fail = |source| CsvError::Series {
            series: name.clone(),
            source,
        };
        let forecast = forecast.map_err(fail)?;
        table.write(&mut writer, series, &forecast)?;
        summary.series += 1;
        summary.filled += series.filled;
        summary.written += forecast.points.len();
        *summary.models.entry(forecast.model).or_default() += 1;
    }
    writer.flush().map_err(|e| CsvError::Write(e.into()))?;
    Ok(summary)
}

/// The rows of a file, and how it writes times.
struct Table {
    names: Vec<String>,
    rows: Vec<Observation>,
    format: TimeFormat,
}

impl Table {
    fn read(input: impl Read) -> Result<Table, CsvError> {
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(input);
        let columns = columns(reader.headers().map_err(CsvError::Malformed)?)?;
        let mut table = Table {
            names: Vec::new(),
            rows: Vec::new(),
            format: TimeFormat::Integer,
        };
        let mut known = HashMap::new();
        for record in reader.records() {
            table.push(&record.map_err(CsvError::Malformed)?, columns, &mut known)?;
        }
        if table.rows.is_empty() {
            Err(CsvError::Empty)
        } else {
            Ok(table)
        }
    }

    fn push(
        &mut self,
        record: &StringRecord,
        [series, time, value]: [usize; 3],
        known: &mut HashMap<String, u32>,
    ) -> Result<(), CsvError> {
        let line = record.position().map_or(0, csv::Position::line);
        let text = |column: usize| record.get(column).unwrap_or_default().to_owned();
        let not = |expected| CsvError::Time {
            line,
            text: text(time),
            expected,
        };
        if self.rows.is_empty() {
            self.format = TimeFormat::detect(&text(time)).ok_or_else(|| not(ANY_TIME))?;
        }
        let parsed = self
            .format
            .parse(&text(time))
            .ok_or_else(|| not(self.format.example()))?;
        let number: f64 = text(value).parse().unwrap_or(f64::NAN);
        if !number.is_finite() {
            return Err(CsvError::Value {
                line,
                text: text(value),
            });
        }
        let series = *known.entry(text(series)).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.names.len() as u32 - 1
        });
        self.rows.push(Observation {
            series,
            time: parsed,
            value: number,
            line,
        });
        Ok(())
    }

    fn write<W: Write>(
        &self,
        writer: &mut Writer<W>,
        series: &Series,
        forecast: &Forecast,
    ) -> Result<(), CsvError> {
        let name = &self.names[series.series as usize];
        for (ahead, point) in forecast.points.iter().enumerate() {
            let time = self.format.write(series.time(series.values.len() + ahead));
            let time = time.ok_or_else(|| CsvError::Calendar(name.clone()))?;
            let numbers = [
                point.value,
                point.lower_80,
                point.upper_80,
                point.lower_95,
                point.upper_95,
            ];
            let numbers = numbers.map(|n| n.to_string());
            let before = [name, &time].into_iter();
            let row = before.chain(&numbers).chain([&forecast.model]);
            writer.write_record(row).map_err(CsvError::Write)?;
        }
        Ok(())
    }
}

fn columns(header: &StringRecord) -> Result<[usize; 3], CsvError> {
    let mut found = [0; 3];
    for (name, place) in COLUMNS.into_iter().zip(&mut found) {
        let at = header
            .iter()
            .position(|h| h.trim_start_matches('\u{feff}') == name);
        *place = at.ok_or(CsvError::Column(name))?;
    }
    Ok(found)
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
