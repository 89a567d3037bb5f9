use super::*;

#[tokio::test]
async fn accounts_are_made_with_the_admin_token_and_seen_with_their_key() {
    let app = App::new().await;
    let body = json!({"name": "Shop", "settings": {"timezone": "Europe/Amsterdam", "excluded_networks": ["192.0.2.7", "2001:db8::/32"]}});
    let made = app.post("/v1/accounts", TOKEN, body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.headers[header::CACHE_CONTROL], "no-store");
    let mut made = made.good();
    let key = made.as_object_mut().unwrap().remove("api_key").unwrap();
    let settings = json!({"timezone": "Europe/Amsterdam", "honour_dnt": false, "excluded_networks": ["192.0.2.7/32", "2001:db8::/32"], "allowed_schemes": [], "allowed_origins": [], "click_id_param": null, "currency": "USD", "count_datacenters": false, "visitor_memory": "day", "keep_events_days": null});
    let quotas = json!({"links": 100_000, "others": 10_000, "keys": 100, "domains": 100, "costs": 10_000, "new_an_hour": 10_000, "sender_keys": 10_000_000, "requests_a_minute": 600,
                "segments": 1_000, "annotations": 10_000, "shares": 1_000, "webhooks": 20, "streams": 20, "questions": 4, "keep_events_days": null});
    let names = quotas.as_object().unwrap().keys();
    let sources: Value = names.map(|name| (name.clone(), json!("default"))).collect();
    let id = &made["id"];
    assert_eq!(
        made,
        json!({"id": id, "name": "Shop", "settings": settings, "plan": null, "quotas": quotas, "quotas_from": sources, "keep_events_days": null, "suspended": null, "created_at": "2026-01-02T03:04:05Z"})
    );
    assert_eq!(
        app.get("/v1/account", key.as_str().unwrap()).await.good(),
        made
    );
    assert_eq!(
        app.get("/v1/accounts", TOKEN).await.good(),
        json!({"items": [made], "next_cursor": null})
    );
}

#[tokio::test]
async fn the_admin_token_opens_nothing_else_and_keys_do_not_open_its_doors() {
    let app = App::new().await;
    let key = app.account().await;
    app.get("/v1/links", TOKEN)
        .await
        .problem(401, "unauthorized");
    app.get("/v1/accounts", &key)
        .await
        .problem(403, "forbidden");
    app.post("/v1/accounts", &key, json!({"name": "x"}))
        .await
        .problem(403, "forbidden");
    for wrong in ["", "x", "the-admin-toke", "the-admin-token2"] {
        app.post("/v1/accounts", wrong, json!({"name": "x"}))
            .await
            .problem(401, "unauthorized");
        app.get("/v1/account", wrong)
            .await
            .problem(401, "unauthorized");
    }
    assert!(!AdminToken::new("").matches(""));
    let bare = Request::get("/v1/account").body(Body::empty()).unwrap();
    let answer = app.send(bare).await;
    assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    answer.problem(401, "unauthorized");
    let lower = Request::get("/v1/account").header(header::AUTHORIZATION, format!("bearer {key}"));
    app.send(lower.body(Body::empty()).unwrap()).await.good();
}

#[tokio::test]
async fn a_manager_changes_the_account_and_null_brings_defaults_back() {
    let app = App::new().await;
    let key = app.account().await;
    let settings = |timezone, dnt| json!({"timezone": timezone, "honour_dnt": dnt, "excluded_networks": [], "allowed_schemes": [], "allowed_origins": [], "click_id_param": null, "currency": "USD", "count_datacenters": false, "visitor_memory": "day", "keep_events_days": null});
    for (body, name, expected) in [
        (
            json!({"settings": {"timezone": "America/New_York"}}),
            "Shop",
            settings("America/New_York", false),
        ),
        (
            json!({"name": "Store", "settings": {"honour_dnt": true}}),
            "Store",
            settings("America/New_York", true),
        ),
        (
            json!({"settings": {"timezone": null}}),
            "Store",
            settings("UTC", true),
        ),
        (json!({"settings": null}), "Store", settings("UTC", false)),
        (json!({}), "Store", settings("UTC", false)),
    ] {
        let changed = app.patch("/v1/account", &key, body).await.good();
        assert_eq!(
            (changed["name"].as_str(), &changed["settings"]),
            (Some(name), &expected)
        );
        assert_eq!(app.get("/v1/account", &key).await.good(), changed);
    }
    for body in [
        json!({"name": null}),
        json!({"settings": {"timezone": "Mars/Olympus"}}),
        json!({"settings": {"excluded_networks": ["300.0.0.1"]}}),
        json!({"settings": {"colour": 1}}),
    ] {
        app.patch("/v1/account", &key, body)
            .await
            .problem(400, "invalid");
    }
}

