//! Who changed what, and taking it back.

use super::*;

async fn changes(app: &App, key: &str, query: &str) -> Vec<Value> {
    let page = app.get(&format!("/v1/changes?{query}"), key).await.good();
    page["items"].as_array().unwrap().clone()
}

/// The id of the newest change.
async fn newest(app: &App, key: &str) -> String {
    let all = changes(app, key, "limit=1").await;
    all[0]["id"].as_str().unwrap().to_owned()
}

async fn undo(app: &App, key: &str, id: &str) -> Answer {
    app.post(&format!("/v1/changes/{id}/undo"), key, json!({}))
        .await
}

#[tokio::test]
async fn it_is_told_who_changed_which_field_and_secrets_are_hidden() {
    let app = App::new().await;
    let admin = app.account().await;
    let (write_id, write) = app.key(&admin, "write").await;
    let body = json!({"name": "Sale", "secret": "a very long secret"});
    let id = app.post("/v1/goals", &write, body).await.text("id");
    let path = format!("/v1/goals/{id}");
    let change = json!({"name": "Order", "secret": "another long secret", "currency": "EUR"});
    app.patch(&path, &write, change).await.good();
    app.delete(&path, &write).await;
    let all = changes(&app, &admin, &format!("object={id}")).await;
    let whats: Vec<_> = all.iter().map(|it| it["what"].as_str().unwrap()).collect();
    assert_eq!(whats, ["deleted", "changed", "created"]);
    let changed = &all[1];
    assert_eq!(
        changed["by"],
        json!({"kind": "key", "id": write_id, "name": "write"})
    );
    assert_eq!(
        (&changed["kind"], &changed["at"]),
        (&json!("goal"), &json!("2026-01-02T03:04:05Z"))
    );
    assert_eq!(
        changed["fields"],
        json!([
            {"field": "currency", "before": null, "after": "EUR"},
            {"field": "name", "before": "Sale", "after": "Order"},
            {"field": "secret", "before": "(hidden)", "after": "(hidden)"},
        ])
    );
    let everything = changes(&app, &admin, "").await;
    let kinds: Vec<_> = everything
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["goal", "goal", "goal", "key", "account", "key"]);
    assert_eq!(everything[4]["by"]["kind"], "operator");
    let text = json!(everything).to_string();
    assert!(!text.contains("long secret") && !text.contains("mr_") && !text.contains("hash"));
    let mut paged = Vec::new();
    let mut after = String::new();
    loop {
        let page = app
            .get(&format!("/v1/changes?limit=2{after}"), &admin)
            .await
            .good();
        paged.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => after = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, everything);
    let stranger = app.account().await;
    assert_eq!(
        changes(&app, &stranger, &format!("object={id}")).await,
        [Value::Null; 0]
    );
    let theirs = all[0]["id"].as_str().unwrap();
    undo(&app, &stranger, theirs)
        .await
        .problem(404, "not_found");
    for wrong in ["limit=0", "limit=201", "cursor=x", "colour=1"] {
        app.get(&format!("/v1/changes?{wrong}"), &admin)
            .await
            .problem(400, "invalid_query");
    }
}

