//! Refused postbacks, against the binary: they are kept for their account, strangers' take no room of its own, and they are
//! taken again, once.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use crate::support::{eventually, http::Customer, process::Server};

const LIMIT: Duration = Duration::from_secs(30);
/// Postbacks of strangers: far more than are kept of a minute.
const FLOOD: usize = 300;

/// Tells a goal a conversion; gives the status and the answer.
async fn tell(customer: &Customer, goal: &str, parameters: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/c/{goal}", customer.collector);
    let response = customer
        .http
        .get(url)
        .query(parameters)
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// All that was refused of an account, when it is `enough`.
async fn listed(customer: &Customer, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    eventually("what was refused", LIMIT, async || {
        let page = customer.get("/v1/rejected?limit=1000").await;
        let items = page["items"].as_array().unwrap();
        enough(items).then(|| items.clone()).ok_or(page)
    })
    .await
}

fn has(items: &[Value], code: &str) -> bool {
    items.iter().any(|item| item["code"] == code)
}

#[tokio::test]
async fn refused_postbacks_are_listed_and_taken_again_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let stranger = Customer::of(&server).await;
    let goal = json!({"name": "Sale", "currency": "EUR", "secret": "a secret of ours",
        "statuses": {"approved": ["sale"]}});
    let goal = customer.create("goals", &goal).await;
    // printf 'status=paid&txid=7&value=2.50' | openssl dgst -sha256 -hmac 'a secret of ours'
    let right = "df31c3f5c266c1a597de229fed3a9764ae08414272824225e63d2e947b3d3b6d";
    let own = [
        ("status", "paid"),
        ("txid", "7"),
        ("value", "2.50"),
        ("sig", right),
    ];
    let (status, answer) = tell(&customer, &goal, &own).await;
    assert_eq!(
        (status, &answer["code"]),
        (400, &json!("unknown_status")),
        "{answer}"
    );
    for number in 0..FLOOD {
        let txid = number.to_string();
        let forged = [
            ("status", "sale"),
            ("txid", &*txid),
            ("value", "99"),
            ("sig", "00ff"),
        ];
        let (status, _) = tell(&customer, &goal, &forged).await;
        assert_eq!(status, 403);
    }
    let (status, _) = tell(&customer, &goal, &own).await;
    assert_eq!(status, 400, "its own are kept, whatever strangers send");
    let own = |items: &[Value]| {
        items
            .iter()
            .filter(|it| it["code"] == "unknown_status")
            .count()
    };
    let items = listed(&customer, |items| {
        has(items, "invalid_signature") && own(items) == 2
    })
    .await;
    let forged = items.len() - 2;
    // Sixty a minute: the test may run in two of them, or in three.
    assert!((1..=180).contains(&forged), "{forged}");
    let text = json!(items).to_string();
    for secret in [right, "00ff", "a secret of ours"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let item = items
        .iter()
        .find(|it| it["code"] == "unknown_status")
        .unwrap();
    let expected = json!({"type": "conversion", "goal": goal, "status": "paid", "transaction_id": "7", "value": "2.50"});
    assert_eq!(item["event"], expected);
    assert_eq!(stranger.get("/v1/rejected").await["items"], json!([]));

    let id = item["id"].as_str().unwrap();
    let again = async |mend: &Value| {
        let url = format!("{}/v1/rejected/{id}/replay", customer.collector);
        let request = customer
            .http
            .post(url)
            .bearer_auth(&customer.key)
            .json(mend);
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    assert_eq!(
        again(&json!({})).await["rejected"][0]["code"],
        "unknown_status"
    );
    let mend = json!({"status": "sale"});
    let told = [again(&mend).await, again(&mend).await];
    assert_eq!(told.map(|it| it["accepted"].clone()), [json!(1), json!(0)]);
    // The network sends it again, as it should be: it is the same transaction.
    // printf 'status=sale&txid=7&value=2.50' | openssl dgst -sha256 -hmac 'a secret of ours'
    let late = [
        ("status", "sale"),
        ("txid", "7"),
        ("value", "2.50"),
        (
            "sig",
            "9c9fd8eafc03fc512bcc1b3e6d8aeaa12013103e20f693937d7ce40d766227b9",
        ),
    ];
    let (status, answer) = tell(&customer, &goal, &late).await;
    assert_eq!(
        (status, &answer["duplicate"]),
        (200, &json!(true)),
        "{answer}"
    );
    let query = "metrics=conversions,value&range=2d";
    let counted = json!({"conversions": 1, "value": "2.50"});
    customer
        .wait_for_stats(query, |answer| answer["totals"] == counted)
        .await;
}

/// What is no postback at all is listed by its reason.
#[tokio::test]
async fn a_postback_that_cannot_be_read_is_listed_and_not_taken_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let goal = customer.create("goals", &json!({"name": "Sale"})).await;
    let url = format!("{}/c/{goal}", customer.collector);
    let request = customer
        .http
        .post(url)
        .header("content-type", "application/json");
    let response = request.body("{\"txid\": ").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 400);
    let items = listed(&customer, |items| !items.is_empty()).await;
    assert_eq!(
        (&items[0]["code"], &items[0]["event"]),
        (&json!("malformed_json"), &Value::Null)
    );
    assert!(items[0]["detail"].as_str().unwrap().contains(&goal));
    let url = format!(
        "{}/v1/rejected/{}/replay",
        customer.collector,
        items[0]["id"].as_str().unwrap()
    );
    let request = customer
        .http
        .post(url)
        .bearer_auth(&customer.key)
        .json(&BTreeMap::<String, String>::new());
    assert_eq!(request.send().await.unwrap().status().as_u16(), 409);
}
