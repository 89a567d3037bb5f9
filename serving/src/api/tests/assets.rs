use super::*;

const FILES: [(&str, &str); 13] = [
    ("/", "text/html; charset=utf-8"),
    ("/docs", "text/html; charset=utf-8"),
    ("/assets/docs.css", "text/css; charset=utf-8"),
    ("/assets/docs.js", "text/javascript; charset=utf-8"),
    ("/assets/base.css", "text/css; charset=utf-8"),
    ("/assets/app.css", "text/css; charset=utf-8"),
    ("/assets/app.js", "text/javascript; charset=utf-8"),
    ("/assets/core/api.js", "text/javascript; charset=utf-8"),
    (
        "/assets/views/overview.js",
        "text/javascript; charset=utf-8",
    ),
    (
        "/assets/vendor/uPlot.iife.min.js",
        "text/javascript; charset=utf-8",
    ),
    ("/assets/vendor/uqr.js", "text/javascript; charset=utf-8"),
    ("/assets/icon.svg", "image/svg+xml"),
    ("/assets/vendor/LICENSE.uPlot", "text/plain; charset=utf-8"),
];
/// What a page would load from outside by.
const LOADS: [&str; 7] = [
    "src=\"http",
    "href=\"http",
    "from \"http",
    "import(\"http",
    "fetch(\"http",
    "url(http",
    "=\"//",
];

async fn get(app: &App, path: &str, known: Option<&str>) -> Answer {
    let request = Request::get(path);
    let request = known
        .into_iter()
        .fold(request, |r, tag| r.header(header::IF_NONE_MATCH, tag));
    app.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_dashboard_is_served_to_anybody_with_strict_headers() {
    let app = App::new().await;
    for (path, content_type) in FILES {
        let answer = get(&app, path, None).await;
        assert_eq!(
            (answer.status, &answer.headers[header::CONTENT_TYPE]),
            (StatusCode::OK, &content_type.parse().unwrap()),
            "{path}"
        );
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.starts_with(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        ));
        assert!(policy.ends_with("frame-ancestors 'none'"));
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(
            answer.headers.get_all(header::CONTENT_TYPE).iter().count(),
            1
        );
        assert!(!answer.bytes.is_empty());
    }
}

#[tokio::test]
async fn the_pages_load_nothing_from_outside() {
    let app = App::new().await;
    for (path, _) in FILES {
        let text = String::from_utf8(get(&app, path, None).await.bytes).unwrap();
        for load in LOADS {
            assert!(!text.contains(load), "{path} has {load}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_known_is_not_sent_again() {
    let app = App::new().await;
    let tag = get(&app, "/", None).await.headers[header::ETAG]
        .to_str()
        .unwrap()
        .to_string();
    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".into(),
    ] {
        let answer = get(&app, "/", Some(&known)).await;
        assert_eq!(
            (answer.status, answer.bytes.len()),
            (StatusCode::NOT_MODIFIED, 0)
        );
        assert_eq!(answer.headers[header::ETAG].to_str().unwrap(), tag);
    }
    assert_eq!(get(&app, "/", Some("\"x\"")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nothing_outside_is_served() {
    let app = App::new().await;
    for path in [
        "/assets/",
        "/assets/none.js",
        "/assets/..%2fCargo.toml",
        "/assets/%2e%2e/src/lib.rs",
        "/assets/%2fetc%2fpasswd",
    ] {
        get(&app, path, None).await.problem(404, "not_found");
    }
    get(&app, "/assets/%ff", None)
        .await
        .problem(400, "invalid_path");
}
