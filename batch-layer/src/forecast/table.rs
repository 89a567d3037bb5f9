//! The series of a CSV file, as they stand there.

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder, StringRecord, Trim};

use super::csv::CsvError;
use super::digits::Digits;
use super::steps::Row;
use super::text::Lines;
use super::time::{TimeFormat, advice};
use super::unusable::{Unusable, number};

const COLUMNS: [&str; 3] = ["series", "time", "value"];
/// What may stand between fields.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The series of a file, and how it writes times.
pub(super) struct Table {
    pub(super) format: TimeFormat,
    pub(super) series: Vec<Rows>,
    /// Rows read.
    pub(super) rows: usize,
}

/// One series.
pub(super) struct Rows {
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
    /// The first thing that is wrong with it.
    pub(super) wrong: Option<Unusable>,
}

/// A row whose time is not understood yet.
struct Raw {
    series: usize,
    time: String,
    value: f64,
    line: u64,
}

impl Table {
    pub(super) fn read(text: &str) -> Result<Table, CsvError> {
        let mut reading = Reading::default();
        let (skip, delimiter) = delimiter(text)?;
        let mut lines = Lines::new(text);
        let body = &text[skip..];
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .trim(Trim::All)
            .from_reader(body.as_bytes());
        let header = reader.headers().map_err(CsvError::Malformed)?.clone();
        let columns = columns(&header)?;
        let mut record = ByteRecord::new();
        while reader
            .read_byte_record(&mut record)
            .map_err(CsvError::Malformed)?
        {
            let at = record.position().map_or(0, csv::Position::byte);
            let line = lines.line(skip as u64 + at);
            let row = StringRecord::from_byte_record(record.clone());
            let row = row.map_err(|_| CsvError::NotUtf8 { line })?;
            if row.iter().any(|field| field.contains(['\n', '\r'])) {
                return Err(CsvError::Quote { line });
            }
            if row.iter().any(|field| !field.is_empty()) {
                reading.push(&row, columns, header.len(), line)?;
            }
        }
        reading.table()
    }
}

#[derive(Default)]
struct Reading {
    series: Vec<Rows>,
    known: HashMap<String, usize>,
    raw: Vec<Raw>,
    rows: usize,
}

impl Reading {
    fn push(
        &mut self,
        row: &StringRecord,
        [series, time, value]: [usize; 3],
        wanted: usize,
        line: u64,
    ) -> Result<(), CsvError> {
        let name = row.get(series).ok_or(CsvError::NoSeries { line })?;
        let series = self.series(name);
        self.rows += 1;
        let text = |column: usize| row.get(column).unwrap_or_default().to_owned();
        if row.len() != wanted {
            let found = row.len();
            self.series[series].is(Unusable::Fields {
                line,
                found,
                wanted,
            });
            return Ok(());
        }
        let value = number(&text(value)).unwrap_or_else(|why| {
            let text = text(value);
            self.series[series].is(Unusable::Value { line, text, why });
            f64::NAN
        });
        let time = text(time);
        self.raw.push(Raw {
            series,
            time,
            value,
            line,
        });
        Ok(())
    }

    fn series(&mut self, name: &str) -> usize {
        if let Some(series) = self.known.get(name) {
            return *series;
        }
        self.known.insert(name.to_owned(), self.series.len());
        self.series.push(Rows {
            name: name.to_owned(),
            rows: Vec::new(),
            wrong: None,
        });
        self.series.len() - 1
    }

    /// Understands the times: as most of them are written.
    fn table(mut self) -> Result<Table, CsvError> {
        if self.series.is_empty() {
            return Err(CsvError::Empty);
        }
        let format = format(&self.raw);
        for raw in self.raw {
            let rows = &mut self.series[raw.series];
            let Raw {
                time, value, line, ..
            } = raw;
            match format.and_then(|format| format.parse(&time)) {
                Some(time) if !value.is_nan() => rows.rows.push(Row { time, value, line }),
                Some(_) => {}
                None => rows.is(Unusable::Time {
                    line,
                    advice: advice(&time),
                    text: time,
                    expected: format.map_or("times".to_owned(), TimeFormat::about),
                }),
            }
        }
        Ok(Table {
            format: format.unwrap_or(TimeFormat::Integer),
            series: self.series,
            rows: self.rows,
        })
    }
}

impl Rows {
    fn is(&mut self, wrong: Unusable) {
        self.wrong.get_or_insert(wrong);
    }
}

/// How most of the times are written, the first of these ways if several are.
fn format(raw: &[Raw]) -> Option<TimeFormat> {
    let mut found: Vec<(TimeFormat, usize)> = Vec::new();
    for raw in raw {
        let Some(format) = TimeFormat::detect(&raw.time) else {
            continue;
        };
        match found.iter_mut().find(|(known, _)| known.is_like(format)) {
            // Noughts are written if they always are.
            Some((known, times)) => (*known, *times) = (known.narrower(format), *times + 1),
            None => found.push((format, 1)),
        }
    }
    let (format, _) = found.into_iter().rev().max_by_key(|(_, times)| *times)?;
    if format != TimeFormat::Integer {
        return Some(format);
    }
    let whole = raw.iter().map(|raw| raw.time.as_str());
    let whole = whole.filter(|time| TimeFormat::Integer.parse(time).is_some());
    Some(Digits::of(whole).map_or(format, TimeFormat::Digits))
}

/// Where the header begins, and what divides its fields: whatever gives all three columns. Excel's
/// `sep=;` before it is heard.
fn delimiter(text: &str) -> Result<(usize, u8), CsvError> {
    let begin = text.len() - text.trim_start_matches(['\r', '\n', ' ']).len();
    let header = first_line(&text[begin..]);
    if header.trim().is_empty() {
        return Err(CsvError::Nothing);
    }
    if let Some(told) = header
        .trim_end()
        .strip_prefix("sep=")
        .filter(|told| told.len() == 1)
    {
        return Ok((begin + header.len(), told.as_bytes()[0]));
    }
    let fields = |delimiter: &u8| {
        let names = header.split(char::from(*delimiter)).map(plain);
        let names: Vec<String> = names.collect();
        COLUMNS
            .iter()
            .filter(|column| names.iter().any(|name| name == *column))
            .count()
    };
    let best = DELIMITERS.into_iter().rev().max_by_key(fields);
    Ok((begin, best.unwrap_or(b',')))
}

fn first_line(text: &str) -> &str {
    text.split(['\r', '\n']).next().unwrap_or_default()
}

fn plain(name: &str) -> String {
    name.trim().trim_matches('"').trim().to_lowercase()
}

fn columns(header: &StringRecord) -> Result<[usize; 3], CsvError> {
    let mut found = [0; 3];
    for (name, place) in COLUMNS.into_iter().zip(&mut found) {
        let mut all = header
            .iter()
            .enumerate()
            .filter(|(_, field)| plain(field) == name);
        let missing = || CsvError::Column {
            name,
            found: header
                .iter()
                .take(20)
                .collect::<Vec<_>>()
                .join(", ")
                .chars()
                .take(200)
                .collect(),
        };
        (*place, _) = all.next().ok_or_else(missing)?;
        if all.next().is_some() {
            return Err(CsvError::Twice(name));
        }
    }
    Ok(found)
}
