//! What somebody who means harm sends to each door: addresses that would lead visitors elsewhere, values that would break
//! out of where they stand, bodies that would take the process down, slugs one after another.

use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use reqwest::{Method, Response, StatusCode, Url};
use serde_json::{Value, json};

use crate::support::{
    http::Customer,
    process::{self, Server},
};

struct Site {
    folder: tempfile::TempDir,
    server: Server,
    customer: Customer,
}

impl Site {
    async fn up(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server::up(&folder.path().join("data"), more);
        server.start().await;
        let customer = Customer::of(&server).await;
        Self {
            folder,
            server,
            customer,
        }
    }

    /// Asks the API; the status and the code, or what each item came to.
    async fn api(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.customer.api);
        let request = self.customer.http.request(method.parse().unwrap(), url);
        let request = request.bearer_auth(&self.customer.key).json(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }
}

/// What no link may lead to.
const ELSEWHERE: [&str; 27] = [
    "",
    "/page",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\evil.example",
    "evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https:\\\\evil.example",
    "https://\\evil.example",
    "https://",
    "https://?x",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "\tjavascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://good.example/x",
    "https://good.example/\r\nSet-Cookie: a=b",
    "https://good.example/\u{0}",
    "https://good\t.example/",
    "https://good.example:99999/",
];

/// Macros by which whoever calls a link would choose its host.
const HOST_OF_THE_CALLER: [&str; 9] = [
    "{sub1}",
    "{query.to}",
    "https:{sub1}",
    "https://{sub1}",
    "https://{sub1}.example/",
    "https://good.example{sub1}/",
    "https://good.example:{sub1}/",
    "https://{sub1}@good.example/",
    "https://good.example\\{sub1}",
];

#[tokio::test]
async fn nobody_is_led_elsewhere_from_any_field_that_takes_an_address() {
    let site = Site::up(&[]).await;
    let good = json!({"slug": "good", "destination": "https://good.example/"});
    let good = site.customer.create("links", &good).await;
    let mut csv = "slug,destination\n".to_owned();
    let all = ELSEWHERE.iter().chain(&HOST_OF_THE_CALLER);
    for (number, url) in all.enumerate() {
        let to = json!([{"to": url}]);
        let split =
            json!([{"to": [{"name": "a", "to": url}, {"name": "b", "to": "https://b.example/"}]}]);
        let link = |field: &str, value: Value| {
            let mut link = json!({"destination": "https://good.example/"});
            link[field] = value;
            link
        };
        for (field, value) in [
            ("destination", json!(url)),
            ("fallback_url", json!(url)),
            ("rules", to),
            ("rules", split),
        ] {
            // Nothing is how a fallback is taken away.
            let body = link(field, value);
            let (status, problem) = site.api("POST", "/v1/links", &body).await;
            assert_eq!(status, 400, "{field} {url:?}: {problem}");
            let (status, problem) = site.api("PATCH", &format!("/v1/links/{good}"), &body).await;
            assert_eq!(status, 400, "{field} {url:?}: {problem}");
            let mut own = body.clone();
            own["external_id"] = json!(format!("bulk-{number}"));
            let bulk = json!([own]);
            for method in ["POST", "PUT"] {
                let (status, done) = site.api(method, "/v1/links/bulk", &bulk).await;
                let refused = status == 400
                    || done["rejected"]
                        .as_array()
                        .is_some_and(|all| all.len() == 1);
                assert!(refused, "{method} {field} {url:?}: {status} {done}");
            }
        }
        if !url.contains(['\n', '\r', '"', '\u{0}']) {
            writeln!(csv, "import-{number},\"{url}\"").unwrap();
        }
    }
    for url in ELSEWHERE {
        for field in ["root_url", "not_found_url"] {
            let mut domain = json!({"host": "go.shop.example"});
            domain[field] = json!(url);
            let (status, problem) = site.api("POST", "/v1/domains", &domain).await;
            assert_eq!(status, 400, "{field} {url:?}: {problem}");
        }
    }
    std::fs::write(site.folder.path().join("links.csv"), csv).unwrap();
    let (api, key) = (&site.customer.api, &site.customer.key);
    let arguments = [
        "import",
        "links",
        "--from",
        "csv",
        "links.csv",
        "--json",
        "--url",
        api,
        "--key",
        key,
    ];
    let output = process::run(site.folder.path(), &arguments).await;
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told.get("created"), None, "{told}");
    let links = site.customer.get("/v1/links").await;
    assert_eq!(links["items"].as_array().unwrap().len(), 1, "{links}");
    assert_eq!(links["items"][0]["destination"], "https://good.example/");
}

