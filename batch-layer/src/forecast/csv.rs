//! Forecasts of any CSV file of series.

#[cfg(test)]
use std::io::Read;
use std::io::Write;
use std::path::{Path, PathBuf};

use csv::Writer;

use super::steps::Spaced;
use super::summary::{LeftOut, Summary};
use super::table::{Rows, Table};
use super::text;
use super::time::TimeFormat;
use super::unusable::Unusable;
use super::{Forecast, ForecastError, Options, forecast_series, parallel_map};

const WRITTEN: [&str; 8] = [
    "series", "time", "forecast", "lower_80", "upper_80", "lower_95", "upper_95", "model",
];
/// Series whose forecasts are held at once.
const AT_ONCE: usize = 64;

/// Why a file cannot be forecast.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum CsvError {
    /// The input cannot be opened. The reason is part of the sentence, and so no source of its own.
    #[error("{path} cannot be read: {error}; give the path of a CSV file")]
    Open {
        path: PathBuf,
        error: std::io::Error,
    },
    /// A folder.
    #[error("{0} is a folder; give the path of a CSV file")]
    Folder(PathBuf),
    /// The input ends early, or is damaged.
    #[error("the file cannot be read to its end: {0}; if it is packed, pack it again")]
    Read(std::io::Error),
    /// More than is held.
    #[error("the file has more than {0} MiB (unpacked); divide its series among several files")]
    TooLarge(u64),
    /// Something else than text.
    #[error("the file is {0}; save it as CSV in UTF-8, as it is or packed with gzip")]
    Kind(&'static str),
    /// Bytes that no text has.
    #[error("line {line}: there is a byte 0, so this is no text; save the file as CSV in UTF-8")]
    Binary { line: u64 },
    /// Text in another encoding.
    #[error(
        "line {line}: this is not UTF-8; convert the file first, for example `iconv -f LATIN1 -t UTF-8`"
    )]
    NotUtf8 { line: u64 },
    /// Not CSV.
    #[error("malformed CSV: {0}; correct or drop that line")]
    Malformed(csv::Error),
    /// A quote that is not closed on its line.
    #[error(
        "line {line}: a quote that opens here is not closed on its line; close it, or write \"\" for a quote within"
    )]
    Quote { line: u64 },
    /// A row without a series.
    #[error("line {line}: too few fields to tell the series; complete or drop that line")]
    NoSeries { line: u64 },
    /// A column is missing.
    #[error(
        "there is no column `{name}` in the header ({found}); it must name series, time and value"
    )]
    Column { name: &'static str, found: String },
    /// A column is there twice.
    #[error("the header has the column `{0}` twice; rename one of them")]
    Twice(&'static str),
    /// Not even a header.
    #[error("the file is empty; give a header with series, time and value, and rows under it")]
    Nothing,
    /// No rows.
    #[error("there are no rows under the header; give at least two for each series")]
    Empty,
    /// What is asked for makes no sense for any file.
    #[error(transparent)]
    Asked(ForecastError),
    /// A season that no series has.
    #[error(
        "a season of {season} steps is longer than every series (the longest has {longest}); give a smaller --season, 1 for none"
    )]
    Season { season: usize, longest: usize },
    /// Nothing is left.
    #[error("no series can be forecast: {}", super::summary::listed(.0))]
    AllLeftOut(Vec<LeftOut>),
    /// The output cannot be written.
    #[error("the forecast cannot be written: {0}; check the disk and the path")]
    Write(csv::Error),
}

/// Forecasts every series of a CSV file `series,time,value` and writes
/// `series,time,forecast,lower_80,upper_80,lower_95,upper_95,model`.
///
/// Times are whole numbers, months, quarters, weeks, dates, times or RFC 3339, and are written as they were
/// read. The step is what most rows of a series are apart; steps of months follow the calendar. Gaps are
/// interpolated. A series that cannot be forecast is left out, with its reason; it is an error if all are.
pub fn forecast_csv(
    input: &Path,
    output: impl Write,
    horizon: usize,
    season: usize,
) -> Result<Summary, CsvError> {
    super::check_asked(season, horizon).map_err(CsvError::Asked)?;
    forecast_text(&text::read_file(input)?, output, horizon, season)
}

#[cfg(test)]
fn forecast_rows(
    input: impl Read,
    output: impl Write,
    horizon: usize,
    season: usize,
) -> Result<Summary, CsvError> {
    super::check_asked(season, horizon).map_err(CsvError::Asked)?;
    forecast_text(&text::read(input)?, output, horizon, season)
}

