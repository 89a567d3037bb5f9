//! The ways in which a CSV file may write a time.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat};

use super::digits::Digits;
use super::periods::Period;

const DAY_MS: i64 = 86_400_000;

/// How a file writes times; forecasts are written in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeFormat {
    /// A whole number: an index, or whatever it counts.
    Integer,
    /// A whole number that is a time: `202001`, `20200131`, Unix seconds.
    Digits(Digits),
    /// A part of a year: `2020-01`, `2020Q1`, `2020-W05`.
    Period(Period),
    /// `2026-01-31`, or with slashes.
    Date(&'static str),
    /// `2026-01-31 23:00:00`, or with `T`, in a zone that is not told.
    Plain(&'static str),
    /// RFC 3339, with the offset of the first row; `Z` where it was written so.
    Rfc3339 { offset: FixedOffset, zulu: bool },
}

const DATES: [&str; 2] = ["%Y-%m-%d", "%Y/%m/%d"];
const PLAIN: [&str; 6] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
];

impl TimeFormat {
    /// The format of one time, if it is any of those known. What is but digits is an integer: see
    /// [`Digits::of`].
    pub(super) fn detect(text: &str) -> Option<TimeFormat> {
        let rfc3339 = || {
            let time = DateTime::parse_from_rfc3339(text).ok()?;
            let format = TimeFormat::Rfc3339 {
                offset: *time.offset(),
                zulu: text.ends_with(['Z', 'z']),
            };
            format.parse(text).map(|_| format)
        };
        std::iter::once(TimeFormat::Integer)
            .chain(Period::of(text).map(TimeFormat::Period))
            .chain(DATES.map(TimeFormat::Date))
            .chain(PLAIN.map(TimeFormat::Plain))
            .find(|format| format.parse(text).is_some())
            .or_else(rfc3339)
    }

    /// Whether both are the same way to write a time; the offset may change within a file.
    pub(super) fn is_like(self, other: TimeFormat) -> bool {
        match (self, other) {
            (TimeFormat::Rfc3339 { .. }, TimeFormat::Rfc3339 { .. }) => true,
            (TimeFormat::Period(one), TimeFormat::Period(other)) => one.is_like(other),
            _ => self == other,
        }
    }

    /// Of two ways that are alike, the one that writes both.
    pub(super) fn narrower(self, other: TimeFormat) -> TimeFormat {
        match (self, other) {
            (TimeFormat::Period(one), TimeFormat::Period(other)) => {
                TimeFormat::Period(one.narrower(other))
            }
            _ => self,
        }
    }

    /// The time as a number that grows evenly with time: milliseconds, or the integer itself.
    pub(super) fn parse(self, text: &str) -> Option<i64> {
        if self == TimeFormat::Integer {
            return text.parse().ok();
        }
        // A sign would be that of a year.
        let text = text
            .starts_with(|c: char| c.is_ascii_alphanumeric())
            .then_some(text)?;
        let ms = match self {
            TimeFormat::Integer => return None,
            TimeFormat::Digits(digits) => digits.parse(text)?,
            TimeFormat::Period(period) => period.parse(text)?,
            TimeFormat::Date(pattern) => {
                let date = NaiveDate::parse_from_str(text, pattern).ok()?;
                date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis()
            }
            TimeFormat::Plain(pattern) => {
                let time = NaiveDateTime::parse_from_str(text, pattern).ok()?;
                time.and_utc().timestamp_millis()
            }
            TimeFormat::Rfc3339 { .. } => {
                DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis()
            }
        };
        self.in_calendar(ms).map(|_| ms)
    }

    /// The reverse of [`TimeFormat::parse`]; `None` beyond the years 0 to 9999.
    ///
    /// Dates whose step is not whole days get the time of day too.
    pub(super) fn write(self, time: i64) -> Option<String> {
        if self == TimeFormat::Integer {
            return Some(time.to_string());
        }
        let at = self.in_calendar(time)?;
        Some(match self {
            TimeFormat::Integer => return None,
            TimeFormat::Digits(digits) => digits.write(at),
            TimeFormat::Period(period) => period.write(at)?,
            TimeFormat::Date(pattern) if time % DAY_MS == 0 => at.format(pattern).to_string(),
            TimeFormat::Date(_) => at.format(PLAIN[0]).to_string(),
            TimeFormat::Plain(pattern) => at.format(pattern).to_string(),
            TimeFormat::Rfc3339 { zulu, .. } => at.to_rfc3339_opts(SecondsFormat::AutoSi, zulu),
        })
    }

