//! Whatever is sent, the answer is a clear 4xx, nothing is counted, and the doors stay open.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{http::Customer, process::Server};

#[tokio::test]
async fn nonsense_is_refused_clearly_and_nothing_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    customer
        .create(
            "links",
            &json!({"slug": "good", "destination": "https://example.com/"}),
        )
        .await;
    let goal = customer
        .create("goals", &json!({"name": "sale", "currency": "EUR"}))
        .await;

    bodies(&customer).await;
    events_refuse_themselves(&customer).await;
    postbacks(&customer, &goal).await;
    look(&customer, &goal).await;
    doors(&customer).await;
    raw_sockets(&customer);
    the_api(&customer).await;

    let stats = customer
        .stats("metrics=clicks,bot_clicks,views,conversions&range=7d")
        .await;
    assert_eq!(
        stats["totals"],
        json!({"clicks": 0, "bot_clicks": 0, "views": 0, "conversions": 0})
    );
    let good = customer
        .http
        .get(format!("{}/good", customer.collector))
        .header("user-agent", "Mozilla/5.0 (X11) Firefox/128.0")
        .send()
        .await
        .unwrap();
    assert!(
        good.headers().contains_key("millrace-event-id"),
        "the doors are open"
    );
    customer
        .wait_for_stats("metrics=clicks&range=7d", |answer| {
            answer["totals"]["clicks"] == 1
        })
        .await;
}

/// The answer must be a problem with this status and code.
async fn is_problem(what: &str, response: reqwest::Response, status: u16, code: &str) {
    let kind = response
        .headers()
        .get("content-type")
        .map(|v| v.to_str().unwrap().to_owned());
    let got = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert_eq!(got, status, "{what}: {text}");
    assert_eq!(
        kind.as_deref(),
        Some("application/problem+json"),
        "{what}: {text}"
    );
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["code"], code, "{what}: {text}");
    assert!(
        problem["detail"].as_str().is_some_and(|d| !d.is_empty()),
        "{what}: {text}"
    );
}

async fn post_events(
    customer: &Customer,
    body: Vec<u8>,
    encoding: Option<&str>,
) -> reqwest::Response {
    let request = customer
        .http
        .post(format!("{}/v1/events", customer.collector))
        .bearer_auth(&customer.key);
    let request = encoding
        .into_iter()
        .fold(request, |r, e| r.header("content-encoding", e));
    request.body(body).send().await.unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// What, the body, its encoding, the status and the code of the answer.
type Body<'a> = (&'a str, Vec<u8>, Option<&'a str>, u16, &'a str);

async fn bodies(customer: &Customer) {
    let nested = "[".repeat(100_000);
    let cases: [Body<'_>; 10] = [
        ("nothing", vec![], None, 400, "empty"),
        (
            "half an array",
            b"[{\"type\":".to_vec(),
            None,
            400,
            "malformed_json",
        ),
        (
            "deep nesting",
            nested.into_bytes(),
            None,
            400,
            "malformed_json",
        ),
        (
            "one broken object",
            b"{\"type\":".to_vec(),
            None,
            400,
            "malformed_json",
        ),
        (
            "not gzip",
            b"hello".to_vec(),
            Some("gzip"),
            400,
            "invalid_encoding",
        ),
        (
            "not zstd",
            b"hello".to_vec(),
            Some("zstd"),
            400,
            "invalid_encoding",
        ),
        (
            "an unknown encoding",
            b"[]".to_vec(),
            Some("br"),
            415,
            "invalid_encoding",
        ),
        ("11 MiB", vec![b' '; 11 << 20], None, 413, "too_large"),
        (
            "a bomb",
            gzip(&vec![b' '; 64 << 20]),
            Some("gzip"),
            413,
            "too_large",
        ),
        (
            "too many events",
            format!("[{}]", ["{}"; 10_001].join(",")).into_bytes(),
            None,
            413,
            "too_many_events",
        ),
    ];
    for (what, body, encoding, status, code) in cases {
        is_problem(
            what,
            post_events(customer, body, encoding).await,
            status,
            code,
        )
        .await;
    }
    for key in ["", "mr_wrong", "\u{fc}"] {
        let request = customer
            .http
            .post(format!("{}/v1/events", customer.collector))
            .header("authorization", format!("Bearer {key}").as_bytes());
        is_problem(
            "a wrong key",
            request.body("[]").send().await.unwrap(),
            401,
            "unauthorized",
        )
        .await;
    }
}

