//! Days of a time zone. All times are unix minutes in UTC.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// The local time of a minute.
pub fn local(minute: i64, zone: Tz) -> Option<DateTime<Tz>> {
    Some(DateTime::<Utc>::from_timestamp(minute.checked_mul(60)?, 0)?.with_timezone(&zone))
}

/// The local date of a minute.
pub fn date_of(minute: i64, zone: Tz) -> Option<NaiveDate> {
    local(minute, zone).map(|t| t.date_naive())
}

/// The first moment of a local day, the first one if there are two: not always midnight, where clocks jump at midnight.
pub fn start_of_day(date: NaiveDate, zone: Tz) -> Option<i64> {
    let midnight = date.and_time(NaiveTime::MIN);
    // Clocks jump by at most a few hours.
    let candidates = (0..=96).map(|quarter| midnight + chrono::Duration::minutes(15 * quarter));
    for candidate in candidates {
        match zone.from_local_datetime(&candidate) {
            LocalResult::Single(t) => return Some(t.timestamp().div_euclid(60)),
            LocalResult::Ambiguous(first, _) => return Some(first.timestamp().div_euclid(60)),
            LocalResult::None => {}
        }
    }
    None
}

/// The local day of a minute, and when it ends.
pub fn day_of(minute: i64, zone: Tz) -> Option<(NaiveDate, i64)> {
    let day = date_of(minute, zone)?;
    Some((day, start_of_day(day.succ_opt()?, zone)?))
}