fn forecast_text(
    text: &str,
    output: impl Write,
    horizon: usize,
    season: usize,
) -> Result<Summary, CsvError> {
    let mut table = Table::read(text)?;
    let mut work = Work {
        format: table.format,
        horizon,
        season,
        writer: Writer::from_writer(output),
        summary: Summary {
            rows: table.rows,
            times: table.format.about(),
            ..Summary::default()
        },
    };
    for some in table.series.chunks_mut(AT_ONCE) {
        work.forecast(some)?;
    }
    work.end()
}

/// The work on one file.
struct Work<W: Write> {
    format: TimeFormat,
    horizon: usize,
    season: usize,
    writer: Writer<W>,
    summary: Summary,
}

impl<W: Write> Work<W> {
    fn forecast(&mut self, some: &mut [Rows]) -> Result<(), CsvError> {
        let mut usable = Vec::new();
        for rows in some {
            match self.spaced(rows) {
                Ok(spaced) => usable.push((rows.name.as_str(), spaced)),
                Err(wrong) => self.leave_out(&rows.name, wrong),
            }
        }
        let (season, horizon) = (self.season, self.horizon);
        let forecasts = parallel_map(&usable, |(_, spaced)| {
            forecast_series(&spaced.values, season, horizon, &Options::default())
        });
        for ((name, spaced), forecast) in usable.into_iter().zip(forecasts) {
            let forecast = forecast.map_err(Unusable::from);
            match forecast.and_then(|forecast| Ok((self.times(&spaced)?, forecast))) {
                Ok((times, forecast)) => {
                    self.summary
                        .add(name, &spaced, &forecast, self.format, season);
                    self.write(name, &times, &forecast)
                        .map_err(CsvError::Write)?;
                }
                Err(wrong) => self.leave_out(name, wrong),
            }
        }
        Ok(())
    }

    fn spaced(&self, rows: &mut Rows) -> Result<Spaced, Unusable> {
        if let Some(wrong) = rows.wrong.take() {
            return Err(wrong);
        }
        let spaced = Spaced::of(&mut rows.rows, self.format)?;
        rows.rows = Vec::new();
        match spaced.values.len() {
            steps if steps < self.season => Err(Unusable::Season {
                steps,
                season: self.season,
            }),
            _ => Ok(spaced),
        }
    }

    /// The times of the forecast, as the file writes them.
    fn times(&self, spaced: &Spaced) -> Result<Vec<String>, Unusable> {
        let ahead = spaced.values.len()..spaced.values.len() + self.horizon;
        let time = |index| self.format.write(spaced.time(index)?);
        ahead
            .map(time)
            .collect::<Option<_>>()
            .ok_or(Unusable::Calendar)
    }

    fn leave_out(&mut self, name: &str, reason: Unusable) {
        let series = name.to_owned();
        self.summary.left_out.push(LeftOut { series, reason });
    }

    fn write(&mut self, name: &str, times: &[String], forecast: &Forecast) -> csv::Result<()> {
        if self.summary.series == 1 {
            self.writer.write_record(WRITTEN)?;
        }
        for (time, point) in times.iter().zip(&forecast.points) {
            let numbers = [
                point.value,
                point.lower_80,
                point.upper_80,
                point.lower_95,
                point.upper_95,
            ];
            let numbers = numbers.map(|n| n.to_string());
            let before = [name, time.as_str()].into_iter();
            let row = before
                .chain(numbers.iter().map(String::as_str))
                .chain([forecast.model.as_str()]);
            self.writer.write_record(row)?;
        }
        Ok(())
    }

    fn end(mut self) -> Result<Summary, CsvError> {
        self.writer.flush().map_err(|e| CsvError::Write(e.into()))?;
        let Summary {
            series, left_out, ..
        } = &self.summary;
        let too_short = |left: &LeftOut| match left.reason {
            Unusable::Season { steps, .. } => Some(steps),
            _ => None,
        };
        let short: Option<Vec<usize>> = left_out.iter().map(too_short).collect();
        match (series, short) {
            (1.., _) => Ok(self.summary),
            (0, Some(steps)) => Err(CsvError::Season {
                season: self.season,
                longest: steps.into_iter().max().unwrap_or(0),
            }),
            (0, None) => Err(CsvError::AllLeftOut(self.summary.left_out)),
        }
    }
}

#[cfg(test)]
mod tests;
