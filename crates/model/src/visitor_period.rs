//! Within what a visitor whom nobody names has one number: a date, or a calendar month.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::time::{day_text, parse_day};

/// For how long an account knows a visitor again whom nobody names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Memory {
    /// A date in the account's time zone.
    #[default]
    Day,
    /// A calendar month in the account's time zone.
    Month,
}

impl Memory {
    /// As the API says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

/// A stretch of an account's calendar in which such a visitor has one number, made with a salt of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VisitorPeriod {
    /// A date: days since 1970-01-01.
    Day(i64),
    /// A month: months since January 1970.
    Month(i64),
}

impl VisitorPeriod {
    /// That which holds a date (days since 1970-01-01).
    pub fn of(memory: Memory, day: i64) -> Self {
        match memory {
            Memory::Day => Self::Day(day),
            Memory::Month => Self::Month(month_of(day)),
        }
    }

    /// How long it is.
    pub fn memory(self) -> Memory {
        match self {
            Self::Day(_) => Memory::Day,
            Self::Month(_) => Memory::Month,
        }
    }

    /// Its first date.
    pub fn first_day(self) -> i64 {
        match self {
            Self::Day(day) => day,
            Self::Month(month) => first_of(month),
        }
    }

    /// The first date after it.
    pub fn end_day(self) -> i64 {
        match self {
            Self::Day(day) => day.saturating_add(1),
            Self::Month(month) => first_of(month.saturating_add(1)),
        }
    }
}

/// Dates beyond the calendar are in the month at its end.
fn month_of(day: i64) -> i64 {
    let date = i32::try_from(day).ok().and_then(NaiveDate::from_epoch_days);
    let date = date.unwrap_or(match day < 0 {
        true => NaiveDate::MIN,
        false => NaiveDate::MAX,
    });
    (i64::from(date.year()) - 1970) * 12 + i64::from(date.month0())
}

fn first_of(month: i64) -> i64 {
    let year = i32::try_from(1970 + month.div_euclid(12)).ok();
    let date = year.and_then(|year| {
        let month = u32::try_from(month.rem_euclid(12) + 1).ok()?;
        NaiveDate::from_ymd_opt(year, month, 1)
    });
    let date = date.unwrap_or(match month < 0 {
        true => NaiveDate::MIN,
        false => NaiveDate::MAX,
    });
    date.to_epoch_days().into()
}

/// `2026-11-26` or `2026-11`.
impl fmt::Display for VisitorPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first_day();
        let date = day_text(first).unwrap_or_else(|| first.to_string());
        match self {
            Self::Day(_) => f.write_str(&date),
            Self::Month(_) => f.write_str(date.rsplit_once('-').map_or(&*date, |(month, _)| month)),
        }
    }
}

impl FromStr for VisitorPeriod {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(day) = parse_day(text) {
            return Ok(Self::Day(day));
        }
        let first = parse_day(&format!("{text}-01")).ok_or(())?;
        Ok(Self::of(Memory::Month, first))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        let november = VisitorPeriod::of(Memory::Month, parse_day("2026-11-26").unwrap());
        assert_eq!(november, VisitorPeriod::Month(56 * 12 + 10));
        assert_eq!(november.to_string(), "2026-11");
        assert_eq!(Some(november.first_day()), parse_day("2026-11-01"));
        assert_eq!(Some(november.end_day()), parse_day("2026-12-01"));
        assert_eq!("2026-11".parse(), Ok(november));
        assert_eq!("1969-12".parse(), Ok(VisitorPeriod::Month(-1)));
        for wrong in ["2026-13", "2026", "", "named", "2026-11-31"] {
            assert!(wrong.parse::<VisitorPeriod>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn each_date_is_in_its_period(day in -200_000i64..200_000, by_month: bool) {
            let memory = if by_month { Memory::Month } else { Memory::Day };
            let period = VisitorPeriod::of(memory, day);
            prop_assert!(period.first_day() <= day && day < period.end_day());
            prop_assert_eq!(VisitorPeriod::of(memory, period.first_day()), period);
            prop_assert_ne!(VisitorPeriod::of(memory, period.end_day()), period);
            prop_assert_eq!(period.memory(), memory);
            if day > 0 {
                prop_assert_eq!(period.to_string().parse(), Ok(period));
            }
        }

        #[test]
        fn no_number_is_beyond_it(day: i64) {
            let period = VisitorPeriod::of(Memory::Month, day);
            prop_assert!(period.first_day() <= period.end_day());
            prop_assert!(VisitorPeriod::Month(day).first_day() <= VisitorPeriod::Month(day).end_day());
        }
    }
}
