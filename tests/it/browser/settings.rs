//! Keys, domains, pixels, segments, shares, changes, goals, campaigns, and the state of the data.

use serde_json::json;

use super::{PERSON, Page, page::LIMIT};
use crate::support::eventually;

#[tokio::test]
async fn a_key_is_shown_once_works_is_rotated_and_revoked() {
    let page = Page::signed_in().await;
    page.go("/settings/keys").await;
    page.click("#new-key").await;
    page.fill_field("name", "Newsletter tool").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#secret", |shown| shown.starts_with("mr_"))
        .await;
    let secret = page.text("#secret").await;
    let mut reader = page.customer.clone();
    reader.key = secret.clone();
    reader.get("/v1/links").await;

    page.browser.refresh().await.unwrap();
    page.wait_for("#main", |shown| {
        shown.contains("Newsletter tool") && shown.contains("read")
    })
    .await;
    let source = page.browser.source().await.unwrap();
    assert!(!source.contains(&secret), "it is shown only once");

    page.click("[aria-label='Rotate Newsletter tool']").await;
    page.fill_field("grace_hours", "0").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#secret", |shown| {
        shown.starts_with("mr_") && shown != secret
    })
    .await;
    page.click("dialog .actions button:last-child").await;
    page.click("[aria-label='Revoke Newsletter tool']").await;
    page.click("dialog button.danger").await;
    page.wait_for("#main", |shown| shown.contains("revoked"))
        .await;
}

#[tokio::test]
async fn a_share_is_made_and_its_address_signs_in() {
    let page = Page::signed_in().await;
    page.go("/settings/shares").await;
    page.click("#new-share").await;
    page.fill_field("name", "Agency").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#secret", |shown| shown.contains("#key=mrs_"))
        .await;
    let address = page.text("#secret").await;
    page.browser.goto(&address).await.unwrap();
    page.wait_for("#views", |shown| shown == "Overview").await;
}

#[tokio::test]
async fn a_webhook_is_made_and_stopped_and_tells_what_it_sent() {
    let page = Page::signed_in().await;
    page.go("/settings/webhooks").await;
    page.click("#new-webhook").await;
    page.fill_field("name", "Shop").await;
    page.fill_field("url", "https://127.0.0.1/hooks").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("[data-field=url] .error", |shown| !shown.is_empty())
        .await;
    page.fill_field("url", "https://shop.example.com/hooks")
        .await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#secret", |shown| shown.starts_with("whsec_"))
        .await;
    page.click("dialog .actions button:last-child").await;
    page.click("[aria-label='Log Shop']").await;
    page.wait_for("dialog", |shown| shown.contains("Nothing was sent yet"))
        .await;
    page.click("dialog [aria-label=Close]").await;
    page.click("[aria-label='Stop Shop']").await;
    page.wait_for("#main", |shown| shown.contains("stopped"))
        .await;
}

#[tokio::test]
async fn a_domain_is_added_changed_and_says_how_it_is_verified() {
    let page = Page::signed_in().await;
    page.go("/settings/domains").await;
    page.click("#new-domain").await;
    page.fill_field("host", "no domain").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("[data-field=host] .error", |shown| !shown.is_empty())
        .await;
    page.fill_field("host", "go.shop.example").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("dialog", |shown| shown.contains("verifies domains"))
        .await;
    page.click("dialog .actions button:last-child").await;
    page.click("[aria-label='Edit go.shop.example']").await;
    page.fill_field("root_url", "https://www.shop.example/")
        .await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#main", |shown| {
        shown.contains("https://www.shop.example/") && shown.contains("not verified")
    })
    .await;
}

