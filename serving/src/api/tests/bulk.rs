use std::time::Instant;

use storage::store;

use super::*;

const PATH: &str = "/v1/links/bulk";

async fn send(app: &App, key: &str, content_type: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(PATH)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, content_type);
    app.send(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_bad_link_rejects_itself_not_its_batch() {
    let app = App::new().await;
    let key = app.account().await;
    app.post("/v1/campaigns", &key, json!({"name": "Spring"}))
        .await
        .good();
    app.post(
        "/v1/links",
        &key,
        json!({"slug": "old", "destination": "https://a.example"}),
    )
    .await
    .good();
    let body = json!([
        {"slug": "one", "destination": "https://a.example/1", "campaign": "Spring"},
        {"slug": "one", "destination": "https://a.example/2"},
        {"slug": "old", "destination": "https://a.example/3"},
        {"slug": "v1", "destination": "https://a.example/4"},
        {"destination": "javascript:alert(1)"},
        {"slug": "five"},
        {"destination": "https://a.example/6", "colour": "red"},
        {"destination": "https://a.example/7", "campaign": "Autumn"},
        {"destination": "https://a.example/8", "tags": [""]},
        {"destination": "https://a.example/9", "title": "a\nb"},
        7,
        {"destination": "https://a.example/11", "expires_at": "tomorrow"},
        {"destination": "https://a.example/12"},
    ]);
    let answer = app.post(PATH, &key, body).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = answer.good();
    let created = answer["created"].as_array().unwrap();
    assert_eq!(created.len(), 2);
    assert_eq!(
        created[0],
        json!({"index": 0, "id": created[0]["id"], "slug": "one"})
    );
    assert_eq!(created[1]["index"], 12);
    let rejected = answer["rejected"].as_array().unwrap();
    let codes: Vec<_> = rejected
        .iter()
        .map(|r| (r["index"].as_u64().unwrap(), r["code"].as_str().unwrap()))
        .collect();
    let invalid = |index| (index, "invalid");
    let expected = [(1, "taken"), (2, "taken")]
        .into_iter()
        .chain((3..=11).map(invalid));
    assert_eq!(codes, expected.collect::<Vec<_>>());
    assert!(
        rejected[5]["detail"]
            .as_str()
            .unwrap()
            .contains("there is no field `colour`")
    );
    let slug = created[1]["slug"].as_str().unwrap();
    assert!(app.catalog.link_by_slug(slug, NOW_MS).is_some());
}

#[tokio::test]
async fn lines_are_taken_too() {
    let app = App::new().await;
    let key = app.account().await;
    let lines = "{\"destination\":\"https://a.example/1\"}\r\n\n{broken\n{\"destination\":\"https://a.example/3\"}\n\n";
    for content_type in [
        "application/x-ndjson",
        "application/jsonl",
        "application/json; charset=utf-8",
    ] {
        let answer = send(&app, &key, content_type, lines).await.good();
        assert_eq!(answer["created"].as_array().unwrap().len(), 2);
        assert_eq!(
            (
                &answer["rejected"][0]["index"],
                &answer["rejected"][0]["code"]
            ),
            (&json!(1), &json!("malformed_json"))
        );
    }
}

#[tokio::test]
async fn bulk_bodies_are_bounded() {
    let app = App::new().await;
    let key = app.account().await;
    let links = |count| json!(vec![json!({"destination": "https://a.example"}); count]);
    app.post(PATH, &key, links(10_001))
        .await
        .problem(413, "too_many");
    app.post(PATH, &key, json!([])).await.problem(400, "empty");
    send(&app, &key, "application/json", "")
        .await
        .problem(400, "empty");
    send(&app, &key, "application/json", "[{]")
        .await
        .problem(400, "malformed_json");
    send(&app, &key, "text/csv", "a,b")
        .await
        .problem(415, "unsupported_media_type");
    send(&app, &key, "application/json", vec![b' '; (16 << 20) + 1])
        .await
        .problem(413, "too_large");
    let one = send(&app, &key, "application/json", b"[\"\xff\"]".to_vec()).await;
    assert!(one.status == StatusCode::BAD_REQUEST || one.good()["created"] == json!([]));
}

#[tokio::test]
async fn twenty_thousand_links_take_four_requests_and_little_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = store::open(&format!("file://{}", folder.path().display())).unwrap();
    let installation = Installation::on(store, NOW_MS);
    let app = App::on(&installation).await;
    let key = app.account().await;
    let start = Instant::now();
    for part in 0..4 {
        let link = |n| json!({"slug": format!("bulk-{part}-{n}"), "destination": format!("https://shop.example/item/{n}?part={part}"), "tags": ["bulk"]});
        let answer = app
            .post(PATH, &key, (0..5_000).map(link).collect())
            .await
            .good();
        assert_eq!(
            (
                answer["created"].as_array().unwrap().len(),
                &answer["rejected"]
            ),
            (5_000, &json!([]))
        );
    }
    println!("20,000 links in 4 requests, durable: {:?}", start.elapsed());
    assert_eq!(app.catalog.read(|state| state.links.len()), 20_000);
    let other = App::on(&installation).await;
    assert!(other.catalog.link_by_slug("bulk-3-4999", NOW_MS).is_some());
    assert_eq!(
        other.catalog.read(|state| state.n),
        5,
        "one commit a request"
    );
}

