//! Every number of the API against the expected one, exactly.

use chrono::NaiveDate;
use serde_json::Value;

use super::{
    expected::{Counts, Expected, Groups, ZONES},
    replay::slug,
};
use crate::support::http::Customer;

const RANGE: &str = "start=2013-01-01&end=2013-06-01&exclude_bots=false";
const METRICS: &str = "metrics=clicks,bot_clicks&limit=50000";

/// Compares counts of events and of bots in every dimension.
pub async fn counts(customer: &Customer, expected: &Expected) {
    let by = |dimension| &expected.by[dimension];
    let totals = customer.stats(&format!("{METRICS}&{RANGE}")).await;
    let bots: u64 = by("hour").values().map(|counts| counts.bots).sum();
    assert_eq!(
        (&totals["totals"]["clicks"], &totals["totals"]["bot_clicks"]),
        (&expected.events.into(), &bots.into())
    );
    let people = customer
        .stats("metrics=clicks&start=2013-01-01&end=2013-06-01")
        .await;
    assert_eq!(
        people["totals"]["clicks"],
        Value::from(expected.events - bots),
        "bots are left out unless asked for"
    );

    minutes(customer, expected).await;
    let hours = customer
        .stats(&format!("{METRICS}&{RANGE}&interval=hour"))
        .await;
    same("hour", by("hour"), rows(&hours, |row| text(&row["time"])));
    for zone in ZONES {
        let days = customer
            .stats(&format!("{METRICS}&{RANGE}&interval=day&timezone={zone}"))
            .await;
        same(
            zone,
            by(zone),
            rows(&days, |row| text(&row["time"])[..10].to_owned()),
        );
    }
    for dimension in ["country", "browser", "os", "device_model", "referrer"] {
        let groups = customer
            .stats(&format!("{METRICS}&{RANGE}&group_by={dimension}"))
            .await;
        same(
            dimension,
            by(dimension),
            rows(&groups, |row| text(&row[dimension])),
        );
    }
    let links = customer
        .stats(&format!("{METRICS}&{RANGE}&group_by=link"))
        .await;
    same(
        "link",
        &with_slugs(by("link")),
        rows(&links, |row| text(&row["slug"])),
    );
    let hours = customer
        .stats(&format!("{METRICS}&{RANGE}&group_by=link&interval=hour"))
        .await;
    same(
        "hour and link",
        &with_slugs(by("hour and link")),
        rows(&hours, |row| {
            format!("{} {}", text(&row["time"]), text(&row["slug"]))
        }),
    );
    busiest_links(customer, expected).await;
}

/// A day at a time: an answer holds 20,000 buckets at most.
async fn minutes(customer: &Customer, expected: &Expected) {
    let mut counted = Groups::new();
    for day in expected.by["UTC"].keys() {
        let next = day.parse::<NaiveDate>().unwrap().succ_opt().unwrap();
        let answer = customer
            .stats(&format!(
                "{METRICS}&exclude_bots=false&interval=minute&start={day}&end={next}"
            ))
            .await;
        counted.extend(rows(&answer, |row| text(&row["time"])));
    }
    same("minute", &expected.by["minute"], counted);
}

/// Links have numbers of their own, beside their part in the account's.
async fn busiest_links(customer: &Customer, expected: &Expected) {
    let mut links: Vec<_> = expected.by["link"].iter().collect();
    links.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.events));
    for (link, counts) in links.into_iter().take(20) {
        let answer = customer
            .stats(&format!("{METRICS}&{RANGE}&link={}", slug(link)))
            .await;
        assert_eq!(
            answer["totals"]["clicks"],
            Value::from(counts.events),
            "{link}"
        );
        assert_eq!(
            answer["totals"]["bot_clicks"],
            Value::from(counts.bots),
            "{link}"
        );
    }
}

/// Compares distinct visitors, by UTC hour and day. A visitor has another number each day, so
/// that those of a longer time are the sum of its days'. The salts of these days do not exist any more: that who
/// came on them could have another number from then is said.
pub async fn visitors(customer: &Customer, expected: &Expected) {
    let query = format!("metrics=unique_visitors&{RANGE}");
    for (interval, dimension) in [("hour", "hour"), ("day", "UTC")] {
        let answer = customer
            .stats(&format!("{query}&interval={interval}"))
            .await;
        assert_eq!(
            answer["meta"]["exact"]["unique_visitors"],
            Value::Bool(false),
            "{}",
            answer["meta"]
        );
        for row in answer["results"].as_array().unwrap() {
            let time = text(&row["time"]);
            let group = if interval == "day" {
                &time[..10]
            } else {
                &time
            };
            let visitors = expected.by[dimension]
                .get(group)
                .map_or(0, |counts| counts.visitors);
            assert_eq!(
                row["unique_visitors"],
                Value::from(visitors),
                "visitors of the {interval} {group}"
            );
        }
        let sum: u64 = expected.by["UTC"]
            .values()
            .map(|counts| counts.visitors)
            .sum();
        assert_eq!(answer["totals"]["unique_visitors"], Value::from(sum));
    }
}

/// Groups of an answer that are not all zeros.
fn rows(answer: &Value, name: impl Fn(&Value) -> String) -> Groups {
    let rows = answer["results"].as_array().unwrap().iter();
    let number = |row: &Value, metric: &str| row[metric].as_u64().unwrap();
    let counts = |row: &Value| Counts {
        events: number(row, "clicks"),
        bots: number(row, "bot_clicks"),
        visitors: 0,
    };
    let rows: Vec<_> = rows
        .filter(|row| number(row, "clicks") > 0)
        .map(|row| (name(row), counts(row)))
        .collect();
    let (count, groups) = (rows.len(), Groups::from_iter(rows));
    assert_eq!(count, groups.len(), "two rows name the same group");
    groups
}

fn same(dimension: &str, expected: &Groups, counted: Groups) {
    let has_bots = !["minute", "hour and link"].contains(&dimension);
    let agree = |a: &Counts, b: &Counts| a.events == b.events && (!has_bots || a.bots == b.bots);
    let differs = |name: &&String| match (expected.get(*name), counted.get(*name)) {
        (Some(a), Some(b)) => !agree(a, b),
        _ => true,
    };
    let names = expected
        .keys()
        .chain(counted.keys().filter(|name| !expected.contains_key(*name)));
    let differing: Vec<&String> = names.filter(differs).collect();
    let show = |name: &String| {
        format!(
            "{name}: expected {:?}, counted {:?}",
            expected.get(name),
            counted.get(name)
        )
    };
    let shown: Vec<String> = differing.iter().take(10).map(|name| show(name)).collect();
    assert!(
        differing.is_empty(),
        "by {dimension} {} of {} groups differ:\n{}",
        differing.len(),
        expected.len(),
        shown.join("\n")
    );
}

fn with_slugs(groups: &Groups) -> Groups {
    groups
        .iter()
        .map(|(name, counts)| (slug(name), *counts))
        .collect()
}

/// Unknown values are null in answers and empty in the files.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
