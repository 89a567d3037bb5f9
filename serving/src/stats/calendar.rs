//! Buckets of an answer, in any time zone. Pure. All times are unix minutes in UTC.

use catalog::zone::local;
pub(crate) use catalog::zone::{date_of, start_of_day};
use chrono::{Datelike, Days, Offset, Timelike};
use chrono_tz::Tz;
use model::time;
use serde::Serialize;
use utoipa::ToSchema;

/// How an answer is cut into buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interval {
    /// Not at all.
    None,
    Minute,
    #[serde(rename = "5m")]
    FiveMinutes,
    #[serde(rename = "15m")]
    Quarter,
    Hour,
    Day,
    /// From Monday.
    Week,
    Month,
}

impl Interval {
    /// Every interval.
    pub(super) const ALL: [Self; 8] = [
        Self::None,
        Self::Minute,
        Self::FiveMinutes,
        Self::Quarter,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minute => "minute",
            Self::FiveMinutes => "5m",
            Self::Quarter => "15m",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "1m" => Some(Self::Minute),
            _ => Self::ALL.into_iter().find(|known| known.name() == text),
        }
    }
}

/// Whether two zones have the same days from `start` to `end`: as far as can be told from both ends.
pub(crate) fn same_days(one: Tz, other: Tz, start: i64, end: i64) -> bool {
    let offset = |minute, zone| Some(local(minute, zone)?.offset().fix());
    let same = |minute| offset(minute, one) == offset(minute, other);
    one == other || (same(start) && same(end - 1))
}

/// Start of the bucket that holds `minute`.
fn bucket_start(minute: i64, interval: Interval, zone: Tz) -> Option<i64> {
    let date = || date_of(minute, zone);
    match interval {
        Interval::None | Interval::Minute => Some(minute),
        // Clocks are whole quarters of an hour apart.
        Interval::FiveMinutes => Some(time::floor(minute, 5)),
        Interval::Quarter => Some(time::floor(minute, 15)),
        Interval::Hour => hour_start(minute, zone),
        Interval::Day => start_of_day(date()?, zone),
        Interval::Week => {
            let date = date()?;
            let monday =
                date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday())))?;
            start_of_day(monday, zone)
        }
        Interval::Month => start_of_day(date()?.with_day(1)?, zone),
    }
}

/// The first minute of a local hour. By subtraction, so that the two hours of a clock set back stay two;
/// where the clock was changed within it, that is where it begins.
fn hour_start(minute: i64, zone: Tz) -> Option<i64> {
    let offset = |minute| Some(local(minute, zone)?.offset().fix().local_minus_utc());
    let (start, now) = (
        minute - i64::from(local(minute, zone)?.minute()),
        offset(minute)?,
    );
    (start..=minute).find(|first| offset(*first) == Some(now))
}

/// A minute that lies in the bucket after the one that starts at `start`.
fn in_next(start: i64, interval: Interval) -> i64 {
    const DAY: i64 = 24 * 60;
    start
        + match interval {
            Interval::None | Interval::Minute => 1,
            Interval::FiveMinutes => 5,
            Interval::Quarter => 15,
            Interval::Hour => 60,
            // Past the end of the longest such bucket, within the next one.
            Interval::Day => DAY + 12 * 60,
            Interval::Week => 7 * DAY + 12 * 60,
            Interval::Month => 31 * DAY + 12 * 60,
        }
}

/// The starts of the buckets that cover `start..end`; the first may begin before `start`.
/// `None` beyond the calendar or beyond `limit` buckets.
pub(crate) fn buckets(
    start: i64,
    end: i64,
    interval: Interval,
    zone: Tz,
    limit: usize,
) -> Option<Vec<i64>> {
    if interval == Interval::None {
        return Some(vec![start]);
    }
    let mut starts = vec![bucket_start(start, interval, zone)?];
    loop {
        let last = *starts.last()?;
        let next = next_start(last, interval, zone)?;
        if next >= end {
            return Some(starts);
        }
        if next <= last || starts.len() >= limit {
            return None;
        }
        starts.push(next);
    }
}

/// The start of the bucket after the one that starts at `last`. A clock change may leave a bucket of a minute.
fn next_start(last: i64, interval: Interval, zone: Tz) -> Option<i64> {
    let mut next = bucket_start(in_next(last, interval), interval, zone)?;
    loop {
        match bucket_start(next - 1, interval, zone)? {
            before if last < before && before < next => next = before,
            _ => return Some(next),
        }
    }
}