async fn bulk(app: &App, method: Method, key: &str, body: Value) -> Value {
    app.call(method, PATH, key, body.to_string()).await.good()
}

/// Places of what was made, changed, deleted, and refused with its code.
type Outcome = (Vec<u64>, Vec<u64>, Vec<u64>, Vec<(u64, String)>);

fn outcome(answer: &Value) -> Outcome {
    let all = |name: &str| answer[name].as_array().unwrap().clone();
    let index = |item: &Value| item["index"].as_u64().unwrap();
    let places = |name| all(name).iter().map(index).collect();
    let code = |item: &Value| (index(item), item["code"].as_str().unwrap().to_owned());
    let refused = all("rejected").iter().map(code).collect();
    (
        places("created"),
        places("changed"),
        places("deleted"),
        refused,
    )
}

#[tokio::test]
async fn links_are_put_changed_and_deleted_by_what_the_account_calls_them() {
    let app = App::new().await;
    let (key, other) = (app.account().await, app.account().await);
    let body = json!([
        {"external_id": "a", "slug": "aa", "destination": "https://a.example/1"},
        {"external_id": "b", "slug": "bb", "destination": "https://a.example/2"},
        {"external_id": "b", "slug": "cc", "destination": "https://a.example/3"},
        {"slug": "dd", "destination": "https://a.example/4"},
        {"external_id": "e", "slug": "aa", "destination": "https://a.example/5"},
    ]);
    let refused = |all: &[(u64, &str)]| {
        all.iter()
            .map(|(n, code)| (*n, (*code).to_owned()))
            .collect::<Vec<_>>()
    };
    let answer = bulk(&app, Method::PUT, &key, body.clone()).await;
    let expected = refused(&[(2, "taken"), (3, "invalid"), (4, "taken")]);
    assert_eq!(outcome(&answer), (vec![0, 1], vec![], vec![], expected));
    let before = app.catalog.read(|state| state.n);
    // The same again changes nothing; nor may a request change a link twice.
    let answer = bulk(&app, Method::PUT, &key, body).await;
    let expected = refused(&[(2, "invalid"), (3, "invalid"), (4, "taken")]);
    assert_eq!(outcome(&answer), (vec![], vec![0, 1], vec![], expected));
    assert_eq!(app.catalog.read(|state| state.n), before);

    // Null is what many programs send for what they do not set.
    let null = json!([{"external_id": "a", "slug": null, "destination": "https://a.example/1"}]);
    let answer = bulk(&app, Method::PUT, &key, null).await;
    assert_eq!(
        (
            &answer["changed"][0]["slug"],
            app.catalog.read(|state| state.n)
        ),
        (&json!("aa"), before)
    );

    let a = app.get("/v1/links/ext_a", &key).await.text("id");
    app.get("/v1/links/ext_a", &other)
        .await
        .problem(404, "not_found");
    let body = json!([
        {"id": a, "title": "A", "slug": "a2"},
        {"id": "ext_b", "external_id": null, "rules": [{"when": {"bot": true}, "to": "https://b.example"}]},
        {"id": a, "title": "again"},
        {"id": "ext_nobody", "title": "x"},
        {"id": "ext_b", "colour": 1},
        {"title": "x"},
    ]);
    let answer = bulk(&app, Method::PATCH, &key, body.clone()).await;
    let expected = [
        (2, "invalid"),
        (3, "not_found"),
        (4, "invalid"),
        (5, "invalid"),
    ];
    assert_eq!(
        outcome(&answer),
        (vec![], vec![0, 1], vec![], refused(&expected))
    );
    let link = app.get("/v1/links/ext_a", &key).await.good();
    assert_eq!((&link["title"], &link["slug"]), (&json!("A"), &json!("a2")));
    let strangers = bulk(
        &app,
        Method::PATCH,
        &other,
        json!([{"id": a, "title": "B"}]),
    )
    .await;
    assert_eq!(outcome(&strangers).3, refused(&[(0, "not_found")]));

    let strangers = bulk(&app, Method::DELETE, &other, json!([a])).await;
    assert_eq!(outcome(&strangers).3, refused(&[(0, "not_found")]));
    let answer = bulk(
        &app,
        Method::DELETE,
        &key,
        json!(["ext_a", a, "lnk_0000000000001"]),
    )
    .await;
    let expected = refused(&[(1, "not_found"), (2, "not_found")]);
    assert_eq!(outcome(&answer), (vec![], vec![], vec![0], expected));
    app.get(&format!("/v1/links/{a}"), &key)
        .await
        .problem(404, "not_found");
}

