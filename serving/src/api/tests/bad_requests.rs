use super::*;

#[tokio::test]
async fn bodies_that_are_not_understood_are_refused() {
    let app = App::new().await;
    let key = app.account().await;
    let post = |body: Vec<u8>| app.call(Method::POST, "/v1/links", &key, body);
    for body in [
        "",
        "{",
        "nonsense",
        "{\"destination\": }",
        "{\"tags\": []} x",
    ] {
        post(body.into()).await.problem(400, "malformed_json");
    }
    post(b"{\"destination\": \"https://a.example/\xff\"}".to_vec())
        .await
        .problem(400, "malformed_json");
    post([vec![b'['; 100_000], vec![b']'; 100_000]].concat()).await;
    for body in [
        json!([]),
        json!("x"),
        json!(null),
        json!({}),
        json!({"destination": 7}),
        json!({"destination": "/relative"}),
        json!({"destination": "javascript:alert(1)"}),
        json!({"destination": format!("https://a.example/{}", "x".repeat(9_000))}),
        json!({"destination": "https://a.example/\u{0}"}),
        json!({"destination": "https://a.example", "slug": ""}),
        json!({"destination": "https://a.example", "slug": "a/b"}),
        json!({"destination": "https://a.example", "slug": "health"}),
        json!({"destination": "https://a.example", "tags": "x"}),
        json!({"destination": "https://a.example", "tags": vec!["x"; 33]}),
        json!({"destination": "https://a.example", "title": ""}),
        json!({"destination": "https://a.example", "pass_query": "yes"}),
        json!({"destination": "https://a.example", "expires_at": 5}),
        json!({"destination": "https://a.example", "expires_at": "2026-13-01T00:00:00Z"}),
        json!({"destination": "https://a.example", "campaign": "None"}),
    ] {
        post(body.to_string().into()).await.problem(400, "invalid");
    }
    let twice = post(
        b"{\"destination\":\"https://a.example\",\"destination\":\"https://b.example\"}".to_vec(),
    )
    .await;
    assert!(twice.problem(400, "invalid").contains("duplicate field"));
    assert_eq!(
        app.get("/v1/links", &key).await.good()["items"],
        json!([]),
        "nothing came of it"
    );
}

#[tokio::test]
async fn an_unknown_field_is_named_with_what_was_meant_but_not_at_length() {
    let app = App::new().await;
    let key = app.account().await;
    let detail = app
        .post(
            "/v1/links",
            &key,
            json!({"destination": "https://a.example", "destnation": 1}),
        )
        .await
        .problem(400, "invalid");
    assert!(
        detail.starts_with(
            "there is no field `destnation`; did you mean `destination`? there are slug,"
        ),
        "{detail}"
    );
    let detail = app
        .post("/v1/links", &key, json!({"x".repeat(10_000): 1}))
        .await
        .problem(400, "invalid");
    assert!(detail.len() <= 300);
    for (kind, _) in objects::bodies() {
        app.post(&format!("/v1/{kind}"), &key, json!({"id": "x"}))
            .await
            .problem(400, "invalid");
    }
}

#[tokio::test]
async fn the_form_of_a_body_is_checked() {
    let app = App::new().await;
    let key = app.account().await;
    let body = "{\"destination\":\"https://a.example\"}";
    let with = |name: &'static str, value: &'static str| {
        let request =
            Request::post("/v1/links").header(header::AUTHORIZATION, format!("Bearer {key}"));
        app.send(request.header(name, value).body(Body::from(body)).unwrap())
    };
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        with("content-type", content_type)
            .await
            .problem(415, "unsupported_media_type");
    }
    with("x-nothing", "x")
        .await
        .problem(415, "unsupported_media_type");
    with("content-type", "Application/JSON; charset=UTF-8")
        .await
        .good();
    let packed = Request::post("/v1/links")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "gzip");
    app.send(packed.body(Body::from(body)).unwrap())
        .await
        .problem(415, "unsupported_media_type");
    let large = json!({"destination": "https://a.example", "title": "x".repeat(300 << 10)});
    app.post("/v1/links", &key, large)
        .await
        .problem(413, "too_large");
    let broken = futures::stream::iter([Ok("{\"dest"), Err(std::io::Error::other("gone"))]);
    app.call(Method::POST, "/v1/links", &key, Body::from_stream(broken))
        .await
        .problem(400, "incomplete_body");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let app = App::new().await;
    let key = app.account().await;
    let endless = futures::stream::pending::<Result<&str, std::io::Error>>();
    app.call(Method::POST, "/v1/links", &key, Body::from_stream(endless))
        .await
        .problem(408, "timeout");
}

#[tokio::test]
async fn paths_and_methods_are_answered_with_problems() {
    let app = App::new().await;
    let key = app.account().await;
    for id in [
        "x",
        "lnk_",
        "lnk_000000000000O",
        "lnk_zzzzzzzzzzzzz",
        "%00",
        &"x".repeat(5_000),
    ] {
        app.get(&format!("/v1/links/{id}"), &key)
            .await
            .problem(400, "invalid_id");
    }
    app.get("/v1/links/%ff", &key)
        .await
        .problem(400, "invalid_path");
    app.get("/v1/links/lnk_0000000000001", &key)
        .await
        .problem(404, "not_found");
    app.get("/v1/links/pxl_0000000000001", &key)
        .await
        .problem(404, "not_found");
    for path in [
        "/v1",
        "/v1/nothing",
        "/v1/links/",
        "/v1/links/a/b",
        "/index.html",
    ] {
        app.get(path, &key).await.problem(404, "not_found");
    }
    for (method, path) in [
        (Method::PUT, "/v1/links"),
        (Method::DELETE, "/v1/links"),
        (Method::POST, "/v1/links/lnk_0000000000001"),
        (Method::GET, "/v1/links/bulk"),
        (Method::POST, "/v1/account"),
        (Method::POST, "/"),
    ] {
        let answer = app.call(method.clone(), path, &key, "{}").await;
        if (method, path) == (Method::GET, "/v1/links/bulk") {
            assert!(answer.status.is_client_error());
            continue;
        }
        assert!(answer.headers.contains_key(header::ALLOW));
        answer.problem(405, "method_not_allowed");
    }
}