#[tokio::test]
async fn a_pixel_is_made_and_its_views_are_shown() {
    let page = Page::signed_in().await;
    page.go("/settings/pixels").await;
    page.click("#new-pixel").await;
    page.fill_field("name", "Letter of May").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#main", |shown| shown.contains("Letter of May"))
        .await;
    let pixels = page.customer.get("/v1/pixels").await;
    let image = pixels["items"][0]["url"].as_str().unwrap().to_owned();
    let path = image.split_once("/p/").unwrap().1;
    eventually("the view to be counted", LIMIT, async || {
        let url = format!("{}/p/{path}", page.customer.collector);
        let seen = page.customer.http.get(url).header("user-agent", PERSON);
        seen.send().await.unwrap();
        page.browser.refresh().await.unwrap();
        page.wait_for("#main", |shown| shown.contains("Letter of May"))
            .await;
        let shown = page.text("#main td.number").await;
        (shown != "0").then_some(()).ok_or(shown)
    })
    .await;
}

#[tokio::test]
async fn filters_become_a_segment_that_can_be_chosen() {
    let page = Page::signed_in().await;
    page.go("/overview?country=DE&range=7d").await;
    page.click("#save-segment").await;
    page.fill_field("name", "Germans").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#segment", |shown| shown.contains("Germans"))
        .await;
    page.go("/overview?range=7d").await;
    page.click("#segment option:nth-child(2)").await;
    page.wait_for(".chips", |shown| shown.contains("Germany"))
        .await;
    page.go("/settings/segments").await;
    page.click("[aria-label='Delete Germans']").await;
    page.click("dialog button.danger").await;
    page.wait_for("#main", |shown| shown.contains("No segments yet"))
        .await;
}

#[tokio::test]
async fn what_was_refused_is_shown_with_its_reason() {
    let page = Page::signed_in().await;
    let url = format!("{}/v1/events", page.customer.collector);
    let refused = json!([{"link": "nowhere", "sub1": "a"}]);
    let sent = page.customer.http.post(url).json(&refused);
    let answer = sent.bearer_auth(&page.customer.key).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    eventually("it to be listed", LIMIT, async || {
        page.go("/events/refused").await;
        page.browser.refresh().await.unwrap();
        page.wait_for("#main", |shown| !shown.contains("Loading"))
            .await;
        let shown = page.text("#main").await;
        shown.contains("unknown").then_some(()).ok_or(shown)
    })
    .await;
    page.click("#main tbody button").await;
    page.wait_for("dialog", |shown| {
        shown.contains("nowhere") && shown.contains("replay")
    })
    .await;
}

/// Puts a plan, and gives it to the customer.
async fn give_plan(page: &Page) {
    let mut operator = page.customer.clone();
    operator.key = page.customer.operator.clone();
    let url = format!("{}/v1/plans/pro", operator.api);
    let plan = json!({"links": 50, "keep_events_days": 400});
    let put = operator.http.put(url).bearer_auth(&operator.key);
    let put = put.json(&plan).send().await.unwrap();
    assert!(put.status().is_success(), "{put:?}");
    let account = page.customer.get("/v1/account").await;
    let path = format!("/v1/accounts/{}", account["id"].as_str().unwrap());
    operator.patch(&path, &json!({"plan": "pro"})).await;
}

#[tokio::test]
async fn the_plan_is_shown_and_letting_events_go_sooner_is_asked_about() {
    let page = Page::signed_in().await;
    give_plan(&page).await;
    let link = json!({"slug": "spring", "destination": "https://example.com/"});
    page.customer.create("links", &link).await;
    page.go("/settings/account").await;
    page.wait_for("#plan", |shown| shown == "pro").await;
    page.wait_for("#quotas tbody tr", |shown| {
        ["Links", "1", "50", "plan"]
            .iter()
            .all(|part| shown.contains(part))
    })
    .await;
    page.wait_for("#kept", |shown| {
        shown.contains("for 400 days") && !shown.contains("false")
    })
    .await;
    let keep = async |days: &str| {
        page.click("#change-kept").await;
        page.fill_field("settings.keep_events_days", days).await;
        page.click("dialog button[type=submit]").await;
    };
    let stored = async || {
        let account = page.customer.get("/v1/account").await;
        account["settings"]["keep_events_days"].clone()
    };
    keep("30").await;
    page.wait_for("dialog", |shown| shown.contains("cannot be taken back"))
        .await;
    assert_eq!(stored().await, json!(null), "it is asked about first");
    page.click("dialog button.danger").await;
    page.wait_for("#kept", |shown| shown.contains("for 30 days"))
        .await;
    // More takes nothing away.
    keep("60").await;
    page.wait_for("#kept", |shown| shown.contains("for 60 days"))
        .await;
    assert_eq!(stored().await, json!(60));
    keep("40000").await;
    page.wait_for("dialog .error:not(:empty)", |shown| shown.contains("36500"))
        .await;
}

