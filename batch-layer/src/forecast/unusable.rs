//! Why one series of a file is left out while others are forecast.

use super::ForecastError;

/// Why a series of a file is not forecast.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Unusable {
    /// A time that is not written as the others are.
    #[error("line {line}: the time `{text}` is not one of the {expected} of this file; {advice}")]
    Time {
        line: u64,
        text: String,
        expected: String,
        advice: &'static str,
    },
    /// A value that is not a number.
    #[error("line {line}: the value `{text}` {why}")]
    Value {
        line: u64,
        text: String,
        why: &'static str,
    },
    /// A row with more or fewer fields than the header.
    #[error(
        "line {line}: {found} fields under a header of {wanted}; a field with the delimiter in it \
         stands in quotes, and a number has no thousands separators and a point before its decimals"
    )]
    Fields {
        line: u64,
        found: usize,
        wanted: usize,
    },
    /// Two rows for one time.
    #[error(
        "lines {first} and {second} give the same series the same time; drop one of them, or add them up"
    )]
    Duplicate { first: u64, second: u64 },
    /// Times whose distance no number holds.
    #[error("the times of lines {first} and {second} are too far apart; correct one of them")]
    Far { first: u64, second: u64 },
    /// A time that is not a whole number of steps after the first one.
    #[error(
        "line {line}: this time is not a whole number of steps (most rows are {step} apart) after \
         the time before it; give evenly spaced times{hint}"
    )]
    Uneven {
        line: u64,
        step: String,
        hint: &'static str,
    },
    /// Only one time.
    #[error("line {line}: the only row of its series, so its step is unknown; give two or more")]
    Single { line: u64 },
    /// More gaps than rows.
    #[error(
        "line {line}: {missing} steps are missing and {rows} are given, the longest gap has \
         {gap}; fill it, or give only the rows after it"
    )]
    Holes {
        line: u64,
        missing: i64,
        rows: usize,
        gap: String,
    },
    /// Shorter than a season.
    #[error(
        "{steps} steps are too few for a season of {season}; give more rows or a smaller --season, 1 for none"
    )]
    Season { steps: usize, season: usize },
    /// The last times of a forecast are beyond the calendar.
    #[error("the horizon reaches beyond the year 9999, or beyond all numbers; ask for fewer steps")]
    Calendar,
    /// It cannot be forecast.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
}

/// The number, or what is wrong with it.
pub(super) fn number(text: &str) -> Result<f64, &'static str> {
    match text.parse::<f64>() {
        Ok(number) if number.abs() <= super::MAX_VALUE => Ok(number),
        Ok(number) if number.is_nan() => Err(MISSING),
        Ok(_) => Err("is not a finite number up to 1e100; correct it"),
        Err(_) if text.is_empty() || is_gap(text) => Err(MISSING),
        Err(_) if is_punctuated(text) => Err(
            "has a comma, an apostrophe, a space or several points; write it like 1234.5, without thousands separators",
        ),
        Err(_) => Err("is not a finite number; correct or drop that line"),
    }
}

const MISSING: &str =
    "is not a finite number; leave out the rows of missing values, and short gaps are interpolated";

fn is_gap(text: &str) -> bool {
    ["na", "n/a", "null", "none", "-", "#n/a"].contains(&text.to_lowercase().as_str())
}

fn is_punctuated(text: &str) -> bool {
    let number = |c: char| c.is_ascii_digit() || "+-.,'’_".contains(c) || c.is_whitespace();
    text.chars().all(number) && text.contains(|c: char| c.is_ascii_digit())
}
