//! Who asks, and what for: prefetches, mail clients' proxies, and visitors behind a proxy of ours.

use reqwest::Method;
use serde_json::json;

use crate::support::{http::Customer, process::Server};

const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const GMAIL: &str =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
const ALL: &str = "metrics=clicks,bot_clicks,views,bot_views&range=7d&exclude_bots=false";

#[tokio::test]
async fn people_are_told_from_what_is_fetched_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let proxies = ["--trusted-proxies", "127.0.0.0/8"];
    let mut server = Server::up(&folder.path().join("data"), &proxies);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "hello", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    let pixel = customer.create("pixels", &json!({"name": "mail"})).await;
    let picture = format!("p/{pixel}.gif");
    let agent = ("user-agent", PERSON);
    // The same browser at two addresses, one of them twice: behind ports that say nothing.
    for from in [
        "203.0.113.9:51234",
        "203.0.113.9:51235",
        "[2001:db8::1]:4711",
    ] {
        ask(
            &customer,
            Method::GET,
            "hello",
            &[agent, ("x-forwarded-for", from)],
        )
        .await;
    }
    for (name, value) in [
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "preview"),
        ("x-moz", "prefetch"),
    ] {
        ask(&customer, Method::GET, "hello", &[agent, (name, value)]).await;
    }
    for agent in [GMAIL, "Mozilla/5.0"] {
        ask(&customer, Method::GET, &picture, &[("user-agent", agent)]).await;
    }
    ask(&customer, Method::HEAD, "hello", &[agent]).await;
    ask(&customer, Method::HEAD, &picture, &[agent]).await;

    let expected = json!({"clicks": 6, "bot_clicks": 3, "views": 2, "bot_views": 0});
    let answer = customer
        .wait_for_stats(ALL, |answer| answer["totals"] == expected)
        .await;
    assert_eq!(answer["totals"], expected);
    let people = customer
        .stats("metrics=clicks,unique_visitors&range=7d&link=hello")
        .await;
    assert_eq!(people["totals"], json!({"clicks": 3, "unique_visitors": 2}));
}

/// Asks a door; only what is asked with GET is recorded.
async fn ask(customer: &Customer, method: Method, path: &str, headers: &[(&str, &str)]) {
    let url = format!("{}/{path}", customer.collector);
    let request = customer.http.request(method.clone(), url);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let response = request.send().await.unwrap();
    assert!(response.status().as_u16() < 400, "{path} {headers:?}");
    let is_recorded = response.headers().contains_key("millrace-event-id");
    assert_eq!(is_recorded, method == Method::GET, "{path} {headers:?}");
}
