//! An account keeps its events for a day, against the binary: they go from lists, files, SQL and whatever is counted from events,
//! every number of cubes stays, nobody else is touched, no full run brings them back, and audits agree.

use std::{collections::BTreeSet, time::Duration};

use model::Clock;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    eventually,
    http::Customer,
    process::{Server, run_ok},
};

const DAY: i64 = 24 * 60;
const LIMIT: Duration = Duration::from_secs(20);
/// What cubes hold of all days.
const CUBES: [&str; 5] = [
    "metrics=clicks,conversions,value,unique_visitors&interval=day",
    "metrics=clicks&group_by=link",
    "metrics=clicks&group_by=country",
    "metrics=clicks,value,cost&group_by=campaign",
    "metrics=conversions,value&group_by=goal",
];

async fn act((customer, slug): (&Customer, &str), round: &str) {
    let click = |visitor: &str| json!({"type": "click", "link": slug, "visitor": visitor, "country": "AT", "sub1": format!("of-{round}")});
    let sale = json!({"type": "conversion", "goal": "Sale", "visitor": "ann", "value": 5, "transaction_id": round});
    let request = customer
        .http
        .post(format!("{}/v1/events", customer.collector));
    let events = json!([click("ann"), click("bob"), sale]);
    let answer = request.bearer_auth(&customer.key).json(&events).send();
    let answer: Value = answer.await.unwrap().json().await.unwrap();
    assert_eq!(answer["accepted"], 3, "{answer}");
}

/// Waits until the server's clock is so many days off.
async fn clock_shows(customer: &Customer, days: i64) {
    let wanted_ms = model::SystemClock.now_ms() + days * DAY * 60_000;
    eventually("the clock to be set", LIMIT, async || {
        let answer = customer.http.get(&customer.collector).send().await;
        let headers = answer.unwrap().headers().clone();
        let shown = headers["date"].to_str().unwrap();
        let shown = chrono::DateTime::parse_from_rfc2822(shown).unwrap();
        let off_ms = (shown.timestamp_millis() - wanted_ms).abs();
        (off_ms < 60 * 60_000)
            .then_some(())
            .ok_or(format!("it shows {shown}"))
    })
    .await;
}

async fn set_up((customer, slug): (&Customer, &str)) {
    let link = json!({"slug": slug, "destination": "https://shop.example/"});
    customer.create("links", &link).await;
    let goal = json!({"name": "Sale", "currency": "EUR"});
    customer.create("goals", &goal).await;
}

async fn numbers(customer: &Customer) -> Vec<(Value, Value)> {
    let mut all = Vec::new();
    for question in CUBES {
        let answer = customer.stats(&format!("range=30d&{question}")).await;
        assert_eq!(answer["meta"]["source"], "cube", "{question}");
        all.push((answer["results"].clone(), answer["totals"].clone()));
    }
    all
}

