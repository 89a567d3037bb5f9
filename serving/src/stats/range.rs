//! The range of time that is asked about. Pure. Times are unix minutes.

use chrono::{Datelike, Days};
use chrono_tz::Tz;
use model::time;
use web::Problem;

use super::{
    calendar::{date_of, start_of_day},
    query::bad,
};

/// Years that may be asked about.
const YEARS: std::ops::RangeInclusive<i32> = 0..=9999;

/// First minute in and first minute out, of a start and an end or of a named range.
pub(super) fn range(
    start: Option<&str>,
    end: Option<&str>,
    range: Option<&str>,
    zone: Tz,
    now_ms: i64,
) -> Result<(i64, i64), Problem> {
    let (default_start, default_end) = named_range(range.unwrap_or("7d"), zone, now_ms)?;
    let start = start.map_or(Ok(default_start), |t| parse_time(t, zone))?;
    let end = end.map_or(Ok(default_end), |t| parse_time(t, zone))?;
    match start < end {
        true => Ok((start, end)),
        false => Err(bad("invalid_range", "start must be before end")),
    }
}

fn named_range(name: &str, zone: Tz, now_ms: i64) -> Result<(i64, i64), Problem> {
    let invalid = || {
        bad(
            "invalid_range",
            "range must be today, yesterday, mtd, or a number of hours or days such as 24h or 30d",
        )
    };
    let now = time::minute_of(now_ms);
    let today = date_of(now, zone).ok_or_else(invalid)?;
    let day = |date: Option<chrono::NaiveDate>| {
        date.and_then(|d| start_of_day(d, zone)).ok_or_else(invalid)
    };
    let tomorrow = day(today.checked_add_days(Days::new(1)))?;
    match name {
        "today" => Ok((day(Some(today))?, tomorrow)),
        "yesterday" => Ok((
            day(today.checked_sub_days(Days::new(1)))?,
            day(Some(today))?,
        )),
        "mtd" => Ok((day(today.with_day(1))?, tomorrow)),
        _ => {
            if !name.is_ascii() || name.len() < 2 {
                return Err(invalid());
            }
            let (count, unit) = name.split_at(name.len() - 1);
            let count: u64 = count
                .parse()
                .ok()
                .filter(|n| (1..=4000).contains(n))
                .ok_or_else(invalid)?;
            match unit {
                "h" => {
                    let end = time::floor(now, time::HOUR) + time::HOUR;
                    Ok((end - count as i64 * time::HOUR, end))
                }
                "d" => Ok((day(today.checked_sub_days(Days::new(count - 1)))?, tomorrow)),
                _ => Err(invalid()),
            }
        }
    }
}

fn parse_time(text: &str, zone: Tz) -> Result<i64, Problem> {
    instant(text, zone).ok_or_else(|| {
        bad(
            "invalid_time",
            "start and end must be RFC 3339 on a whole minute, such as 2026-11-22T10:15:00Z, or a date",
        )
    })
}

/// The unix minute of RFC 3339, or of a date, which means its first moment in the zone; `None`: it is neither, or on no
/// whole minute.
pub(crate) fn instant(text: &str, zone: Tz) -> Option<i64> {
    if let Ok(date) = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        // Times far beyond cannot be shown in every zone.
        return YEARS
            .contains(&date.year())
            .then(|| start_of_day(date, zone))?;
    }
    let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    let ms = time.timestamp_millis();
    (ms.rem_euclid(60_000) == 0).then_some(ms / 60_000)
}
