//! The ways in which a CSV file may write a time.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat};

const DAY_MS: i64 = 86_400_000;

/// How a file writes times; forecasts are written in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeFormat {
    /// A whole number: an index, or seconds, or whatever it counts.
    Integer,
    /// `2026-01-31`
    Date,
    /// `2026-01-31 23:00:00`, or with `T`, in a zone that is not told.
    Plain(&'static str),
    /// RFC 3339, with the offset of the first row; `Z` where it was written so.
    Rfc3339 { offset: FixedOffset, zulu: bool },
}

const PLAIN: [&str; 4] = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
];

impl TimeFormat {
    /// The format of one time, if it is any of those known.
    pub(super) fn detect(text: &str) -> Option<TimeFormat> {
        let rfc3339 = || {
            let time = DateTime::parse_from_rfc3339(text).ok()?;
            Some(TimeFormat::Rfc3339 {
                offset: *time.offset(),
                zulu: text.ends_with(['Z', 'z']),
            })
        };
        [TimeFormat::Integer, TimeFormat::Date]
            .into_iter()
            .chain(PLAIN.map(TimeFormat::Plain))
            .find(|format| format.parse(text).is_some())
            .or_else(rfc3339)
    }

    /// The time as a number that grows evenly with time: milliseconds, or the integer itself.
    pub(super) fn parse(self, text: &str) -> Option<i64> {
        match self {
            TimeFormat::Integer => text.parse().ok(),
            TimeFormat::Date => {
                let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
                Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
            }
            TimeFormat::Plain(pattern) => {
                let time = NaiveDateTime::parse_from_str(text, pattern).ok()?;
                Some(time.and_utc().timestamp_millis())
            }
            TimeFormat::Rfc3339 { .. } => {
                Some(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis())
            }
        }
    }

    /// The reverse of [`TimeFormat::parse`]; `None` beyond the calendar.
    ///
    /// Dates whose step is not whole days get the time of day too.
    pub(super) fn write(self, time: i64) -> Option<String> {
        let calendar = || DateTime::from_timestamp_millis(time);
        Some(match self {
            TimeFormat::Integer => time.to_string(),
            TimeFormat::Date if time % DAY_MS == 0 => calendar()?.format("%Y-%m-%d").to_string(),
            TimeFormat::Date => calendar()?.format(PLAIN[0]).to_string(),
            TimeFormat::Plain(pattern) => calendar()?.format(pattern).to_string(),
            TimeFormat::Rfc3339 { offset, zulu } => calendar()?
                .with_timezone(&offset)
                .to_rfc3339_opts(SecondsFormat::AutoSi, zulu),
        })
    }

    /// An example, for error messages.
    pub(super) fn example(self) -> &'static str {
        match self {
            TimeFormat::Integer => "an integer",
            TimeFormat::Date => "a date like 2026-01-31",
            TimeFormat::Plain(_) => "a time like 2026-01-31 23:00:00",
            TimeFormat::Rfc3339 { .. } => "an RFC 3339 time like 2026-01-31T23:00:00Z",
        }
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
            "2026-01-31 23:00:00",
            "2026-01-31T23:00:00",
            "2026-01-31 23:00",
            "2026-01-31T23:00:00Z",
            "2026-01-31T23:00:00.250Z",
            "2026-01-31T23:00:00+05:30",
        ] {
            let format = TimeFormat::detect(text).expect(text);
            let time = format.parse(text).expect(text);
            assert_eq!(format.write(time).as_deref(), Some(text), "{format:?}");
        }
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in ["", "yesterday", "31.01.2026", "2026-13-01", "1.5"] {
            assert_eq!(TimeFormat::detect(text), None, "{text:?}");
        }
    }
}