#[tokio::test]
async fn scopes_are_kept_to() {
    let app = App::new().await;
    let admin = app.account().await;
    let (_, read) = app.key(&admin, "read").await;
    let (_, write) = app.key(&admin, "write").await;
    let link = json!({"destination": "https://a.example"});
    let id = app.post("/v1/links", &write, link.clone()).await.text("id");
    let path = format!("/v1/links/{id}");
    for key in [&read, &write, &admin] {
        app.get("/v1/links", key).await.good();
        app.get(&path, key).await.good();
        app.get("/v1/account", key).await.good();
    }
    for answer in [
        app.post("/v1/links", &read, link).await,
        app.post("/v1/links/bulk", &read, json!([])).await,
        app.patch(&path, &read, json!({})).await,
        app.delete(&path, &read).await,
        app.get("/v1/keys", &write).await,
        app.post(
            "/v1/keys",
            &write,
            json!({"name": "x", "scopes": ["admin"]}),
        )
        .await,
        app.patch("/v1/account", &write, json!({})).await,
        app.get("/v1/jobs", &write).await,
    ] {
        assert!(answer.problem(403, "forbidden").contains("scope"));
    }
}

#[tokio::test]
async fn a_secret_is_shown_once_and_a_revoked_key_opens_nothing() {
    let app = App::new().await;
    let admin = app.account().await;
    let (id, secret) = app.key(&admin, "write").await;
    app.get("/v1/links", &secret).await.good();
    let listed = app.get("/v1/keys", &admin).await;
    let text = String::from_utf8(listed.bytes.clone()).unwrap();
    assert!(!text.contains(&secret) && !text.contains("hash") && !text.contains("mr_"));
    let listed = listed.good();
    let listed = listed["items"].as_array().unwrap();
    let shown = listed.iter().find(|key| key["id"] == *id).unwrap();
    assert_eq!(
        *shown,
        json!({"id": id, "name": "write", "scopes": ["write"], "created_at": "2026-01-02T03:04:05Z", "expires_at": null, "old_secret_until": null, "last_used": "2026-01-02T03:04:00Z", "revoked": false})
    );
    for _ in 0..2 {
        assert_eq!(
            app.delete(&format!("/v1/keys/{id}"), &admin).await.status,
            StatusCode::NO_CONTENT
        );
    }
    app.get("/v1/links", &secret)
        .await
        .problem(401, "unauthorized");
    app.delete("/v1/keys/key_nobody", &admin)
        .await
        .problem(404, "not_found");
    let stranger = app.account().await;
    let (theirs, _) = app.key(&stranger, "read").await;
    app.delete(&format!("/v1/keys/{theirs}"), &admin)
        .await
        .problem(404, "not_found");
    let first = app.get("/v1/keys?limit=1", &admin).await.good();
    let after = first["next_cursor"].as_str().unwrap();
    let second = app
        .get(&format!("/v1/keys?limit=1&cursor={after}"), &admin)
        .await
        .good();
    assert_eq!(
        (
            second["items"].as_array().unwrap().len(),
            &second["next_cursor"]
        ),
        (1, &Value::Null)
    );
    app.post("/v1/keys", &admin, json!({"name": "x", "scopes": []}))
        .await
        .problem(400, "invalid");
    app.post("/v1/keys", &admin, json!({"name": "x", "scopes": ["root"]}))
        .await
        .problem(400, "invalid");
}

#[tokio::test]
async fn tenants_never_see_each_other() {
    let app = App::new().await;
    let (one, two) = (app.account().await, app.account().await);
    for (kind, body) in objects::bodies() {
        let id = app
            .post(&format!("/v1/{kind}"), &one, body)
            .await
            .text("id");
        let path = format!("/v1/{kind}/{id}");
        app.get(&path, &two).await.problem(404, "not_found");
        app.patch(&path, &two, json!({"tags": ["x"]}))
            .await
            .problem(404, "not_found");
        app.delete(&path, &two).await.problem(404, "not_found");
        assert_eq!(
            app.get(&format!("/v1/{kind}"), &two).await.good()["items"],
            json!([])
        );
        app.get(&path, &one).await.good();
        if kind == "campaigns" {
            for named in [id.as_str(), "Spring"] {
                let body = json!({"destination": "https://a.example", "campaign": named});
                app.post("/v1/links", &two, body)
                    .await
                    .problem(400, "invalid");
            }
        }
    }
}

