//! An afternoon of an affiliate: a link with a split, its clicks, their conversions with all that becomes of these, and the
//! report. Every number is recomputed beside it, while it is live and when it is settled.

use std::{collections::BTreeMap, iter::zip};

use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{http::Customer, process::Server};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";

/// One click: its id, and where it led.
struct Click {
    id: String,
    variant: String,
    is_phone: bool,
}

async fn click(customer: &Customer, number: usize) -> Click {
    let is_phone = number.is_multiple_of(3);
    let agent = if is_phone { PHONE } else { DESKTOP };
    let request = customer
        .http
        .get(format!("{}/offer?utm_source=news", customer.collector));
    let answer = request.header("user-agent", format!("{agent} v{number}"));
    let answer = answer.send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap();
    let url = reqwest::Url::parse(location).unwrap();
    let id = url.query_pairs().find(|(name, _)| name == "cid").unwrap().1;
    assert!(id.len() <= 96, "{id}");
    Click {
        id: id.into_owned(),
        variant: url.path().trim_start_matches('/').to_owned(),
        is_phone,
    }
}

async fn tell(customer: &Customer, goal: &str, query: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/c/{goal}", customer.collector);
    let answer: Response = customer.http.get(url).query(query).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// The parameters of a report, what it does, and what that changes.
type Told<'a> = (&'a [(&'a str, &'a str)], &'a str, [i64; 4]);

/// What the affiliate has written down: by variant conversions, pending, rejected and value in cents.
type Book = BTreeMap<String, [i64; 4]>;

fn note(book: &mut Book, click: &Click, what: [i64; 4]) {
    let device = if click.is_phone { "mobile" } else { "desktop" };
    for name in [&click.variant, device, "all"] {
        let row = book.entry(name.to_owned()).or_default();
        zip(row, what).for_each(|(sum, more)| *sum += more);
    }
}

fn row(numbers: &Value) -> [i64; 4] {
    let count = |name: &str| numbers[name].as_i64().unwrap();
    let value: f64 = numbers["value"].as_str().unwrap().parse().unwrap();
    [
        count("conversions"),
        count("pending"),
        count("rejected"),
        (value * 100.0).round() as i64,
    ]
}

#[tokio::test]
async fn an_afternoon_of_an_affiliate() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    customer
        .post("/v1/campaigns", &json!({"name": "Spring"}))
        .await;
    let link = json!({
        "slug": "offer", "destination": "https://shop.example/x", "campaign": "Spring", "append_click_id": true,
        "click_id_param": "cid", "cost_per_click": "0.10",
        "rules": [{"to": [
            {"name": "blue", "to": "https://shop.example/blue"},
            {"name": "red", "to": "https://shop.example/red", "cost_per_click": "0.20"},
        ]}],
    });
    let link_id = customer.create("links", &link).await;
    let goal = json!({
        "name": "Sale", "currency": "EUR", "default_value": "7.00",
        "statuses": {"approved": ["sale"], "pending": ["lead"], "rejected": ["trash"]},
    });
    let goal = customer.create("goals", &goal).await;
    let mut clicks = Vec::new();
    for number in 0..30 {
        clicks.push(click(&customer, number).await);
    }
    let (mut book, mut steps) = (Book::new(), Vec::new());
    for (number, click) in clicks.iter().enumerate().take(20) {
        let transaction = format!("order-{number}");
        let own = [("click_id", &*click.id), ("txid", &*transaction)];
        let with = |more: &[(&'static str, &'static str)]| {
            own.iter()
                .copied()
                .chain(more.iter().copied())
                .collect::<Vec<_>>()
        };
        // What is told, what it does, and what that changes.
        let told: &[Told<'_>] = match number % 5 {
            0 => &[
                (
                    &[("status", "lead"), ("payout", "12.50")],
                    "new",
                    [0, 1, 0, 0],
                ),
                (
                    &[("status", "lead"), ("payout", "12.50")],
                    "duplicate",
                    [0; 4],
                ),
                (
                    &[("status", "sale"), ("payout", "12.50")],
                    "changed",
                    [1, -1, 0, 1250],
                ),
                (
                    &[("status", "sale"), ("payout", "-2.50")],
                    "refunded",
                    [0, 0, 0, -250],
                ),
            ],
            1 => &[
                (&[("status", "lead"), ("payout", "3")], "new", [0, 1, 0, 0]),
                (&[("status", "trash")], "changed", [0, -1, 1, 0]),
            ],
            2 => &[(&[], "new", [1, 0, 0, 700])],
            3 => &[
                (
                    &[("status", "sale"), ("amount", "20")],
                    "new",
                    [1, 0, 0, 2000],
                ),
                (&[("status", "sale"), ("amount", "25")], "duplicate", [0; 4]),
                (&[("status", "rejected")], "changed", [-1, 0, 1, -2000]),
            ],
            _ => &[(&[("status", "lead")], "new", [0, 1, 0, 0])],
        };
        for (parameters, does, changes) in told {
            let (status, answer) = tell(&customer, &goal, &with(parameters)).await;
            assert_eq!(status, 200, "{parameters:?}: {answer}");
            match *does {
                "duplicate" => assert_eq!(answer["duplicate"], true, "{parameters:?}: {answer}"),
                does => {
                    assert_eq!(answer["effect"], does, "{parameters:?}: {answer}");
                    assert_eq!(answer["attributed"], true, "{answer}");
                }
            }
            note(&mut book, click, *changes);
            steps.push(*does);
        }
    }
    let clicked = |variant: &str| clicks.iter().filter(|c| c.variant == variant).count() as i64;
    let cost = clicked("blue") * 10 + clicked("red") * 20;
    let money = "conversions,pending,rejected,value";
    let ask = |more: &str| format!("range=24h&interval=none&metrics={money}{more}");
    let is_all = |answer: &Value| row(&answer["totals"]) == book["all"];
    for settled in [false, true] {
        for more in [
            "",
            &format!("&link={link_id}"),
            "&campaign=Spring",
            &format!("&goal={goal}"),
        ] {
            let answer = customer.wait_for_stats(&ask(more), is_all).await;
            let live = answer["meta"]["live"]["conversions"] == 0;
            assert_eq!(live, settled, "{}", answer["meta"]);
            assert_eq!(
                row(&answer["totals"]),
                book["all"],
                "{more} settled: {settled}"
            );
        }
        for (by, names) in [
            ("variant", ["blue", "red"]),
            ("device", ["mobile", "desktop"]),
        ] {
            let answer = customer.stats(&ask(&format!("&group_by={by}"))).await;
            for name in names {
                let rows = answer["results"].as_array().unwrap().iter();
                let found = rows.filter(|row| row[by] == name).map(row).next();
                assert_eq!(
                    found,
                    Some(book[name]),
                    "{by} {name} settled: {settled}: {answer}"
                );
            }
        }
        let report = "range=24h&metrics=clicks,conversions,value,cost,profit,cr,epc,aov,roi,ctr&group_by=link";
        let answer = customer.stats(report).await;
        let numbers = &answer["results"][0];
        let [conversions, .., value] = book["all"];
        let cents = |name: &str| {
            let text = numbers[name]
                .as_str()
                .unwrap_or_else(|| panic!("{name}: {answer}"));
            (text.parse::<f64>().unwrap() * 100.0).round() as i64
        };
        assert_eq!(
            (&numbers["link"], &numbers["slug"]),
            (&json!(link_id), &json!("offer"))
        );
        assert_eq!(numbers["clicks"], 30, "{answer}");
        // Costs are in the account's currency, dollars, and values in euros: they do not add up.
        assert_eq!((cents("value"), cents("cost")), (value, cost), "{answer}");
        assert_eq!(numbers["profit"], Value::Null);
        assert_eq!(
            numbers["profits"]["USD"],
            format!("-{}.{:02}", cost / 100, cost % 100)
        );
        assert_eq!(numbers["roi"], Value::Null);
        assert_eq!(numbers["ctr"], Value::Null);
        let close = |name: &str, expected: f64| {
            let found = numbers[name]
                .as_f64()
                .or_else(|| numbers[name].as_str()?.parse().ok());
            assert!((found.unwrap() - expected).abs() < 1e-6, "{name}: {answer}");
        };
        close("cr", conversions as f64 / 30.0);
        let [epc, aov] = [30.0, conversions as f64].map(|of| value as f64 / 100.0 / of);
        close("epc", (epc * 1e6).round() / 1e6);
        close("aov", (aov * 1e6).round() / 1e6);
        if !settled {
            customer.roll_up().await;
        }
    }
    assert!(steps.contains(&"refunded") && steps.contains(&"duplicate"));
}

