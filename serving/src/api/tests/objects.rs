use super::*;

/// A body of every kind.
pub(super) fn bodies() -> [(&'static str, Value); 4] {
    [
        ("campaigns", json!({"name": "Spring"})),
        ("links", json!({"destination": "https://a.example/x"})),
        ("pixels", json!({"name": "Footer"})),
        ("goals", json!({"name": "Sale"})),
    ]
}

#[tokio::test]
async fn a_link_has_all_its_fields() {
    let app = App::new().await;
    let key = app.account().await;
    let campaign = app
        .post("/v1/campaigns", &key, json!({"name": "Spring"}))
        .await
        .text("id");
    let body = json!({
        "slug": "sale", "destination": " https://shop.example/ä ", "campaign": "Spring", "tags": ["a", "b"], "title": "Sale",
        "pass_query": true, "append_click_id": true, "expires_at": "2026-12-31T23:59:59+01:00", "click_id_param": "cid",
        "starts_at": "2026-12-01T00:00:00Z", "archived": true, "fallback_url": "https://shop.example/over", "status": 308,
        "note": "N", "external_id": "crm-1", "utm": {"source": "mail"}, "max_clicks": 5, "cost_per_click": 0.05,
        "rules": [{"when": {"country": "DE"}, "to": "https://de.example"}, {"to": [{"name": "a", "to": "https://a.example"}]}],
    });
    let made = app.post("/v1/links", &key, body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let id = made.text("id");
    assert_eq!(made.headers[header::LOCATION], format!("/v1/links/{id}"));
    let expected = json!({
        "id": id, "slug": "sale", "url": "https://go.example/sale", "destination": " https://shop.example/ä ",
        "campaign": campaign, "tags": ["a", "b"], "title": "Sale", "pass_query": true, "append_click_id": true,
        "expires_at": "2026-12-31T22:59:59Z", "created_at": "2026-01-02T03:04:05Z", "click_id_param": "cid",
        "starts_at": "2026-12-01T00:00:00Z", "archived": true, "fallback_url": "https://shop.example/over", "status": 308,
        "note": "N", "external_id": "crm-1", "utm": {"source": "mail"},
        "rules": [
            {"when": {"country": ["DE"]}, "to": "https://de.example"},
            {"to": [{"name": "a", "weight": 1, "to": "https://a.example"}]},
        ],
        "max_clicks": 5, "cost_per_click": "0.05", "domain": null,
    });
    assert_eq!(made.good(), expected);
    assert_eq!(
        app.get(&format!("/v1/links/{id}"), &key).await.good(),
        expected
    );
}

#[tokio::test]
async fn a_link_needs_only_a_destination() {
    let app = App::new().await;
    let key = app.account().await;
    let made = app
        .post(
            "/v1/links",
            &key,
            json!({"destination": "https://a.example", "slug": null, "campaign": null}),
        )
        .await
        .good();
    let slug = made["slug"].as_str().unwrap();
    assert_eq!(slug.len(), 7);
    let expected = json!({
        "id": made["id"], "slug": slug, "url": format!("https://go.example/{slug}"), "destination": "https://a.example",
        "campaign": null, "tags": [], "title": null, "pass_query": false, "append_click_id": false,
        "expires_at": null, "created_at": "2026-01-02T03:04:05Z", "click_id_param": null, "starts_at": null,
        "archived": false, "fallback_url": null, "status": 302, "note": null, "external_id": null, "max_clicks": null, "cost_per_click": null, "domain": null, "utm": {}, "rules": [],
    });
    assert_eq!(made, expected);
}

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    let app = App::new().await;
    let key = app.account().await;
    let mut link = app
        .post(
            "/v1/links",
            &key,
            json!({"destination": "https://a.example", "title": "T", "tags": ["x"]}),
        )
        .await
        .good();
    let path = format!("/v1/links/{}", link["id"].as_str().unwrap());
    for (body, field, value) in [
        (json!({"slug": "new"}), "slug", json!("new")),
        (json!({"title": null}), "title", json!(null)),
        (json!({"tags": null}), "tags", json!([])),
        (json!({"pass_query": true}), "pass_query", json!(true)),
        (
            json!({"expires_at": "2027-01-01T00:00:00Z"}),
            "expires_at",
            json!("2027-01-01T00:00:00Z"),
        ),
        (json!({"expires_at": null}), "expires_at", json!(null)),
        (json!({}), "title", json!(null)),
    ] {
        link[field] = value;
        link["url"] = json!(format!(
            "https://go.example/{}",
            link["slug"].as_str().unwrap()
        ));
        assert_eq!(app.patch(&path, &key, body).await.good(), link);
        assert_eq!(app.get(&path, &key).await.good(), link);
    }
    app.patch(&path, &key, json!({"destination": null}))
        .await
        .problem(400, "invalid");
    let before = app.catalog.read(|state| state.n);
    app.patch(&path, &key, json!({"slug": "new"})).await.good();
    assert_eq!(
        app.catalog.read(|state| state.n),
        before,
        "nothing changed, nothing is stored"
    );
}

#[tokio::test]
async fn pixels_goals_and_campaigns_have_their_fields() {
    let app = App::new().await;
    let key = app.account().await;
    let campaign = app
        .post(
            "/v1/campaigns",
            &key,
            json!({"name": "Spring", "tags": ["t"]}),
        )
        .await
        .good();
    let at = "2026-01-02T03:04:05Z";
    assert_eq!(
        campaign,
        json!({"id": campaign["id"], "name": "Spring", "cost_per_click": null, "tags": ["t"], "created_at": at})
    );
    let pixel = app
        .post(
            "/v1/pixels",
            &key,
            json!({"name": "Footer", "campaign": campaign["id"]}),
        )
        .await
        .good();
    let url = format!("https://go.example/p/{}.gif", pixel["id"].as_str().unwrap());
    assert_eq!(
        pixel,
        json!({"id": pixel["id"], "name": "Footer", "url": url, "campaign": campaign["id"], "tags": [], "created_at": at})
    );
    let goal = app
        .post(
            "/v1/goals",
            &key,
            json!({"name": "Sale", "currency": "EUR"}),
        )
        .await
        .good();
    let url = format!("https://go.example/c/{}", goal["id"].as_str().unwrap());
    assert_eq!(
        goal,
        json!({
            "id": goal["id"], "name": "Sale", "url": url, "campaign": null, "currency": "EUR", "tags": [], "created_at": at,
            "default_value": null, "attribution_days": 30, "attribute_by": "conversion", "attribution": "last", "repeats": "ignore", "statuses": {},
            "signed": false, "allow_ips": [],
        })
    );
    app.post(
        "/v1/goals",
        &key,
        json!({"name": "Other", "currency": "euro"}),
    )
    .await
    .problem(400, "invalid");
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_its_name_is_free() {
    let app = App::new().await;
    let key = app.account().await;
    for (kind, body) in bodies() {
        let made = app.post(&format!("/v1/{kind}"), &key, body).await.good();
        let name = if kind == "links" { "slug" } else { "name" };
        let same = json!({name: made[name], "destination": "https://a.example"});
        let same = if kind == "links" {
            same
        } else {
            json!({"name": made["name"]})
        };
        app.post(&format!("/v1/{kind}"), &key, same.clone())
            .await
            .problem(409, "taken");
        let path = format!("/v1/{kind}/{}", made["id"].as_str().unwrap());
        assert_eq!(app.delete(&path, &key).await.status, StatusCode::NO_CONTENT);
        app.get(&path, &key).await.problem(404, "not_found");
        app.patch(&path, &key, json!({"tags": []}))
            .await
            .problem(404, "not_found");
        app.delete(&path, &key).await.problem(404, "not_found");
        assert_eq!(
            app.get(&format!("/v1/{kind}"), &key).await.good()["items"],
            json!([])
        );
        app.post(&format!("/v1/{kind}"), &key, same).await.good();
    }
}

#[tokio::test]
async fn pages_hold_every_link_once() {
    let app = App::new().await;
    let key = app.account().await;
    for _ in 0..7 {
        app.post(
            "/v1/links",
            &key,
            json!({"destination": "https://a.example"}),
        )
        .await
        .good();
    }
    let (mut seen, mut sizes, mut after) =
        (std::collections::BTreeSet::new(), Vec::new(), String::new());
    loop {
        let page = app
            .get(&format!("/v1/links?limit=3{after}"), &key)
            .await
            .good();
        let items = page["items"].as_array().unwrap();
        sizes.push(items.len());
        seen.extend(items.iter().map(|link| link["id"].to_string()));
        match page["next_cursor"].as_str() {
            Some(next) => after = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((seen.len(), sizes), (7, vec![3, 3, 1]));
    assert_eq!(
        app.get("/v1/links?limit=7", &key).await.good()["next_cursor"],
        Value::Null
    );
    for query in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "cursor=",
        "cursor=x",
        "cursor=pxl_0000000000001",
        "page=2",
    ] {
        app.get(&format!("/v1/links?{query}"), &key)
            .await
            .problem(400, "invalid_query");
    }
}

#[tokio::test]
async fn what_a_link_would_do_is_said_with_reasons() {
    const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
    let app = App::new().await;
    let (key, other) = (app.account().await, app.account().await);
    let body = json!({
        "slug": "app", "destination": "https://shop.example/?c={click_id}&l={language}", "external_id": "x", "append_click_id": true,
        "rules": [
            {"name": "phones", "when": {"device": "mobile"}, "to": [
                {"name": "store", "weight": 3, "to": "https://apps.example/{variant}"},
                {"name": "web", "weight": 1, "to": "https://m.example/{os}"},
            ]},
            {"when": {"country": "DE", "hours": {"from": "18:00", "to": "20:00"}, "timezone": "Europe/Berlin"}, "to": "https://de.example/{sub1}"},
        ],
    });
    app.post("/v1/links", &key, body).await.good();
    let path = "/v1/links/ext_x/simulate";
    let simulated = async |body: Value| app.post(path, &key, body).await.good();

    let phone = simulated(json!({"user_agent": PHONE})).await;
    let expected = json!({
        "state": "live", "rule": "phones",
        "outcomes": [
            {"variant": "store", "share": 0.75, "status": 302, "location": "https://apps.example/store?mr_click=CLICK_ID"},
            {"variant": "web", "share": 0.25, "status": 302, "location": "https://m.example/iOS?mr_click=CLICK_ID"},
        ],
        "rules": [{"name": "phones", "fits": true, "missed": null}, {"name": "2", "fits": false, "missed": "country"}],
    });
    assert_eq!(phone, expected);
    let at_six =
        simulated(json!({"country": "de", "at": "2026-07-01T16:30:00Z", "query": {"sub1": "a/b"}}))
            .await;
    assert_eq!(
        (&at_six["rule"], &at_six["outcomes"][0]["location"]),
        (
            &json!("2"),
            &json!("https://de.example/a%2Fb?mr_click=CLICK_ID")
        )
    );
    let at_five = simulated(
        json!({"country": "DE", "at": "2026-07-01T15:30:00Z", "accept_language": "de-AT"}),
    )
    .await;
    assert_eq!(
        at_five["rules"][1],
        json!({"name": "2", "fits": false, "missed": "hours"})
    );
    assert_eq!(
        at_five["outcomes"][0]["location"],
        "https://shop.example/?c=CLICK_ID&l=de&mr_click=CLICK_ID"
    );
    app.patch("/v1/links/ext_x", &key, json!({"archived": true}))
        .await
        .good();
    let archived = simulated(json!({})).await;
    assert_eq!(
        (&archived["state"], &archived["rule"]),
        (&json!("ended"), &json!(null))
    );
    assert_eq!(
        archived["outcomes"][0],
        json!({"variant": null, "share": 1.0, "status": 410, "location": null})
    );

    app.post(path, &other, json!({}))
        .await
        .problem(404, "not_found");
    app.post(path, &key, json!({"at": "noon"}))
        .await
        .problem(400, "invalid");
    app.post(path, &key, json!({"contry": "DE"}))
        .await
        .problem(400, "invalid");
}
