//! The feed of events, and files.

use serde_json::json;

use super::{PERSON, Page};

/// Keeps the text of the files that the page gives.
const CATCH_FILES: &str = "window.files = [];
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => { blob.text().then((text) => window.files.push(text)); return make(blob); };";

#[tokio::test]
async fn events_are_seen_as_they_come_until_it_is_paused() {
    let page = Page::signed_in().await;
    let link = json!({"slug": "spring", "destination": "https://example.com/"});
    page.customer.create("links", &link).await;
    page.go("/events").await;
    page.wait_for("#feed", |shown| shown.contains("No events in this time"))
        .await;
    page.send_clicks("spring", 1, PERSON, "https://www.google.com/")
        .await;
    page.wait_for("#feed", |shown| {
        shown.contains("/spring") && shown.contains("google.com")
    })
    .await;

    page.click("#pause").await;
    page.wait_for("#pause", |shown| shown == "Go on").await;
    page.send_clicks("spring", 2, PERSON, "https://www.bing.com/")
        .await;
    page.run(CATCH_FILES).await;
    page.click("#export-all").await;
    page.wait_for("#announcer", |shown| shown.contains("saved"))
        .await;
    let file = page.run("return window.files[0]").await;
    let file = file.as_str().unwrap();
    assert!(file.lines().next().unwrap().contains("event_id"), "{file}");
    assert!(!page.text("#feed").await.contains("bing"), "it is paused");
    page.click("#pause").await;
    page.wait_for("#feed", |shown| shown.contains("bing.com"))
        .await;

    // What is shown, as a file.
    page.run("window.files = []").await;
    page.click("[aria-label='Save newest events as CSV']").await;
    page.wait_for("#feed", |shown| shown.contains("bing.com"))
        .await;
    let lines = page
        .run("return window.files[0]?.trim().split('\\r\\n').length ?? 0")
        .await;
    assert_eq!(lines, json!(4), "a head and three events");
}
