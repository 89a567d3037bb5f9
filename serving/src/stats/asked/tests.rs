use super::*;
use crate::stats::calendar::text;

const NOW: i64 = 1_764_000_000_000; // 2025-11-24T16:00:00Z

fn parse(query: &str) -> Result<Query, Problem> {
    StatsQuery::parse(query)?.understand(&AccountSettings::default(), NOW)
}

#[test]
fn what_makes_no_sense_is_refused_with_a_code() {
    for (query, code) in [
        ("metrics=clicks,nonsense", "invalid_metrics"),
        ("interval=second", "invalid_interval"),
        ("timezone=Mars/Base", "invalid_timezone"),
        ("start=2025-01-02&end=2025-01-02", "invalid_range"),
        ("start=yesterday-ish", "invalid_time"),
        ("start=2025-01-01T00:00:30Z", "invalid_time"),
        ("range=0d", "invalid_range"),
        ("range=é", "invalid_range"),
        ("limit=0", "invalid_limit"),
        ("limit=-1", "invalid_limit"),
        ("group_by=shoe_size", "invalid_group_by"),
        ("group_by=link&link=x", "invalid_group_by"),
        ("group_by=country&interval=minute", "unaligned"),
        (
            "group_by=country&metrics=unique_visitors",
            "invalid_metrics",
        ),
        ("metrics=value&group_by=browser", "invalid_metrics"),
        ("metrics=roi&interval=minute", "invalid_metrics"),
        ("metrics=cost&group_by=goal", "invalid_metrics"),
        ("metrics=value,profit&group_by=goal", "invalid_metrics"),
        ("metrics=roi&goal=Sale", "invalid_metrics"),
        ("metrics=epc&group_by=currency", "invalid_metrics"),
        ("metrics=value&order=-cost", "invalid_order"),
        ("order=views", "invalid_order"),
        ("link=a&pixel=b", "invalid_filter"),
        ("link=a&link=b", "invalid_filter"),
        ("frobnicate=1", "unknown_parameter"),
        ("interval=minute&range=4000d", "too_many_buckets"),
        ("exclude_bots=maybe", "invalid_exclude_bots"),
    ] {
        assert_eq!(parse(query).unwrap_err().code, code, "{query}");
    }
}

#[test]
fn of_goals_there_is_what_needs_no_costs() {
    assert!(parse("metrics=value,epc,aov&group_by=goal").is_ok());
    let problem = parse("metrics=value,cost&group_by=goal").unwrap_err();
    assert!(problem.detail.contains("no goal"), "{}", problem.detail);
}

#[test]
fn ranges_are_local() {
    let query = parse("range=today&timezone=Asia/Kolkata&interval=hour").unwrap();
    assert_eq!(text(query.start, query.zone), "2025-11-24T00:00:00+05:30");
    assert_eq!(
        (query.end - query.start, query.buckets.len()),
        (24 * 60, 24)
    );
    let query = parse("range=2d&interval=day").unwrap();
    assert_eq!(
        (text(query.start, query.zone), query.buckets.len()),
        ("2025-11-23T00:00:00Z".into(), 2)
    );
}
