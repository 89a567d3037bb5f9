//! Series as they were observed, put on an even grid: of numbers, of time or of calendar months.

use super::months::{self, Months};
use super::time::TimeFormat;
use super::unusable::Unusable;

/// Longest gap that is filled by interpolation.
const MAX_GAP: i64 = 10_000;

/// One value of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    /// As the file's format has it.
    pub(super) time: i64,
    pub(super) value: f64,
    /// Line of the file.
    pub(super) line: u64,
}

/// An evenly spaced series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spaced {
    pub(super) values: Vec<f64>,
    /// How many of them were not observed but interpolated.
    pub(super) filled: usize,
    /// The longest stretch of those.
    pub(super) gap: Option<Gap>,
    start: i64,
    step: i64,
    /// If steps are months.
    months: Option<Months>,
}

/// Steps that are missing between two rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gap {
    pub(super) steps: i64,
    pub(super) before: Row,
    pub(super) after: Row,
}

impl Spaced {
    /// Sorts the rows of one series and finds its step; gaps that are not too long are interpolated.
    pub(super) fn of(rows: &mut [Row], format: TimeFormat) -> Result<Spaced, Unusable> {
        rows.sort_by_key(|row| (row.time, row.line));
        let times: Vec<i64> = rows.iter().map(|row| row.time).collect();
        let months = months(&times, format);
        let place = |time: i64| match months {
            Some(months) => months.ordinal(time),
            None => Some(time),
        };
        let places: Option<Vec<i64>> = times.iter().map(|time| place(*time)).collect();
        let steps = Steps::between(&places.unwrap_or(times), rows)?;
        let uneven = |row: usize| {
            let times: Vec<i64> = rows.iter().map(|row| row.time).collect();
            let several = rows.len() > 2 && format.is_calendar();
            Unusable::Uneven {
                line: rows[row].line,
                step: in_words(steps.step, months, format),
                hint: match several && months::one_each(&times) {
                    true => "; if they are months, write them as 2026-01",
                    false => "",
                },
            }
        };
        if let Some(apart) = steps.apart.iter().position(|apart| apart % steps.step != 0) {
            return Err(uneven(apart + 1));
        }
        let gap = steps.gap(rows);
        let missing = steps.apart.iter().map(|apart| apart / steps.step - 1);
        let missing = missing.fold(0_i64, i64::saturating_add);
        if let Some(gap) = gap.filter(|gap| gap.steps > MAX_GAP || missing > rows.len() as i64) {
            return Err(Unusable::Holes {
                missing,
                rows: rows.len(),
                gap: gap.in_words(format),
                line: gap.after.line,
            });
        }
        Ok(Spaced {
            values: steps.filled(rows),
            filled: missing as usize,
            gap,
            start: steps.start,
            step: steps.step,
            months,
        })
    }

    /// The time of the value at `index`, which may lie beyond the last one; `None` beyond all times.
    pub(super) fn time(&self, index: usize) -> Option<i64> {
        let ahead = self.step.checked_mul(i64::try_from(index).ok()?)?;
        let place = self.start.checked_add(ahead)?;
        match self.months {
            Some(months) => months.time(place),
            None => Some(place),
        }
    }

    /// What its times are apart.
    pub(super) fn step_in_words(&self, format: TimeFormat) -> String {
        in_words(self.step, self.months, format)
    }
}

impl Gap {
    pub(super) fn in_words(&self, format: TimeFormat) -> String {
        let at = |row: Row| {
            format!(
                "{} (line {})",
                format.write(row.time).unwrap_or_default(),
                row.line
            )
        };
        let steps = if self.steps == 1 { "step" } else { "steps" };
        let (before, after) = (at(self.before), at(self.after));
        format!("{} {steps} between {before} and {after}", self.steps)
    }
}

/// How the places of rows that are in order lie.
struct Steps {
    start: i64,
    /// From each row to the next one.
    apart: Vec<i64>,
    step: i64,
}

impl Steps {
    /// The step is the most frequent distance, the shortest of them if several are.
    fn between(places: &[i64], rows: &[Row]) -> Result<Steps, Unusable> {
        let mut apart = Vec::with_capacity(places.len());
        for (pair, rows) in places.windows(2).zip(rows.windows(2)) {
            let (first, second) = (rows[0].line, rows[1].line);
            match pair[1].checked_sub(pair[0]) {
                Some(0) => return Err(Unusable::Duplicate { first, second }),
                Some(distance) => apart.push(distance),
                None => return Err(Unusable::Far { first, second }),
            }
        }
        let mut sorted = apart.clone();
        sorted.sort_unstable();
        let groups = sorted.chunk_by(|a, b| a == b);
        let most = groups.min_by_key(|group| std::cmp::Reverse(group.len()));
        let step = most.map(|group| group[0]);
        let single = || Unusable::Single {
            line: rows.first().map_or(0, |row| row.line),
        };
        Ok(Steps {
            start: places.first().copied().ok_or_else(single)?,
            step: step.ok_or_else(single)?,
            apart,
        })
    }

    fn gap(&self, rows: &[Row]) -> Option<Gap> {
        let gaps = self
            .apart
            .iter()
            .zip(rows.windows(2))
            .map(|(apart, rows)| Gap {
                steps: apart / self.step - 1,
                before: rows[0],
                after: rows[1],
            });
        gaps.filter(|gap| gap.steps > 0)
            .reduce(|longest, gap| match gap.steps > longest.steps {
                true => gap,
                false => longest,
            })
    }

    fn filled(&self, rows: &[Row]) -> Vec<f64> {
        let mut values: Vec<f64> = rows.first().map(|row| row.value).into_iter().collect();
        for (apart, pair) in self.apart.iter().zip(rows.windows(2)) {
            let steps = apart / self.step;
            let rise = (pair[1].value - pair[0].value) / steps as f64;
            values.extend((1..steps).map(|i| pair[0].value + rise * i as f64));
            values.push(pair[1].value);
        }
        values
    }
}

/// What the times have in common in the calendar. Seconds that are but evenly apart are left so.
fn months(times: &[i64], format: TimeFormat) -> Option<Months> {
    if !format.is_calendar() || times.len() < 2 {
        return None;
    }
    Months::of(times, format.ahead_ms())
}

fn in_words(step: i64, months: Option<Months>, format: TimeFormat) -> String {
    if months.is_some() {
        return months::in_words(step);
    }
    if !format.is_calendar() {
        return step.to_string();
    }
    let units = [
        (604_800_000, "week"),
        (86_400_000, "day"),
        (3_600_000, "hour"),
        (60_000, "minute"),
        (1000, "second"),
    ];
    match units.into_iter().find(|(unit, _)| step % unit == 0) {
        Some((unit, name)) if step == unit => match name {
            "hour" => "an hour".to_owned(),
            _ => format!("a {name}"),
        },
        Some((unit, name)) => format!("{} {name}s", step / unit),
        None => format!("{step} ms"),
    }
}
