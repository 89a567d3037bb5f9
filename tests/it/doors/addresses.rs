//! Addresses that would lead visitors elsewhere, in every field that takes one.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Site;
use crate::support::process;

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
