//! Plans, what holds of the quotas of an account, and for how long events are kept.

use super::*;

async fn put(app: &App, name: &str, quotas: Value) -> Answer {
    let path = format!("/v1/plans/{name}");
    app.call(Method::PUT, &path, TOKEN, quotas.to_string())
        .await
}

/// An account with this plan: its path for the operator, and its key.
async fn with_plan(app: &App, plan: &str) -> (String, String) {
    let body = json!({"name": "Shop", "plan": plan});
    let made = app.post("/v1/accounts", TOKEN, body).await.good();
    assert_eq!(made["plan"], plan);
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (format!("/v1/accounts/{}", text("id")), text("api_key"))
}

async fn link(app: &App, key: &str) -> Answer {
    let body = json!({"destination": "https://a.example"});
    app.post("/v1/links", key, body).await
}

#[tokio::test]
async fn an_account_may_what_its_plan_says_also_once_that_changes() {
    let app = App::new().await;
    app.account().await;
    let made = put(&app, "small", json!({"links": 1, "shares": null})).await;
    let made = made.good();
    assert_eq!(
        (&made["quotas"]["links"], &made["quotas"]["shares"]),
        (&json!(1), &Value::Null)
    );
    let (path, key) = with_plan(&app, "small").await;
    let listed = app.get("/v1/plans", TOKEN).await.good();
    let mut with_one = made.clone();
    with_one["accounts"] = json!(1);
    assert_eq!(listed, json!({"items": [with_one], "next_cursor": null}));
    let links = async || {
        let account = app.get("/v1/account", &key).await.good();
        let by_operator = app.get(&path, TOKEN).await.good();
        assert_eq!(account, by_operator);
        let of = |field: &str| account[field]["links"].clone();
        (of("quotas"), of("quotas_from"))
    };
    assert_eq!(links().await, (json!(1), json!("plan")));
    link(&app, &key).await.good();
    link(&app, &key).await.problem(403, "quota_exceeded");
    put(&app, "small", json!({"links": 2})).await.good();
    link(&app, &key).await.good();
    link(&app, &key).await.problem(403, "quota_exceeded");
    let quotas = format!("{path}/quotas");
    app.patch(&quotas, TOKEN, json!({"links": 3})).await.good();
    assert_eq!(links().await, (json!(3), json!("account")));
    link(&app, &key).await.good();
    app.patch(&quotas, TOKEN, json!({"links": null}))
        .await
        .good();
    assert_eq!(links().await, (json!(2), json!("plan")));
    // A plan that says nothing of it, and none at all.
    put(&app, "default", json!({"links": 7})).await.good();
    put(&app, "small", json!({})).await.good();
    assert_eq!(links().await, (json!(7), json!("default")));
    app.patch(&path, TOKEN, json!({"plan": null})).await.good();
    assert_eq!(links().await, (json!(7), json!("default")));
    app.delete("/v1/plans/default", TOKEN).await;
    assert_eq!(links().await, (json!(100_000), json!("default")));
}

#[tokio::test]
async fn requests_a_minute_are_those_of_the_plan() {
    let app = App::new().await;
    put(&app, "slow", json!({"requests_a_minute": 2}))
        .await
        .good();
    let (path, key) = with_plan(&app, "slow").await;
    let answer = app.get("/v1/links", &key).await;
    assert_eq!(answer.headers["ratelimit-limit"], "2");
    app.get("/v1/links", &key).await.good();
    app.get("/v1/links", &key)
        .await
        .problem(429, "too_many_requests");
    app.patch(&path, TOKEN, json!({"plan": null})).await.good();
    app.get("/v1/links", &key).await.good();
}

#[tokio::test(start_paused = true)]
async fn so_many_streams_and_questions_at_once_are_those_of_the_plan() {
    let app = App::new().await;
    put(&app, "none", json!({"streams": 0, "questions": 0}))
        .await
        .good();
    let (path, key) = with_plan(&app, "none").await;
    let detail = app.get("/v1/live", &key).await;
    let detail = detail.problem(429, "too_many_requests");
    assert!(detail.contains("0 live streams"), "{detail}");
    let ask = async || app.get("/v1/stats?range=today", &key).await;
    let detail = ask().await.problem(429, "too_many_requests");
    assert!(detail.starts_with("0 questions"), "{detail}");
    app.patch(&path, TOKEN, json!({"plan": null})).await.good();
    ask().await.good();
}

