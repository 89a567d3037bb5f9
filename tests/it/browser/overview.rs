//! The overview: numbers, filters, notes.

use serde_json::json;

use super::{PERSON, Page, page::LIMIT};
use crate::support::eventually;

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";

/// Two links with five clicks: three of desktops, two of phones.
async fn with_clicks() -> Page {
    let page = Page::signed_in().await;
    for slug in ["spring", "autumn"] {
        let link = json!({"slug": slug, "destination": "https://example.com/"});
        page.customer.create("links", &link).await;
    }
    page.send_clicks("spring", 3, PERSON, "https://www.google.com/")
        .await;
    page.send_clicks("autumn", 2, PHONE, "https://news.example.org/")
        .await;
    page.browser.refresh().await.unwrap();
    page.wait_for("#tile-clicks", |shown| shown == "5").await;
    page
}

#[tokio::test]
async fn a_click_on_a_row_filters_everything_and_the_chip_takes_it_back() {
    let page = with_clicks().await;
    page.wait_for("#breakdown-devices", |shown| {
        shown.contains("Mobile") && shown.contains("40%")
    })
    .await;
    page.click("#breakdown-devices tr:nth-child(2) button.label")
        .await;
    page.wait_for_hash(|hash| hash.contains("device=mobile"))
        .await;
    page.wait_for("#tile-clicks", |shown| shown == "2").await;
    page.wait_for("#breakdown-links", |shown| {
        shown.contains("/autumn") && !shown.contains("/spring")
    })
    .await;
    assert!(page.text(".chip").await.contains("Mobile"));

    // Is not.
    page.click(".chip-turn").await;
    page.wait_for_hash(|hash| hash.contains("device=-mobile"))
        .await;
    page.wait_for("#tile-clicks", |shown| shown == "3").await;
    page.wait_for("#breakdown-sources", |shown| {
        shown.contains("www.google.com")
    })
    .await;

    // Back, and away with it.
    page.browser.back().await.unwrap();
    page.wait_for("#tile-clicks", |shown| shown == "2").await;
    page.click(".chip .chip-remove").await;
    page.wait_for("#tile-clicks", |shown| shown == "5").await;
    assert!(!page.hash().await.contains("device"));
}

#[tokio::test]
async fn the_number_of_a_tile_is_the_live_one() {
    let page = with_clicks().await;
    page.wait_for("#live-total", |shown| shown == "5").await;
    page.send_clicks("spring", 2, PERSON, "https://www.google.com/")
        .await;
    let numbers =
        "return ['live-total', 'tile-clicks'].map((id) => document.getElementById(id).textContent)";
    let both = eventually("both clicks", LIMIT, async || {
        let both = page.run(numbers).await;
        (both[0] == "7").then(|| both.clone()).ok_or(both)
    })
    .await;
    assert_eq!(both, json!(["7", "7"]));
}

/// A comma parts values of a filter, and a hyphen turns it round: here they are parts of the value.
#[tokio::test]
async fn a_row_whose_name_has_signs_of_filters_filters_by_it() {
    let page = with_clicks().await;
    let url = format!("{}/v1/events", page.customer.collector);
    let campaigns = ["-20 %, all shoes", "-20 %", "all shoes"];
    let clicks = campaigns.map(|name| json!({"link": "spring", "utm_campaign": name}));
    let sent = page.customer.http.post(url);
    let sent = sent.bearer_auth(&page.customer.key).json(&clicks);
    assert_eq!(sent.send().await.unwrap().status(), 200);
    page.go("/overview?by4=utm_campaign").await;
    let row = "#breakdown-utm button.label[title='Show only -20 %, all shoes']";
    page.wait_for(row, |shown| shown == "-20 %, all shoes")
        .await;
    page.click(row).await;
    page.wait_for("#tile-clicks", |shown| shown == "1").await;
    assert!(page.text(".chip").await.contains("-20 %, all shoes"));

    // Is not.
    page.click(".chip-turn").await;
    page.wait_for("#tile-clicks", |shown| shown == "7").await;
    assert!(page.text(".chip").await.contains("-20 %, all shoes"));
}

#[tokio::test]
async fn another_dimension_of_a_breakdown_and_another_number_stand_in_the_address() {
    let page = with_clicks().await;
    page.go("/overview?by3=browser&metric=unique_visitors&interval=hour")
        .await;
    page.wait_for("#breakdown-devices", |shown| shown.contains("Firefox"))
        .await;
    page.wait_for("#curve-title", |shown| shown == "Visitors by hour")
        .await;
    let pressed = "return document.querySelector('.tile[aria-pressed=true]').dataset.metric";
    assert_eq!(page.run(pressed).await, json!("unique_visitors"));
    page.click(".tile[data-metric=clicks]").await;
    page.wait_for("#curve-title", |shown| shown == "Clicks by hour")
        .await;

    // Behind the curve is a table with the same numbers.
    page.click("#curve details summary").await;
    page.wait_for("#curve details table", |shown| shown.contains('5'))
        .await;
}

#[tokio::test]
async fn a_breakdown_by_two_dimensions_adds_up() {
    let page = with_clicks().await;
    page.wait_for("#breakdown-links", |shown| shown.contains("/spring"))
        .await;
    page.click("#breakdown-links .card-foot button:last-child")
        .await;
    page.click("#second-dimension").await;
    page.click("#second-dimension option[value=device]").await;
    page.wait_for("dialog table", |shown| {
        shown.contains("Desktop") && shown.contains("Mobile")
    })
    .await;
    let clicks = "return [...document.querySelectorAll('dialog tbody tr')].map((row) => Number(row.children[2].textContent)).reduce((sum, n) => sum + n, 0)";
    assert_eq!(page.run(clicks).await, json!(5));
}

#[tokio::test]
async fn a_note_is_added_to_the_curve_changed_and_taken_away() {
    let page = with_clicks().await;
    page.click("#add-note").await;
    page.fill_field("text", "Newsletter <b>sent</b>").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for(".annotations", |shown| {
        shown.contains("Newsletter <b>sent</b>")
    })
    .await;
    let stored = page.customer.get("/v1/annotations").await;
    assert_eq!(stored["items"][0]["text"], json!("Newsletter <b>sent</b>"));

    page.click(".annotations button:nth-of-type(1)").await;
    page.fill_field("text", "Newsletter sent").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for(".annotations", |shown| shown.contains("Newsletter sent"))
        .await;
    page.click(".annotations button:nth-of-type(2)").await;
    page.click("dialog button.danger").await;
    page.wait_for(".annotations", str::is_empty).await;
    let stored = page.customer.get("/v1/annotations").await;
    assert_eq!(stored["items"], json!([]));
}
