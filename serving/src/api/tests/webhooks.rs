//! Webhooks over HTTP: what may be set, who sees what, secrets.

use super::*;

const PATH: &str = "/v1/webhooks";

fn body() -> Value {
    json!({"name": "Shop", "url": "https://shop.example.com/hooks"})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = body();
    body[field] = value;
    body
}

#[tokio::test]
async fn a_webhook_is_made_changed_disabled_and_deleted() {
    let app = App::new().await;
    let key = app.account().await;
    let made = app.post(PATH, &key, body()).await.good();
    assert!(
        made["secret"].as_str().unwrap().starts_with("whsec_"),
        "{made}"
    );
    assert_eq!(
        (&made["kind"], &made["method"], &made["enabled"]),
        (&json!("webhook"), &json!("POST"), &json!(true))
    );
    assert_eq!(
        made["types"],
        json!(["conversion.created", "conversion.changed"])
    );
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    let change = json!({"types": ["link.clicked", "link.clicked"], "enabled": false, "filters": {"bots": true}});
    let changed = app.patch(&path, &key, change).await.good();
    assert_eq!(changed["types"], json!(["link.clicked"]));
    assert_eq!(changed["filters"]["bots"], true);
    assert_eq!(
        (&changed["enabled"], &changed["disabled_reason"]),
        (&json!(false), &json!("it was disabled by request"))
    );
    let enabled = app
        .patch(&path, &key, json!({"enabled": true}))
        .await
        .good();
    assert_eq!(enabled["disabled_at"], Value::Null);
    let listed = app.get(PATH, &key).await.good();
    assert_eq!(listed["items"], json!([enabled]));
    let tested = app
        .post(&format!("{path}/test"), &key, json!({}))
        .await
        .good();
    assert_eq!(
        (&tested["delivered"], &tested["body"]),
        (&json!(true), &json!("ok"))
    );
    let deliveries = app.get(&format!("{path}/deliveries"), &key).await.good();
    assert_eq!(deliveries["items"][0]["attempt"], 2);
    let stranger = app.account().await;
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::PATCH, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::GET, format!("{path}/deliveries")),
        (Method::POST, format!("{path}/test")),
        (Method::POST, format!("{path}/rotate")),
    ] {
        let answer = app.call(method, &path, &stranger, "{}").await;
        answer.problem(404, "not_found");
    }
    assert_eq!(app.delete(&path, &key).await.status, StatusCode::NO_CONTENT);
    app.get(&path, &key).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_would_lead_elsewhere_or_say_nothing_is_refused() {
    let app = App::new().await;
    let key = app.account().await;
    let stranger = app.account().await;
    let theirs = json!({"slug": "theirs", "destination": "https://a.example"});
    let theirs = app.post("/v1/links", &stranger, theirs).await.text("id");
    let postback = |url: &str| {
        let mut body = with("url", json!(url));
        body["kind"] = json!("postback");
        body
    };
    for (body, status, expected) in [
        (
            with("url", json!("http://shop.example.com/")),
            400,
            "https://",
        ),
        (
            with("url", json!("https://169.254.169.254/latest/meta-data")),
            400,
            "not of the public internet",
        ),
        (
            with("url", json!("https://2130706433/")),
            400,
            "not of the public internet",
        ),
        (
            with("url", json!("https://localhost/")),
            400,
            "not of the public internet",
        ),
        (
            with("url", json!("https://me:secret@shop.example.com/")),
            400,
            "user name",
        ),
        (
            with("url", json!("https://shop.example.com:22/")),
            400,
            "port",
        ),
        (with("url", Value::Null), 400, "address"),
        (with("name", Value::Null), 400, "`name`"),
        (with("types", json!([])), 400, "`types`"),
        (with("method", json!("GET")), 400, "postback"),
        (with("colour", json!("red")), 400, "colour"),
        (
            with("filters", json!({"links": [theirs]})),
            404,
            "there is no",
        ),
        (
            with("filters", json!({"goals": ["lnk_0000000000005"]})),
            400,
            "goal",
        ),
        (
            postback("https://n.example.com/?c={clickid}"),
            400,
            "{clickid}",
        ),
        (postback("https://{sub1}.example.com/"), 400, "host"),
        (postback("https://10.0.0.1/?c={click_id}"), 400, "public"),
    ] {
        let said = body.to_string();
        let answer = app.post(PATH, &key, body).await;
        assert_eq!(answer.status, status, "{said}");
        let detail = answer.text("detail");
        assert!(detail.contains(expected), "{said}: {detail}");
    }
    let good = postback("https://n.example.com/?c={click_id}&v={value}");
    let made = app.post(PATH, &key, good).await.good();
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    for wrong in [
        json!({"kind": "webhook"}),
        json!({"types": ["link.clicked"]}),
        json!({"url": "https://10.0.0.1/"}),
    ] {
        app.patch(&path, &key, wrong).await.problem(400, "invalid");
    }
    app.patch(&path, &key, json!({"method": "GET"}))
        .await
        .good();
}

#[tokio::test]
async fn an_account_has_so_many_webhooks() {
    let app = App::new().await;
    let key = app.account().await;
    app.account().await;
    for _ in 0..20 {
        app.post(PATH, &key, body()).await.good();
    }
    app.post(PATH, &key, body())
        .await
        .problem(403, "quota_exceeded");
}

#[tokio::test]
async fn secrets_are_told_once_and_are_in_no_list_and_no_history() {
    let app = App::new().await;
    let key = app.account().await;
    let once = [("Idempotency-Key", "made")];
    let send = async |path: &str, key: &str, body: Value| {
        app.call_with(Method::POST, path, key, &once, body).await
    };
    let made = send(PATH, &key, body()).await.good();
    assert_eq!(send(PATH, &key, body()).await.good(), made, "to who asked");
    let (_, other) = app.key(&key, "write").await;
    send(PATH, &other, body())
        .await
        .problem(409, "secret_was_told");
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    let rotate = async |hours: u32| {
        let path = format!("{path}/rotate");
        app.post(&path, &key, json!({"grace_hours": hours})).await
    };
    let rotated = rotate(2).await.good();
    assert_ne!(rotated["secret"], made["secret"]);
    assert_eq!(
        rotated["old_secret_until"],
        model::time::rfc3339(NOW_MS + 2 * 3_600_000)
    );
    rotate(169).await.problem(400, "invalid");
    let secrets = [&made, &rotated].map(|it| it["secret"].as_str().unwrap().to_owned());
    for answer in [
        app.get(&path, &key).await.good(),
        app.get(PATH, &key).await.good(),
        app.get("/v1/changes", &key).await.good(),
        app.patch(&path, &key, json!({"name": "Other"}))
            .await
            .good(),
    ] {
        let text = answer.to_string();
        assert!(!text.contains("whsec_"), "{text}");
    }
    let told = app.get("/v1/changes", &key).await.good();
    let rotation = told["items"].as_array().unwrap().iter().find(|item| {
        let fields = item["fields"].as_array().unwrap();
        item["kind"] == "webhook"
            && item["what"] == "changed"
            && fields.iter().any(|it| it["field"] == "secret")
    });
    let rotation = rotation.unwrap_or_else(|| panic!("{told}"));
    assert_eq!(rotation["undoable"], false);
    for n in 1..=app.catalog.read(|state| state.n) {
        let text = format!("{:?}", app.catalog.entry(n).await.unwrap());
        assert!(
            secrets.iter().all(|secret| !text.contains(secret)),
            "{text}"
        );
    }
}