/// What callers put into parameters.
const VALUES: [&str; 16] = [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example/",
    "@evil.example",
    ".evil.example",
    ":80@evil.example",
    "evil.example#",
    "..",
    ".",
    "../../..",
    "a\r\nSet-Cookie: stolen=1\r\n\r\n<script>",
    "a\u{0}b",
    "javascript:alert(1)",
    "{sub1}{query.to}",
    "\u{202e}\u{feff}\u{fffd}",
    "%2f%2fevil.example",
];

#[tokio::test]
async fn what_callers_bring_stays_where_it_stands() {
    let site = Site::up(&[]).await;
    for (slug, destination, path) in [
        ("plain", "https://good.example", "/"),
        ("path", "https://good.example/a/{sub1}/b", "/a/"),
        ("last", "https://good.example/a/{query.to}", "/a/"),
        (
            "query",
            "https://good.example/x?u={sub1}&v={query.to}",
            "/x",
        ),
        ("part", "https://good.example/x#{sub1}{query.to}", "/x"),
    ] {
        let link = json!({
            "slug": slug, "destination": destination, "pass_query": true, "append_click_id": true,
            "fallback_url": "https://good.example/over/{slug}",
        });
        site.customer.create("links", &link).await;
        for value in VALUES {
            let url = format!("{}/{slug}", site.customer.collector);
            let url =
                Url::parse_with_params(&url, [("sub1", value), ("to", value), ("mr_click", value)]);
            let answer = site.customer.http.get(url.unwrap()).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FOUND, "{slug} {value:?}");
            assert!(
                answer.headers().get("set-cookie").is_none(),
                "{slug} {value:?}"
            );
            let location = answer.headers()["location"].to_str().unwrap().to_owned();
            let to = Url::parse(&location).unwrap();
            let own = ("https", Some("good.example"), "", None);
            assert_eq!(
                (to.scheme(), to.host_str(), to.username(), to.port()),
                own,
                "{location}"
            );
            assert!(to.path().starts_with(path), "{location}");
            assert!(location.starts_with("https://good.example"), "{location}");
            assert!(
                location.bytes().all(|byte| byte.is_ascii_graphic()),
                "{location}"
            );
        }
    }
}

