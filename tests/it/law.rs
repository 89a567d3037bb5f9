//! The law of questions, over real clicks: random questions have the same answer from sums, from the events, as of a moment, and
//! from DuckDB, which counts the exported events by rules of its own (tests/questions/); live, in between and settled.
//!
//! Normally some of the clicks and a few questions; with `MILLRACE_FULL=1` all of them, and a thousand.

use std::{env, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{
    data,
    http::{Customer, answer},
    process::Server,
    tools::{find, printed, run},
};

const FOLDER: &str = "clicks-usagov-2013";
/// Every so manieth click is taken, so that there are some of all five months.
const STEP: usize = 27;
/// Events in one request.
const AT_ONCE: usize = 5_000;
/// Links in one request.
const LINKS_AT_ONCE: usize = 4_000;
/// Before the first click, and after the last.
const DAYS: [&str; 2] = ["2013-01-01", "2013-06-01"];

#[derive(Deserialize)]
struct Click {
    ts: i64,
    host: String,
    code: String,
    long_url: String,
    ip_derived: String,
    user_agent: String,
    referer: String,
    accept_language: String,
    country_recorded: String,
}

impl Click {
    fn slug(&self) -> String {
        format!("{}~{}", self.host, self.code)
    }

    fn destination(&self) -> &str {
        match self.long_url.starts_with("http") {
            true => &self.long_url,
            false => "https://example.com/",
        }
    }

    /// What whoever made it brings along.
    fn visitor(&self) -> Value {
        json!({
            "occurred_at": self.ts * 1_000, "ip": self.ip_derived, "user_agent": self.user_agent,
            "referrer": self.referer, "accept_language": self.accept_language,
        })
    }
}

/// An event of some kind, made by whom a click was made by.
fn event(click: &Click, fields: Value) -> Value {
    let mut event = click.visitor();
    let fields = fields.as_object().unwrap().clone();
    event.as_object_mut().unwrap().extend(fields);
    event
}

/// A click, and of some of them a view and conversions: the feed has clicks only.
fn events(at: usize, click: &Click) -> Vec<Value> {
    // Values that a list of them has to say with care.
    let sub2 = ["-x", "a,b", "y", "", r"c\d", "  e ", "- , f"][at % 7];
    let mut utm = serde_json::Map::new();
    for (name, value) in url::Url::parse(&click.long_url)
        .iter()
        .flat_map(url::Url::query_pairs)
    {
        if ["utm_source", "utm_medium", "utm_campaign", "utm_content"].contains(&&*name) {
            utm.insert(name.into_owned(), value.into());
        }
    }
    let mut of_click = json!({"type": "click", "link": click.slug(), "sub1": click.country_recorded, "sub2": sub2});
    of_click.as_object_mut().unwrap().extend(utm);
    let mut events = vec![event(click, of_click)];
    if at.is_multiple_of(3) {
        events.push(event(click, json!({"type": "view", "pixel": "page"})));
    }
    if at.is_multiple_of(20) {
        let value = format!("{}.{:02}", at % 90, at % 100);
        let sale = json!({"type": "conversion", "goal": "sale", "value": value, "transaction_id": format!("s{at}")});
        events.push(event(click, sale));
    }
    if at.is_multiple_of(11) {
        let status = ["ok", "new", "bad"][at % 3];
        let lead = |status: &str| {
            let lead = json!({"type": "conversion", "goal": "lead", "value": "2.5", "status": status, "transaction_id": format!("l{at}")});
            event(click, lead)
        };
        events.push(lead(status));
        if at.is_multiple_of(4) && status == "new" {
            events.push(lead("ok"));
        }
    }
    events
}

async fn send(customer: &Customer, events: &[Value]) {
    for part in events.chunks(AT_ONCE) {
        let url = format!("{}/v1/events", customer.collector);
        let sent = customer
            .http
            .post(url)
            .bearer_auth(&customer.key)
            .json(part);
        let told = answer("events", sent.send().await.unwrap()).await;
        assert_eq!(told["rejected"], json!([]), "{told}");
    }
}

async fn objects(customer: &Customer, clicks: &[Click]) {
    for name in ["a", "b", "c"] {
        customer.create("campaigns", &json!({"name": name})).await;
    }
    let mut slugs = std::collections::BTreeMap::new();
    for click in clicks {
        slugs.entry(click.slug()).or_insert(click.destination());
    }
    let links = slugs.iter().enumerate().map(|(at, (slug, destination))| {
        let tags: &[&str] = [&["one"][..], &["one", "two"], &[]][at % 3];
        let cost = at.is_multiple_of(5).then_some("0.013");
        let campaign = [Some("a"), Some("b"), Some("c"), None][at % 4];
        json!({"slug": slug, "destination": destination, "tags": tags, "cost_per_click": cost, "campaign": campaign})
    });
    let links: Vec<Value> = links.collect();
    for part in links.chunks(LINKS_AT_ONCE) {
        let made = customer.post("/v1/links/bulk", &json!(part)).await;
        assert_eq!(made["rejected"], json!([]), "{made}");
    }
    customer.create("pixels", &json!({"name": "page"})).await;
    customer
        .create("goals", &json!({"name": "sale", "currency": "EUR"}))
        .await;
    let statuses = json!({"approved": ["ok"], "pending": ["new"], "rejected": ["bad"]});
    let lead = json!({"name": "lead", "currency": "USD", "statuses": statuses});
    customer.create("goals", &lead).await;
    customer
        .wait_for_link(slugs.keys().next_back().unwrap())
        .await;
}

struct Law<'a> {
    python: &'a Path,
    customer: &'a Customer,
    questions: &'a str,
}

