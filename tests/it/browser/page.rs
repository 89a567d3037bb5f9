//! The dashboard of an installation, and what a person does with it.

use std::time::Duration;

use fantoccini::{Client, Locator, elements::Element};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Driver;
use crate::support::{eventually, http::Customer, process::Server};

/// How long anything may take to be seen.
pub(super) const LIMIT: Duration = Duration::from_secs(60);
/// Who clicks, if it does not matter who.
pub const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// A browser at the dashboard of an installation with one customer.
pub struct Page {
    pub browser: Client,
    pub customer: Customer,
    /// The address of the dashboard.
    pub home: String,
    _driver: Driver,
    _server: Server,
    _folder: TempDir,
}

impl Page {
    /// Not signed in, and at no page.
    pub async fn blank() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server::up(&folder.path().join("data"), &[]);
        server.start().await;
        let customer = Customer::of(&server).await;
        let driver = Driver::start();
        let browser = driver.browser(&folder.path().join("profile")).await;
        Self {
            browser,
            customer,
            home: format!("{}/", server.api),
            _driver: driver,
            _server: server,
            _folder: folder,
        }
    }

    /// Signed in with the customer's key.
    pub async fn signed_in() -> Self {
        let page = Self::blank().await;
        page.sign_in(&page.customer.key).await;
        page
    }

    /// Signs in by the address.
    pub async fn sign_in(&self, token: &str) {
        let address = format!("{}#key={token}", self.home);
        self.browser.goto(&address).await.unwrap();
        self.find("#views a[aria-current]").await;
    }

    /// Goes to a view, such as `/links?archived=1`.
    pub async fn go(&self, view: &str) {
        let address = format!("{}#{view}", self.home);
        self.browser.goto(&address).await.unwrap();
    }

    /// The first element of this kind, as soon as it is there.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.browser.wait().at_most(LIMIT);
        found
            .for_element(Locator::Css(css))
            .await
            .unwrap_or_else(|error| panic!("there is no {css}: {error}"))
    }

    /// Clicks the first element of this kind. Whatever is drawn again meanwhile is looked for again.
    pub async fn click(&self, css: &str) {
        eventually(css, LIMIT, async || self.find(css).await.click().await).await;
    }

    /// Writes into a field, in place of what it says.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Writes into the field of a form that is sent under this name.
    pub async fn fill_field(&self, name: &str, text: &str) {
        let css = format!("[data-field='{name}'] :is(input, textarea)");
        self.fill(&css, text).await;
    }

    /// What is to be read there; nothing where it is not shown.
    pub async fn text(&self, css: &str) -> String {
        match self.browser.find(Locator::Css(css)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits until what is to be read there is good.
    pub async fn wait_for(&self, css: &str, good: impl Fn(&str) -> bool) {
        eventually(css, LIMIT, async || {
            let now = self.text(css).await;
            good(&now)
                .then_some(())
                .ok_or_else(|| format!("{css} shows `{now}`"))
        })
        .await;
    }

    /// Waits until nothing like this is there.
    pub async fn wait_until_gone(&self, css: &str) {
        eventually(css, LIMIT, async || {
            match self.browser.find(Locator::Css(css)).await {
                Ok(_) => Err("it is still there"),
                Err(_) => Ok(()),
            }
        })
        .await;
    }

    /// What a script in the page gives.
    pub async fn run(&self, script: &str) -> Value {
        self.browser.execute(script, Vec::new()).await.unwrap()
    }

    /// What the functions of a module of the dashboard give: `script` has them as `module`.
    pub async fn module(&self, path: &str, script: &str) -> Value {
        let whole = format!(
            "const done = arguments[arguments.length - 1];
             import('/assets/{path}').then(async (module) => {{ {script} }}).then(done, (error) => done(String(error)))"
        );
        let answer = self.browser.execute_async(&whole, Vec::new()).await;
        answer.unwrap()
    }

    /// What stands behind the `#` of the address.
    pub async fn hash(&self) -> String {
        let address = self.browser.current_url().await.unwrap();
        address.fragment().unwrap_or_default().to_owned()
    }

    /// Waits until the address is good.
    pub async fn wait_for_hash(&self, good: impl Fn(&str) -> bool) {
        eventually("the address", LIMIT, async || {
            let now = self.hash().await;
            good(&now).then_some(()).ok_or(now)
        })
        .await;
    }

    /// The link with this slug, as the API has it.
    pub async fn link(&self, slug: &str) -> Value {
        let found = self.customer.get(&format!("/v1/links?search={slug}")).await;
        let mut links = found["items"].as_array().unwrap().iter();
        let link = links.find(|link| link["slug"] == slug);
        link.unwrap_or_else(|| panic!("there is no link {slug}"))
            .clone()
    }

    /// Records clicks on a link, each of a person with this agent, and from this site.
    pub async fn send_clicks(&self, link: &str, count: usize, agent: &str, referrer: &str) {
        let events: Vec<Value> = (0..count)
            .map(|at| {
                json!({
                    "type": "click", "link": link, "user_agent": agent, "referrer": referrer,
                    "ip": format!("203.0.113.{at}"),
                })
            })
            .collect();
        let url = format!("{}/v1/events", self.customer.collector);
        let request = self.customer.http.post(url).bearer_auth(&self.customer.key);
        let answer = request.json(&events).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    }
}
