//! Links with rules, variants, macros, a begin and an end: where visitors are led, and what is counted of it.

use std::collections::BTreeMap;

use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{
    http::Customer,
    process::{Server, run_ok},
};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";

async fn follow(customer: &Customer, path: &str, agent: &str, language: &str) -> Response {
    let request = customer.http.get(format!("{}{path}", customer.collector));
    let request = request.header("user-agent", agent);
    let request = request.header("accept-language", language);
    request.send().await.unwrap()
}

/// Status and address of an answer.
fn led(answer: &Response) -> (u16, String) {
    let location = answer.headers().get("location");
    let location = location.map_or("", |value| value.to_str().unwrap());
    (answer.status().as_u16(), location.to_owned())
}

async fn change(customer: &Customer, id: &str, body: Value) -> (u16, Value) {
    let request = customer
        .http
        .patch(format!("{}/v1/links/{id}", customer.api));
    let answer = request.bearer_auth(&customer.key).json(&body).send().await;
    let answer = answer.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Clicks by a dimension, whether people's or bots'.
fn by(answer: &Value, name: &str) -> BTreeMap<String, i64> {
    let rows = answer["results"].as_array().unwrap().iter();
    rows.map(|row| {
        (
            row[name].as_str().unwrap_or("").to_owned(),
            row["clicks"].as_i64().unwrap(),
        )
    })
    .collect()
}

#[tokio::test]
async fn rules_lead_and_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({
        "slug": "app", "destination": "https://shop.example/?lang={language}&c={click_id}&q={query.q}", "status": 307,
        "external_id": "crm-1", "utm": {"source": "mail"},
        "rules": [
            {"name": "phones", "when": {"device": "mobile"}, "to": [
                {"name": "store", "weight": 3, "to": "https://apps.example/{slug}"},
                {"name": "web", "weight": 1, "to": "https://m.example/{variant}/{os}"},
            ]},
            {"when": {"query": {"vip": null}, "language": ["de", "fr"]}, "to": "https://vip.example/"},
        ],
    });
    let id = customer.post("/v1/links", &link).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = customer.get("/v1/links/ext_crm-1").await;
    assert_eq!(
        (&shown["id"], &shown["rules"][0]["name"]),
        (&json!(id), &json!("phones"))
    );
    let plain = json!({"slug": "plain", "destination": "https://plain.example/", "append_click_id": true, "click_id_param": "cid"});
    customer.create("links", &plain).await;

    let answer = follow(
        &customer,
        "/app?q=a%26b%2F%2Fevil.example&qr=1",
        DESKTOP,
        "en-GB,en",
    )
    .await;
    let (status, location) = led(&answer);
    let (before, rest) = location.split_once("&c=").unwrap();
    let (click_id, after) = rest.split_once('&').unwrap();
    assert_eq!((status, before), (307, "https://shop.example/?lang=en"));
    assert_eq!(after, "q=a%26b%2F%2Fevil.example&utm_source=mail");
    assert!(
        click_id.len() <= 96 && click_id.starts_with('c'),
        "{click_id}"
    );
    let answer = follow(&customer, "/app?vip=1", DESKTOP, "fr").await;
    assert_eq!(led(&answer).1, "https://vip.example/?utm_source=mail");
    let answer = follow(&customer, "/plain", DESKTOP, "en").await;
    assert!(
        led(&answer).1.starts_with("https://plain.example/?cid="),
        "{answer:?}"
    );

    // Looked at, drawn and previewed, which nobody counts.
    let get = async |path: &str| {
        let answer = customer
            .http
            .get(format!("{}{path}", customer.collector))
            .send()
            .await
            .unwrap();
        let kind = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        (
            answer.status().as_u16(),
            kind,
            answer.bytes().await.unwrap(),
        )
    };
    let (status, kind, page) = get("/app+").await;
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
    let page = String::from_utf8(page.to_vec()).unwrap();
    assert!(
        page.contains("https://shop.example/?lang={language}&amp;c="),
        "{page}"
    );
    assert_eq!(
        (
            get("/app.png?size=120").await.0,
            get("/app.png").await.1.as_str()
        ),
        (200, "image/png")
    );
    assert_eq!(get("/app.svg?fg=ff0000").await.1, "image/svg+xml");
    assert_eq!(
        (
            get("/app.svg?size=x").await.0,
            get("/nobody+").await.0,
            get("/nobody.svg").await.0
        ),
        (400, 404, 404)
    );

    // A visitor stays with a variant; all of them are led to both.
    let mut variants: BTreeMap<String, i64> = BTreeMap::new();
    for visitor in 0..40 {
        let agent = format!("{PHONE} visitor-{visitor}");
        let first = led(&follow(&customer, "/app", &agent, "en").await).1;
        assert_eq!(led(&follow(&customer, "/app", &agent, "en").await).1, first);
        let variant = match first.as_str() {
            "https://apps.example/app?utm_source=mail" => "store",
            "https://m.example/web/iOS?utm_source=mail" => "web",
            other => panic!("{other}"),
        };
        *variants.entry(variant.into()).or_default() += 2;
    }
    assert_eq!(variants.len(), 2, "{variants:?}");

    let question = |name: &str| {
        format!(
            "metrics=clicks&range=24h&interval=none&exclude_bots=false&group_by={name}&link=ext_crm-1"
        )
    };
    let all = |answer: &Value| answer["totals"]["clicks"] == 82;
    for settled in [false, true] {
        let rules = customer.wait_for_stats(&question("rule"), all).await;
        let expected = [("", 1), ("2", 1), ("phones", 80)].map(|(name, n)| (name.to_owned(), n));
        assert_eq!(by(&rules, "rule"), expected.into(), "settled: {settled}");
        let answer = customer.wait_for_stats(&question("variant"), all).await;
        let mut counted = by(&answer, "variant");
        assert_eq!(counted.remove(""), Some(2));
        assert_eq!(counted, variants);
        let answer = customer.wait_for_stats(&question("trigger"), all).await;
        let expected = [("link", 81), ("qr", 1)].map(|(name, n)| (name.to_owned(), n));
        assert_eq!(by(&answer, "trigger"), expected.into());
        if !settled {
            customer.roll_up().await;
        }
    }

    // The clicks that were, by rules that might be: those that are settled, and those that are not yet.
    for visitor in 0..3 {
        follow(&customer, "/app", &format!("{PHONE} late-{visitor}"), "en").await;
    }
    server.terminate().await;
    let data = folder.path().join("data");
    let rules = r#"[{"name": "all phones", "when": {"device": "mobile"}, "to": "https://phones.example/"}]"#;
    let arguments = [
        "simulate-rules",
        "--link",
        "app",
        "--rules",
        rules,
        "--range",
        "7d",
        "--json",
        "--data-dir",
        ".",
    ];
    let told = run_ok(&data, &arguments).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["clicks"], &told["live"], &told["moved"]),
        (&json!(85), &json!(3), &json!(84)),
        "{told}"
    );
    let after = told["after"].as_array().unwrap().iter();
    let counts =
        |way: &Value| way["clicks"].as_i64().unwrap() + way["bot_clicks"].as_i64().unwrap();
    let after: Vec<(&Value, i64)> = after.map(|way| (&way["rule"], counts(way))).collect();
    assert_eq!(after, [(&json!(null), 2), (&json!("all phones"), 83)]);
}

