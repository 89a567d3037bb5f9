//! Keys, how many requests may be sent, requests that come twice, tags, search, annotations, suspended accounts.

use super::*;

const HOUR_MS: i64 = 3_600_000;

fn link(slug: &str) -> Value {
    json!({"slug": slug, "destination": format!("https://shop.example/{slug}")})
}

/// Names of the items of a page.
fn slugs(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["slug"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_key_that_only_creates_makes_objects_and_does_nothing_else() {
    let app = App::new().await;
    let admin = app.account().await;
    let (_, create) = app.key(&admin, "create").await;
    let (_, read) = app.key(&admin, "read").await;
    let made = app.post("/v1/links", &create, link("a")).await.text("id");
    for (kind, body) in objects::bodies() {
        if kind != "links" {
            app.post(&format!("/v1/{kind}"), &create, body).await.good();
        }
    }
    app.post("/v1/links/bulk", &create, json!([link("b")]))
        .await
        .good();
    let note = json!({"from": "2026-01-02T03:00:00Z", "text": "x"});
    app.post("/v1/annotations", &create, note).await.good();
    let path = format!("/v1/links/{made}");
    for answer in [
        app.get("/v1/links", &create).await,
        app.get(&path, &create).await,
        app.get("/v1/stats", &create).await,
        app.get("/v1/changes", &create).await,
        app.patch(&path, &create, json!({})).await,
        app.delete(&path, &create).await,
        app.post("/v1/shares", &create, json!({"name": "x"})).await,
        app.post(
            "/v1/keys",
            &create,
            json!({"name": "x", "scopes": ["read"]}),
        )
        .await,
        app.post("/v1/links", &read, link("c")).await,
    ] {
        assert!(answer.problem(403, "forbidden").contains("scope"));
    }
}

#[tokio::test]
async fn a_key_ends_and_its_secret_is_replaced_within_a_grace_time() {
    let installation = Installation::new(NOW_MS);
    let app = App::on(&installation).await;
    let admin = app.account().await;
    let at = |hours: i64| model::time::rfc3339(NOW_MS + hours * HOUR_MS);
    let body = json!({"name": "k", "scopes": ["read"], "expires_at": at(100)});
    let made = app.post("/v1/keys", &admin, body).await.good();
    let (id, first) = (
        made["id"].as_str().unwrap(),
        made["api_key"].as_str().unwrap(),
    );
    assert_eq!(made["expires_at"], at(100));
    let path = format!("/v1/keys/{id}/rotate");
    let rotate = async |body: Value| {
        let rotated = app.post(&path, &admin, body).await.good();
        (
            rotated["api_key"].as_str().unwrap().to_owned(),
            rotated["old_secret_until"].clone(),
        )
    };
    let opens = async |secret: &str| app.get("/v1/links", secret).await.status == StatusCode::OK;
    let (second, until) = rotate(json!({})).await;
    assert_eq!(until, at(24));
    assert!(opens(first).await && opens(&second).await);
    installation.clock.set(NOW_MS + 24 * HOUR_MS);
    assert!(!opens(first).await && opens(&second).await);
    let (third, _) = rotate(json!({"grace_hours": 0})).await;
    assert!(!opens(&second).await && opens(&third).await);
    let wrong = json!({"grace_hours": 169});
    app.post(&path, &admin, wrong).await.problem(400, "invalid");
    app.post(&path, &third, json!({}))
        .await
        .problem(403, "forbidden");
    let stranger = app.account().await;
    app.post(&path, &stranger, json!({}))
        .await
        .problem(404, "not_found");
    installation.clock.set(NOW_MS + 100 * HOUR_MS);
    app.get("/v1/links", &third)
        .await
        .problem(401, "unauthorized");
    app.post(&path, &admin, json!({}))
        .await
        .problem(400, "invalid");
    for end in ["yesterday", "2020-01-01T00:00:00Z"] {
        let body = json!({"name": "k", "scopes": ["read"], "expires_at": end});
        app.post("/v1/keys", &admin, body)
            .await
            .problem(400, "invalid");
    }
}

#[tokio::test]
async fn an_account_sends_so_many_requests_a_minute() {
    let installation = Installation::new(NOW_MS);
    let app = App::on(&installation).await;
    let key = app.account().await;
    let id = app.get("/v1/account", &key).await.text("id");
    let alone = app.get("/v1/links", &key).await;
    assert!(
        !alone.headers.contains_key("ratelimit-limit"),
        "it is the only one"
    );
    let path = format!("/v1/accounts/{id}/quotas");
    app.patch(&path, TOKEN, json!({"requests_a_minute": 3}))
        .await
        .good();
    for left in ["2", "1", "0"] {
        let answer = app.get("/v1/links", &key).await;
        assert_eq!(answer.headers["ratelimit-limit"], "3");
        assert_eq!(answer.headers["ratelimit-remaining"], left);
    }
    let refused = app.get("/v1/links", &key).await;
    let headers = ["ratelimit-remaining", "ratelimit-reset", "retry-after"];
    let said = headers.map(|name| refused.headers[name].to_str().unwrap().to_owned());
    assert_eq!(said, ["0", "60", "20"]);
    refused.problem(429, "too_many_requests");
    for free in ["/openapi.json", "/v1/links"] {
        let nobody = app.get(free, "nobody").await.status;
        assert_ne!(nobody, StatusCode::TOO_MANY_REQUESTS);
    }
    app.get("/openapi.json", &key).await.good();
    let other = app.account().await;
    let answer = app.get("/v1/links", &other).await;
    assert_eq!(
        answer.headers["ratelimit-limit"], "600",
        "where several share it"
    );
    installation.clock.set(NOW_MS + 20_000);
    app.get("/v1/links", &key).await.good();
    app.get("/v1/links", &key)
        .await
        .problem(429, "too_many_requests");
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_the_same_and_does_nothing() {
    let installation = Installation::new(NOW_MS);
    let (app, other) = (App::on(&installation).await, App::on(&installation).await);
    let (key, stranger) = (app.account().await, app.account().await);
    other.catalog.follow().await.unwrap();
    let bodies = objects::bodies().into_iter();
    let more = [
        ("domains", json!({"host": "go.shop.example"})),
        ("annotations", json!({"from": "2026-01-02", "text": "x"})),
        (
            "links/bulk",
            json!([link("one"), {"slug": "no destination"}]),
        ),
    ];
    for (kind, body) in bodies.chain(more) {
        let path = format!("/v1/{kind}");
        let once = [("Idempotency-Key", kind)];
        let send = async |app: &App, key: &str, body: &Value| {
            app.call_with(Method::POST, &path, key, &once, body.clone())
                .await
        };
        let first = send(&app, &key, &body).await;
        assert!(first.status.is_success(), "{kind}: {}", first.json());
        let n = app.catalog.read(|state| state.n);
        // Another process, which has not even heard of it.
        for process in [&app, &other] {
            let again = send(process, &key, &body).await;
            assert_eq!(
                (again.status, again.json()),
                (first.status, first.json()),
                "{kind}"
            );
            assert_eq!(again.headers["idempotency-replayed"], "true");
            let location = |answer: &Answer| answer.headers.get(header::LOCATION).cloned();
            assert_eq!(location(&again), location(&first));
        }
        assert_eq!(app.catalog.read(|state| state.n), n, "{kind}");
        let mut changed = body.clone();
        match changed.as_array_mut() {
            Some(list) => drop(list.pop()),
            None => changed["tags"] = json!(["other"]),
        }
        if kind != "domains" && kind != "annotations" {
            send(&app, &key, &changed)
                .await
                .problem(422, "other_request");
        }
        // Names of requests are each account's own.
        if kind != "domains" && kind != "links" && kind != "links/bulk" {
            let theirs = send(&app, &stranger, &body).await;
            assert!(
                !theirs.headers.contains_key("idempotency-replayed"),
                "{kind}"
            );
            assert_ne!(theirs.good()["id"], first.json()["id"]);
        }
    }
    let once = [("Idempotency-Key", "refused")];
    let bad = json!({"slug": "x"});
    let refused = app
        .call_with(Method::POST, "/v1/links", &key, &once, bad)
        .await;
    refused.problem(400, "invalid");
    let good = app
        .call_with(Method::POST, "/v1/links", &key, &once, link("x"))
        .await;
    good.good();
    installation.clock.set(NOW_MS + 24 * HOUR_MS);
    let later = app
        .call_with(Method::POST, "/v1/links", &key, &once, link("y"))
        .await;
    assert_eq!(later.text("slug"), "y", "a day is over");
    for wrong in ["", " ", &"x".repeat(256)] {
        let once = [("Idempotency-Key", wrong)];
        let answer = app
            .call_with(Method::POST, "/v1/links", &key, &once, link("z"))
            .await;
        answer.problem(400, "invalid_idempotency_key");
    }
}

#[tokio::test]
async fn secrets_are_told_again_to_who_asked_and_are_nowhere_stored() {
    let installation = Installation::new(NOW_MS);
    let app = App::on(&installation).await;
    let once = [("Idempotency-Key", "made")];
    let body = json!({"name": "Shop"});
    let send = async |path: &str, key: &str, body: Value| {
        app.call_with(Method::POST, path, key, &once, body).await
    };
    let first = send("/v1/accounts", TOKEN, body.clone()).await.good();
    let again = send("/v1/accounts", TOKEN, body.clone()).await.good();
    assert_eq!(first, again);
    let admin = first["api_key"].as_str().unwrap();
    let wanted = json!({"name": "k", "scopes": ["admin"]});
    let made = send("/v1/keys", admin, wanted.clone()).await.good();
    assert_eq!(send("/v1/keys", admin, wanted.clone()).await.good(), made);
    let second = made["api_key"].as_str().unwrap();
    app.get("/v1/keys", second).await.good();
    let of_other = send("/v1/keys", second, wanted).await;
    of_other.problem(409, "secret_was_told");
    let once = [("Idempotency-Key", "share")];
    let share = json!({"name": "s"});
    let shared = app
        .call_with(Method::POST, "/v1/shares", admin, &once, share.clone())
        .await
        .good();
    let again = app
        .call_with(Method::POST, "/v1/shares", admin, &once, share)
        .await
        .good();
    assert_eq!(shared, again);
    let secrets = [admin, second, shared["token"].as_str().unwrap()];
    for n in 1..=app.catalog.read(|state| state.n) {
        let text = format!("{:?}", app.catalog.entry(n).await.unwrap());
        assert!(
            secrets.iter().all(|secret| !text.contains(secret)),
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_is_changed_is_what_was_looked_at() {
    let app = App::new().await;
    let key = app.account().await;
    let bodies = objects::bodies().into_iter();
    let more = [
        ("domains", json!({"host": "go.shop.example"})),
        ("annotations", json!({"from": "2026-01-02", "text": "x"})),
    ];
    for (kind, body) in bodies.chain(more) {
        let id = app
            .post(&format!("/v1/{kind}"), &key, body)
            .await
            .text("id");
        let path = format!("/v1/{kind}/{id}");
        let seen = app.get(&path, &key).await;
        let tag = seen.headers[header::ETAG].to_str().unwrap().to_owned();
        let known = [("If-None-Match", &*tag)];
        let same = app
            .call_with(Method::GET, &path, &key, &known, Value::Null)
            .await;
        assert_eq!((same.status.as_u16(), same.bytes.len()), (304, 0), "{kind}");
        let change = match kind {
            "domains" => json!({"root_url": "https://a.example/"}),
            "annotations" => json!({"text": "y"}),
            _ => json!({"tags": ["t"]}),
        };
        let with = [("If-Match", &*tag)];
        let call = async |method, body| app.call_with(method, &path, &key, &with, body).await;
        let changed = call(Method::PATCH, change.clone()).await;
        let new_tag = changed.headers[header::ETAG].clone();
        let changed = changed.good();
        for (method, body) in [(Method::PATCH, json!({})), (Method::DELETE, Value::Null)] {
            let stale = call(method, body).await;
            assert_eq!(stale.headers[header::ETAG], new_tag, "{kind}");
            assert_eq!(stale.json()["current"], changed, "{kind}");
            stale.problem(412, "changed");
        }
        assert_ne!(seen.headers[header::ETAG], new_tag);
        let now = app
            .call_with(Method::GET, &path, &key, &known, Value::Null)
            .await;
        assert_eq!(now.headers[header::ETAG], new_tag);
        assert_eq!(now.good(), changed);
        let any = [("If-Match", "\"x\", *")];
        let gone = app
            .call_with(Method::DELETE, &path, &key, &any, Value::Null)
            .await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn numbers_have_a_tag_of_what_they_are() {
    let installation = Installation::new(NOW_MS);
    let app = App::on(&installation).await;
    let key = app.account().await;
    let path = "/v1/stats?start=2026-01-01&end=2026-01-02";
    let tag = |answer: &Answer| answer.headers[header::ETAG].to_str().unwrap().to_owned();
    let first = tag(&app.get(path, &key).await);
    installation.clock.set(NOW_MS + 5_000);
    let known = [("If-None-Match", &*first)];
    let again = app
        .call_with(Method::GET, path, &key, &known, Value::Null)
        .await;
    assert_eq!(
        again.status,
        StatusCode::NOT_MODIFIED,
        "the moment is no number"
    );
    let views = app.get(&format!("{path}&metrics=views"), &key).await;
    assert_ne!(tag(&views), first);
}

#[tokio::test]
async fn links_are_searched_filtered_and_sorted() {
    let installation = Installation::new(NOW_MS);
    let app = App::on(&installation).await;
    let (key, stranger) = (app.account().await, app.account().await);
    app.post("/v1/links", &stranger, link("spring-theirs"))
        .await
        .good();
    let campaign = app
        .post("/v1/campaigns", &key, json!({"name": "Ostern"}))
        .await
        .text("id");
    app.post("/v1/domains", &key, json!({"host": "go.shop.example"}))
        .await
        .good();
    for (at, more) in [
        json!({"slug": "a", "title": "SPRING Größe"}),
        json!({"slug": "b", "note": "for spring", "tags": ["mail"], "campaign": campaign}),
        json!({"slug": "cc", "external_id": "Spring-7", "archived": true}),
        json!({"slug": "spring", "domain": "go.shop.example", "tags": ["mail", "x"]}),
        json!({"slug": "e", "destination": "https://other.example/sPrInG"}),
        json!({"slug": "f"}),
    ]
    .into_iter()
    .enumerate()
    {
        installation.clock.set(NOW_MS + at as i64 * 1_000);
        let mut body = json!({"destination": "https://shop.example/"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        app.post("/v1/links", &key, body).await.good();
    }
    let cases = [
        ("", vec!["a", "b", "cc", "spring", "e", "f"]),
        ("search=spring", vec!["a", "b", "cc", "spring", "e"]),
        ("search=GR%C3%96SSE", vec![]),
        ("search=gr%C3%B6%C3%9Fe", vec!["a"]),
        ("search=other.example", vec!["e"]),
        ("tag=mail", vec!["b", "spring"]),
        ("tag=mail&search=spring&campaign=Ostern", vec!["b"]),
        ("campaign=", vec!["a", "cc", "spring", "e", "f"]),
        ("domain=GO.shop.example", vec!["spring"]),
        ("domain=&tag=mail", vec!["b"]),
        ("archived=true", vec!["cc"]),
        (
            "archived=false&search=spring",
            vec!["a", "b", "spring", "e"],
        ),
        ("search=nothing", vec![]),
    ];
    for (query, expected) in cases {
        for (sort, reverse) in [("created", false), ("-created", true)] {
            let mut wanted = expected.clone();
            if reverse {
                wanted.reverse();
            }
            // Pages of two hold the same as one page.
            let (mut found, mut after) = (Vec::new(), String::new());
            loop {
                let path = format!("/v1/links?{query}&sort={sort}&limit=2{after}");
                let page = app.get(&path, &key).await.good();
                found.extend(slugs(&page).into_iter().map(str::to_owned));
                match page["next_cursor"].as_str() {
                    Some(next) => after = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(found, wanted, "{query} {sort}");
        }
        let page = app.get(&format!("/v1/links?{query}"), &key).await.good();
        let (mut found, mut wanted) = (slugs(&page), expected);
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{query}");
    }
    for wrong in [
        "sort=clicks",
        "archived=perhaps",
        "campaign=none",
        "cursor=x&sort=created",
        "colour=red",
    ] {
        app.get(&format!("/v1/links?{wrong}"), &key)
            .await
            .problem(400, "invalid_query");
    }
    for (kind, wrong) in [("pixels", "archived=true"), ("campaigns", "campaign=x")] {
        app.get(&format!("/v1/{kind}?{wrong}"), &key)
            .await
            .problem(400, "invalid_query");
    }
    let found = app.get("/v1/campaigns?search=oster", &key).await.good();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn annotations_are_listed_by_range_and_object() {
    let app = App::new().await;
    let key = app.account().await;
    let about = app.post("/v1/links", &key, link("a")).await.text("id");
    let other = app.post("/v1/links", &key, link("b")).await.text("id");
    let make = async |body: Value| app.post("/v1/annotations", &key, body).await;
    let moment = make(json!({"from": "2026-01-02T10:00:00Z", "text": "moment"}))
        .await
        .good();
    assert_eq!(
        (&moment["to"], &moment["object"]),
        (&Value::Null, &Value::Null)
    );
    make(json!({"from": "2026-01-01", "to": "2026-01-03", "text": "range", "object": about}))
        .await
        .good();
    let texts = async |query: &str| {
        let page = app
            .get(&format!("/v1/annotations?{query}"), &key)
            .await
            .good();
        let items = page["items"].as_array().unwrap().iter();
        let mut texts: Vec<String> = items
            .map(|it| it["text"].as_str().unwrap().into())
            .collect();
        texts.sort();
        texts
    };
    assert_eq!(texts("").await, ["moment", "range"]);
    assert_eq!(texts("start=2026-01-02T10:01:00Z").await, ["range"]);
    assert_eq!(
        texts("start=2026-01-02T10:00:00Z&end=2026-01-02T10:01:00Z").await,
        ["moment", "range"]
    );
    assert_eq!(texts("end=2026-01-01").await, [""; 0]);
    assert_eq!(texts(&format!("object={other}")).await, ["moment"]);
    assert_eq!(texts("limit=1").await.len(), 1);
    let path = format!("/v1/annotations/{}", moment["id"].as_str().unwrap());
    let changed = app
        .patch(
            &path,
            &key,
            json!({"to": "2026-01-02T11:00:00Z", "text": "hour"}),
        )
        .await
        .good();
    assert_eq!(
        (&changed["from"], &changed["text"]),
        (&moment["from"], &json!("hour"))
    );
    for wrong in [
        json!({"text": "x"}),
        json!({"from": "2026-01-02"}),
        json!({"from": "soon", "text": "x"}),
        json!({"from": "2026-01-02", "to": "2026-01-02", "text": "x"}),
        json!({"from": "2026-01-02", "text": ""}),
    ] {
        make(wrong).await.problem(400, "invalid");
    }
    let stranger = app.account().await;
    let theirs = app
        .post("/v1/links", &stranger, link("theirs"))
        .await
        .text("id");
    make(json!({"from": "2026-01-02", "text": "x", "object": theirs}))
        .await
        .problem(404, "not_found");
    let id = app.get("/v1/account", &key).await.text("id");
    let quota = json!({"annotations": 2});
    app.patch(&format!("/v1/accounts/{id}/quotas"), TOKEN, quota)
        .await
        .good();
    make(json!({"from": "2026-01-02", "text": "x"}))
        .await
        .problem(403, "quota_exceeded");
    app.delete(&path, &key).await;
    make(json!({"from": "2026-01-02", "text": "x"}))
        .await
        .good();
}

#[tokio::test]
async fn a_suspended_account_may_do_nothing_and_loses_nothing() {
    let app = App::new().await;
    let (key, other) = (app.account().await, app.account().await);
    let id = app.get("/v1/account", &key).await.text("id");
    let share = app
        .post("/v1/shares", &key, json!({"name": "s"}))
        .await
        .text("token");
    app.post("/v1/links", &key, link("a")).await.good();
    let path = format!("/v1/accounts/{id}/suspension");
    let suspend = async |key: &str| {
        app.call(
            Method::PUT,
            &path,
            key,
            json!({"reason": "phishing"}).to_string(),
        )
        .await
    };
    suspend(&other).await.problem(403, "forbidden");
    let suspended = suspend(TOKEN).await.good();
    assert_eq!(
        suspended["suspended"],
        json!({"erased": false, "reason": "phishing", "since": "2026-01-02T03:04:05Z"})
    );
    for answer in [
        app.get("/v1/links", &key).await,
        app.get("/v1/stats", &key).await,
        app.get("/v1/stats", &share).await,
        app.get("/v1/live", &share).await,
        app.post("/v1/links", &key, link("b")).await,
        app.get("/v1/account", &key).await,
    ] {
        assert!(
            answer
                .problem(403, "account_suspended")
                .contains("phishing")
        );
    }
    app.get("/v1/links", &other).await.good();
    app.delete(&path, TOKEN).await.good();
    assert_eq!(slugs(&app.get("/v1/links", &key).await.good()), ["a"]);
    app.call(
        Method::PUT,
        "/v1/accounts/acc_0000000000001/suspension",
        TOKEN,
        json!({"reason": "x"}).to_string(),
    )
    .await
    .problem(404, "not_found");
}

#[tokio::test]
async fn a_segment_stands_for_its_filters() {
    let app = App::new().await;
    let (key, stranger) = (app.account().await, app.account().await);
    let link = app.post("/v1/links", &key, link("one")).await.text("id");
    let made = app
        .post(
            "/v1/segments",
            &key,
            json!({"name": "Ours", "filters": "link=one"}),
        )
        .await
        .good();
    assert_eq!(made["filters"], format!("link={link}"), "ids are kept");
    let path = format!("/v1/segments/{}", made["id"].as_str().unwrap());
    let asked = async |query: &str, key: &str| {
        app.get(&format!("/v1/stats?metrics=clicks&range=7d&{query}"), key)
            .await
    };
    let plain = asked("link=one", &key).await.good();
    for segment in ["Ours", made["id"].as_str().unwrap()] {
        let within = asked(&format!("segment={segment}"), &key).await.good();
        assert_eq!(
            within["meta"]["query"]["entity"],
            plain["meta"]["query"]["entity"]
        );
    }
    asked("segment=Ours", &stranger)
        .await
        .problem(404, "not_found");
    app.get(&path, &stranger).await.problem(404, "not_found");
    for (wrong, code) in [
        (json!({"name": "Ours", "filters": "country=DE"}), "taken"),
        (json!({"name": "x"}), "invalid"),
        (
            json!({"name": "x", "filters": "colour=red"}),
            "invalid_filter",
        ),
        (json!({"filters": "country=DE"}), "invalid"),
    ] {
        let answer = app.post("/v1/segments", &key, wrong.clone()).await;
        let status = if code == "taken" { 409 } else { 400 };
        answer.problem(status, code);
    }
    let changed = app
        .patch(&path, &key, json!({"filters": "country=DE,AT"}))
        .await
        .good();
    assert_eq!(changed["filters"], "country=DE%2CAT");
    let changes = app.get("/v1/changes?limit=1", &key).await.good();
    let undo = format!(
        "/v1/changes/{}/undo",
        changes["items"][0]["id"].as_str().unwrap()
    );
    app.post(&undo, &key, Value::Null).await.good();
    assert_eq!(
        app.get(&path, &key).await.good()["filters"],
        made["filters"]
    );
    app.delete(&path, &key).await;
    asked("segment=Ours", &key).await.problem(404, "not_found");
}
