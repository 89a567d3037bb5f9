//! What an operator says in a plan holds for its accounts, at the API and at collectors, also once it changes.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    eventually,
    http::{Customer, answer},
    process::Server,
};

const LIMIT: Duration = Duration::from_secs(20);

/// Puts the plan `small`.
async fn put(operator: &Customer, quotas: Value) {
    let url = format!("{}/v1/plans/small", operator.api);
    let put = operator.http.put(url).bearer_auth(&operator.key);
    let put = put.json(&quotas).send().await.unwrap();
    assert_eq!(answer("the plan", put).await["accounts"], 1);
}

/// Makes a link; gives the status of the answer.
async fn link(customer: &Customer) -> u16 {
    let url = format!("{}/v1/links", customer.api);
    let made = customer.http.post(url).bearer_auth(&customer.key);
    let made = made.json(&json!({"destination": "https://example.com/"}));
    made.send().await.unwrap().status().as_u16()
}

/// Sends a conversion with this key; gives the code with which it is refused, if it is.
async fn convert(customer: &Customer, goal: &str, key: &str) -> Option<String> {
    let url = format!("{}/v1/events", customer.collector);
    let sent = customer.http.post(url).bearer_auth(&customer.key);
    let event = json!([{"type": "conversion", "goal": goal, "idempotency_key": key}]);
    let sent = sent.json(&event).send().await.unwrap();
    let answer = answer("the event", sent).await;
    let code = answer["rejected"][0]["code"].as_str();
    code.map(str::to_owned)
}

#[tokio::test]
async fn a_plan_holds_and_changes_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let other = Customer::of(&server).await;
    let operator = Customer {
        key: server.admin_token(),
        ..customer.clone()
    };
    let goal = customer.create("goals", &json!({"name": "goal"})).await;
    let others = other.create("goals", &json!({"name": "other"})).await;
    // What is made later is known no sooner.
    let known = json!({"slug": "known", "destination": "https://example.com/"});
    other.create("links", &known).await;
    let account = customer.get("/v1/account").await;
    let path = format!("/v1/accounts/{}", account["id"].as_str().unwrap());

    let url = format!("{}/v1/plans/small", operator.api);
    let small = json!({"links": 1, "sender_keys": 1, "keep_events_days": 30});
    let made = operator.http.put(url).bearer_auth(&operator.key);
    let made = made.json(&small).send().await.unwrap();
    assert_eq!(answer("the plan", made).await["accounts"], 0);
    operator.patch(&path, &json!({"plan": "small"})).await;
    let account = customer.get("/v1/account").await;
    assert_eq!(
        (
            &account["quotas"]["links"],
            &account["quotas_from"]["links"],
            &account["keep_events_days"]
        ),
        (&json!(1), &json!("plan"), &json!(30))
    );
    assert_eq!((link(&customer).await, link(&customer).await), (201, 403));
    assert_eq!(convert(&customer, &goal, "a").await, None);
    let refused = convert(&customer, &goal, "b").await;
    assert_eq!(refused.as_deref(), Some("too_many_keys"));

    put(&operator, json!({"links": 2, "sender_keys": 2})).await;
    assert_eq!((link(&customer).await, link(&customer).await), (201, 403));
    eventually("the collector to hear of it", LIMIT, async || {
        let refused = convert(&customer, &goal, "b").await;
        refused.map_or(Ok(()), Err)
    })
    .await;
    let refused = convert(&customer, &goal, "c").await;
    assert_eq!(refused.as_deref(), Some("too_many_keys"));
    // Nobody else has it.
    for key in ["a", "b", "c"] {
        assert_eq!(convert(&other, &others, key).await, None);
    }

    server.terminate().await;
    server.start().await;
    let account = customer_again(&customer, &server).get("/v1/account").await;
    assert_eq!(
        (&account["plan"], &account["quotas"]["links"]),
        (&json!("small"), &json!(2))
    );
}

/// The same customer, at the addresses of a process that was started anew.
fn customer_again(customer: &Customer, server: &Server) -> Customer {
    Customer {
        api: server.api.clone(),
        collector: server.collector.clone(),
        ..customer.clone()
    }
}
