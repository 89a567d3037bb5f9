//! Series on an even grid, made from rows in any order.

use polars::prelude::{ChunkCompareIneq, DataFrame, PolarsError, SortMultipleOptions, df};

/// One value of one series at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Position of the series' name in the list of names.
    pub series: u32,
    /// Milliseconds since 1970 UTC, or any other even count.
    pub time: i64,
    /// The value.
    pub value: f64,
    /// Where it comes from, for error messages.
    pub line: u64,
}

/// An evenly spaced series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Position of the series' name in the list of names.
    pub series: u32,
    /// Time of the first value.
    pub start: i64,
    /// Time between values.
    pub step: i64,
    /// The values.
    pub values: Vec<f64>,
    /// How many of them were not observed but filled in.
    pub filled: usize,
}

impl Series {
    /// The time of the value at `index`, which may lie beyond the last one.
    pub fn time(&self, index: usize) -> i64 {
        self.start
            .saturating_add(self.step.saturating_mul(index as i64))
    }
}

/// The grid of counts, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// Whole hours.
    Hour,
    /// Whole days.
    Day,
}

impl Grid {
    /// Milliseconds between two points.
    pub fn step(self) -> i64 {
        match self {
            Grid::Hour => 3_600_000,
            Grid::Day => 86_400_000,
        }
    }

    /// How many points make the shortest season: a day of hours, a week of days.
    pub fn season(self) -> usize {
        match self {
            Grid::Hour => 24,
            Grid::Day => 7,
        }
    }
}

/// Why rows do not make even series.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The data-frame engine failed.
    #[error("the rows could not be sorted and summed: {0}; this is a defect, please report it")]
    Engine(PolarsError),
}

impl From<PolarsError> for FrameError {
    /// The sentence has the reason, which is no source of its own: it would be printed twice.
    fn from(error: PolarsError) -> FrameError {
        FrameError::Engine(error)
    }
}

/// Sums observations to whole hours or days (UTC) from each series' first one up to `until`.
///
/// A bucket without observations is zero. `until` (exclusive) is rounded down to the grid, so that
/// a bucket that is not over yet is left out.
pub fn count_series(
    observations: &[Observation],
    grid: Grid,
    until: i64,
) -> Result<Vec<Series>, FrameError> {
    let step = grid.step();
    let bucket = |time: i64| time.div_euclid(step) * step;
    let end = bucket(until);
    let buckets = frame(observations, bucket)?;
    let over = buckets.column("time")?.i64()?.lt(end);
    let sorted = rows(&in_order(&buckets.filter(&over)?)?)?;
    let sum = |same: &[Observation]| Observation {
        value: same.iter().map(|o| o.value).sum(),
        ..same[0]
    };
    let summed: Vec<Observation> = sorted
        .chunk_by(|a, b| (a.series, a.time) == (b.series, b.time))
        .map(sum)
        .collect();
    let counted = |rows: &[Observation]| {
        let start = rows[0].time;
        let mut values = vec![0.0; ((end - start) / step) as usize];
        for row in rows {
            values[((row.time - start) / step) as usize] = row.value;
        }
        let filled = values.len() - rows.len();
        Series {
            series: rows[0].series,
            start,
            step,
            values,
            filled,
        }
    };
    Ok(summed
        .chunk_by(|a, b| a.series == b.series)
        .map(counted)
        .collect())
}

fn frame(
    observations: &[Observation],
    time: impl Fn(i64) -> i64,
) -> Result<DataFrame, PolarsError> {
    df!(
        "series" => observations.iter().map(|o| o.series).collect::<Vec<_>>(),
        "time" => observations.iter().map(|o| time(o.time)).collect::<Vec<_>>(),
        "value" => observations.iter().map(|o| o.value).collect::<Vec<_>>(),
        "line" => observations.iter().map(|o| o.line).collect::<Vec<_>>(),
    )
}

fn in_order(frame: &DataFrame) -> Result<DataFrame, PolarsError> {
    frame.sort(["series", "time", "line"], SortMultipleOptions::default())
}

fn rows(frame: &DataFrame) -> Result<Vec<Observation>, PolarsError> {
    let series = frame.column("series")?.u32()?.into_no_null_iter();
    let time = frame.column("time")?.i64()?.into_no_null_iter();
    let value = frame.column("value")?.f64()?.into_no_null_iter();
    let line = frame.column("line")?.u64()?.into_no_null_iter();
    let cells = series.zip(time).zip(value).zip(line);
    Ok(cells
        .map(|(((series, time), value), line)| Observation {
            series,
            time,
            value,
            line,
        })
        .collect())
}
