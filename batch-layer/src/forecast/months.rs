//! Times that are whole months apart: the same day of each, or its last.

use chrono::{DateTime, Datelike, NaiveDate};

const DAY_MS: i64 = 86_400_000;

/// Where in a month the times of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Months {
    /// The day, or the last one of a month that is shorter.
    day: u32,
    /// Milliseconds into that day.
    rest: i64,
    /// How far the series' clock is ahead of UTC.
    ahead: i64,
}

/// A time's month, day of the month and time of that day.
struct Civil {
    month: i64,
    day: u32,
    last: u32,
    rest: i64,
}

impl Months {
    /// What these times (unix milliseconds) have in common, if all are on the same day of a month.
    pub(super) fn of(times: &[i64], ahead: i64) -> Option<Months> {
        let civil = |time: &i64| Civil::of(*time, ahead);
        let days: Vec<Civil> = times.iter().map(civil).collect::<Option<_>>()?;
        let ends = days.iter().all(|at| at.day == at.last);
        let day = if ends {
            31
        } else {
            days.iter().map(|at| at.day).max()?
        };
        let rest = days.first()?.rest;
        let same = |at: &Civil| at.day == day.min(at.last) && at.rest == rest;
        days.iter().all(same).then_some(Months { day, rest, ahead })
    }

    /// Months since the year 0.
    pub(super) fn ordinal(self, time: i64) -> Option<i64> {
        Civil::of(time, self.ahead).map(|at| at.month)
    }

    /// The reverse of [`Months::ordinal`]; `None` where there is no calendar.
    pub(super) fn time(self, ordinal: i64) -> Option<i64> {
        let year = i32::try_from(ordinal.div_euclid(12)).ok()?;
        let first = NaiveDate::from_ymd_opt(year, ordinal.rem_euclid(12) as u32 + 1, 1)?;
        let day = first.with_day(self.day.min(last_day(first)))?;
        let midnight = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis();
        midnight.checked_add(self.rest)?.checked_sub(self.ahead)
    }
}

impl Civil {
    fn of(time: i64, ahead: i64) -> Option<Civil> {
        let local = time.checked_add(ahead)?;
        let date = DateTime::from_timestamp_millis(local)?.date_naive();
        Some(Civil {
            month: i64::from(date.year()) * 12 + i64::from(date.month0()),
            day: date.day(),
            last: last_day(date),
            rest: local.rem_euclid(DAY_MS),
        })
    }
}

fn last_day(date: NaiveDate) -> u32 {
    u32::from(date.num_days_in_month())
}

/// Whether no two of the times, which are in order, are in the same month.
pub(super) fn one_each(times: &[i64]) -> bool {
    let month = |time: &i64| Civil::of(*time, 0).map(|at| at.month);
    times
        .windows(2)
        .all(|pair| month(&pair[0]) != month(&pair[1]))
}

/// For people.
pub(super) fn in_words(months: i64) -> String {
    match (months, months % 12) {
        (1, _) => "a month".to_owned(),
        (3, _) => "a quarter".to_owned(),
        (12, _) => "a year".to_owned(),
        (_, 0) => format!("{} years", months / 12),
        _ => format!("{months} months"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").expect(text);
        date.and_hms_opt(0, 0, 0)
            .expect("midnight")
            .and_utc()
            .timestamp_millis()
    }

    fn next(times: &[&str]) -> Option<i64> {
        let times: Vec<i64> = times.iter().map(|t| ms(t)).collect();
        let months = Months::of(&times, 0)?;
        months.time(months.ordinal(*times.last()?)? + 1)
    }

    #[test]
    fn the_day_stays_and_ends_stay_ends() {
        for (times, then) in [
            (&["2020-01-01", "2020-02-01"][..], "2020-03-01"),
            (&["2020-01-31", "2020-02-29"], "2020-03-31"),
            (&["2020-03-31", "2020-06-30"], "2020-07-31"),
            (&["2021-02-28", "2022-02-28"], "2022-03-31"),
            (&["2021-01-30", "2021-02-28"], "2021-03-30"),
            (&["2021-01-28", "2021-02-28"], "2021-03-28"),
            (&["2019-12-15", "2020-01-15"], "2020-02-15"),
        ] {
            assert_eq!(next(times), Some(ms(then)), "{times:?}");
        }
        assert_eq!(next(&["2020-01-01", "2020-01-02"]), None);
        assert_eq!(next(&["2020-01-31", "2020-02-28"]), None);
    }
}
