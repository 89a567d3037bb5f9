//! Every view on a phone and on a desk, by day and by night: nothing is wider than the page, and axe-core finds nothing.

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};

use super::{PERSON, Page};

const AXE: &str = "axe-core@4.14.1";
const VIEWS: [&str; 16] = [
    "/overview",
    "/overview?device=desktop&range=7d",
    "/links",
    "/events",
    "/money",
    "/campaigns",
    "/data",
    "/events/refused",
    "/settings/keys",
    "/settings/shares",
    "/settings/webhooks",
    "/settings/domains",
    "/settings/pixels",
    "/settings/segments",
    "/settings/account",
    "/settings/changes",
];

/// The checker, from the package registry: kept outside of the repository. `None`: it cannot be had.
fn axe() -> Option<String> {
    let folder = PathBuf::from(std::env::var_os("HOME")?).join(".cache/millrace/axe-core");
    let file = folder.join("package/axe.min.js");
    if !file.exists() {
        std::fs::create_dir_all(&folder).ok()?;
        let mut npm = Command::new("npm");
        npm.args([
            "pack",
            "--silent",
            "--fetch-retries=0",
            "--fetch-timeout=20000",
            AXE,
        ]);
        let packed = npm.current_dir(&folder).output().ok()?;
        let name = String::from_utf8(packed.stdout).ok()?;
        let mut tar = Command::new("tar");
        tar.args(["xzf", name.trim(), "package/axe.min.js"]);
        tar.current_dir(&folder).output().ok()?;
    }
    std::fs::read_to_string(file).ok()
}

async fn with_numbers() -> Page {
    let page = Page::signed_in().await;
    let link = json!({
        "slug": "a-rather-long-slug-for-a-small-screen", "title": "Spring sale", "tags": ["sale", "2026"],
        "destination": "https://www.example.com/a/rather/long/path/that/does/not/fit/on/a/small/screen?with=parameters",
    });
    page.customer.create("links", &link).await;
    let campaign = json!({"name": "Big release"});
    let campaign = page.customer.create("campaigns", &campaign).await;
    let webhook =
        json!({"name": "Shop", "url": "https://hooks.example.com/a/rather/long/path/of/a/webhook"});
    let cost = json!({"campaign": campaign, "amount": "12.50", "from": "2026-01-01", "to": "2026-02-01", "note": "Adverts"});
    let filters = "country=DE,AT,CH&device=mobile&referrer_domain=google.com";
    for (kind, body) in [
        ("goals", json!({"name": "purchase"})),
        ("pixels", json!({"name": "newsletter-open"})),
        (
            "domains",
            json!({"host": "links.a-rather-long-name.example.com"}),
        ),
        (
            "segments",
            json!({"name": "German mobiles", "filters": filters}),
        ),
        (
            "shares",
            json!({"name": "For partners", "filters": filters}),
        ),
        ("webhooks", webhook),
        ("costs", cost),
    ] {
        page.customer.create(kind, &body).await;
    }
    page.send_clicks(
        "a-rather-long-slug-for-a-small-screen",
        3,
        PERSON,
        "https://www.google.com/",
    )
    .await;
    page
}

#[tokio::test]
async fn every_view_fits_a_phone() {
    let page = with_numbers().await;
    page.browser.set_window_size(500, 900).await.unwrap();
    for view in VIEWS {
        page.go(view).await;
        settled(&page).await;
        // Browsers' windows have a least width: what is inside is made as narrow as a phone.
        let wide = page
            .run(
                "document.body.style.width = '360px';
                 return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > 361
                   && !one.closest('.table:not(.folding), .folding thead, .views, .uplot, .visually-hidden, .skip, .announcer, noscript, caption')).map((one) => `${one.tagName}.${one.className}`)",
            )
            .await;
        assert_eq!(wide, json!([]), "{view}");
    }
}

#[tokio::test]
async fn every_view_can_be_used_by_everybody() {
    let Some(axe) = axe() else {
        testing::skip(
            "every_view_can_be_used_by_everybody",
            &format!("{AXE} cannot be had with npm"),
        );
        return;
    };
    let page = with_numbers().await;
    for view in VIEWS {
        page.go(view).await;
        settled(&page).await;
        page.run(&axe).await;
        assert_eq!(violations(&page).await, json!([]), "{view}");
    }
    page.go("/links").await;
    page.click("#new-link").await;
    page.find("dialog form").await;
    assert_eq!(violations(&page).await, json!([]), "the form of a link");
}

/// Waits until nothing is loading.
async fn settled(page: &Page) {
    page.wait_until_gone("[aria-busy=true]").await;
    page.wait_for("#main", |shown| {
        !shown.is_empty() && !shown.contains("Loading …")
    })
    .await;
}

async fn violations(page: &Page) -> Value {
    let check = "const done = arguments[arguments.length - 1];
        axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
          .then(({ violations }) => done(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).slice(0, 3).join(' ')}`)),
            (error) => done([String(error)]))";
    let found = page.browser.execute_async(check, Vec::new()).await;
    found.unwrap()
}