impl Law<'_> {
    /// Waits until so many events are counted, which are all, and asks.
    async fn holds(&self, events: usize, seed: &str) {
        let all = format!("metrics=clicks&start={}&end={}", DAYS[0], DAYS[1]);
        let is_counted = |answer: &Value| {
            let upto = answer["meta"]["counted_upto"].as_object().unwrap();
            let counted = upto.values().map(|seq| seq.as_u64().unwrap());
            counted.sum::<u64>() == events as u64
        };
        self.customer.wait_for_stats(&all, is_counted).await;
        let law = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/questions/law.py");
        let [first, last] = DAYS;
        let arguments = [
            law.to_str().unwrap(),
            &self.customer.api,
            first,
            last,
            "--questions",
            self.questions,
            "--seed",
            seed,
        ];
        let key = [("MILLRACE_KEY", self.customer.key.as_str())];
        println!("{}", printed(&run(self.python, &arguments, &key).await));
    }
}

#[tokio::test]
async fn any_question_about_real_clicks_has_one_answer() {
    testing::needs_data!("clicks-usagov-2013", "geoip-iptoasn-country");
    let Some(python) = find(testing::here!(), "python") else {
        return;
    };
    let is_full = env::var_os("MILLRACE_FULL").is_some();
    let (step, questions) = if is_full { (1, "334") } else { (STEP, "60") };
    let clicks: Vec<Click> = data::rows(&format!("{FOLDER}/events.csv.gz"));
    let clicks: Vec<Click> = clicks.into_iter().step_by(step).collect();
    let geo = testing::data("geoip-iptoasn-country/iptoasn-country.mmdb");
    let folder = tempfile::tempdir().unwrap();
    // Which of a visitor's clicks are too many depends on which come first.
    let flags = ["--most-clicks", "0", "--geo-db", geo.to_str().unwrap()];
    let mut server = Server::up(folder.path(), &flags);
    server.start().await;
    let customer = Customer::of(&server).await;
    objects(&customer, &clicks).await;
    let law = Law {
        python: &python,
        customer: &customer,
        questions,
    };
    let all: Vec<Vec<Value>> = clicks
        .iter()
        .enumerate()
        .map(|(at, click)| events(at, click))
        .collect();
    let (first, second) = all.split_at(all.len() / 2);
    let (first, second) = (first.concat(), second.concat());
    let both = first.len() + second.len();
    send(&customer, &first).await;
    law.holds(first.len(), "1").await;
    customer.settle().await;
    send(&customer, &second).await;
    law.holds(both, "2").await;
    customer.settle().await;
    law.holds(both, "3").await;
}