#[tokio::test]
async fn jobs_are_for_managers_and_operators() {
    let app = App::new().await;
    let admin = app.account().await;
    for key in [TOKEN, &admin] {
        assert_eq!(app.get("/v1/jobs", key).await.good(), json!({"items": []}));
        let runs = app.get("/v1/jobs/rollup/runs?limit=3", key).await.good();
        let runs = runs["items"].as_array().unwrap();
        let numbers: Vec<_> = runs.iter().map(|run| &run["run"]).collect();
        assert_eq!(json!(numbers), json!([3, 2, 1]));
        let started = app
            .post(
                "/v1/jobs/rollup/runs?close_epochs=true&wait=true",
                key,
                json!({}),
            )
            .await;
        let expected = json!({"job": "rollup", "request": 7, "state": "running", "run": {
            "run": 8, "state": "running", "reason": "request", "by": "a test",
            "close_epochs": true, "scheduled_for": null, "started_at": "2026-01-02T03:04:05Z",
            "finished_at": null, "took_ms": null, "detail": null, "taken_over_by": null,
        }});
        assert_eq!(started.good(), expected);
        let started = app.post("/v1/jobs/rollup/runs", key, json!({})).await;
        let expected = json!({"job": "rollup", "request": 7, "state": "requested", "run": null});
        assert_eq!(started.good(), expected);
    }
    app.post("/v1/jobs/none/runs", TOKEN, json!({}))
        .await
        .problem(404, "not_found");
    for query in ["wait=perhaps", "wait=true&wait=true", "hurry=true"] {
        app.post(&format!("/v1/jobs/rollup/runs?{query}"), TOKEN, json!({}))
            .await
            .problem(400, "invalid_query");
    }
    app.get("/v1/jobs/rollup/runs?limit=0", TOKEN)
        .await
        .problem(400, "invalid_query");
    app.get("/v1/jobs", "wrong")
        .await
        .problem(401, "unauthorized");
}

#[tokio::test]
async fn for_how_long_visitors_are_known_holds_from_the_accounts_next_day_on() {
    let installation = Installation::new(NOW_MS);
    let app = App::on(&installation).await;
    let key = app.account().await;
    let change = async |settings: Value| {
        let answer = app
            .patch("/v1/account", &key, json!({"settings": settings}))
            .await;
        let settings = answer.good()["settings"].clone();
        (
            settings["visitor_memory"].clone(),
            settings["visitor_memory_from"].clone(),
        )
    };
    // It is 2026-01-02T03:04:05Z.
    let month = (json!("month"), json!("2026-01-03T00:00:00Z"));
    assert_eq!(change(json!({"visitor_memory": "month"})).await, month);
    assert_eq!(
        change(json!({"honour_dnt": true})).await,
        month,
        "as it was"
    );
    let never = (json!("day"), Value::Null);
    assert_eq!(
        change(json!({"visitor_memory": null})).await,
        never,
        "it never held"
    );
    let there = json!({"timezone": "America/Los_Angeles", "visitor_memory": "month"});
    assert_eq!(change(there).await.1, "2026-01-02T08:00:00Z");
    installation.clock.set(NOW_MS + 5 * 3_600_000);
    let east = json!({"timezone": "UTC", "visitor_memory": "day"});
    assert_eq!(
        change(east).await.1,
        "2026-01-03T00:00:00Z",
        "the month holds since 08:00"
    );
    // It is 23:21: not everybody would know of it at midnight.
    installation.clock.set(NOW_MS + 20 * 3_600_000 + 1_000_000);
    let month = json!({"visitor_memory": "month"});
    assert_eq!(change(month).await.1, "2026-01-02T08:00:00Z", "taken back");
    let day = json!({"visitor_memory": "day"});
    assert_eq!(change(day).await.1, "2026-01-04T00:00:00Z");
    installation.clock.set(NOW_MS + 40 * 86_400_000);
    assert_eq!(change(Value::Null).await.0, "day");
    let wrong = json!({"settings": {"visitor_memory": "year"}});
    app.patch("/v1/account", &key, wrong)
        .await
        .problem(400, "invalid");
    let made = json!({"name": "New", "settings": {"visitor_memory": "month"}});
    let made = app.post("/v1/accounts", TOKEN, made).await.good();
    let settings = &made["settings"];
    let always = (
        &settings["visitor_memory"],
        &settings["visitor_memory_from"],
    );
    assert_eq!(always, (&json!("month"), &Value::Null), "of its past, too");
}