#[tokio::test]
async fn click_ids_are_told_apart_and_goals_say_who_may_tell() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let other = Customer::of(&server).await;
    let link = json!({"slug": "offer", "destination": "https://shop.example/x", "append_click_id": true, "click_id_param": "cid"});
    let link_id = customer.create("links", &link).await;
    let goal = customer
        .create("goals", &json!({"name": "Sale", "repeats": "replace"}))
        .await;
    let others = other.create("goals", &json!({"name": "Sale"})).await;
    let own = click(&customer, 1).await.id;
    let answer = customer
        .http
        .get(format!("{}/offer", customer.collector))
        .send()
        .await
        .unwrap();
    let event_id = answer.headers()["millrace-event-id"]
        .to_str()
        .unwrap()
        .to_owned();
    // Not the last character, some of whose bits must be nought.
    let (before, after) = own.split_at(own.len() - 5);
    let other = if after.starts_with('A') { "B" } else { "A" };
    let altered = format!("{before}{other}{}", &after[1..]);
    for (goal, id, expected) in [
        (&goal, own.as_str(), json!(null)),
        (&goal, &event_id, json!(null)),
        (&goal, &altered, json!("altered_click_id")),
        (&goal, "EAIaIQobChMI", json!("foreign_click_id")),
        (&others, &own, json!("foreign_click_id")),
    ] {
        let (status, answer) = tell(&customer, goal, &[("clickid", id)]).await;
        assert_eq!(
            (status, &answer["reason"]),
            (200, &expected),
            "{id}: {answer}"
        );
        assert_eq!(answer["attributed"], json!(expected.is_null()), "{id}");
    }
    let replaced = [("txid", "t"), ("value", "10"), ("currency", "EUR")];
    tell(&customer, &goal, &replaced).await;
    let (_, answer) = tell(
        &customer,
        &goal,
        &[("txid", "t"), ("value", "15"), ("currency", "EUR")],
    )
    .await;
    assert_eq!(
        (&answer["effect"], &answer["value"]),
        (&json!("replaced"), &json!("5.00"))
    );
    let (status, answer) = tell(
        &customer,
        &goal,
        &[("txid", "t"), ("value", "1"), ("currency", "USD")],
    )
    .await;
    assert_eq!((status, &answer["code"]), (400, &json!("wrong_currency")));
    let counted = format!("range=24h&metrics=conversions&link={link_id}");
    let is_two = |answer: &Value| answer["totals"]["conversions"] == 2;
    customer.wait_for_stats(&counted, is_two).await;

    let signed = json!({"name": "Signed", "secret": "a secret of ours"});
    let signed = customer.create("goals", &signed).await;
    let (status, answer) = tell(&customer, &signed, &[("txid", "1"), ("sig", "00")]).await;
    assert_eq!(
        (status, &answer["code"]),
        (403, &json!("invalid_signature"))
    );
    // printf 'txid=1' | openssl dgst -sha256 -hmac 'a secret of ours'
    let right = "a4278ae6d400f8bf5d38f733d1ac029cecd96d8f4030128399bf5695f8b244e5";
    let (status, _) = tell(&customer, &signed, &[("sig", right), ("txid", "1")]).await;
    assert_eq!(status, 200);
    let elsewhere = json!({"name": "Elsewhere", "allow_ips": ["192.0.2.0/24"]});
    let elsewhere = customer.create("goals", &elsewhere).await;
    let (status, answer) = tell(&customer, &elsewhere, &[("txid", "1")]).await;
    assert_eq!(
        (status, &answer["code"]),
        (403, &json!("forbidden_address"))
    );
    let shown = customer.get(&format!("/v1/goals/{signed}")).await;
    assert!(!shown.to_string().contains("a secret of ours"), "{shown}");
    assert_eq!(shown["signed"], true);
}

