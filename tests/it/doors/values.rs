//! Values that would break out of where they stand: parameters in addresses, names in headers.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use reqwest::{StatusCode, Url};
use serde_json::json;

use super::Site;

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
