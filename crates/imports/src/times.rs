//! Times as other tools write them.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Times with a zone, beside RFC 3339.
const ZONED: [&str; 3] = [
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f %z",
];
/// Times without one: UTC.
const BARE: [&str; 4] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
];
/// Unix times of 1985 to 5138 in seconds; larger numbers are milliseconds.
const SECONDS: std::ops::Range<i64> = 500_000_000..100_000_000_000;

/// A time, in unix milliseconds: RFC 3339 and what is like it, `20130102030405` (ClickMeter), a date (its first
/// moment), unix seconds or milliseconds. What has no zone is UTC.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    let zoned = |form| DateTime::parse_from_str(text, form).ok();
    if let Some(time) = ZONED.into_iter().find_map(zoned) {
        return Some(time.timestamp_millis());
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return of_digits(text);
    }
    let bare = |form| NaiveDateTime::parse_from_str(text, form).ok();
    if let Some(time) = BARE.into_iter().find_map(bare) {
        return Some(time.and_utc().timestamp_millis());
    }
    date(text).map(begin)
}

/// A date and a time without anything between them, a date, or unix seconds or milliseconds: their lengths tell.
fn of_digits(text: &str) -> Option<i64> {
    if text.len() == 14 {
        let time = NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").ok()?;
        return Some(time.and_utc().timestamp_millis());
    }
    if text.len() == 8 {
        return date(text).map(begin);
    }
    let number: i64 = text.parse().ok()?;
    match SECONDS.contains(&number) {
        true => Some(number * 1_000),
        false => (number > SECONDS.end).then_some(number),
    }
}

/// The first moment of a day, UTC.
fn begin(date: NaiveDate) -> i64 {
    let midnight = date.and_time(chrono::NaiveTime::MIN);
    midnight.and_utc().timestamp_millis()
}

/// A calendar date: `2026-01-02` or `20260102`.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    let forms = ["%Y-%m-%d", "%Y%m%d"];
    let parse = |form| NaiveDate::parse_from_str(text.trim(), form).ok();
    let digits = text.trim().len();
    forms
        .into_iter()
        .filter(|_| matches!(digits, 8 | 10))
        .find_map(parse)
}

/// RFC 3339 in UTC, without fractions.
pub(crate) fn rfc3339(ms: i64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(ms)?;
    Some(time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_other_tools_are_read() {
        for text in [
            "2021-03-01T10:05:00Z",
            "2021-03-01T11:05:00+01:00",
            "2021-03-01T10:05:00+0000",
            "2021-03-01T10:05:00.000000+0000",
            "2021-03-01 10:05:00",
            "2021-03-01 10:05:00+00:00",
            "2021-03-01 12:05:00 +0200",
            "20210301100500",
            "1614593100",
            "1614593100000",
            "03/01/2021 10:05:00",
        ] {
            assert_eq!(
                parse(text).and_then(rfc3339).as_deref(),
                Some("2021-03-01T10:05:00Z"),
                "{text}"
            );
        }
        // Of which the first twelve digits are a time, too.
        assert_eq!(parse("1432011403000"), Some(1_432_011_403_000));
        assert_eq!(
            parse("2021-03-01").and_then(rfc3339).as_deref(),
            Some("2021-03-01T00:00:00Z")
        );
        for text in ["", "soon", "12", "2021-13-01", "-5", "1.5"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
