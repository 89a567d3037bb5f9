//! Buckets of time. Everything is UTC; a bucket is named by its start in unix minutes.

/// Longest time between a click and a conversion that belongs to it, days.
pub const MAX_ATTRIBUTION_DAYS: u16 = 400;

/// Minutes in an hour and in a day.
pub const HOUR: i64 = 60;
/// Minutes in a day.
pub const DAY: i64 = 24 * HOUR;

/// Earliest time an event may carry: 1970-01-01T00:00:00Z, unix milliseconds.
pub const EARLIEST_MS: i64 = 0;
/// How far ahead of the door's clock an event may be, milliseconds (one day).
pub const MAX_AHEAD_MS: i64 = 86_400_000;

/// The unix minute that holds `ms` (unix milliseconds), also before 1970.
pub fn minute_of(ms: i64) -> i64 {
    ms.div_euclid(60_000)
}

/// Start of the bucket of `width` minutes that holds the unix minute `minute`.
pub fn floor(minute: i64, width: i64) -> i64 {
    minute.div_euclid(width) * width
}

/// Days since 1970-01-01 of a unix minute.
pub fn day_of(minute: i64) -> i64 {
    minute.div_euclid(DAY)
}

/// `YYYY-MM-DD` of a day number since 1970-01-01; `None` beyond the calendar.
pub fn day_text(day: i64) -> Option<String> {
    let date = chrono::DateTime::from_timestamp(day.checked_mul(86_400)?, 0)?;
    Some(date.format("%Y-%m-%d").to_string())
}

/// The day number of `YYYY-MM-DD`.
pub fn parse_day(text: &str) -> Option<i64> {
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(
        date.and_hms_opt(0, 0, 0)?
            .and_utc()
            .timestamp()
            .div_euclid(86_400),
    )
}

/// RFC 3339 in UTC of unix milliseconds, to the second, or to the millisecond where there are any.
pub fn rfc3339(ms: i64) -> String {
    match chrono::DateTime::from_timestamp_millis(ms) {
        Some(t) => t.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        None => format!("{ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_start_before_what_they_hold_even_before_1970() {
        assert_eq!(minute_of(-1), -1);
        assert_eq!(floor(-1, 15), -15);
        assert_eq!(floor(29, 15), 15);
        assert_eq!(day_of(-1), -1);
    }

    #[test]
    fn days_round_trip() {
        for day in [-1, 0, 15_706, 20_000] {
            assert_eq!(parse_day(&day_text(day).unwrap()), Some(day));
        }
    }
}
