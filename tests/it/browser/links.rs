//! Links, made and changed by hand.

use serde_json::json;

use super::Page;

#[tokio::test]
async fn a_link_is_made_with_rules_and_a_mistake_is_said_at_its_field() {
    let page = Page::signed_in().await;
    page.go("/links").await;
    page.wait_for("#main", |shown| shown.contains("No links yet"))
        .await;
    page.click("#new-link").await;
    page.fill_field("destination", "no address").await;
    page.fill_field("slug", "spring").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("[data-field=destination] .error", |shown| {
        shown.contains("absolute URL")
    })
    .await;

    page.fill_field("destination", "https://example.com/").await;
    page.click("dialog details summary").await;
    page.fill_field(
        "rules",
        r#"[{"when": {"countri": "DE"}, "to": "https://example.com/de"}]"#,
    )
    .await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("[data-field=rules] .error", |shown| {
        shown.contains("countri")
    })
    .await;
    page.fill_field(
        "rules",
        r#"[{"name": "germans", "when": {"country": "DE"}, "to": "https://example.com/de"}]"#,
    )
    .await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#main h1", |shown| shown == "/spring").await;

    let stored = page.link("spring").await;
    assert_eq!(stored["rules"][0]["name"], json!("germans"));
    assert_eq!(stored["destination"], json!("https://example.com/"));

    // What would become of somebody.
    page.fill_field("country", "DE").await;
    page.click("section[aria-label='Try it'] button[type=submit]")
        .await;
    page.wait_for("section[aria-label='Try it']", |shown| {
        shown.contains("https://example.com/de")
    })
    .await;

    page.click("#edit-link").await;
    page.fill_field("title", "Spring sale").await;
    page.click("dialog button[type=submit]").await;
    page.wait_for("#main h1", |shown| shown == "Spring sale")
        .await;
    page.click("#archive").await;
    page.wait_for(".page-head", |shown| shown.contains("archived"))
        .await;
    let stored = page.link("spring").await;
    assert_eq!(
        (&stored["title"], &stored["archived"]),
        (&json!("Spring sale"), &json!(true))
    );
}

#[tokio::test]
async fn links_are_found_and_tagged_together() {
    let page = Page::signed_in().await;
    for slug in ["spring-a", "spring-b", "autumn"] {
        let link = json!({"slug": slug, "destination": "https://example.com/", "tags": ["old"]});
        page.customer.post("/v1/links", &link).await;
    }
    page.go("/links").await;
    page.wait_for("#main", |shown| shown.contains("/autumn"))
        .await;
    page.fill("#search-links", "spring").await;
    page.wait_for("#main", |shown| {
        shown.contains("/spring-a") && !shown.contains("/autumn")
    })
    .await;
    assert!(page.hash().await.contains("search=spring"));

    page.click("[aria-label='Choose /spring-a']").await;
    page.click("[aria-label='Choose /spring-b']").await;
    page.click("#bulk-tags").await;
    page.fill_field("add", "sale, 2026").await;
    page.fill_field("remove", "old").await;
    page.click("dialog button[type=submit]").await;
    page.wait_until_gone("dialog").await;
    page.wait_for("#main", |shown| shown.contains("sale")).await;
    for (slug, tags) in [
        ("spring-b", json!(["2026", "sale"])),
        ("autumn", json!(["old"])),
    ] {
        let mut stored = page.link(slug).await["tags"].clone();
        stored
            .as_array_mut()
            .unwrap()
            .sort_by_key(|tag| tag.to_string());
        assert_eq!(stored, tags, "{slug}");
    }
}

#[tokio::test]
async fn the_code_of_a_link_leads_to_it_and_says_that_it_was_scanned() {
    let page = Page::signed_in().await;
    let link = json!({"slug": "poster", "destination": "https://example.com/"});
    let made = page.customer.post("/v1/links", &link).await;
    page.go("/links").await;
    page.click("[aria-label='QR code of /poster']").await;
    page.find(".qr path").await;
    let squares = page
        .run("return [document.querySelector('.qr svg').getAttribute('viewBox'), document.querySelector('.qr path').getAttribute('d')]")
        .await;
    let size: usize = squares[0]
        .as_str()
        .unwrap()
        .rsplit_once(' ')
        .unwrap()
        .1
        .parse()
        .unwrap();
    let dark = squares[1].as_str().unwrap();
    // Four pixels a module, as a camera might see them.
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(size * 4, size * 4, |x, y| {
        let square = format!("M{},{}h", x / 4, y / 4);
        if dark.contains(&square) { 0 } else { 255 }
    });
    let (_, text) = image.detect_grids()[0].decode().unwrap();
    assert_eq!(text, format!("{}?qr=1", made["url"].as_str().unwrap()));
}