#[tokio::test]
async fn plans_are_the_operators_and_none_goes_that_an_account_has() {
    let app = App::new().await;
    put(&app, "pro", json!({})).await.good();
    let (path, key) = with_plan(&app, "pro").await;
    for answer in [
        app.get("/v1/plans", &key).await,
        app.get("/v1/plans/pro", &key).await,
        app.get(&path, &key).await,
        app.patch(&path, &key, json!({"plan": null})).await,
        app.delete("/v1/plans/pro", &key).await,
        app.call(Method::PUT, "/v1/plans/pro", &key, "{}").await,
    ] {
        answer.problem(403, "forbidden");
    }
    app.patch("/v1/account", &key, json!({"plan": "pro"}))
        .await
        .problem(400, "invalid");
    app.delete("/v1/plans/pro", TOKEN)
        .await
        .problem(409, "plan_in_use");
    let unknown = json!({"plan": "platinum"});
    app.patch(&path, TOKEN, unknown)
        .await
        .problem(400, "invalid");
    app.patch(&path, TOKEN, json!({"plan": null})).await.good();
    let deleted = app.delete("/v1/plans/pro", TOKEN).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    app.delete("/v1/plans/pro", TOKEN)
        .await
        .problem(404, "not_found");
    app.get("/v1/plans/pro", TOKEN)
        .await
        .problem(404, "not_found");
    let nobody = "/v1/accounts/acc_0000000000009";
    app.get(nobody, TOKEN).await.problem(404, "not_found");
    for wrong in [json!({"link": 1}), json!({"keep_events_days": 0})] {
        put(&app, "pro", wrong).await.problem(400, "invalid");
    }
    put(&app, "a%20b", json!({})).await.problem(400, "invalid");
}

#[tokio::test]
async fn an_account_that_is_erased_holds_no_plan() {
    let app = App::new().await;
    put(&app, "pro", json!({})).await.good();
    let (path, _) = with_plan(&app, "pro").await;
    app.delete(&path, TOKEN).await.good();
    let deleted = app.delete("/v1/plans/pro", TOKEN).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn who_changed_plans_is_told_to_the_operator_and_what_an_account_was_given_to_it() {
    let app = App::new().await;
    put(&app, "pro", json!({"links": 1})).await.good();
    let (path, key) = with_plan(&app, "pro").await;
    put(&app, "pro", json!({"links": 2})).await.good();
    app.patch(&path, TOKEN, json!({"plan": null})).await.good();
    app.patch(&format!("{path}/quotas"), TOKEN, json!({"links": 5}))
        .await
        .good();
    app.delete("/v1/plans/pro", TOKEN).await;
    let told = async |key: &str| {
        let all = app.get("/v1/changes", key).await.good();
        let all = all["items"].as_array().unwrap().clone();
        let each = all.iter().map(|it| {
            assert_eq!(
                (&it["by"]["kind"], &it["undoable"]),
                (&json!("operator"), &json!(false))
            );
            (it["kind"].clone(), it["what"].clone(), it["fields"].clone())
        });
        each.collect::<Vec<_>>()
    };
    let change = |field: &str, before: Value, after: Value| json!([{"field": field, "before": before, "after": after}]);
    let of_plans = told(TOKEN).await;
    let whats: Vec<_> = of_plans.iter().map(|it| (&it.0, &it.1)).collect();
    let plan = json!("plan");
    let expected = ["deleted", "changed", "created"].map(|what| json!(what));
    assert_eq!(
        whats,
        expected
            .iter()
            .map(|what| (&plan, what))
            .collect::<Vec<_>>()
    );
    assert_eq!(of_plans[1].2, change("quotas.links", json!(1), json!(2)));
    let own = told(&key).await;
    assert_eq!(own[0].2, change("quotas.links", Value::Null, json!(5)));
    assert_eq!(own[1].2, change("plan", json!("pro"), Value::Null));
    assert!(
        own.iter().all(|it| it.0 != plan),
        "plans are the operator's"
    );
}

#[tokio::test]
async fn events_are_kept_as_the_account_says_and_no_longer_than_it_may() {
    let app = App::new().await;
    put(&app, "pro", json!({"keep_events_days": 90}))
        .await
        .good();
    let (path, key) = with_plan(&app, "pro").await;
    let (_, write) = app.key(&key, "write").await;
    let keep = async |key: &str, days: Value| {
        let body = json!({"settings": {"keep_events_days": days}});
        app.patch("/v1/account", key, body).await
    };
    for (own, holds) in [
        (json!(30), json!(30)),
        (json!(400), json!(90)),
        (Value::Null, json!(90)),
    ] {
        let account = keep(&key, own.clone()).await.good();
        let told = (
            &account["settings"]["keep_events_days"],
            &account["quotas"]["keep_events_days"],
            &account["keep_events_days"],
        );
        assert_eq!(told, (&own, &json!(90), &holds));
    }
    app.patch(&path, TOKEN, json!({"plan": null})).await.good();
    let account = keep(&key, Value::Null).await.good();
    assert_eq!(account["keep_events_days"], Value::Null);
    for wrong in [json!(0), json!(36_501), json!(-1), json!("30")] {
        keep(&key, wrong).await.problem(400, "invalid");
    }
    keep(&write, json!(30)).await.problem(403, "forbidden");
}