#[tokio::test]
async fn links_begin_end_and_are_archived() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let id = customer
        .create(
            "links",
            &json!({"slug": "s", "destination": "https://a.example/"}),
        )
        .await;
    for (body, expected) in [
        (json!({"archived": true}), (410, "")),
        (
            json!({"fallback_url": "https://over.example/{slug}?{click_id}"}),
            (302, "https://over.example/s?"),
        ),
        (
            json!({"archived": null, "starts_at": "2100-01-01T00:00:00Z"}),
            (302, "https://over.example/s?"),
        ),
        (json!({"fallback_url": null}), (404, "")),
        (
            json!({"starts_at": null, "expires_at": "2001-01-01T00:00:00Z"}),
            (410, ""),
        ),
        (
            json!({"expires_at": null, "status": 308}),
            (308, "https://a.example/"),
        ),
    ] {
        let (status, shown) = change(&customer, &id, body.clone()).await;
        assert_eq!(status, 200, "{body}: {shown}");
        let expected = (expected.0, expected.1.to_owned());
        crate::support::eventually(
            "the collector to follow",
            std::time::Duration::from_secs(20),
            async || {
                let answer = customer
                    .http
                    .head(format!("{}/s", customer.collector))
                    .send()
                    .await
                    .unwrap();
                let found = led(&answer);
                (found == expected)
                    .then_some(())
                    .ok_or(format!("{body}: {found:?}"))
            },
        )
        .await;
    }
    for (body, hint) in [
        (json!({"status": 200}), "301"),
        (
            json!({"rules": [{"to": "https://a.example/{nonsense}"}]}),
            "nonsense",
        ),
        (
            json!({"rules": [{"when": {"contry": "DE"}, "to": "https://a.example/"}]}),
            "country",
        ),
        (json!({"destination": "https://a.example/{evil}"}), "evil"),
        (json!({"fallback_url": "javascript:alert(1)"}), "javascript"),
        (json!({"external_id": "a/b"}), "external_id"),
        (json!({"click_id_param": "a=b"}), "click_id_param"),
        (json!({"utm": {"source": "a\u{0}b"}}), "utm"),
    ] {
        let (status, problem) = change(&customer, &id, body.clone()).await;
        assert_eq!(status, 400, "{body}: {problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains(hint),
            "{body}: {problem}"
        );
    }
}
