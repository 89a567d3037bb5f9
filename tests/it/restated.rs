//! What comes late changes a day that was settled, and is told.

use model::{Clock, SystemClock, time};
use serde_json::{Value, json};

use crate::support::{http::Customer, process::Server};

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
    let mut server = Server::up(folder.path(), &["--epoch-max-age", "1s"]);
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
}