#[tokio::test]
async fn the_account_is_set() {
    let page = Page::signed_in().await;
    page.go("/settings/account").await;
    page.wait_for("#account-settings", |shown| shown.contains("USD"))
        .await;
    page.click("#change-account").await;
    page.fill_field("settings.currency", "EURO").await;
    page.fill_field("settings.excluded_networks", "192.0.2.0/24, 198.51.100.7")
        .await;
    page.click("[data-field='settings.timezone'] option[value='Asia/Tokyo']")
        .await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("[data-field='settings.currency'] .error", |shown| {
        shown.contains("ISO 4217")
    })
    .await;
    page.fill_field("settings.currency", "EUR").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#account-settings", |shown| {
        ["EUR", "Asia/Tokyo", "198.51.100.7"]
            .iter()
            .all(|part| shown.contains(part))
    })
    .await;
    let account = page.customer.get("/v1/account").await;
    let settings = &account["settings"];
    assert_eq!(
        (
            &settings["currency"],
            &settings["timezone"],
            &settings["visitor_memory"]
        ),
        (&json!("EUR"), &json!("Asia/Tokyo"), &json!("day"))
    );
}

#[tokio::test]
async fn a_change_is_listed_and_undone() {
    let page = Page::signed_in().await;
    let link = json!({"slug": "spring", "destination": "https://example.com/"});
    let id = page.customer.create("links", &link).await;
    let changed = json!({"destination": "https://example.com/wrong"});
    page.customer
        .patch(&format!("/v1/links/{id}"), &changed)
        .await;
    page.go("/settings/changes").await;
    page.wait_for("#main", |shown| shown.contains("https://example.com/wrong"))
        .await;
    page.click(&format!("[aria-label='Undo: link {id} changed']"))
        .await;
    page.wait_for("#announcer", |shown| shown.contains("as it was before"))
        .await;
    let stored = page.link("spring").await;
    assert_eq!(stored["destination"], json!("https://example.com/"));
}

#[tokio::test]
async fn goals_campaigns_and_costs_are_made_and_have_their_numbers() {
    let page = Page::signed_in().await;
    page.go("/campaigns").await;
    page.click("#new-campaign").await;
    page.fill_field("name", "Big release").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#main", |shown| shown.contains("Big release"))
        .await;
    let link =
        json!({"slug": "spring", "destination": "https://example.com/", "campaign": "Big release"});
    page.customer.create("links", &link).await;
    page.send_clicks("spring", 2, PERSON, "https://www.google.com/")
        .await;

    page.go("/money").await;
    page.click("#new-goal").await;
    page.fill_field("name", "purchase").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#main", |shown| shown.contains("purchase"))
        .await;
    page.click("#new-cost").await;
    page.fill_field("campaign", "Big release").await;
    page.fill_field("amount", "many").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("dialog .error:not(:empty)", |shown| !shown.is_empty())
        .await;
    page.click("dialog .chip-remove").await;

    page.go("/campaigns").await;
    page.wait_for("#main tbody", |shown| {
        shown.contains("Big release") && shown.contains('2')
    })
    .await;
    page.click("#main tbody a").await;
    page.wait_for("#tile-clicks", |shown| shown == "2").await;
    page.wait_for(".chip", |shown| shown.contains("Big release"))
        .await;
}

#[tokio::test]
async fn the_state_of_the_data_is_told_in_words() {
    let page = Page::signed_in().await;
    page.go("/data").await;
    page.wait_for("#audit", |shown| shown.contains("Everything adds up"))
        .await;
    page.wait_for("#state", |shown| shown.contains("Complete"))
        .await;
}
