//! A person at the dashboard, in a real browser.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;

use crate::support::{
    eventually,
    http::Customer,
    process::{Server, free_port},
};

const LIMIT: Duration = Duration::from_secs(60);

/// A driver process with a browser.
pub struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    pub fn start() -> Self {
        let port = free_port();
        let mut command = Command::new("chromedriver");
        command
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command
            .spawn()
            .expect("chromedriver must be installed: apt-get install chromium-driver");
        Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
        }
    }

    pub async fn browser(&self, profile: &std::path::Path) -> Client {
        let profile = format!("--user-data-dir={}", profile.display());
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,1400",
            &profile,
        ];
        let options = json!({"goog:chromeOptions": {"args": flags}});
        eventually("the browser", LIMIT, async || {
            let mut builder =
                ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            builder.capabilities(options.as_object().unwrap().clone());
            builder.connect(&self.url).await
        })
        .await
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn text(browser: &Client, id: &str) -> String {
    match browser.find(Locator::Id(id)).await {
        Ok(element) => element.text().await.unwrap_or_default(),
        Err(_) => String::new(),
    }
}

async fn wait_for_text(browser: &Client, id: &str, good: impl Fn(&str) -> bool) {
    eventually(id, LIMIT, async || {
        let now = text(browser, id).await;
        if good(&now) {
            Ok(())
        } else {
            Err(format!("#{id} shows `{now}`"))
        }
    })
    .await;
}

#[tokio::test]
async fn somebody_signs_in_clicks_a_link_and_sees_the_counter_move() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    customer
        .create(
            "links",
            &json!({"slug": "hello", "destination": "https://example.com/"}),
        )
        .await;
    let driver = Driver::start();
    let browser = driver.browser(&folder.path().join("profile")).await;

    browser.goto(&server.api).await.unwrap();
    sign_in(&browser, "mr_wrong").await;
    wait_for_text(&browser, "sign-in-error", |shown| !shown.is_empty()).await;
    sign_in(&browser, &customer.key).await;
    wait_for_text(&browser, "live-total", |shown| shown == "0").await;

    let person = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let click = customer
        .http
        .get(format!("{}/hello", customer.collector))
        .header("user-agent", person)
        .send()
        .await
        .unwrap();
    assert_eq!(click.status(), 302);
    assert!(click.headers().contains_key("millrace-event-id"));
    wait_for_text(&browser, "live-total", |shown| shown == "1").await;
    wait_for_text(&browser, "links", |shown| shown.contains("hello")).await;

    let picture = browser.screenshot().await.unwrap();
    assert!(picture.len() > 10_000, "a screenshot of something");
    if let Some(path) = std::env::var_os("MILLRACE_SCREENSHOT") {
        std::fs::write(path, picture).unwrap();
    }
    browser.close().await.unwrap();
}

#[tokio::test]
async fn an_address_with_a_key_signs_in_by_itself_and_does_not_keep_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let driver = Driver::start();
    let browser = driver.browser(&folder.path().join("profile")).await;
    let plain = format!("{}/", server.api);

    let address = format!("{plain}#key={}", customer.key);
    browser.goto(&address).await.unwrap();
    wait_for_text(&browser, "live-total", |shown| shown == "0").await;
    let shown = browser.current_url().await.unwrap();
    assert_eq!(shown.as_str(), plain, "the key has left the address bar");

    browser.refresh().await.unwrap();
    wait_for_text(&browser, "live-total", |shown| shown == "0").await;

    // Opened in the same tab, so that the page is not loaded again.
    browser
        .goto(&format!("{plain}#key=mr_wrong"))
        .await
        .unwrap();
    wait_for_text(&browser, "sign-in-error", |shown| !shown.is_empty()).await;
    let shown = browser.current_url().await.unwrap();
    assert_eq!(shown.as_str(), plain, "nor does a wrong key stay");
    browser.close().await.unwrap();
}

async fn sign_in(browser: &Client, key: &str) {
    let field = browser
        .wait()
        .at_most(LIMIT)
        .for_element(Locator::Id("key"))
        .await
        .unwrap();
    field.clear().await.unwrap();
    field.send_keys(key).await.unwrap();
    browser
        .find(Locator::Id("sign-in-button"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
}
