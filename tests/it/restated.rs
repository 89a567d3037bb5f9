//! What comes late changes a day that was settled, and is told.

use std::{collections::BTreeSet, time::Duration};

use model::{Clock, SystemClock, time};
use serde_json::{Value, json};

use crate::support::{
    eventually,
    http::Customer,
    process::Server,
    receiver::{Message, Receiver},
};

/// How long messages may take, in debug builds.
const LIMIT: Duration = Duration::from_secs(90);

async fn send(customer: &Customer, event: Value) {
    let url = format!("{}/v1/events", customer.collector);
    let request = customer.http.post(url).bearer_auth(&customer.key);
    let told: Value = request
        .json(&event)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(told["accepted"], 1, "{told}");
}

#[tokio::test]
async fn what_late_events_change_is_told_by_day_and_to_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--epoch-max-age", "1s", "--webhooks-to-private-addresses"];
    let mut server = Server::up(folder.path(), &flags);
    server.start().await;
    let customer = Customer::of(&server).await;
    let stranger = Customer::of(&server).await;
    let link = json!({"slug": "link", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    let goal = json!({"name": "Sale", "currency": "EUR"});
    customer.create("goals", &goal).await;
    send(&customer, json!({"link": "link"})).await;
    customer.settle().await;
    assert_eq!(customer.get("/v1/restatements").await["items"], json!([]));

    let receiver = Receiver::start().await;
    for (who, path) in [(&customer, "/own"), (&stranger, "/strangers")] {
        let webhook =
            json!({"name": "Shop", "url": receiver.url(path), "types": ["numbers.restated"]});
        who.post("/v1/webhooks", &webhook).await;
    }

    let late_ms = SystemClock.now_ms() - 3 * 86_400_000;
    let at = time::rfc3339(late_ms);
    let day = time::day_text(time::day_of(time::minute_of(late_ms))).unwrap();
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let click = json!({"link": "link", "occurred_at": at, "user_agent": agent});
    send(&customer, click).await;
    let sale = json!({"type": "conversion", "goal": "Sale", "transaction_id": "t", "value": "2.50",
        "occurred_at": at});
    send(&customer, sale.clone()).await;
    let refund = json!({"type": "conversion", "goal": "Sale", "transaction_id": "u", "value": "-1.00",
        "occurred_at": at});
    // It takes value away, and is no sale.
    send(&customer, refund).await;
    // What is sent twice changes nothing.
    let url = format!("{}/v1/events", customer.collector);
    let request = customer.http.post(url).bearer_auth(&customer.key);
    let told: Value = request
        .json(&sale)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(told["duplicates"], 1, "{told}");
    // Today's are not late.
    send(&customer, json!({"link": "link"})).await;
    customer.settle().await;

    let listed = customer.get("/v1/restatements").await;
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{listed}");
    assert_eq!(
        (&items[0]["cause"], &items[0]["date"], &items[0]["is_whole"]),
        (&json!("late_events"), &json!(day), &json!(true))
    );
    assert_eq!(items[0]["changed"], json!({"clicks": 1, "conversions": 1}));
    assert_eq!(items[0]["value"], json!({"EUR": "1.50"}));
    assert_eq!(stranger.get("/v1/restatements").await["items"], json!([]));

    let messages = eventually("the change to be told", LIMIT, async || {
        let taken = receiver.taken();
        (!taken.is_empty()).then_some(taken).ok_or("nothing yet")
    })
    .await;
    let message = messages[0].json();
    assert_eq!(
        (&message["type"], &message["timestamp"]),
        (&json!("numbers.restated"), &items[0]["at"])
    );
    let days = json!([{"date": day, "changed": {"clicks": 1, "conversions": 1}, "value": {"EUR": "1.50"}}]);
    let expected = json!({"cause": "late_events", "days": days, "is_whole": true});
    assert_eq!(message["data"], expected);
    assert!(messages.iter().all(|it| it.target == "/own"));
    // Whoever comes later is told what comes later.
    let webhook =
        json!({"name": "Late", "url": receiver.url("/late"), "types": ["numbers.restated"]});
    customer.post("/v1/webhooks", &webhook).await;
    send(
        &customer,
        json!({"link": "link", "occurred_at": at, "user_agent": agent}),
    )
    .await;
    customer.settle().await;
    let messages = eventually("the second change to be told", LIMIT, async || {
        let taken = receiver.taken();
        let is_told =
            |path: &str, count| taken.iter().filter(|it| it.target == path).count() >= count;
        (is_told("/own", 2) && is_told("/late", 1))
            .then_some(taken)
            .ok_or("not yet")
    })
    .await;
    let late: Vec<_> = messages.iter().filter(|it| it.target == "/late").collect();
    let clicks = |it: &Message| it.json()["data"]["days"][0]["changed"].clone();
    assert_eq!((late.len(), clicks(late[0])), (1, json!({"clicks": 1})));
    let ids: BTreeSet<&str> = messages.iter().map(Message::id).collect();
    assert_eq!(ids.len(), 3, "each has one of its own");
}
