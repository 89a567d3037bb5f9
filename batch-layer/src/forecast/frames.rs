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
#[allow(missing_docs)]
pub enum FrameError {
    /// Two rows for one time.
    #[error("lines {first} and {second} give the same series the same time; drop one of them")]
    Duplicate { first: u64, second: u64 },
    /// A time that is not a whole number of steps after the first one.
    #[error(
        "line {line}: this time is not a whole number of steps (most rows are {step} apart) after \
         the first time of its series; give evenly spaced times"
    )]
    Uneven { line: u64, step: i64 },
    /// Only one time in a series.
    #[error("line {line}: the only row of its series, so its step is unknown; give two or more")]
    Single { line: u64 },
    /// Far more gaps than rows.
    #[error(
        "line {line}: {gap} steps are missing before this time; correct it or split the series"
    )]
    Gap { line: u64, gap: i64 },
    /// The data-frame engine failed.
    #[error("the rows could not be sorted and summed: {0}; this is a defect, please report it")]
    Engine(#[from] PolarsError),
}

/// Longest gap that is filled by interpolation.
const MAX_GAP: i64 = 10_000;

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

/// Series as observed: sorted, their step found, gaps interpolated.
pub(super) fn spaced_series(observations: &[Observation]) -> Result<Vec<Series>, FrameError> {
    let sorted = in_order(&frame(observations, |time| time)?)?;
    rows(&sorted)?
        .chunk_by(|a, b| a.series == b.series)
        .map(spaced)
        .collect()
}

fn spaced(rows: &[Observation]) -> Result<Series, FrameError> {
    let step = step(rows)?;
    let mut values = vec![rows[0].value];
    for pair in rows.windows(2) {
        let (before, now) = (&pair[0], &pair[1]);
        let apart = now.time.saturating_sub(before.time);
        if apart % step != 0 {
            return Err(FrameError::Uneven {
                line: now.line,
                step,
            });
        }
        let steps = apart / step;
        if steps > MAX_GAP {
            return Err(FrameError::Gap {
                line: now.line,
                gap: steps - 1,
            });
        }
        let rise = (now.value - before.value) / steps as f64;
        values.extend((1..steps).map(|i| before.value + rise * i as f64));
        values.push(now.value);
    }
    let filled = values.len() - rows.len();
    Ok(Series {
        series: rows[0].series,
        start: rows[0].time,
        step,
        values,
        filled,
    })
}

/// The most frequent time between rows, the shortest of them if several are.
fn step(rows: &[Observation]) -> Result<i64, FrameError> {
    let mut apart = Vec::with_capacity(rows.len());
    for pair in rows.windows(2) {
        let (before, now) = (&pair[0], &pair[1]);
        if now.time == before.time {
            return Err(FrameError::Duplicate {
                first: before.line,
                second: now.line,
            });
        }
        apart.push(now.time.saturating_sub(before.time));
    }
    apart.sort_unstable();
    let groups = apart.chunk_by(|a, b| a == b);
    let most = groups.min_by_key(|group| std::cmp::Reverse(group.len()));
    most.map(|group| group[0])
        .ok_or(FrameError::Single { line: rows[0].line })
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
