//! When a job runs: cron expressions in a time zone.
//!
//! Understood are
//! - five fields: minute, hour, day of month, month, day of week;
//! - six: the same after a field for seconds; seven: a field for the year at the end;
//! - `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`.
//!
//! A field is a list (`,`) of `*`, `?`, a value, a range `a-b`, or any of these with a step `/n`
//! (`a/n` goes on to the field's end). Months and weekdays have English names of three letters.
//! **Sunday is 0 or 7 in every form**, also in those with seconds. `L` is the last day of the
//! month, `MON#2` the second Monday. Not understood, and refused: `W`, `LW`, `5L`, `#L`, `H`.
//!
//! When day of month and day of week are both given (neither is `*` or `?`), either suffices.
//!
//! Where clocks change, as in Vixie cron: an expression whose seconds, minutes or hours begin with
//! `*` follows the time that passes: what falls into a skipped hour does not happen, and a repeated
//! hour repeats it. Any other runs once: right after the skipped hour, or in the first of two.

mod fields;

use std::iter::successors;

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::{GapInfo, Tz};

use self::fields::Fields;

/// How far ahead a run is looked for, years. Every pattern of leap years and weekdays fits.
const YEARS: i32 = 100;
/// More than clocks are ever set back, hours.
const LONGEST_FOLD: TimeDelta = TimeDelta::hours(4);

/// Why a text is not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a schedule: {why}; write five fields such as `30 2 * * 1-5`, six with seconds first, or @daily"
)]
pub struct ScheduleError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

/// When something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    text: String,
    fields: Fields,
    zone: Tz,
}

impl Schedule {
    /// Reads a cron expression whose times are those of `zone`.
    pub fn parse(text: &str, zone: Tz) -> Result<Self, ScheduleError> {
        let text = text.trim();
        let wrong = |why| ScheduleError {
            text: text.chars().take(100).collect(),
            why,
        };
        let fields = Fields::parse(text).map_err(wrong)?;
        Ok(Self {
            text: text.to_string(),
            fields,
            zone,
        })
    }

    /// The expression.
    pub fn expression(&self) -> &str {
        &self.text
    }

    /// The time zone.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The first time it is due after `after`; `None` if that is not within a century.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let start = self.search_from(after)?;
        let last_year = start.year().saturating_add(YEARS);
        let next = |from: NaiveDateTime| self.fields.next_local(from, last_year);
        let mut earliest: Option<DateTime<Utc>> = None;
        for local in successors(next(start), |local| next(*local + TimeDelta::seconds(1))) {
            let (times, unique) = self.instants(local);
            let due = times
                .into_iter()
                .flatten()
                .filter(|time| *time > after)
                .min();
            earliest = earliest.into_iter().chain(due).min();
            // Later local times are later instants, unless this one is in a repeated hour.
            if unique && due.is_some() {
                break;
            }
        }
        earliest
    }

    /// The last time it is due after `after` and up to `until`.
    pub fn last_between(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let up_to = |time: &DateTime<Utc>| *time <= until;
        let first = self.next_after(after).filter(up_to)?;
        // Look back in windows, each twice as long, until one holds a time; then go through it.
        let mut window = TimeDelta::minutes(1);
        let from = loop {
            let from = until - window;
            if from <= after {
                break after;
            }
            if self.next_after(from).is_some_and(|time| time <= until) {
                break from;
            }
            window = window * 2;
        };
        let times = successors(self.next_after(from), |time| self.next_after(*time));
        times.take_while(up_to).last().or(Some(first))
    }

    /// The local time from which due times may lie after `after`.
    fn search_from(&self, after: DateTime<Utc>) -> Option<NaiveDateTime> {
        let offset = |at: DateTime<Utc>| self.zone.offset_from_utc_datetime(&at.naive_utc()).fix();
        let local = after
            .with_timezone(&self.zone)
            .naive_local()
            .with_nanosecond(0)?;
        let steady = offset(after.checked_sub_signed(LONGEST_FOLD)?)
            == offset(after.checked_add_signed(LONGEST_FOLD)?);
        if steady {
            Some(local)
        } else {
            local.checked_sub_signed(LONGEST_FOLD)
        }
    }

    /// When it is due for a local time, and whether that time comes once.
    fn instants(&self, local: NaiveDateTime) -> ([Option<DateTime<Utc>>; 2], bool) {
        let utc = |time: DateTime<Tz>| Some(time.with_timezone(&Utc));
        let passing = self.fields.follows_passing_time;
        match self.zone.from_local_datetime(&local) {
            chrono::LocalResult::Single(time) => ([utc(time), None], true),
            chrono::LocalResult::Ambiguous(first, second) => {
                ([utc(first), utc(second).filter(|_| passing)], false)
            }
            chrono::LocalResult::None => {
                let gap = GapInfo::new(&local, &self.zone).filter(|_| !passing);
                ([gap.and_then(|gap| gap.end).and_then(utc), None], true)
            }
        }
    }
}

impl Fields {
    /// The first matching local time from `from`, up to the end of `last_year`.
    fn next_local(&self, from: NaiveDateTime, last_year: i32) -> Option<NaiveDateTime> {
        let mut date = from.date();
        let mut time = (from.hour(), from.minute(), from.second());
        while date.year() <= last_year {
            if self.has_date(date)
                && let Some((hour, minute, second)) = self.next_time(time)
            {
                return date.and_hms_opt(hour, minute, second);
            }
            date = self.later_date(date)?;
            time = (0, 0, 0);
        }
        None
    }

    /// The first matching time of day from `from`.
    fn next_time(&self, (hour, minute, second): (u32, u32, u32)) -> Option<(u32, u32, u32)> {
        for h in self.hours.range(hour..) {
            let minute = if *h == hour { minute } else { 0 };
            for m in self.minutes.range(minute..) {
                let second = if (*h, *m) == (hour, minute) {
                    second
                } else {
                    0
                };
                if let Some(s) = self.seconds.range(second..).next() {
                    return Some((*h, *m, *s));
                }
            }
        }
        None
    }

    /// The next day that is worth a look.
    fn later_date(&self, date: NaiveDate) -> Option<NaiveDate> {
        if self.has_month(date) {
            return date.checked_add_days(Days::new(1));
        }
        date.with_day(1)?.checked_add_months(chrono::Months::new(1))
    }

    fn has_month(&self, date: NaiveDate) -> bool {
        let year =
            |years: &std::collections::BTreeSet<u32>| years.contains(&date.year().unsigned_abs());
        self.months.contains(&date.month()) && self.years.as_ref().is_none_or(year)
    }

    fn has_date(&self, date: NaiveDate) -> bool {
        let is_last = || {
            date.checked_add_days(Days::new(1))
                .is_none_or(|next| next.day() == 1)
        };
        let day = self.days.contains(&date.day()) || (self.last_day && is_last());
        let (weekday, nth) = (date.weekday().num_days_from_sunday(), date.day0() / 7 + 1);
        let weekday =
            self.weekdays.contains(&weekday) || self.nth_weekdays.contains(&(weekday, nth));
        let either = self.days_given && self.weekdays_given;
        self.has_month(date)
            && if either {
                day || weekday
            } else {
                day && weekday
            }
    }
}

#[cfg(test)]
mod tests;