/// A line of a request and its header, as no client would write it.
fn raw(site: &Site, text: &str) -> String {
    let address = site.customer.collector.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // The server may answer before it has read everything.
    let _ = socket.write_all(text.as_bytes());
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn nothing_gets_into_a_header_that_is_none() {
    let site = Site::up(&[]).await;
    let goal = site
        .customer
        .create("goals", &json!({"name": "Sale"}))
        .await;
    let link = json!({"slug": "good", "destination": "https://good.example/", "pass_query": true});
    let id = site.customer.create("links", &link).await;
    for slug in [
        "a\r\nb", "a\nb", "a\u{0}b", "a/b", "../x", "%0d%0a", "a b", "ä", "", ".", "..",
    ] {
        let body = json!({"slug": slug, "destination": "https://good.example/"});
        let (status, problem) = site.api("POST", "/v1/links", &body).await;
        assert!(status == 400, "{slug:?}: {status} {problem}");
    }
    for name in [
        "a\r\nb", "a\u{0}", "a=b", "a&b", "a#b", "a b", "ä", "", "%0d",
    ] {
        let body = json!({"click_id_param": name});
        let (status, problem) = site.api("PATCH", &format!("/v1/links/{id}"), &body).await;
        assert_eq!(status, 400, "{name:?}: {problem}");
        let settings = json!({"settings": body});
        let (status, problem) = site.api("PATCH", "/v1/account", &settings).await;
        assert_eq!(status, 400, "{name:?}: {problem}");
    }
    for host in [
        "go.example\r\nX: 1",
        "go.example/x",
        "go.example@evil.example",
        "https://go.example",
        "a..b.example",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "go.example:80",
        "*.example.com",
        "go example.com",
        "go.example\u{0}",
        "",
        "0x7f.1",
    ] {
        let (status, problem) = site
            .api("POST", "/v1/domains", &json!({"host": host}))
            .await;
        assert_eq!(status, 400, "{host:?}: {problem}");
    }
    // No answer has a line that the request brought.
    for request in [
        "GET /good?a=b%0d%0aX-Evil:%201 HTTP/1.1\r\nhost: good.example\r\nconnection: close\r\n\r\n".to_owned(),
        "GET /good?a=%00 HTTP/1.1\r\nhost: good.example\r\nconnection: close\r\n\r\n".to_owned(),
        "GET /good%0d%0aX-Evil:%201 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_owned(),
        "GET //evil.example/%2f.. HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n".to_owned(),
        "GET http://evil.example/nothing HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n".to_owned(),
        "GET /nothing HTTP/1.1\r\nhost: evil.example\\@x\r\nconnection: close\r\n\r\n".to_owned(),
        format!("GET /c/{goal}?txid=a%0d%0aX-Evil:1&x%0d%0aX-Evil:1=1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"),
    ] {
        let answer = raw(&site, &request);
        let head = answer.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 "), "{request:?}: {answer:?}");
        assert!(!head.contains("\r\nx-evil"), "{request:?}: {head}");
        let location = head.lines().find_map(|line| line.strip_prefix("location: "));
        assert!(location.is_none_or(|to| to.starts_with("https://good.example/")), "{request:?}: {head}");
    }
}

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

#[tokio::test]
async fn who_tries_slugs_one_after_another_waits() {
    // All come through one proxy, and it says for whom.
    let site = Site::up(&[
        "--trusted-proxies",
        "127.0.0.1/32",
        "--most-unknown-slugs",
        "5",
    ])
    .await;
    let link = json!({"slug": "good", "destination": "https://good.example/"});
    site.customer.create("links", &link).await;
    let ask = async |client: &str, path: &str| {
        let request = site
            .customer
            .http
            .get(format!("{}{path}", site.customer.collector));
        request
            .header("x-forwarded-for", client)
            .send()
            .await
            .unwrap()
    };
    // A minute may end in between: then it begins anew.
    let mut guesses = Vec::new();
    for number in 0..150 {
        let answer = ask("203.0.113.7", &format!("/guess-{number}")).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            let wait: u64 = answer.headers()["retry-after"]
                .to_str()
                .unwrap()
                .parse()
                .unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(problem["code"], "too_many_requests");
            guesses.push(number);
        } else {
            assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        }
    }
    // At most twice as many as a minute allows are answered, then nothing is: what there is neither.
    assert!(guesses.len() >= 140, "{guesses:?}");
    // Others follow their links, and ask for one that is gone.
    for client in ["203.0.113.8", "198.51.100.7", "2001:db8::1"] {
        assert_eq!(
            ask(client, "/good").await.status(),
            StatusCode::FOUND,
            "{client}"
        );
        assert_eq!(
            ask(client, "/gone").await.status(),
            StatusCode::NOT_FOUND,
            "{client}"
        );
    }
    // Whoever guesses a little gets what there is.
    for number in 0..8 {
        ask("192.0.2.9", &format!("/few-{number}")).await;
    }
    assert_eq!(ask("192.0.2.9", "/good").await.status(), StatusCode::FOUND);
}
