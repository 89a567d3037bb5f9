//! Clock changes as a customer meets them: in hours and days of any zone, live and settled alike.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::support::{
    http::{Customer, answer},
    process::Server,
};

/// A day on which the clocks of a zone changed, and what is peculiar about it.
const CHANGES: [(&str, &str); 10] = [
    // By an hour, at night.
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    // By half an hour.
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    // At midnight, so that a day begins at one, and ends with 23:00 twice.
    ("America/Sao_Paulo", "2017-10-15T03:00:00Z"),
    ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
    // A minute after midnight: the date goes back.
    ("America/St_Johns", "2006-04-02T03:31:00Z"),
    ("America/St_Johns", "2006-10-29T02:31:00Z"),
    // A day was left out.
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    // For half an hour, for good.
    ("Asia/Pyongyang", "2018-05-04T15:00:00Z"),
];
/// Minutes from a change at which somebody clicks.
const CLICKS: [i64; 15] = [
    -725, -95, -65, -50, -35, -20, -5, -1, 0, 1, 20, 35, 50, 65, 725,
];
/// Two of these are more millionths than 64 bits hold.
const VALUE: &str = "9000000000000.25";

#[tokio::test]
async fn every_click_is_in_the_hour_and_the_day_that_its_wall_clock_showed() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "link", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    let goal = customer
        .create("goals", &json!({"name": "goal", "currency": "EUR"}))
        .await;
    let clicks: Vec<DateTime<Utc>> = CHANGES.iter().flat_map(|(_, at)| around(at)).collect();
    let click = |at: &DateTime<Utc>| json!({"type": "click", "link": "link", "occurred_at": at.to_rfc3339()});
    let sale = |at: &DateTime<Utc>| json!({"type": "conversion", "goal": goal, "value": VALUE, "currency": "EUR", "occurred_at": at.to_rfc3339()});
    let events: Vec<Value> = clicks.iter().flat_map(|at| [click(at), sale(at)]).collect();
    let url = format!("{}/v1/events", server.collector);
    let sent = customer
        .http
        .post(url)
        .bearer_auth(&customer.key)
        .json(&events);
    let sent = answer("the events", sent.send().await.unwrap()).await;
    assert_eq!(sent["accepted"], events.len(), "{sent}");
    let all = "metrics=clicks&exclude_bots=false&start=2000-01-01&end=2027-01-01";
    customer
        .wait_for_stats(all, |answer| answer["totals"]["clicks"] == clicks.len())
        .await;
    compare(&customer, &clicks).await;
    customer.roll_up().await;
    compare(&customer, &clicks).await;
}

fn around(at: &str) -> impl Iterator<Item = DateTime<Utc>> + use<> {
    let at: DateTime<Utc> = at.parse().unwrap();
    CLICKS
        .iter()
        .map(move |minutes| at + TimeDelta::minutes(*minutes))
}

/// Compares what is said of each change with what its clicks say themselves.
async fn compare(customer: &Customer, clicks: &[DateTime<Utc>]) {
    for (zone, at) in CHANGES {
        let tz: Tz = zone.parse().unwrap();
        let day = at
            .parse::<DateTime<Utc>>()
            .unwrap()
            .with_timezone(&tz)
            .date_naive();
        let (start, end) = (day - TimeDelta::days(3), day + TimeDelta::days(4));
        let local = clicks.iter().map(|at| at.with_timezone(&tz).naive_local());
        let local: Vec<NaiveDateTime> = local
            .filter(|at| (start..end).contains(&at.date()))
            .collect();
        for interval in ["hour", "day"] {
            let label = |at: &NaiveDateTime| match interval {
                "day" => at.date().and_time(NaiveTime::MIN),
                _ => at.date().and_hms_opt(at.hour(), 0, 0).unwrap(),
            };
            let mut expected: BTreeMap<NaiveDateTime, u64> = BTreeMap::new();
            for at in &local {
                *expected.entry(label(at)).or_default() += 1;
            }
            let metrics = "metrics=clicks,value&exclude_bots=false";
            let query =
                format!("{metrics}&interval={interval}&timezone={zone}&start={start}&end={end}");
            let answer = customer.stats(&query).await;
            let mut told: BTreeMap<NaiveDateTime, u64> = BTreeMap::new();
            for row in answer["results"].as_array().unwrap() {
                let time: DateTime<chrono::FixedOffset> =
                    row["time"].as_str().unwrap().parse().unwrap();
                let of = label(&time.naive_local());
                let clicks = row["clicks"].as_u64().unwrap();
                if clicks > 0 {
                    *told.entry(of).or_default() += clicks;
                }
            }
            assert_eq!(told, expected, "{query}: {answer}");
            assert_eq!(answer["meta"]["exact"]["clicks"], true, "{query}");
            assert_eq!(answer["totals"]["clicks"], local.len(), "{query}");
            let quarters = local.len() as u64;
            let (whole, cents) = (
                9_000_000_000_000 * quarters + quarters / 4,
                quarters % 4 * 25,
            );
            let value = format!("{whole}.{cents:02}");
            assert_eq!(answer["totals"]["value"], json!(value), "{query}");
        }
    }
}
