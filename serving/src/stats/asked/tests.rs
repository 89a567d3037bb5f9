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
        ("metrics=cost&group_by=goal", "invalid_metrics"),
        ("metrics=value,profit&group_by=goal", "invalid_metrics"),
        ("metrics=roi&goal=Sale", "invalid_metrics"),
        ("metrics=epc&group_by=currency", "invalid_metrics"),
        ("metrics=value&order=-cost", "invalid_order"),
        ("order=views", "invalid_order"),
        ("order=-click", "invalid_order"),
        ("link=a&link=b", "invalid_filter"),
        ("country=DE&country=AT", "invalid_filter"),
        ("group_by=country,country", "invalid_group_by"),
        ("group_by=country,os,browser", "invalid_group_by"),
        ("contry=DE", "unknown_parameter"),
        ("frobnicate=1", "unknown_parameter"),
        ("interval=minute&range=4000d", "too_many_buckets"),
        ("exclude_bots=maybe", "invalid_exclude_bots"),
    ] {
        assert_eq!(parse(query).unwrap_err().code, code, "{query}");
    }
}

#[test]
fn what_is_meant_is_named_and_all_that_there_is() {
    for (query, meant, another) in [
        ("group_by=countri", "country", "hour_of_day"),
        ("group_by=link,Referrer-Domain", "referrer_domain", "os"),
        ("metrics=click", "clicks", "unique_visitors"),
        ("order=-uniqe_visitors", "unique_visitors", "clicks"),
        ("interval=hourly", "hour", "15m"),
    ] {
        let detail = parse(query).unwrap_err().detail;
        let meant = format!("did you mean `{meant}`?");
        assert!(detail.contains(&meant), "{query}: {detail}");
        assert!(detail.contains(another), "{query}: {detail}");
    }
    let detail = parse("group_by=qqq").unwrap_err().detail;
    assert!(
        detail.starts_with("there is no group `qqq`; there are"),
        "{detail}"
    );
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

/// Whether the events themselves are counted.
fn from_events(query: &str) -> bool {
    parse(query).unwrap().from_events
}

#[test]
fn what_a_cube_is_kept_by_is_asked_of_it_and_the_rest_of_the_events() {
    for query in [
        "metrics=clicks",
        "interval=minute",
        "interval=15m&metrics=value,unique_visitors",
        "group_by=country",
        "group_by=country&metrics=value,clicks",
        "link=a&interval=day",
        "campaign=a&group_by=link",
        "group_by=currency&metrics=value",
    ] {
        assert!(!from_events(query), "{query}");
    }
    for query in [
        "country=DE",
        "country=-DE",
        "country=",
        "link=a,b",
        "link=a&pixel=b",
        "group_by=country,browser",
        "group_by=sub1",
        "group_by=tag",
        "group_by=link&link=x",
        "group_by=country&interval=minute",
        "group_by=country&metrics=unique_visitors",
        "metrics=value&group_by=browser",
        "metrics=roi&interval=minute",
        "metrics=unique_visitors&interval=5m",
        "as_of=7",
    ] {
        assert!(from_events(query), "{query}");
    }
}

#[test]
fn a_range_may_stand_where_dub_has_it() {
    let query = parse("interval=24h").unwrap();
    assert_eq!((query.end - query.start, query.buckets.len()), (24 * 60, 1));
    assert!(parse("interval=24h&range=7d").is_err());
}

#[test]
fn whoever_asks_about_bots_means_them_too() {
    assert!(parse("").unwrap().exclude_bots);
    assert!(!parse("group_by=bot").unwrap().exclude_bots);
    assert!(!parse("bot=").unwrap().exclude_bots);
    assert!(parse("bot=&exclude_bots=true").unwrap().exclude_bots);
}
