use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::*;

/// Cases on which cron libraries agree; its README says where they are from.
const VECTORS: &str = "cron-vectors/vectors.jsonl";

#[derive(Deserialize)]
struct Case {
    pattern: String,
    time_zone: String,
    after: String,
    next: Value,
    agree: u32,
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn times(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let first = schedule.next_after(time(after));
    let times = successors(first, |time| schedule.next_after(*time)).take(count);
    times
        .map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
        .collect()
}

fn schedule(text: &str, zone: &str) -> Schedule {
    Schedule::parse(text, zone.parse().unwrap()).unwrap()
}

/// What the documented subset leaves out. Kept apart from the parser, so that it cannot hide what
/// the parser refuses by mistake.
fn is_in_subset(pattern: &str) -> bool {
    let upper = pattern.trim().to_ascii_uppercase();
    let fields: Vec<&str> = upper.split_ascii_whitespace().collect();
    let weekday = match fields.len() {
        5 => fields[4],
        6 | 7 => fields[5],
        _ => "",
    };
    let quartz = |field: &&str| field.ends_with('W') && *field != "W";
    let last_weekday = weekday.split(',').any(|item| item.ends_with('L'));
    !fields
        .iter()
        .any(|field| field.split(',').any(|item| quartz(&item)))
        && !last_weekday
}

enum Verdict {
    Right,
    Wrong(String),
}

fn judge(case: &Case) -> Verdict {
    let parsed = Schedule::parse(&case.pattern, case.time_zone.parse().unwrap());
    let given = match (&parsed, &case.next) {
        (Err(_), Value::String(_)) => return Verdict::Right,
        (Err(error), _) => return Verdict::Wrong(error.to_string()),
        (Ok(schedule), next) => times(schedule, &case.after, next.as_array().map_or(1, Vec::len)),
    };
    match serde_json::json!(given) == case.next {
        true => Verdict::Right,
        false => Verdict::Wrong(format!("{given:?} instead of {}", case.next)),
    }
}

#[test]
fn what_three_libraries_agree_on_is_right() {
    testing::needs_data!(VECTORS);
    let text = std::fs::read_to_string(testing::data(VECTORS)).unwrap();
    let cases: Vec<Case> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut tally: BTreeMap<(u32, &str), u32> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let verdict = match (is_in_subset(&case.pattern), judge(case)) {
            (false, _) => "outside the subset",
            (true, Verdict::Right) => "right",
            (true, Verdict::Wrong(why)) => {
                let line = format!(
                    "{} in {} after {}: {why}",
                    case.pattern, case.time_zone, case.after
                );
                match case.agree {
                    3 => wrong.push(line),
                    _ => println!("libraries differ: {line}"),
                }
                "wrong"
            }
        };
        *tally.entry((case.agree, verdict)).or_default() += 1;
    }
    println!("{} cases: {tally:?}", cases.len());
    assert!(cases.len() >= 1_000 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn clocks_that_change() {
    let (new_york, amsterdam) = ("America/New_York", "Europe/Amsterdam");
    // Skipped: once, right after. Repeated: once, in the first of the two.
    let daily = schedule("30 2 * * *", new_york);
    assert_eq!(
        times(&daily, "2025-03-09T01:00:00Z", 2),
        ["2025-03-09T07:00:00Z", "2025-03-10T06:30:00Z"]
    );
    let daily = schedule("30 2 * * *", amsterdam);
    assert_eq!(
        times(&daily, "2025-10-25T18:00:00Z", 2),
        ["2025-10-26T00:30:00Z", "2025-10-27T01:30:00Z"]
    );
    let both = schedule("0,30 2,3 * * *", new_york);
    assert_eq!(
        times(&both, "2025-03-09T06:59:00Z", 3),
        [
            "2025-03-09T07:00:00Z",
            "2025-03-09T07:30:00Z",
            "2025-03-10T06:00:00Z"
        ]
    );
    // What follows the time that passes does so through all of it.
    let half_hours = schedule("*/30 * * * *", amsterdam);
    let passing = [
        "2025-10-26T00:00:00Z",
        "2025-10-26T00:30:00Z",
        "2025-10-26T01:00:00Z",
        "2025-10-26T01:30:00Z",
        "2025-10-26T02:00:00Z",
    ];
    assert_eq!(times(&half_hours, "2025-10-25T23:59:59Z", 5), passing);
    // Midnight does not exist on this day.
    let midnight = schedule("@daily", "Africa/Cairo");
    assert_eq!(
        times(&midnight, "2025-04-24T12:00:00Z", 2),
        ["2025-04-24T22:00:00Z", "2025-04-25T21:00:00Z"]
    );
}

#[test]
fn seconds_years_and_the_end_of_all_times() {
    let seconds = schedule("58/1 59 23 31 12 ? 2027", "UTC");
    assert_eq!(
        times(&seconds, "2026-01-01T00:00:00Z", 9),
        ["2027-12-31T23:59:58Z", "2027-12-31T23:59:59Z"]
    );
    assert_eq!(
        schedule("0 0 30 2 *", "UTC").next_after(time("2026-01-01T00:00:00Z")),
        None
    );
    let leap = schedule("0 0 29 2 *", "UTC");
    assert_eq!(
        times(&leap, "2096-03-01T00:00:00Z", 1),
        ["2104-02-29T00:00:00Z"]
    );
    let between = schedule("* * * * *", "UTC").next_after(time("2026-01-01T00:00:00.5Z"));
    assert_eq!(between, Some(time("2026-01-01T00:01:00Z")));
}

#[test]
fn sunday_has_two_numbers_and_a_name_in_every_form() {
    for text in [
        "0 0 * * 0",
        "0 0 * * 7",
        "0 0 * * SUN",
        "0 0 0 * * 0",
        "0 0 0 * * 7",
        "0 0 0 ? * sun *",
        "0 0 * * 7-7",
    ] {
        assert_eq!(
            times(&schedule(text, "UTC"), "2026-01-01T00:00:00Z", 1),
            ["2026-01-04T00:00:00Z"],
            "{text}"
        );
    }
    let weekend = schedule("0 0 * * SAT-SUN", "UTC");
    assert_eq!(
        times(&weekend, "2026-01-01T00:00:00Z", 3),
        [
            "2026-01-03T00:00:00Z",
            "2026-01-04T00:00:00Z",
            "2026-01-10T00:00:00Z"
        ]
    );
}

#[test]
fn what_is_not_understood_is_refused_with_a_reason() {
    for text in [
        "",
        "* * * *",
        "* * * * * * * *",
        "@never",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "/5 * * * *",
        "/61 * * * *",
        "1, 2 * * * *",
        "5- 9 * * * *",
        "1* * * * * *",
        "* * * march *",
        "* * * * thurs",
        "* * * * 5-0",
        "5- * * * *",
        "9-5 * * * *",
        ", * * * *",
        "1,, * * * *",
        "-1 * * * *",
        "+1 * * * *",
        "1.5 * * * *",
        "* * 15W * *",
        "* * LW * *",
        "* * * * 5L",
        "* * * * FRI#L",
        "* * * * MON#6",
        "* * * * MON#0",
        "* * * Sunday *",
        "H * * * *",
        "* * * * MON,TURTLE",
        "99999999999 * * * *",
        "* * * SUN *",
        "* * * JAN-SUN *",
        "1 1 1 1 1 1 1969",
    ] {
        let error = Schedule::parse(text, Tz::UTC).unwrap_err().to_string();
        assert!(
            error.contains("is not a schedule") && error.contains("@daily"),
            "{text}: {error}"
        );
    }
}

#[test]
fn the_last_due_time_of_a_long_while_is_found_quickly() {
    let (after, until) = (time("2020-01-01T00:00:00Z"), time("2026-06-30T12:34:56Z"));
    for (text, last) in [
        ("* * * * * *", Some("2026-06-30T12:34:56Z")),
        ("0 3 * * *", Some("2026-06-30T03:00:00Z")),
        ("0 0 29 2 *", Some("2024-02-29T00:00:00Z")),
        ("0 0 1 1 *", Some("2026-01-01T00:00:00Z")),
        ("0 0 0 1 1 ? 2030", None),
    ] {
        assert_eq!(
            schedule(text, "UTC").last_between(after, until),
            last.map(time),
            "{text}"
        );
    }
}
