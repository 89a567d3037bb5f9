//! Steps of the calendar: months, quarters, half years, weeks, years.

use super::{both, lines, months};

#[test]
fn months_are_steps_of_the_calendar() {
    let end = |y: i32, m: u32| {
        let first = chrono::NaiveDate::from_ymd_opt(y, m, 1).expect("a date");
        let last = first
            .checked_add_months(chrono::Months::new(1))
            .and_then(|d| d.pred_opt());
        last.expect("a date").to_string()
    };
    let cases: [(String, [&str; 2], &str); 12] = [
        (
            months(|y, m| format!("{y}{m:02}")),
            ["202401", "202402"],
            "months like 202601",
        ),
        (
            months(|y, m| format!("{y}-{m:02}")),
            ["2024-01", "2024-02"],
            "months like 2026-01",
        ),
        (
            months(|y, m| format!("{y}M{m}")),
            ["2024M1", "2024M2"],
            "months like 2026M1",
        ),
        (
            months(|y, m| format!("{y}M{m:02}")),
            ["2024M01", "2024M02"],
            "months like 2026M01",
        ),
        (
            months(|y, m| format!("{m:02}/{y}")),
            ["01/2024", "02/2024"],
            "months like 01/2026",
        ),
        (
            months(|y, m| format!("{y}-{m:02}-01")),
            ["2024-01-01", "2024-02-01"],
            "dates",
        ),
        (
            months(|y, m| format!("{y}{m:02}15")),
            ["20240115", "20240215"],
            "dates like 20260131",
        ),
        (months(end), ["2024-01-31", "2024-02-29"], "dates"),
        (
            months(|y, m| format!("{y}-{m:02}-01T00:00:00Z")),
            ["2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"],
            "RFC 3339",
        ),
        (
            months(|y, m| format!("{y}-{m:02}-01T00:00:00+02:00")),
            ["2024-01-01T00:00:00+02:00", "2024-02-01T00:00:00+02:00"],
            "RFC 3339",
        ),
        (
            months(|y, m| format!("{y}-{m:02}-01 06:30")),
            ["2024-01-01 06:30", "2024-02-01 06:30"],
            "times",
        ),
        (
            months(|y, m| {
                let day = chrono::NaiveDate::from_ymd_opt(y, m, 1).expect("a date");
                day.and_hms_opt(0, 0, 0)
                    .expect("midnight")
                    .and_utc()
                    .timestamp()
                    .to_string()
            }),
            ["1704067200", "1706745600"],
            "Unix seconds",
        ),
    ];
    for (input, times, said) in cases {
        let (written, summary) = both(&input, 2, 6);
        assert_eq!(written, times.map(|time| format!("a {time}")), "{input}");
        assert!(summary.times.contains(said), "{said}: {summary}");
        assert_eq!(
            summary.steps.keys().collect::<Vec<_>>(),
            ["a month"],
            "{input}"
        );
        assert_eq!(summary.filled, 0, "{input}");
    }
}

#[test]
fn quarters_half_years_weeks_and_years_are_steps_too() {
    let of = |time: &dyn Fn(usize) -> String| lines((0..16).map(|i| (time(i), (i % 4) as f64)));
    let week = |i: usize| {
        let first = chrono::NaiveDate::from_isoywd_opt(2020, 42, chrono::Weekday::Mon);
        let day = first.expect("a week") + chrono::Days::new(7 * i as u64);
        day.format("%G-W%V").to_string()
    };
    for (input, time, step) in [
        (
            of(&|i| format!("{}Q{}", 2020 + i / 4, i % 4 + 1)),
            "2024Q1",
            "a quarter",
        ),
        (
            of(&|i| format!("{}-Q{}", 2020 + i / 4, i % 4 + 1)),
            "2024-Q1",
            "a quarter",
        ),
        (
            of(&|i| format!("Q{} {}", i % 4 + 1, 2020 + i / 4)),
            "Q1 2024",
            "a quarter",
        ),
        (
            of(&|i| format!("{}-{:02}-01", 2020 + i / 4, i % 4 * 3 + 1)),
            "2024-01-01",
            "a quarter",
        ),
        (
            of(&|i| format!("{}H{}", 2020 + i / 2, i % 2 + 1)),
            "2028H1",
            "6 months",
        ),
        (of(&week), "2021-W05", "a week"),
        (of(&|i| format!("{}", 2000 + i)), "2016", "a year"),
        (
            of(&|i| format!("{}-02-28", 2001 + 4 * i)),
            "2065-02-28",
            "4 years",
        ),
        (
            of(&|i| format!("{}-12-31", 2000 + i)),
            "2016-12-31",
            "a year",
        ),
        (of(&|i| format!("20200101{i:02}")), "2020010116", "an hour"),
        (
            of(&|i| format!("2020-01-{:02}", 2 * i + 1)),
            "2020-02-02",
            "2 days",
        ),
        (
            of(&|i| format!("{}", 1_577_836_800_000_i64 + 60_000 * i as i64)),
            "1577837760000",
            "a minute",
        ),
    ] {
        let (written, summary) = both(&input, 1, 4);
        assert_eq!(written, [format!("a {time}")], "{input}");
        assert_eq!(summary.steps.keys().collect::<Vec<_>>(), [step], "{input}");
    }
}