/// The ranges of minutes, by start and end, that come after the start of a bucket and belong to the one before:
/// where clocks were set back just after midnight the date went back, too.
pub(crate) fn strays(starts: &[i64], interval: Interval, zone: Tz) -> Vec<(i64, i64)> {
    /// Clocks are set back within it, by less than that.
    const NEAR: i64 = 3 * 60;
    if !matches!(interval, Interval::Day | Interval::Week | Interval::Month) {
        return Vec::new();
    }
    let offset = |minute| Some(local(minute, zone)?.offset().fix());
    let changed = |start: &&i64| offset(**start) != offset(**start + NEAR);
    let of = |start: &i64| {
        let before = |minute: &i64| date_of(*minute, zone) < date_of(*start, zone);
        let first = (*start..start + NEAR).find(before)?;
        let end = (first..start + NEAR).find(|minute| !before(minute))?;
        Some((first, end))
    };
    starts.iter().filter(changed).filter_map(of).collect()
}

/// What a bucket is called: its first minute; of an hour that a clock change cut, the whole hour's.
pub(crate) fn name(start: i64, interval: Interval, zone: Tz) -> String {
    let whole = |start| local(start, zone)?.fixed_offset().with_minute(0);
    match whole(start).filter(|_| interval == Interval::Hour) {
        Some(hour) => hour.to_rfc3339_opts(chrono::SecondsFormat::Secs, zone == Tz::UTC),
        None => text(start, zone),
    }
}

/// Minutes that local time is ahead of UTC.
pub(crate) fn offset(minute: i64, zone: Tz) -> i64 {
    let seconds = local(minute, zone).map(|at| at.offset().fix().local_minus_utc());
    i64::from(seconds.unwrap_or(0)).div_euclid(60)
}