#[tokio::test]
async fn any_change_of_objects_is_taken_back() {
    let app = App::new().await;
    let key = app.account().await;
    let bodies = objects::bodies().into_iter();
    let more = [("annotations", json!({"from": "2026-01-02", "text": "x"}))];
    for (kind, body) in bodies.chain(more) {
        let made = app.post(&format!("/v1/{kind}"), &key, body).await.good();
        let path = format!("/v1/{kind}/{}", made["id"].as_str().unwrap());
        let creation = newest(&app, &key).await;
        let change = match kind {
            "annotations" => json!({"text": "y"}),
            _ => json!({"tags": ["t"]}),
        };
        let changed = app.patch(&path, &key, change).await.good();
        let id = newest(&app, &key).await;
        undo(&app, &key, &creation).await.problem(409, "not_undone");
        let undone = undo(&app, &key, &id).await.good();
        assert_eq!(
            (&undone["undoes"], &undone["undoable"]),
            (&json!(id), &json!(true)),
            "{kind}"
        );
        assert_eq!(app.get(&path, &key).await.good(), made, "{kind}");
        let told = &changes(&app, &key, "limit=1").await[0];
        assert_eq!(*told, undone, "{kind}: it is a change itself");
        // What took it back is taken back.
        undo(&app, &key, undone["id"].as_str().unwrap())
            .await
            .good();
        assert_eq!(app.get(&path, &key).await.good(), changed, "{kind}");
        app.delete(&path, &key).await;
        let deletion = newest(&app, &key).await;
        undo(&app, &key, &id).await.problem(409, "not_undone");
        undo(&app, &key, &deletion).await.good();
        assert_eq!(
            app.get(&path, &key).await.good(),
            changed,
            "{kind}: it is there again"
        );
        undo(&app, &key, &deletion).await.problem(409, "not_undone");
        undo(&app, &key, &id).await.good();
        undo(&app, &key, &creation).await.good();
        app.get(&path, &key).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn what_others_changed_since_stays() {
    let app = App::new().await;
    let key = app.account().await;
    let body = json!({"slug": "a", "destination": "https://a.example", "utm": {"source": "x"}});
    let id = app.post("/v1/links", &key, body).await.text("id");
    let path = format!("/v1/links/{id}");
    let first = json!({"destination": "https://b.example", "note": "n", "slug": "b"});
    app.patch(&path, &key, first).await.good();
    let change = newest(&app, &key).await;
    app.patch(
        &path,
        &key,
        json!({"title": "t", "utm": {"source": "y"}, "archived": true}),
    )
    .await
    .good();
    undo(&app, &key, &change).await.good();
    let now = app.get(&path, &key).await.good();
    let fields = ["slug", "destination", "note", "title", "archived"].map(|name| &now[name]);
    assert_eq!(
        json!(fields),
        json!(["a", "https://a.example", null, "t", true])
    );
    assert_eq!(now["utm"]["source"], "y");
    app.patch(&path, &key, json!({"title": "u"})).await.good();
    let change = newest(&app, &key).await;
    app.patch(&path, &key, json!({"title": "v"})).await.good();
    let detail = undo(&app, &key, &change).await.problem(409, "not_undone");
    assert!(detail.contains("`title` was changed since"), "{detail}");
    let once = [("Idempotency-Key", "u")];
    let last = newest(&app, &key).await;
    let route = format!("/v1/changes/{last}/undo");
    let undone = app
        .call_with(Method::POST, &route, &key, &once, Value::Null)
        .await
        .good();
    let again = app
        .call_with(Method::POST, &route, &key, &once, Value::Null)
        .await
        .good();
    assert_eq!(undone, again);
    // A name that another one has since.
    app.patch(&path, &key, json!({"slug": "moved"}))
        .await
        .good();
    let change = newest(&app, &key).await;
    app.post(
        "/v1/links",
        &key,
        json!({"slug": "a", "destination": "https://c.example"}),
    )
    .await
    .good();
    undo(&app, &key, &change).await.problem(409, "taken");
}

#[tokio::test]
async fn keys_shares_and_what_the_operator_sets_stay_and_settings_are_for_managers() {
    let app = App::new().await;
    let admin = app.account().await;
    let (key, write) = app.key(&admin, "write").await;
    app.delete(&format!("/v1/keys/{key}"), &admin).await;
    let (_, write) = {
        drop(write);
        app.key(&admin, "write").await
    };
    app.post("/v1/shares", &admin, json!({"name": "s"}))
        .await
        .good();
    let id = app.get("/v1/account", &admin).await.text("id");
    app.patch(
        &format!("/v1/accounts/{id}/quotas"),
        TOKEN,
        json!({"links": 5}),
    )
    .await
    .good();
    for change in changes(&app, &admin, "").await {
        assert_eq!(change["undoable"], false, "{change}");
        undo(&app, &admin, change["id"].as_str().unwrap())
            .await
            .problem(409, "not_undone");
    }
    let settings = json!({"settings": {"timezone": "Europe/Berlin"}});
    app.patch("/v1/account", &admin, settings).await.good();
    let change = newest(&app, &admin).await;
    undo(&app, &write, &change).await.problem(403, "forbidden");
    undo(&app, &admin, &change).await.good();
    let account = app.get("/v1/account", &admin).await.good();
    assert_eq!(
        (
            &account["settings"]["timezone"],
            &account["quotas"]["links"]
        ),
        (&json!("UTC"), &json!(5))
    );
    undo(&app, &admin, "nonsense")
        .await
        .problem(400, "invalid_id");
    undo(&app, &admin, "999.0").await.problem(404, "not_found");
    app.post(
        "/v1/links/bulk",
        &admin,
        json!([{"destination": "https://a.example"}, {"destination": "https://b.example"}]),
    )
    .await
    .good();
    let both = changes(&app, &admin, "limit=2").await;
    undo(&app, &admin, both[1]["id"].as_str().unwrap())
        .await
        .good();
    assert_eq!(
        app.get("/v1/links", &admin).await.good()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn an_undo_changes_nothing_of_whoever_has_the_domain_since() {
    let app = App::new().await;
    let (one, other) = (app.account().await, app.account().await);
    let path = "/v1/domains/go.shop.example";
    let claim = json!({"host": "go.shop.example", "root_url": "https://evil.example/"});
    app.post("/v1/domains", &one, claim).await.good();
    let without = json!({"root_url": null});
    app.patch(path, &one, without).await.good();
    let change = newest(&app, &one).await;
    app.delete(path, &one).await;
    let claim = json!({"host": "go.shop.example"});
    let theirs = app.post("/v1/domains", &other, claim).await.good();
    undo(&app, &one, &change).await.problem(409, "not_undone");
    assert_eq!(app.get(path, &other).await.good(), theirs);
}

#[tokio::test]
async fn whose_a_domain_is_is_not_undone() {
    let app = App::new().await;
    let key = app.account().await;
    let path = "/v1/domains/go.shop.example";
    let claim = json!({"host": "go.shop.example"});
    app.post("/v1/domains", &key, claim).await.good();
    let root = json!({"root_url": "https://shop.example/"});
    app.patch(path, &key, root).await.good();
    let change = newest(&app, &key).await;
    // Its record is gone from the DNS since.
    let take = |state: &catalog::State| {
        let domain = state.domain("go.shop.example").unwrap();
        let mut domain = catalog::Domain::clone(domain);
        domain.verified = false;
        Ok(vec![catalog::Change::PutDomain(domain)])
    };
    app.catalog.commit(take).await.unwrap();
    undo(&app, &key, &change).await.good();
    let now = app.get(path, &key).await.good();
    assert_eq!(
        (&now["root_url"], &now["verified"]),
        (&Value::Null, &json!(false))
    );
}
