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
//! Years are 1970 to 2100 where they are given.
//!
//! When day of month and day of week are both given (neither is `*` or `?`), either suffices.
//!
//! Where clocks change, as in Vixie cron: an expression whose seconds, minutes or hours begin with
//! `*` follows the time that passes: what falls into a skipped hour does not happen, and a repeated
//! hour repeats it. Any other runs once: right after the skipped hour, or in the first of two.

mod translate;

use std::iter::successors;

use chrono::{
    DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone,
    Timelike, Utc,
};
use chrono_tz::{GapInfo, Tz};

use self::translate::Rule;

const LAST_SECOND: NaiveTime = NaiveTime::from_hms_opt(23, 59, 59).unwrap();
/// The last second of the years that the crate `cron` knows.
const LAST_KNOWN: NaiveDateTime = NaiveDate::from_ymd_opt(2100, 12, 31)
    .unwrap()
    .and_time(LAST_SECOND);
/// From 2101 to 2199 a year has the same weekdays and leap day as the one so much before.
const SAME_CALENDAR: Months = Months::new(124 * 12);
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
    zone: Tz,
    /// It is due when one of them matches.
    rules: Vec<Rule>,
    /// Years are left open.
    any_year: bool,
    /// What happens where clocks change: see the module.
    follows_passing_time: bool,
}

impl Schedule {
    /// Reads a cron expression whose times are those of `zone`.
    pub fn parse(text: &str, zone: Tz) -> Result<Self, ScheduleError> {
        let text = text.trim();
        let wrong = |why| ScheduleError {
            text: text.chars().take(100).collect(),
            why,
        };
        let fields = translate::fields(text).map_err(wrong)?;
        let [second, minute, hour, .., year] = fields;
        let passing = |field: &str| field.starts_with(['*', '?']);
        Ok(Self {
            text: text.to_string(),
            zone,
            rules: translate::rules(fields).map_err(wrong)?,
            any_year: translate::is_open(year),
            follows_passing_time: [second, minute, hour].into_iter().any(passing),
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

    /// The first time it is due after `after`; `None` if it never is.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let start = self.search_from(after)?;
        let mut earliest: Option<DateTime<Utc>> = None;
        for local in successors(self.next_local(start), |local| self.next_local(*local)) {
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

    /// The first matching local time after `after`.
    fn next_local(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let rules = self.rules.iter();
        rules
            .filter_map(|rule| rule.next_local(after, self.any_year))
            .min()
    }

    /// The local time after which due times may lie after `after`: where clocks are set back, that
    /// much earlier, for what is repeated.
    fn search_from(&self, after: DateTime<Utc>) -> Option<NaiveDateTime> {
        let offset = |at: DateTime<Utc>| self.zone.offset_from_utc_datetime(&at.naive_utc()).fix();
        let before = offset(after.checked_sub_signed(LONGEST_FOLD)?).local_minus_utc();
        let later = offset(after.checked_add_signed(LONGEST_FOLD)?).local_minus_utc();
        let repeated = TimeDelta::seconds((before - later).max(0).into());
        let local = after.with_timezone(&self.zone).naive_local();
        local.with_nanosecond(0)?.checked_sub_signed(repeated)
    }

    /// When it is due for a local time, and whether that time comes once.
    fn instants(&self, local: NaiveDateTime) -> ([Option<DateTime<Utc>>; 2], bool) {
        let utc = |time: DateTime<Tz>| Some(time.with_timezone(&Utc));
        let passing = self.follows_passing_time;
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

impl Rule {
    /// The first matching local time after `after`; with `any_year` also after the years that the
    /// crate knows, up to 2199.
    fn next_local(&self, after: NaiveDateTime, any_year: bool) -> Option<NaiveDateTime> {
        self.next_known(after).or_else(|| {
            let from = after.max(LAST_KNOWN).checked_sub_months(SAME_CALENDAR)?;
            let next = self.next_known(from).filter(|_| any_year)?;
            let next = next.checked_add_months(SAME_CALENDAR);
            next.filter(|next| next.year() < 2200)
        })
    }

    /// The same in the years that the crate knows. To it all local times are of one zone without
    /// changes of the clock.
    fn next_known(&self, mut after: NaiveDateTime) -> Option<NaiveDateTime> {
        loop {
            let next = self.times.after(&after.and_utc()).next()?.naive_utc();
            let is_last = next.date().num_days_in_month() == next.day() as u8;
            if is_last || !self.last_day {
                return Some(next);
            }
            // Nothing else of that day matches either.
            after = next.date().and_time(LAST_SECOND);
        }
    }
}

#[cfg(test)]
mod tests;