/// The first sub parameter of all events that are listed, and from when on there are all.
async fn listed(customer: &Customer) -> (BTreeSet<String>, Value) {
    let page = customer.get("/v1/events?range=30d&limit=1000").await;
    let items = page["items"].as_array().unwrap().iter();
    let subs = items.filter_map(|item| Some(item["sub1"].as_str()?.to_owned()));
    (subs.collect(), page["meta"]["kept_from"].clone())
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn events_go_when_their_time_is_over_and_numbers_stay() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::up(&data, &["--sql-for-tenants"]).with_clock();
    server.set_clock(-3 * DAY);
    server.start().await;
    let (ours, theirs) = (Customer::of(&server).await, Customer::of(&server).await);
    let both = [(&ours, "ours"), (&theirs, "theirs")];
    for customer in both {
        set_up(customer).await;
    }
    // Three days, each in a rollup of its own.
    for (round, day) in [("monday", -3), ("wednesday", -1), ("thursday", 0)] {
        server.set_clock(day * DAY);
        clock_shows(&ours, day).await;
        for customer in both {
            act(customer, round).await;
        }
        ours.settle().await;
    }
    let (before, their_before) = (numbers(&ours).await, numbers(&theirs).await);
    let all = set(&["of-monday", "of-wednesday", "of-thursday"]);
    assert_eq!(listed(&ours).await, (all.clone(), Value::Null));
    audit(&data, &[]).await;

    let account = ours
        .patch("/v1/account", &json!({"settings": {"keep_events_days": 1}}))
        .await;
    assert_eq!(account["settings"]["keep_events_days"], 1, "{account}");
    ours.settle().await;
    let left = set(&["of-wednesday", "of-thursday"]);
    let check = async || {
        assert_eq!(numbers(&ours).await, before);
        assert_eq!(numbers(&theirs).await, their_before);
        let (subs, kept_from) = listed(&ours).await;
        assert_eq!(subs, left);
        assert_eq!(listed(&theirs).await, (all.clone(), Value::Null));
        kept_from.as_str().unwrap().to_owned()
    };
    let kept_from = check().await;
    questions_of_events(&ours, &kept_from).await;
    // What has been looked at before is not read again, and agrees; so does all of it.
    audit(&data, &[]).await;
    audit(&data, &["--full"]).await;
    let own = ours.get("/v1/audit?days=30").await;
    assert_eq!(
        (&own["agrees"], &own["settled"]["kept_from"]),
        (&json!(true), &json!(kept_from)),
        "{own}"
    );

    let folder = ["--data-dir", data.to_str().unwrap()];
    let sql = ["query", "SELECT * FROM events ORDER BY event_id"];
    let table = run_ok(&data, &[&sql[..], &folder].concat()).await;
    for arguments in [
        ["batch", "run", "--full"].as_slice(),
        &["batch", "rollback"],
    ] {
        run_ok(&data, &[arguments, &folder].concat()).await;
        assert_eq!(check().await, kept_from);
        assert_eq!(run_ok(&data, &[&sql[..], &folder].concat()).await, table);
        audit(&data, &["--full"]).await;
    }
    // For longer from now on: nothing comes back.
    ours.patch(
        "/v1/account",
        &json!({"settings": {"keep_events_days": null}}),
    )
    .await;
    ours.settle().await;
    assert_eq!(check().await, kept_from);

    // An account that is erased takes with it the numbers of what had expired.
    let account = account["id"].as_str().unwrap();
    let erased = theirs
        .http
        .delete(format!("{}/v1/accounts/{account}", theirs.api));
    let erased = erased.bearer_auth(server.admin_token()).send().await;
    assert_eq!(erased.unwrap().status(), StatusCode::OK);
    theirs.settle().await;
    for more in [&[][..], &["--full"]] {
        audit(&data, more).await;
    }
    let sums = format!("SELECT COUNT(*) AS n FROM object_total WHERE account = '{account}'");
    let sums = run_ok(&data, &[&["query", &sums][..], &folder].concat()).await;
    assert!(sums.contains("| 0 "), "{sums}");
    run_ok(&data, &[&["batch", "run", "--full"][..], &folder].concat()).await;
    audit(&data, &["--full"]).await;
    assert_eq!(numbers(&theirs).await, their_before);
}

/// What is counted from events is refused where some are missing, and right where none is.
async fn questions_of_events(customer: &Customer, kept_from: &str) {
    let url = format!("{}/v1/stats?metrics=clicks&group_by=sub1", customer.api);
    let asked = |more: String| {
        let request = customer.http.get(format!("{url}&{more}"));
        request.bearer_auth(&customer.key).send()
    };
    let refused = asked("range=30d".into()).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["code"], "events_expired", "{refused}");
    assert!(
        refused["detail"].as_str().unwrap().contains(kept_from),
        "{refused}"
    );
    let from = format!("start={kept_from}&timezone=UTC");
    let answer: Value = asked(from).await.unwrap().json().await.unwrap();
    assert_eq!(answer["totals"]["clicks"], 4, "{answer}");

    let sql = json!({"sql": "SELECT COUNT(*) AS n FROM events WHERE type = 'click'"});
    let rows = customer.post("/v1/query", &sql).await;
    assert_eq!(
        (&rows["rows"][0]["n"], &rows["meta"]["kept_from"]),
        (&json!(4), &json!(kept_from)),
        "{rows}"
    );

    let file = customer
        .http
        .get(format!("{}/v1/events?range=30d", customer.api));
    let file = file.bearer_auth(&customer.key).header("accept", "text/csv");
    let file = file.send().await.unwrap();
    assert_eq!(file.headers()["millrace-kept-from"], kept_from);
    let text = file.text().await.unwrap();
    assert!(
        text.contains("of-thursday") && !text.contains("of-monday"),
        "{text}"
    );
}

async fn audit(data: &std::path::Path, more: &[&str]) {
    let folder = ["--data-dir", data.to_str().unwrap()];
    run_ok(data, &[&["audit"], more, &folder].concat()).await;
}