    /// How far its clock is ahead of the numbers of [`TimeFormat::parse`].
    pub(super) fn ahead_ms(self) -> i64 {
        i64::from(self.offset().local_minus_utc()) * 1000
    }

    /// Whether the numbers are moments, which have a place in the calendar.
    pub(super) fn is_calendar(self) -> bool {
        self != TimeFormat::Integer
    }

    fn offset(self) -> FixedOffset {
        match self {
            TimeFormat::Rfc3339 { offset, .. } => offset,
            _ => chrono::Offset::fix(&chrono::Utc),
        }
    }

    fn in_calendar(self, ms: i64) -> Option<DateTime<FixedOffset>> {
        let utc = DateTime::from_timestamp_millis(ms)?;
        let at = utc.with_timezone(&self.offset());
        (0..=9999).contains(&at.year()).then_some(at)
    }

    /// What its times are, with an example, for people.
    pub(super) fn about(self) -> String {
        match self {
            TimeFormat::Integer => "whole numbers".to_owned(),
            TimeFormat::Digits(digits) => digits.about().to_owned(),
            TimeFormat::Period(period) => period.about(),
            TimeFormat::Date(pattern) => {
                format!(
                    "dates like {}",
                    if pattern == DATES[0] {
                        "2026-01-31"
                    } else {
                        "2026/01/31"
                    }
                )
            }
            TimeFormat::Plain(pattern) => {
                let example =
                    NaiveDate::from_ymd_opt(2026, 1, 31).and_then(|d| d.and_hms_opt(23, 0, 0));
                let example = example.map(|at| at.format(pattern).to_string());
                format!("times like {}", example.unwrap_or_default())
            }
            TimeFormat::Rfc3339 { .. } => "RFC 3339 times like 2026-01-31T23:00:00Z".to_owned(),
        }
    }
}

/// What to write instead of a time that is none of a file's.
pub(super) fn advice(text: &str) -> &'static str {
    let digits = text
        .trim_start_matches('+')
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    if digits > 4 && text[digits..].contains('-') {
        "years after 9999 are not taken"
    } else if text.is_empty() {
        "give the row a time, or leave it out"
    } else {
        "write whole numbers, 2026-01, 2026-Q1, 2026-W05, 2026-01-31, 2026-01-31 23:00:00 or RFC 3339, the year first"
    }
}

#[cfg(test)]
mod tests {
    use super::TimeFormat;

    #[test]
    fn every_format_comes_back_as_it_was() {
        for text in [
            "17",
            "-3",
            "2026-01-31",
            "2026/01/31",
            "2026-01-31 23:00:00",
            "2026-01-31 23:00:00.500",
            "2026-01-31T23:00:00",
            "2026-01-31 23:00",
            "2026/01/31 23:00",
            "2026-01-31T23:00:00Z",
            "2026-01-31T23:00:00.250Z",
            "2026-01-31T23:00:00+05:30",
            "2026-01",
            "2026/01",
            "2026M01",
            "2026-M1",
            "01/2026",
            "2026Q1",
            "2026-Q4",
            "2026 q2",
            "Q3 2026",
            "2026H2",
            "2026-S1",
            "2026-W05",
            "2026W53",
        ] {
            let format = TimeFormat::detect(text).expect(text);
            let time = format.parse(text).expect(text);
            assert_eq!(format.write(time).as_deref(), Some(text), "{format:?}");
        }
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in [
            "",
            "yesterday",
            "31.01.2026",
            "31/01/2026",
            "2026-13-01",
            "2026-13",
            "2026-00",
            "2026Q5",
            "2026Q0",
            "2026H3",
            "2025-W53",
            "2026-W00",
            "2026X1",
            "1.5",
            "10000-01-01",
            "+10000-01-01",
            "-0001-01-01",
            "+2026-01-01",
            "10000-01-01T00:00:00Z",
            "Jan 2026",
            "2026-Q1x",
            "2026é1",
            "é2026-01",
            "99999999999999999999",
        ] {
            assert_eq!(TimeFormat::detect(text), None, "{text:?}");
        }
    }

    #[test]
    fn nothing_is_written_beyond_the_year_9999() {
        for text in ["9999-12-31", "9999-12", "9999Q4", "9999-12-31T23:59:59Z"] {
            let format = TimeFormat::detect(text).expect(text);
            let time = format.parse(text).expect(text);
            assert_eq!(format.write(time + 400 * super::DAY_MS), None, "{text}");
            assert_eq!(format.write(i64::MAX), None, "{text}");
        }
    }
}
