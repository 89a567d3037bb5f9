//! Bodies that would take a door down, or be read as what nobody has said.

use std::io::Write;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::Site;

/// Bodies that would take a careless reader's stack, memory or time, or be read as something that nobody said.
fn bodies() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    const DEEP: usize = 100_000;
    let pack = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    let bomb = pack(&vec![b' '; 64 << 20]);
    let zstd = zstd::encode_all(&vec![b' '; 64 << 20][..], 3).unwrap();
    let nested = format!("{{\"name\":{}{}}}", "[".repeat(DEEP), "]".repeat(DEEP));
    let objects = format!("{}1{}", "{\"name\":".repeat(DEEP), "}".repeat(DEEP));
    vec![
        ("nested lists", nested.into_bytes(), None),
        (
            "nested lists without an end",
            "[".repeat(DEEP).into_bytes(),
            None,
        ),
        ("nested objects", objects.into_bytes(), None),
        (
            "a number without a value",
            b"{\"name\":1e999999999}".to_vec(),
            None,
        ),
        ("half a text", b"{\"name\":\"a".to_vec(), None),
        (
            "what is not UTF-8",
            b"{\"name\":\"\xff\xfe\"}".to_vec(),
            None,
        ),
        ("half a character", b"{\"name\":\"\\ud800\"}".to_vec(), None),
        ("UTF-16", b"\xff\xfe{\0}\0".to_vec(), None),
        (
            "a field twice",
            b"{\"name\":\"a\",\"name\":\"b\"}".to_vec(),
            None,
        ),
        ("noughts", vec![0; 50_000], None),
        ("a bomb", bomb.clone(), Some("gzip")),
        ("a bomb in a bomb", pack(&bomb), Some("gzip")),
        ("a bomb of zstd", zstd, Some("zstd")),
        ("packed twice", pack(&bomb), Some("gzip, gzip")),
    ]
}

/// Sends a body. The client keeps connections, as clients do.
async fn send(
    site: &Site,
    (method, url): &(Method, String),
    body: &[u8],
    encoding: Option<&str>,
) -> Result<Response, reqwest::Error> {
    let request = site.customer.http.request(method.clone(), url);
    let request = request.bearer_auth(&site.customer.key);
    let request = request.header("content-type", "application/json");
    let request = encoding
        .into_iter()
        .fold(request, |r, e| r.header("content-encoding", e));
    request.body(body.to_vec()).send().await
}

#[tokio::test]
async fn no_body_takes_a_door_down() {
    let site = Site::up(&[]).await;
    let link = json!({"slug": "good", "destination": "https://good.example/"});
    let link = site.customer.create("links", &link).await;
    let goal = site
        .customer
        .create("goals", &json!({"name": "Sale", "currency": "EUR"}))
        .await;
    let campaign = site
        .customer
        .create("campaigns", &json!({"name": "Spring"}))
        .await;
    let before = site.server.status_kib("VmRSS");
    let (api, collector) = (&site.customer.api, &site.customer.collector);
    let doors = [
        (Method::POST, format!("{api}/v1/links")),
        (Method::PATCH, format!("{api}/v1/links/{link}")),
        (Method::POST, format!("{api}/v1/links/bulk")),
        (Method::PATCH, format!("{api}/v1/links/bulk")),
        (Method::PUT, format!("{api}/v1/links/bulk")),
        (Method::DELETE, format!("{api}/v1/links/bulk")),
        (Method::POST, format!("{api}/v1/links/{link}/simulate")),
        (Method::POST, format!("{api}/v1/domains")),
        (Method::POST, format!("{api}/v1/pixels")),
        (Method::POST, format!("{api}/v1/goals")),
        (Method::PATCH, format!("{api}/v1/campaigns/{campaign}")),
        (Method::POST, format!("{api}/v1/costs")),
        (Method::POST, format!("{api}/v1/keys")),
        (Method::PATCH, format!("{api}/v1/account")),
        (Method::PUT, format!("{api}/v1/imported-totals/bitly")),
        (Method::POST, format!("{collector}/v1/events")),
        (Method::POST, format!("{collector}/c/{goal}")),
    ];
    for (what, body, encoding) in bodies() {
        for door @ (method, url) in &doors {
            let answer = send(&site, door, &body, encoding).await;
            let answer = answer.unwrap_or_else(|e| panic!("{what}: {method} {url}: {e:?}"));
            let status = answer.status();
            let text = answer.text().await.unwrap();
            let place = format!("{what}: {method} {url}: {status} {text:.300}");
            let told: Value =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{place}: {e}"));
            // A field that a door does not know it may pass over, and a list may refuse what is in it one by one.
            let harmless = [
                "what is not UTF-8",
                "a field twice",
                "a number without a value",
            ];
            let is_refused =
                status.is_client_error() && told["code"].is_string() && told["detail"].is_string();
            let each = told["rejected"]
                .as_array()
                .is_some_and(|all| !all.is_empty());
            let is_postback = url.contains("/c/") && harmless.contains(&what);
            assert!(is_refused || each || is_postback, "{place}");
        }
    }
    // A mark of the byte order is no part of what is said.
    for door @ (method, url) in &doors[14..] {
        let mut body = b"\xef\xbb\xbf".to_vec();
        body.extend(br#"{"rows": [], "txid": "bom"}"#);
        let answer = send(&site, door, &body, None).await.unwrap();
        assert!(answer.status().as_u16() < 500, "{method} {url}");
    }
    let after = site.server.status_kib("VmRSS");
    assert!(
        after < before + 400 * 1024,
        "{before} KiB before, {after} after"
    );
    let links = site.customer.get("/v1/links").await;
    assert_eq!(links["items"].as_array().unwrap().len(), 1, "{links}");
    assert_eq!(
        site.customer.get("/v1/keys").await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_packed_postback_is_no_conversion() {
    let site = Site::up(&[]).await;
    let goal = site
        .customer
        .create("goals", &json!({"name": "Sale"}))
        .await;
    let url = format!("{}/c/{goal}", site.customer.collector);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(b"txid=1").unwrap();
    let packed = packer.finish().unwrap();
    for kind in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json",
    ] {
        for encoding in ["gzip", "br", "zstd", "identity, gzip"] {
            let request = site.customer.http.post(&url);
            let request = request.header("content-type", kind);
            let request = request.header("content-encoding", encoding);
            let answer = request.body(packed.clone()).send().await.unwrap();
            assert_eq!(
                answer.status(),
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{kind} {encoding}"
            );
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(problem["code"], "invalid_encoding");
        }
    }
    let request = site
        .customer
        .http
        .post(&url)
        .header("content-encoding", "Identity");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(
        request.body("txid=1").send().await.unwrap().status(),
        StatusCode::OK
    );
    let one = |answer: &Value| answer["totals"]["conversions"] == 1;
    site.customer
        .wait_for_stats("metrics=conversions&range=24h", one)
        .await;
}