/// RFC 3339 of a minute, with the offset of the zone.
pub(crate) fn text(minute: i64, zone: Tz) -> String {
    match local(minute, zone) {
        Some(t) if zone == Tz::UTC => t
            .naive_utc()
            .and_utc()
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        Some(t) => t.to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};

    use super::*;
    use proptest::prelude::*;

    fn minute(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp() / 60
    }

    #[test]
    fn days_follow_the_clock_changes() {
        let zone = Tz::America__New_York;
        let starts = buckets(
            minute("2013-03-09T05:00:00Z"),
            minute("2013-03-12T04:00:00Z"),
            Interval::Day,
            zone,
            100,
        )
        .unwrap();
        assert_eq!(
            starts,
            vec![
                minute("2013-03-09T05:00:00Z"),
                minute("2013-03-10T05:00:00Z"),
                minute("2013-03-11T04:00:00Z")
            ]
        );
        let hours = buckets(
            minute("2013-11-03T04:00:00Z"),
            minute("2013-11-04T05:00:00Z"),
            Interval::Hour,
            zone,
            100,
        )
        .unwrap();
        assert_eq!(hours.len(), 25, "the day the clocks go back has 25 hours");
    }

    /// Clicks at these times, by local hour.
    fn by_hour(zone: Tz, clicks: &[&str]) -> Vec<(String, usize)> {
        let clicks: Vec<i64> = clicks.iter().map(|text| minute(text)).collect();
        let (first, last) = (clicks[0], clicks[clicks.len() - 1]);
        let starts = buckets(first, last + 1, Interval::Hour, zone, 100).unwrap();
        let of = |start: &i64| {
            let bucket = |click: &i64| starts.partition_point(|other| other <= click) - 1;
            let here = |click: &&i64| starts[bucket(click)] == *start;
            (
                name(*start, Interval::Hour, zone),
                clicks.iter().filter(here).count(),
            )
        };
        starts.iter().map(of).collect()
    }

    #[test]
    fn hours_are_those_of_the_wall_clock_where_it_moves_by_half_an_hour() {
        let zone = Tz::Australia__Lord_Howe;
        let forward = [
            "2026-10-03T14:35:00Z",
            "2026-10-03T14:50:00Z",
            "2026-10-03T15:05:00Z",
            "2026-10-03T15:20:00Z",
            "2026-10-03T15:35:00Z",
            "2026-10-03T15:50:00Z",
            "2026-10-03T16:05:00Z",
        ];
        let named =
            |hours: [(&str, usize); 3]| hours.map(|(name, n)| (name.to_owned(), n)).to_vec();
        let hours = [
            ("2026-10-04T01:00:00+10:30", 4),
            ("2026-10-04T02:00:00+11:00", 2),
            ("2026-10-04T03:00:00+11:00", 1),
        ];
        assert_eq!(by_hour(zone, &forward), named(hours));
        let back = [
            "2026-04-04T14:20:00Z",
            "2026-04-04T15:10:00Z",
            "2026-04-04T15:25:00Z",
            "2026-04-04T15:40:00Z",
        ];
        let hours = [
            ("2026-04-05T01:00:00+11:00", 1),
            ("2026-04-05T01:00:00+10:30", 2),
            ("2026-04-05T02:00:00+10:30", 1),
        ];
        assert_eq!(by_hour(zone, &back), named(hours));
    }

    /// At 00:01, as in Newfoundland until 2011.
    #[test]
    fn clocks_that_change_just_after_midnight_cut_hours_and_days() {
        let zone = Tz::America__St_Johns;
        let (start, end) = (
            minute("2006-10-28T00:00:00-02:30"),
            minute("2006-10-31T00:00:00-03:30"),
        );
        let hours = buckets(start, end, Interval::Hour, zone, 100).unwrap();
        let names: Vec<String> = hours[23..27]
            .iter()
            .map(|hour| name(*hour, Interval::Hour, zone))
            .collect();
        let expected = [
            "2006-10-28T23:00:00-02:30",
            "2006-10-29T00:00:00-02:30",
            "2006-10-28T23:00:00-03:30",
            "2006-10-29T00:00:00-03:30",
        ];
        assert_eq!(names, expected);
        assert_eq!(hours[25] - hours[24], 1, "an hour of a minute");
        let days = buckets(start, end, Interval::Day, zone, 100).unwrap();
        assert_eq!(days[1], minute("2006-10-29T00:00:00-02:30"));
        let back = (days[1] + 1, days[1] + 60);
        assert_eq!(strays(&days, Interval::Day, zone), [back]);
        assert_eq!(strays(&hours, Interval::Hour, zone), []);
        let berlin = buckets(start, end, Interval::Day, Tz::Europe__Berlin, 9).unwrap();
        assert_eq!(strays(&berlin, Interval::Day, Tz::Europe__Berlin), []);
    }

    #[test]
    fn a_day_may_begin_after_midnight() {
        let zone = Tz::America__Sao_Paulo;
        let date = NaiveDate::from_ymd_opt(2017, 10, 15).unwrap();
        assert_eq!(
            start_of_day(date, zone),
            Some(minute("2017-10-15T01:00:00-02:00"))
        );
    }

    proptest! {
        #[test]
        fn every_bucket_has_the_minutes_of_its_wall_clock(year in 1990i64..2027, zone in 0usize..600, interval in 0usize..2) {
            let zone = chrono_tz::TZ_VARIANTS[zone % chrono_tz::TZ_VARIANTS.len()];
            let interval = [Interval::Hour, Interval::Day][interval];
            let start = (year - 1970) * 365 * 1440;
            let end = start + 366 * 1440;
            let starts = buckets(start, end, interval, zone, 10_000).unwrap();
            let strays = strays(&starts, interval, zone);
            let label = |minute: i64| {
                let at = local(minute, zone).unwrap();
                let hour = (interval == Interval::Hour).then(|| (at.hour(), at.offset().fix()));
                (at.date_naive(), hour)
            };
            // The first bucket may begin before.
            for minute in (start..end).step_by(7).chain(strays.iter().flat_map(|s| [s.0, s.1 - 1])) {
                let mut place = starts.partition_point(|s| *s <= minute) - 1;
                if strays.iter().any(|(from, to)| (*from..*to).contains(&minute)) && place > 0 {
                    place -= 1;
                }
                prop_assert_eq!(label(minute), label(starts[place]), "{} in {}", text(minute, zone), zone);
            }
        }

        #[test]
        fn every_minute_is_in_exactly_one_bucket(start in 0i64..40_000_000, hours in 1i64..3000, zone in 0usize..600, interval in 0usize..4) {
            let zone = chrono_tz::TZ_VARIANTS[zone % chrono_tz::TZ_VARIANTS.len()];
            let interval = [Interval::Hour, Interval::Day, Interval::Week, Interval::Month][interval];
            let end = start + hours * 60;
            let starts = buckets(start, end, interval, zone, 10_000).unwrap();
            prop_assert!(starts[0] <= start);
            prop_assert!(starts.windows(2).all(|w| w[0] < w[1]));
            for minute in [start, (start + end) / 2, end - 1] {
                let i = starts.partition_point(|s| *s <= minute) - 1;
                prop_assert_eq!(bucket_start(minute, interval, zone), Some(starts[i]));
            }
        }
    }
}
