//! What was paid in periods, from the API to the report: while clicks are live, when they are settled, when a cost
//! is corrected, and when clicks arrive later.

use model::Clock;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{http::Customer, process::Server};

const PERSON: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";
const BOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

async fn click(customer: &Customer, slug: &str, agent: &str, times: usize) {
    for _ in 0..times {
        let request = customer.http.get(format!("{}/{slug}", customer.collector));
        let answer = request.header("user-agent", agent).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FOUND);
    }
}

/// What is asked of a path of `/v1/costs`.
async fn call(customer: &Customer, method: &str, path: &str, body: Value) -> StatusCode {
    let url = format!("{}{path}", customer.api);
    let request = customer.http.request(method.parse().unwrap(), url);
    let request = request.bearer_auth(&customer.key).json(&body);
    request.send().await.unwrap().status()
}

/// What each group costs, and all of them together.
async fn costs(customer: &Customer, query: &str) -> (Vec<(String, String)>, String) {
    let query = format!("range=24h&metrics=cost,clicks&{query}");
    let answer = customer.wait_for_stats(&query, |_| true).await;
    let by = query.split_once("group_by=").map_or("", |(_, by)| by);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = answer["results"].as_array().unwrap().iter();
    let name = |row: &Value| text(if by == "link" { &row["slug"] } else { &row[by] });
    let mut rows: Vec<_> = rows.map(|row| (name(row), text(&row["cost"]))).collect();
    rows.sort();
    (rows, text(&answer["totals"]["cost"]))
}

fn told(rows: &[(&str, &str)], total: &str) -> (Vec<(String, String)>, String) {
    let rows = rows
        .iter()
        .map(|(name, cost)| ((*name).into(), (*cost).into()));
    (rows.collect(), total.into())
}

#[tokio::test]
async fn costs_of_periods_are_spread_over_live_and_settled_clicks() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    customer
        .post("/v1/campaigns", &json!({"name": "Spring"}))
        .await;
    for slug in ["a", "b"] {
        let link =
            json!({"slug": slug, "destination": "https://shop.example/", "campaign": "Spring"});
        customer.create("links", &link).await;
    }
    // The year around now, so that no midnight is in the way.
    let (from, to) = period();
    let cost = json!({"link": "a", "from": from, "to": to, "amount": "1.00"});
    customer.create("costs", &cost).await;
    let spring = json!({"campaign": "Spring", "from": from, "to": to, "amount": "10"});
    let spring = customer.create("costs", &spring).await;
    let nobody = customer
        .wait_for_stats("range=24h&metrics=cost", |_| true)
        .await;
    assert_eq!(nobody["totals"]["cost"], "0.00");
    let told_of = &nobody["meta"]["period_costs"];
    assert_eq!(
        (&told_of["count"], &told_of["unspread"]["USD"]),
        (&json!(2), &json!("11.00"))
    );

    click(&customer, "a", PERSON, 3).await;
    click(&customer, "b", PERSON, 1).await;
    click(&customer, "a", BOT, 2).await;
    let are = |clicks: i64| move |answer: &Value| answer["totals"]["clicks"] == clicks;
    customer
        .wait_for_stats("range=24h&metrics=clicks", are(4))
        .await;
    for settled in [false, true] {
        if settled {
            customer.roll_up().await;
        }
        assert_eq!(
            costs(&customer, "").await,
            told(&[("", "11.00")], "11.00"),
            "settled: {settled}"
        );
        let by_link = told(&[("a", "8.50"), ("b", "2.50")], "11.00");
        assert_eq!(
            costs(&customer, "group_by=link").await,
            by_link,
            "settled: {settled}"
        );
        assert_eq!(
            costs(&customer, "link=b").await,
            told(&[("", "2.50")], "2.50")
        );
        assert_eq!(
            costs(&customer, "campaign=Spring&group_by=link").await,
            by_link
        );
        assert_eq!(
            costs(&customer, "group_by=device").await,
            told(&[("bot", "0.00"), ("desktop", "11.00")], "11.00")
        );
        events_say_the_same(&customer).await;
    }
    // What is settled and what is live share the amount.
    click(&customer, "b", PERSON, 4).await;
    customer
        .wait_for_stats("range=24h&metrics=clicks", are(8))
        .await;
    let by_link = told(&[("a", "4.75"), ("b", "6.25")], "11.00");
    assert_eq!(costs(&customer, "group_by=link").await, by_link);
    events_say_the_same(&customer).await;
    // Corrected, and forgotten: of the same clicks, at once.
    let path = format!("/v1/costs/{spring}");
    let status = call(&customer, "PATCH", &path, json!({"amount": "20"})).await;
    assert_eq!(status, StatusCode::OK);
    let by_link = told(&[("a", "8.50"), ("b", "12.50")], "21.00");
    assert_eq!(costs(&customer, "group_by=link").await, by_link);
    let status = call(&customer, "DELETE", &path, Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(
        costs(&customer, "group_by=link").await,
        told(&[("a", "1.00"), ("b", "0.00")], "1.00")
    );
    // A process that starts anew knows them.
    server.terminate().await;
    server.start().await;
    assert_eq!(
        costs(&customer, "link=a").await,
        told(&[("", "1.00")], "1.00")
    );
}

/// What cubes answer, events do, too, where a filter that fits all makes them be asked; and what no cube holds adds up to it.
async fn events_say_the_same(customer: &Customer) {
    for query in [
        "",
        "group_by=link",
        "group_by=campaign",
        "group_by=device",
        "group_by=country",
        "link=b",
        "link=a&group_by=device",
        "campaign=Spring",
        "campaign=Spring&group_by=link",
        "interval=day&timezone=Asia/Kathmandu",
    ] {
        let (rows, total) = costs(customer, query).await;
        let of_events = format!("country=-XX&{query}");
        let asked = format!("range=24h&metrics=cost,clicks&{of_events}");
        let answer = customer.wait_for_stats(&asked, |_| true).await;
        assert_eq!(answer["meta"]["source"], "events", "{query}");
        assert_eq!(answer["meta"]["complete"], true, "{query}");
        assert_eq!(answer["totals"]["cost"], *total, "{query}");
        if !query.contains("interval") {
            // Groups without clicks of people are rows of one of the two alone.
            let paid = |rows: Vec<(String, String)>| -> Vec<_> {
                rows.into_iter()
                    .filter(|(_, cost)| cost != "0.00")
                    .collect()
            };
            let counted = costs(customer, &of_events).await;
            assert_eq!((paid(counted.0), counted.1), (paid(rows), total), "{query}");
        }
    }
    let (all, total) = costs(customer, "group_by=link").await;
    let (some, part) = costs(customer, "device=desktop,mobile&group_by=link").await;
    assert_eq!((some, part), (all, total), "people have desktops");
    let (none, part) = costs(customer, "device=mobile&group_by=link").await;
    assert_eq!((none.is_empty(), &*part), (true, "0.00"));
}

/// From half a year ago until in half a year, as days.
fn period() -> (String, String) {
    let now = chrono::DateTime::from_timestamp_millis(model::SystemClock.now_ms()).unwrap();
    let now = now.date_naive();
    let days = chrono::Days::new(180);
    let (from, to) = (now.checked_sub_days(days), now.checked_add_days(days));
    (from.unwrap().to_string(), to.unwrap().to_string())
}
