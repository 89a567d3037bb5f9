//! What was done to a file, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;

use super::Forecast;
use super::models;
use super::steps::Spaced;
use super::time::TimeFormat;
use super::unusable::Unusable;

/// Series that are named at most, of each kind.
const NAMED: usize = 20;

/// What was done to a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Rows read.
    pub rows: usize,
    /// Series forecast.
    pub series: usize,
    /// Values that were missing between rows and were interpolated.
    pub filled: usize,
    /// Rows written.
    pub written: usize,
    /// How many series were forecast by which model.
    pub models: BTreeMap<String, usize>,
    /// How the times of the file were understood.
    pub times: String,
    /// How many series have which step.
    pub steps: BTreeMap<String, usize>,
    /// What was interpolated, by series.
    pub gaps: Vec<String>,
    /// Series long enough for one season but not for learning from it.
    pub without_season: Vec<String>,
    /// Series that could not be forecast.
    pub left_out: Vec<LeftOut>,
}

/// A series that could not be forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// Its name.
    pub series: String,
    /// Why.
    pub reason: Unusable,
}

impl Summary {
    pub(super) fn add(
        &mut self,
        name: &str,
        spaced: &Spaced,
        forecast: &Forecast,
        format: TimeFormat,
        season: usize,
    ) {
        self.series += 1;
        self.filled += spaced.filled;
        self.written += forecast.points.len();
        *self.models.entry(forecast.model.clone()).or_default() += 1;
        *self.steps.entry(spaced.step_in_words(format)).or_default() += 1;
        if let Some(gap) = &spaced.gap {
            let longest = if spaced.filled as i64 > gap.steps {
                ", at most "
            } else {
                ": "
            };
            let gap = gap.in_words(format);
            self.gaps.push(format!(
                "`{}`: {}{longest}{gap}",
                short(name),
                spaced.filled
            ));
        }
        if season > 1 && models::seasons(season, spaced.values.len()).is_empty() {
            self.without_season.push(format!("`{}`", short(name)));
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<&str> = self.steps.keys().take(NAMED).map(String::as_str).collect();
        write!(
            f,
            "{} series forecast, {} rows written; ",
            self.series, self.written
        )?;
        write!(
            f,
            "times were read as {}, apart by {}",
            self.times,
            steps.join(", ")
        )?;
        let list =
            |f: &mut fmt::Formatter<'_>, what: &str, lines: &mut dyn Iterator<Item = String>| {
                let mut lines = lines.peekable();
                if lines.peek().is_none() {
                    return Ok(());
                }
                write!(f, "\n{what}:")?;
                for line in lines.by_ref().take(NAMED) {
                    write!(f, "\n  {line}")?;
                }
                match lines.count() {
                    0 => Ok(()),
                    more => write!(f, "\n  and {more} more"),
                }
            };
        list(
            f,
            "missing steps, interpolated",
            &mut self.gaps.iter().cloned(),
        )?;
        let without = &mut self.without_season.iter().cloned();
        list(
            f,
            "too short to learn the season, forecast without it",
            without,
        )?;
        list(
            f,
            "left out",
            &mut self.left_out.iter().map(LeftOut::to_string),
        )
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", short(&self.series), self.reason)
    }
}

/// All reasons, if they are not too many.
pub(super) fn listed(all: &[LeftOut]) -> String {
    let named: Vec<String> = all.iter().take(NAMED).map(LeftOut::to_string).collect();
    match all.len().saturating_sub(NAMED) {
        0 => named.join("\n  "),
        more => format!("{}\n  and {more} more", named.join("\n  ")),
    }
}

/// A name as it can stand in a sentence.
fn short(name: &str) -> String {
    match name.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
