//! Slugs one after another.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::Site;

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