/// A refused item is one item: what the account may have is counted one by one.
#[tokio::test]
async fn what_an_account_may_not_have_is_refused_item_by_item() {
    let app = App::new().await;
    let (key, _other) = (app.account().await, app.account().await);
    let id = app.get("/v1/account", &key).await.text("id");
    let quotas = json!({"links": 2});
    app.patch(&format!("/v1/accounts/{id}/quotas"), TOKEN, quotas)
        .await
        .good();
    let link = |name: &str| json!({"external_id": name, "slug": format!("s-{name}"), "destination": "https://a.example"});
    let answer = bulk(
        &app,
        Method::PUT,
        &key,
        json!([link("a"), link("b"), link("x")]),
    )
    .await;
    assert_eq!(outcome(&answer).0, [0, 1]);
    assert_eq!(outcome(&answer).3, [(2, "quota_exceeded".to_owned())]);
    let answer = bulk(
        &app,
        Method::PUT,
        &key,
        json!([link("x"), {"external_id": "a", "destination": "https://b.example"}]),
    )
    .await;
    assert_eq!(
        (outcome(&answer).1, outcome(&answer).3),
        (vec![1], vec![(0, "quota_exceeded".to_owned())])
    );
    let large =
        vec![json!({"when": {"city": vec!["x".repeat(200); 90]}, "to": "https://a.example"}); 2];
    let answer = bulk(
        &app,
        Method::PATCH,
        &key,
        json!([{"id": "ext_a", "rules": large}, {"id": "ext_b", "note": "n"}]),
    )
    .await;
    assert_eq!(
        (outcome(&answer).1, outcome(&answer).3),
        (vec![1], vec![(0, "invalid".to_owned())])
    );
}

/// A request that another process beats decides anew, from nothing.
#[tokio::test]
async fn what_is_decided_again_is_decided_from_nothing() {
    let installation = Installation::new(NOW_MS);
    let (one, two) = (App::on(&installation).await, App::on(&installation).await);
    let key = one.account().await;
    let links: Vec<Value> = (0..20)
        .map(|n| json!({"external_id": format!("e{n}"), "destination": "https://a.example"}))
        .collect();
    bulk(&one, Method::PUT, &key, links.into()).await;
    two.catalog.follow().await.unwrap();
    let change = |n: usize| {
        bulk(
            &one,
            Method::PATCH,
            &key,
            json!([{"id": format!("ext_e{n}"), "title": "T"}]),
        )
    };
    let delete = |n: usize| {
        bulk(
            &two,
            Method::DELETE,
            &key,
            json!([format!("ext_e{}", 10 + n)]),
        )
    };
    for n in 0..10 {
        let (changed, deleted) = futures::join!(change(n), delete(n));
        let done = (outcome(&changed).1, outcome(&deleted).2);
        assert_eq!(done, (vec![0], vec![0]));
    }
}

#[tokio::test]
async fn what_would_become_of_links_is_said_and_nothing_done() {
    let app = App::new().await;
    let key = app.account().await;
    let put = async |path: &str, body: Value| {
        let request = Request::put(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(body.to_string())).unwrap();
        app.send(request).await
    };
    let link = |id: &str, slug: &str| json!({"external_id": id, "slug": slug, "destination": "https://a.example"});
    put(PATH, json!([link("a", "one"), link("b", "two")]))
        .await
        .good();
    let body = json!([
        link("a", "one"),
        {"external_id": "b", "slug": "two", "destination": "https://b.example"},
        link("c", "three"),
        link("d", "one"),
        link("c", "four"),
        {"slug": "five", "destination": "https://a.example"},
    ]);
    let indexes = |list: &Value| -> Vec<u64> {
        let list = list.as_array().unwrap().iter();
        list.map(|item| item.as_u64().or(item["index"].as_u64()).unwrap())
            .collect()
    };
    let before = app.catalog.read(|state| state.n);
    let answer = put("/v1/links/bulk?dry_run=true", body.clone())
        .await
        .good();
    assert_eq!(app.catalog.read(|state| state.n), before);
    assert_eq!(indexes(&answer["changed"]), [0, 1]);
    assert_eq!(indexes(&answer["unchanged"]), [0]);
    assert_eq!(indexes(&answer["created"])[0], 2);
    let done = put(PATH, body).await.good();
    for list in ["created", "changed", "unchanged", "rejected"] {
        assert_eq!(indexes(&answer[list]), indexes(&done[list]), "{list}");
    }
    put("/v1/links/bulk?dry=true", json!([]))
        .await
        .problem(400, "invalid_query");
}
