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

/// A browser has six connections to a server for all its tabs, and a page that is left may be kept as it is: each would hold a
/// stream. Two are allowed here, for the one that is looked at and one that is being left.
#[tokio::test]
async fn pages_that_nobody_looks_at_have_no_stream() {
    let page = Page::signed_in().await;
    let account = page.customer.get("/v1/account").await;
    let path = format!("/v1/accounts/{}/quotas", account["id"].as_str().unwrap());
    let operator = page
        .customer
        .http
        .patch(format!("{}{path}", page.customer.api));
    let operator = operator.bearer_auth(&page.customer.operator);
    let quotas = operator.json(&json!({"streams": 2})).send().await.unwrap();
    assert_eq!(quotas.status(), 200);
    for _ in 0..8 {
        page.wait_for("#live-total", |shown| shown == "0").await;
        page.browser.goto("about:blank").await.unwrap();
        page.browser.goto(&page.home).await.unwrap();
    }
    for _ in 0..8 {
        page.wait_for("#live-total", |shown| shown == "0").await;
        let tab = page.browser.new_window(true).await.unwrap();
        page.browser.switch_to_window(tab.handle).await.unwrap();
        page.sign_in(&page.customer.key).await;
    }
    page.wait_for("#live-total", |shown| shown == "0").await;
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
async fn each_view_has_an_address_and_going_back_works() {
    let page = Page::signed_in().await;
    for (view, heading) in [
        ("links", "Links"),
        ("events", "Events"),
        ("money", "Goals and money"),
        ("campaigns", "Campaigns"),
        ("data", "Data"),
        ("settings", "Settings"),
    ] {
        page.click(&format!("#views a[data-view={view}]")).await;
        page.wait_for("#main h1", |shown| shown == heading).await;
        let hash = page.hash().await;
        assert!(hash.starts_with(&format!("/{view}")), "{hash}");
        assert!(!hash.contains(&page.customer.key), "{hash}");
    }
    page.browser.back().await.unwrap();
    page.wait_for("#main h1", |shown| shown == "Data").await;
    page.browser.refresh().await.unwrap();
    page.wait_for("#main h1", |shown| shown == "Data").await;

    // The question goes along from view to view.
    page.go("/money?range=30d").await;
    page.click("#views a[data-view=overview]").await;
    page.wait_for_hash(|hash| hash == "/overview?range=30d")
        .await;
    let chosen = page
        .run("return document.getElementById('range').value")
        .await;
    assert_eq!(chosen, json!("30d"));

    // Nothing was asked of anybody else.
    let outside = page
        .run("return performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => !name.startsWith(location.origin))")
        .await;
    assert_eq!(outside, json!([]));
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

#[tokio::test]
async fn what_is_shown_is_never_run() {
    let page = Page::signed_in().await;
    let hostile = "<script>window.owned = 1</script><img src=x onerror='window.owned = 2'>";
    let link = json!({
        "slug": "hostile", "destination": "https://example.com/", "title": hostile,
        "tags": ["<img src=x onerror=owned=3>"], "note": hostile,
    });
    let id = page.customer.create("links", &link).await;
    let campaign = json!({"name": hostile});
    page.customer.create("campaigns", &campaign).await;
    page.send_clicks("hostile", 1, PERSON, "https://www.example.org/")
        .await;
    for view in [
        "/links",
        "/campaigns",
        "/settings/changes",
        &format!("/links/{id}"),
    ] {
        page.go(view).await;
        page.wait_for("#main table, #main .facts", |shown| !shown.is_empty())
            .await;
        let text = page
            .run("return document.getElementById('main').textContent")
            .await;
        assert!(
            text.as_str().unwrap().contains("<script>window.owned"),
            "{view}: {text}"
        );
        let made = "return [window.owned ?? null, document.querySelectorAll('main script, main img').length]";
        assert_eq!(page.run(made).await, json!([null, 0]), "{view}");
    }
}
