//! The requests of the clients that load an installation, through every door.

use rand::{Rng, rngs::StdRng};
use reqwest::{Response, header};
use serde_json::{Value, json};

use super::{
    content::{Content, SHOP},
    deals::{DEAL, Report},
    objects::Objects,
};

/// An event on its way. Its marker is in `sub1`, so that it can be found again.
#[derive(Clone)]
pub struct Item {
    pub marker: String,
    pub content: Content,
}

/// What is sent at once.
#[derive(Clone)]
pub enum Request {
    Click { slug: String, item: Item },
    View { item: Item },
    Conversion { item: Item, report: Option<Report> },
    Batch { items: Vec<Item> },
}

/// Makes requests; every event gets a marker of its own.
pub struct Maker {
    pub name: String,
    pub objects: Objects,
    /// When the load began.
    pub now_ms: i64,
    pub made: u64,
}

impl Maker {
    /// The next request.
    pub fn make(&mut self, random: &mut StdRng) -> Request {
        match random.random_range(0..10) {
            0..=3 => {
                let (slug, link) = pick(random, &self.objects.links);
                let item = self.item(Content::of_browser(link, random));
                Request::Click { slug, item }
            }
            4..=5 => {
                let pixel = pick(random, &self.objects.pixels);
                let item = self.item(Content::of_browser(pixel, random));
                Request::View { item }
            }
            6 if !self.objects.deals.is_empty() => {
                let goal = pick(random, &self.objects.deals);
                let transaction = format!("{DEAL}{}-{}", self.name, self.made);
                self.made += 1;
                let content = Content::of_browser(goal, random);
                Self::report(content, Report::first(transaction, random))
            }
            6..=7 => {
                let goal = pick(random, &self.objects.goals);
                let content = Content::of_browser(goal, random);
                let value_micros = Some(1_250_000);
                let item = self.item(Content {
                    value_micros,
                    ..content
                });
                let report = None;
                Request::Conversion { item, report }
            }
            _ => {
                let count = random.random_range(1..=20);
                let items = (0..count).map(|_| self.server_side(random)).collect();
                Request::Batch { items }
            }
        }
    }

    /// What is told of a transaction; its first report has this content.
    pub fn report(first: Content, report: Report) -> Request {
        let content = Content {
            value_micros: Some(report.told.value_micros()),
            ..first
        };
        let marker = report.marker();
        let item = Item { marker, content };
        let report = Some(report);
        Request::Conversion { item, report }
    }

    fn server_side(&mut self, random: &mut StdRng) -> Item {
        let object = match random.random_range(0..3) {
            0 => pick(random, &self.objects.links).1,
            1 => pick(random, &self.objects.pixels),
            _ => pick(random, &self.objects.goals),
        };
        self.item(Content::of_server(object, self.now_ms, random))
    }

    fn item(&mut self, content: Content) -> Item {
        self.made += 1;
        let marker = format!("{}-{}", self.name, self.made);
        Item { marker, content }
    }
}

impl Request {
    /// Its events.
    pub fn items(&self) -> &[Item] {
        match self {
            Self::Click { item, .. } | Self::View { item } | Self::Conversion { item, .. } => {
                std::slice::from_ref(item)
            }
            Self::Batch { items } => items,
        }
    }

    /// Whether its events have keys, so that it may be sent again.
    pub fn keyed(&self) -> bool {
        matches!(self, Self::Conversion { .. } | Self::Batch { .. })
    }

    /// Sends it.
    pub async fn send(
        &self,
        http: &reqwest::Client,
        collector: &str,
        key: &str,
    ) -> reqwest::Result<Response> {
        let url = |path: &str| format!("{collector}{path}");
        let of_browser = |request: reqwest::RequestBuilder, content: &Content| {
            let request = request.header(header::USER_AGENT, content.agent.header);
            match content.referrer {
                "" => request,
                referrer => request.header(header::REFERER, referrer),
            }
        };
        let request = match self {
            Self::Click { slug, item } => {
                let path = format!("/{slug}?sub1={}", item.marker);
                of_browser(http.get(url(&path)), &item.content)
            }
            Self::View { item } => {
                let path = format!("/p/{}.gif?sub1={}", item.content.object, item.marker);
                of_browser(http.get(url(&path)), &item.content)
            }
            Self::Conversion { item, report } => {
                let transaction = report.as_ref().map_or(&item.marker, |it| &it.transaction);
                let value = item.content.value_micros.unwrap_or(0) as f64 / 1e6;
                let value = value.to_string();
                let mut form = vec![
                    ("transaction_id", &**transaction),
                    ("sub1", &item.marker),
                    ("value", &value),
                ];
                let status = report.as_ref().and_then(|report| report.told.status());
                form.extend(status.map(|status| ("status", status)));
                let is_change = report.as_ref().is_some_and(Report::is_change);
                let path = format!("/c/{}", item.content.object);
                let request = http.post(url(&path)).form(&form);
                match is_change {
                    true => request.header(header::USER_AGENT, SHOP.header),
                    false => of_browser(request, &item.content),
                }
            }
            Self::Batch { items } => {
                let events: Vec<Value> = items.iter().map(Item::json).collect();
                http.post(url("/v1/events")).bearer_auth(key).json(&events)
            }
        };
        request.send().await
    }
}

impl Item {
    fn json(&self) -> Value {
        let content = &self.content;
        let field = match content.object.split_once('_').unwrap().0 {
            "lnk" => "link",
            "pxl" => "pixel",
            _ => "goal",
        };
        json!({
            field: content.object,
            "sub1": self.marker,
            "idempotency_key": self.marker,
            "user_agent": content.agent.header,
            "referrer": content.referrer,
            "country": content.country,
            "occurred_at": content.occurred_ms,
        })
    }
}

fn pick<T: Clone>(random: &mut StdRng, from: &[T]) -> T {
    from[random.random_range(0..from.len())].clone()
}