/// Server-side events go the same way.
#[tokio::test]
async fn events_tell_statuses_and_clicks() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "offer", "destination": "https://shop.example/x", "append_click_id": true, "click_id_param": "cid"});
    customer.create("links", &link).await;
    let goal = json!({"name": "Sale", "currency": "EUR", "statuses": {"pending": ["lead"]}});
    customer.create("goals", &goal).await;
    let own = click(&customer, 1).await.id;
    let events = json!([
        {"type": "conversion", "goal": "Sale", "txid": "a", "status": "lead", "value": 5, "click_id": own},
        {"type": "conversion", "goal": "Sale", "txid": "a", "status": "approved", "value": 5},
        {"type": "conversion", "goal": "Sale", "txid": "a", "status": "approved", "value": 5},
        {"type": "conversion", "goal": "Sale", "txid": "b", "status": "hold"},
    ]);
    let answer = customer
        .http
        .post(format!("{}/v1/events", customer.collector));
    let answer = answer
        .bearer_auth(&customer.key)
        .json(&events)
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(
        (&answer["accepted"], &answer["duplicates"]),
        (&json!(2), &json!(1)),
        "{answer}"
    );
    assert_eq!(answer["rejected"][0]["code"], "unknown_status");
    let told = customer.wait_for_stats(
        "range=24h&metrics=conversions,pending,value&link=offer",
        |answer| answer["totals"]["conversions"] == 1,
    );
    let told = told.await;
    assert_eq!(told["totals"]["pending"], 0, "{told}");
    assert_eq!(told["totals"]["value"], "5.00");
}