async fn events_refuse_themselves(customer: &Customer) {
    let long = "x".repeat(300);
    let click = |more: Value| {
        let mut event = json!({"type": "click", "link": "good"});
        event
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        event
    };
    let cases = [
        (json!(7), "invalid_event"),
        (json!({"type": "frobnicate"}), "invalid_type"),
        (json!({"type": "click"}), "missing_object"),
        (
            json!({"type": "click", "link": "nowhere"}),
            "unknown_object",
        ),
        (json!({"type": "click", "link": 5}), "unknown_object"),
        (json!({"type": "click", "link": [5]}), "invalid_event"),
        (click(json!({"occured_at": 5})), "unknown_field"),
        (click(json!({"occurred_at": -5})), "invalid_time"),
        (
            click(json!({"occurred_at": 99_999_999_999_999i64})),
            "invalid_time",
        ),
        (click(json!({"occurred_at": i64::MIN})), "invalid_time"),
        (click(json!({"occurred_at": 1.5})), "invalid_time"),
        (click(json!({"occurred_at": "yesterday"})), "invalid_time"),
        (click(json!({"ip": "999.1.1.1"})), "invalid_ip"),
        (click(json!({"country": "Germany"})), "invalid_country"),
        (click(json!({"value": "1.00"})), "invalid_value"),
        (click(json!({"idempotency_key": long})), "too_long"),
        (
            json!({"type": "conversion", "goal": "sale", "value": "1e99"}),
            "invalid_value",
        ),
        (
            json!({"type": "conversion", "goal": "sale", "value": "1.00", "currency": "euros"}),
            "invalid_currency",
        ),
        (
            json!({"type": "conversion", "goal": "sale", "value": "1.00", "currency": "USD"}),
            "wrong_currency",
        ),
    ];
    let events: Vec<&Value> = cases.iter().map(|(event, _)| event).collect();
    let response = post_events(customer, serde_json::to_vec(&events).unwrap(), None).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["accepted"], 0, "{answer}");
    let codes: Vec<&str> = answer["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        cases.iter().map(|(_, code)| *code).collect::<Vec<_>>()
    );
    // A line that is not text refuses itself, not the others.
    let response = post_events(customer, b"\xff\xfe\n{\"type\":\"click\"}\n".to_vec(), None).await;
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["rejected"].as_array().unwrap().len(), 2, "{answer}");
}

async fn postbacks(customer: &Customer, goal: &str) {
    let long = "x".repeat(300);
    let cases = [
        ("gol_0000000000000".to_owned(), 404, "not_found"),
        ("nonsense".to_owned(), 404, "not_found"),
        (format!("{goal}?value=NaN"), 400, "invalid_value"),
        (format!("{goal}?value=-"), 400, "invalid_value"),
        (
            format!("{goal}?value=1&currency=%00%00%00"),
            400,
            "invalid_currency",
        ),
        (format!("{goal}?transaction_id={long}"), 400, "too_long"),
    ];
    for (path, status, code) in cases {
        let response = customer
            .http
            .get(format!("{}/c/{path}", customer.collector))
            .send()
            .await
            .unwrap();
        is_problem(&path, response, status, code).await;
    }
    let form = customer
        .http
        .post(format!("{}/c/{goal}", customer.collector))
        .header("content-type", "application/x-www-form-urlencoded");
    is_problem(
        "a large form",
        form.body(vec![b'a'; 1 << 20]).send().await.unwrap(),
        413,
        "too_large",
    )
    .await;
}

/// A look at a goal is no conversion: the totals at the end show it.
async fn look(customer: &Customer, goal: &str) {
    let url = format!("{}/c/{goal}", customer.collector);
    let response = customer.http.head(url).send().await.unwrap();
    assert_eq!(response.status(), 405);
}

async fn doors(customer: &Customer) {
    for path in [
        "/nowhere",
        "/%00",
        "/%ff%fe",
        "/good/more",
        "/..%2f..%2fetc",
        "/GOOD",
        "//evil.example/",
    ] {
        let response = customer
            .http
            .get(format!("{}{path}", customer.collector))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert!(!response.headers().contains_key("location"), "{path}");
    }
    let pixel = customer
        .http
        .get(format!("{}/p/pxl_0000000000000.gif", customer.collector))
        .send()
        .await
        .unwrap();
    is_problem("an unknown pixel", pixel, 404, "not_found").await;
    let put = customer
        .http
        .put(format!("{}/good", customer.collector))
        .send()
        .await
        .unwrap();
    is_problem("PUT", put, 405, "method_not_allowed").await;
}

/// What no well-behaved client sends.
fn raw_sockets(customer: &Customer) {
    let address = customer.collector.trim_start_matches("http://").to_owned();
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(1 << 20)).into_bytes();
    let flood: String = (0..5000).map(|i| format!("x-{i}: y\r\n")).collect();
    let flood = format!("GET /good HTTP/1.1\r\nhost: x\r\n{flood}\r\n").into_bytes();
    for (what, request, allowed) in [
        ("a URL of 1 MB", long, vec!["414", "431"]),
        ("5000 headers", flood, vec!["431"]),
        (
            "no HTTP",
            b"\x16\x03\x01\x00\xffhello\r\n\r\n".to_vec(),
            vec!["400"],
        ),
        (
            "a path that is no text",
            b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
            vec!["400", "404"],
        ),
    ] {
        let mut socket = TcpStream::connect(&address).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        // The server may answer and close before it has read everything.
        let _ = socket.write_all(&request);
        let mut answer = [0; 64];
        let length = socket.read(&mut answer).unwrap_or(0);
        let line = String::from_utf8_lossy(&answer[..length]).into_owned();
        let status = line.split(' ').nth(1).unwrap_or("none").to_owned();
        assert!(
            allowed.contains(&status.as_str()),
            "{what}: answered `{line}`"
        );
    }
}

async fn the_api(customer: &Customer) {
    let get = |path: &str| {
        customer
            .http
            .get(format!("{}{path}", customer.api))
            .bearer_auth(&customer.key)
            .send()
    };
    for (path, status, code) in [
        ("/v1/stats?metrics=nonsense", 400, "invalid_metrics"),
        ("/v1/stats?start=%ff", 400, "invalid_time"),
        ("/v1/stats?link=nowhere", 404, "not_found"),
        ("/v1/stats?timezone=Mars/Base", 400, "invalid_timezone"),
        ("/v1/nowhere", 404, "not_found"),
    ] {
        is_problem(path, get(path).await.unwrap(), status, code).await;
    }
    let response = customer
        .http
        .get(format!("{}/v1/stats", customer.api))
        .send()
        .await
        .unwrap();
    is_problem("no key", response, 401, "unauthorized").await;
}
