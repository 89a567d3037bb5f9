//! Whenever it is asked for, the sample has just happened, and its hours and weekdays stay.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use testdata::{Event, Recent, expected};

/// Moments of every kind: the day the sample was made, a Sunday's first and a Saturday's last
/// millisecond, the clock changes of Europe, a leap day, a new year, years later and before.
const MOMENTS: [&str; 10] = [
    "2026-11-25T18:02:19.123Z",
    "2026-11-29T00:00:00Z",
    "2026-11-28T23:59:59.999Z",
    "2026-10-25T01:30:00Z",
    "2027-03-28T01:00:00Z",
    "2027-03-10T12:00:00Z",
    "2028-02-29T12:34:56Z",
    "2027-01-01T00:00:00.001Z",
    "2041-07-04T05:06:07Z",
    "2019-05-05T10:00:00Z",
];

/// Made once: reading the sample takes a debug build a while.
static RECENT: LazyLock<Vec<(DateTime<Utc>, Recent)>> = LazyLock::new(|| {
    let made = MOMENTS.map(|text| {
        let now: DateTime<Utc> = text.parse().unwrap();
        (now, Recent::until(now.timestamp_millis()).unwrap())
    });
    made.into()
});

fn files() -> Vec<Event> {
    testdata::events().collect::<Result<_, _>>().unwrap()
}

#[test]
fn weekdays_and_hours_stay_and_nothing_else_changes() {
    let files = files();
    for (now, recent) in RECENT.iter() {
        let by = TimeDelta::milliseconds(recent.start_ms - testdata::START_MS);
        assert_eq!(by, TimeDelta::weeks(by.num_weeks()), "{now}: whole weeks");
        let mut kept = files.iter().filter(|e| e.occurred_at + by <= *now);
        for event in &recent.events {
            let made = kept.next().unwrap();
            let natural = |e: &Event| (e.occurred_at.weekday(), e.occurred_at.time());
            assert_eq!(natural(event), natural(made), "{now}");
            let moved = Event {
                occurred_at: made.occurred_at + by,
                ..made.clone()
            };
            assert_eq!(*event, moved);
        }
        assert!(kept.next().is_none(), "{now}: nothing is left out");
    }
}

#[test]
fn nothing_is_in_the_future_and_at_least_four_whole_weeks_are_over() {
    for (now, recent) in RECENT.iter() {
        let last = recent.events.iter().map(|e| e.occurred_at).max().unwrap();
        assert!(
            last <= *now && *now - last < TimeDelta::hours(3),
            "{now}: {last}"
        );
        let start = DateTime::from_timestamp_millis(recent.start_ms).unwrap();
        assert_eq!(
            (start.num_seconds_from_midnight(), start.weekday()),
            (0, chrono::Weekday::Sun)
        );
        let over = (*now - start).num_days();
        assert!(
            (28..7 * testdata::WEEKS).contains(&over),
            "{now}: {over} days"
        );
        let end = DateTime::from_timestamp_millis(recent.end_ms).unwrap();
        assert!(
            *now < end && end - now <= TimeDelta::days(1),
            "{now}: {end}"
        );
        assert_eq!(end.num_seconds_from_midnight(), 0);
    }
}

#[test]
fn what_is_expected_moves_with_the_events() {
    for (now, recent) in RECENT.iter() {
        let expected = expected::count(&recent.events);
        assert_eq!(expected.events, recent.events.len() as u64);
        let start = DateTime::from_timestamp_millis(recent.start_ms).unwrap();
        let days = (0..(*now - start).num_days()).map(|day| start + TimeDelta::days(day));
        for day in days {
            let counts = &expected.by_day[&day.format("%Y-%m-%d").to_string()];
            assert!(counts.clicks > 200, "{now}: {day}: {counts:?}");
        }
        let sum: u64 = expected.by_hour.values().map(|c| c.clicks).sum();
        assert_eq!(sum, expected.totals.clicks);
        let (first, last) = (
            expected.by_hour.keys().next(),
            expected.by_hour.keys().last(),
        );
        assert!(first.unwrap().parse::<DateTime<Utc>>().unwrap() >= start);
        assert!(last.unwrap().parse::<DateTime<Utc>>().unwrap() <= *now);
    }
}
