//! Signing in, views and their addresses, shares, and that nothing that is shown is run.

use serde_json::json;

use super::{PERSON, Page};

#[tokio::test]
async fn somebody_signs_in_clicks_a_link_and_sees_the_counter_move() {
    let page = Page::blank().await;
    let link = json!({"slug": "hello", "destination": "https://example.com/"});
    page.customer.create("links", &link).await;

    page.browser.goto(&page.home).await.unwrap();
    page.fill("#key", "mr_wrong").await;
    page.click("#sign-in-button").await;
    page.wait_for("#sign-in-error", |shown| !shown.is_empty())
        .await;
    page.fill("#key", &page.customer.key).await;
    page.click("#sign-in-button").await;
    page.wait_for("#live-total", |shown| shown == "0").await;

    let click = page
        .customer
        .http
        .get(format!("{}/hello", page.customer.collector))
        .header("user-agent", PERSON)
        .send()
        .await
        .unwrap();
    assert_eq!(click.status(), 302);
    assert!(click.headers().contains_key("millrace-event-id"));
    page.wait_for("#live-total", |shown| shown == "1").await;
    page.wait_for("#tile-clicks", |shown| shown == "1").await;
    page.browser.refresh().await.unwrap();
    page.wait_for("#breakdown-links", |shown| shown.contains("/hello"))
        .await;

    let picture = page.browser.screenshot().await.unwrap();
    assert!(picture.len() > 10_000, "a screenshot of something");
    if let Some(path) = std::env::var_os("MILLRACE_SCREENSHOT") {
        std::fs::write(path, picture).unwrap();
    }
}

#[tokio::test]
async fn an_address_with_a_key_signs_in_by_itself_and_does_not_keep_it() {
    let page = Page::blank().await;
    page.sign_in(&page.customer.key).await;
    page.wait_for("#live-total", |shown| shown == "0").await;
    let shown = page.browser.current_url().await.unwrap();
    assert_eq!(
        shown.as_str(),
        page.home,
        "the key has left the address bar"
    );

    page.browser.refresh().await.unwrap();
    page.wait_for("#live-total", |shown| shown == "0").await;

    // Opened in the same tab, so that the page is not loaded again.
    page.go("key=mr_wrong").await;
    page.wait_for("#sign-in-error", |shown| !shown.is_empty())
        .await;
    let shown = page.browser.current_url().await.unwrap();
    assert_eq!(shown.as_str(), page.home, "nor does a wrong key stay");
}

#[tokio::test]
async fn a_share_sees_numbers_and_nothing_else() {
    let page = Page::blank().await;
    let share = json!({"name": "Agency", "hides_money": true});
    let share = page.customer.post("/v1/shares", &share).await;
    page.sign_in(share["token"].as_str().unwrap()).await;
    page.wait_for("#live-total", |shown| shown == "0").await;
    page.wait_for("#tile-clicks", |shown| shown == "0").await;
    assert_eq!(page.text("#views").await, "Overview");
    let hidden = "return document.querySelectorAll('[data-metric=value], [data-metric=cost], #add-note').length";
    assert_eq!(
        page.run(hidden).await,
        json!(0),
        "money and what changes something"
    );

    page.go("/settings").await;
    page.wait_for("#tile-clicks", |shown| shown == "0").await;
    assert_eq!(page.text("#views").await, "Overview");
}
