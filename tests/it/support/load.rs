//! Clients that record events as fast as they are answered, and keep a diary: what they sent,
//! and what was acknowledged. Every event carries a marker of its own in `sub1`, so that each can
//! be found again.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::http::Customer;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long events with a key may be sent again and again in the end: a key that a dead process
/// had reserved is free after a minute.
const RETRY_LIMIT: Duration = Duration::from_secs(120);
/// Pause of a client that was not answered.
const PAUSE: Duration = Duration::from_millis(50);
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// What there is to click on, view and reach.
#[derive(Clone, Default)]
pub struct Objects {
    /// Slugs and ids.
    pub links: Vec<(String, String)>,
    pub pixels: Vec<String>,
    pub goals: Vec<String>,
}

impl Objects {
    /// Makes `count` of each kind, and waits until all `collectors` know them.
    pub async fn create(customer: &Customer, collectors: &[String], count: usize) -> Self {
        let mut all = Self::default();
        for i in 0..count {
            let body = json!({"name": format!("pixel {i}")});
            all.pixels.push(customer.create("pixels", &body).await);
            let body = json!({"name": format!("goal {i}"), "currency": "EUR"});
            all.goals.push(customer.create("goals", &body).await);
            let slug = format!("link-{i}");
            let body = json!({"slug": slug, "destination": "https://example.com/"});
            let id = customer.create("links", &body).await;
            all.links.push((slug, id));
        }
        // Whoever knows the newest object knows them all.
        for collector in collectors {
            let at = Customer {
                collector: collector.clone(),
                ..customer.clone()
            };
            at.wait_for_link(&all.links[count - 1].0).await;
        }
        all
    }
}

/// An event as its client sees it.
#[derive(Debug, Clone)]
pub struct Sent {
    pub object: String,
    /// Whether it was said to be recorded.
    pub acknowledged: bool,
    /// Whether it has a key, so that it was sent again until it was acknowledged.
    pub keyed: bool,
    /// How often the store of keys had been emptied when it was sent first, and last.
    pub flushes: (u64, u64),
}

/// What clients know in the end.
#[derive(Default)]
pub struct Diary {
    /// By marker.
    pub sent: BTreeMap<String, Sent>,
    /// Markers by event id, as far as ids were told.
    pub ids: BTreeMap<String, String>,
}

/// Clients at work.
pub struct Load {
    clients: JoinSet<Diary>,
    signals: Arc<Signals>,
}

#[derive(Default)]
struct Signals {
    stop: AtomicBool,
    acknowledged: AtomicU64,
    flushes: AtomicU64,
}

impl Load {
    /// Starts `count` clients. Each stays with one of the `collectors` until that does not answer.
    pub fn start(
        customer: &Customer,
        collectors: &[String],
        objects: &Objects,
        count: u64,
        seed: u64,
    ) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = http.timeout(PATIENCE).user_agent(BROWSER).build().unwrap();
        let (mut clients, signals) = (JoinSet::new(), Arc::new(Signals::default()));
        for number in 0..count {
            let mut collectors = collectors.to_vec();
            let middle = number as usize % collectors.len();
            collectors.rotate_left(middle);
            let client = Client {
                name: format!("c{number}"),
                http: http.clone(),
                key: customer.key.clone(),
                collectors: collectors.into(),
                objects: objects.clone(),
                random: StdRng::seed_from_u64(seed.wrapping_add(number)),
                signals: Arc::clone(&signals),
                diary: Diary::default(),
                waiting: VecDeque::new(),
                made: 0,
            };
            clients.spawn(client.run());
        }
        Self { clients, signals }
    }

    /// Events acknowledged until now.
    pub fn acknowledged(&self) -> u64 {
        self.signals.acknowledged.load(Ordering::Relaxed)
    }

    /// To be called when the store of keys has been emptied.
    pub fn flushed(&self) {
        self.signals.flushes.fetch_add(1, Ordering::SeqCst);
    }

    /// Ends the clients, each when it has nothing left to send again; gives all they know.
    pub async fn end(self) -> Diary {
        self.signals.stop.store(true, Ordering::Relaxed);
        let mut all = Diary::default();
        for diary in self.clients.join_all().await {
            all.sent.extend(diary.sent);
            for (id, marker) in diary.ids {
                let before = all.ids.insert(id.clone(), marker.clone());
                assert_eq!(before, None, "{id} was given to {marker} and another event");
            }
        }
        all
    }
}

/// A request, and the markers of its events.
enum Request {
    Click { slug: String, marker: String },
    View { pixel: String, marker: String },
    Conversion { goal: String, marker: String },
    Batch { events: Vec<Value> },
}

struct Client {
    name: String,
    http: reqwest::Client,
    key: String,
    /// The first one is asked.
    collectors: VecDeque<String>,
    objects: Objects,
    random: StdRng,
    signals: Arc<Signals>,
    diary: Diary,
    /// What has a key and is not acknowledged.
    waiting: VecDeque<Request>,
    made: u64,
}

impl Client {
    async fn run(mut self) -> Diary {
        let mut until = None;
        loop {
            let stopping = self.signals.stop.load(Ordering::Relaxed);
            if stopping {
                let until = *until.get_or_insert_with(|| Instant::now() + RETRY_LIMIT);
                let left = self.waiting.len();
                assert!(
                    left == 0 || Instant::now() < until,
                    "{left} requests are refused for good"
                );
            }
            let request = match self.waiting.pop_front() {
                None if stopping => return self.diary,
                Some(request) if stopping || self.random.random_bool(0.8) => request,
                Some(request) => {
                    self.waiting.push_front(request);
                    self.make()
                }
                None => self.make(),
            };
            self.note_sending(&request);
            let Ok(response) = self.ask(&request).await else {
                // Whether it was recorded is not known. Without a key it must not be sent again.
                if !matches!(request, Request::Click { .. } | Request::View { .. }) {
                    self.waiting.push_front(request);
                }
                self.collectors.rotate_left(1);
                sleep(PAUSE).await;
                continue;
            };
            if let Some(again) = self.read(request, response).await {
                self.waiting.push_back(again);
                sleep(PAUSE).await;
            }
        }
    }

    fn make(&mut self) -> Request {
        let choice = self.random.random_range(0..10);
        match choice {
            0..=3 => Request::Click {
                marker: self.marker(),
                slug: pick(&mut self.random, &self.objects.links).0,
            },
            4..=5 => Request::View {
                marker: self.marker(),
                pixel: pick(&mut self.random, &self.objects.pixels),
            },
            6..=7 => Request::Conversion {
                marker: self.marker(),
                goal: pick(&mut self.random, &self.objects.goals),
            },
            _ => {
                let count = self.random.random_range(1..=20);
                Request::Batch {
                    events: (0..count).map(|_| self.event()).collect(),
                }
            }
        }
    }

    fn marker(&mut self) -> String {
        self.made += 1;
        format!("{}-{}", self.name, self.made)
    }

    fn event(&mut self) -> Value {
        let marker = self.marker();
        let (field, object) = match self.random.random_range(0..3) {
            0 => ("link", pick(&mut self.random, &self.objects.links).1),
            1 => ("pixel", pick(&mut self.random, &self.objects.pixels)),
            _ => ("goal", pick(&mut self.random, &self.objects.goals)),
        };
        json!({field: object, "sub1": marker, "idempotency_key": marker, "user_agent": BROWSER})
    }

    /// Writes down what is about to be sent: from here on it may be counted.
    fn note_sending(&mut self, request: &Request) {
        let now = self.signals.flushes.load(Ordering::SeqCst);
        let events: Vec<(String, String)> = match request {
            Request::Click { slug, marker } => {
                let link = self.objects.links.iter().find(|(s, _)| s == slug);
                vec![(marker.clone(), link.unwrap().1.clone())]
            }
            Request::View { pixel, marker } => vec![(marker.clone(), pixel.clone())],
            Request::Conversion { goal, marker } => vec![(marker.clone(), goal.clone())],
            Request::Batch { events } => events
                .iter()
                .map(|e| (text(e, "sub1"), object(e)))
                .collect(),
        };
        let keyed = !matches!(request, Request::Click { .. } | Request::View { .. });
        for (marker, object) in events {
            let sent = self.diary.sent.entry(marker).or_insert(Sent {
                object,
                acknowledged: false,
                keyed,
                flushes: (now, now),
            });
            sent.flushes.1 = now;
        }
    }

    async fn ask(&self, request: &Request) -> reqwest::Result<Response> {
        let url = |path: &str| format!("{}{path}", self.collectors[0]);
        let request = match request {
            Request::Click { slug, marker } => {
                self.http.get(url(&format!("/{slug}?sub1={marker}")))
            }
            Request::View { pixel, marker } => {
                self.http.get(url(&format!("/p/{pixel}.gif?sub1={marker}")))
            }
            Request::Conversion { goal, marker } => {
                let form = [
                    ("transaction_id", marker),
                    ("sub1", marker),
                    ("value", &"1.25".to_owned()),
                ];
                self.http.post(url(&format!("/c/{goal}"))).form(&form)
            }
            Request::Batch { events } => self
                .http
                .post(url("/v1/events"))
                .bearer_auth(&self.key)
                .json(events),
        };
        request.send().await
    }

    /// Takes an answer in; gives what must be sent again.
    async fn read(&mut self, request: Request, response: Response) -> Option<Request> {
        let status = response.status().as_u16();
        match (request, status) {
            (Request::Click { marker, .. }, 302) | (Request::View { marker, .. }, 200) => {
                // Without an id it was not recorded, which is only right when nothing can be.
                let id = response.headers().get("millrace-event-id");
                if let Some(id) = id {
                    self.acknowledge(&marker, id.to_str().ok());
                }
                None
            }
            (again @ (Request::Conversion { .. } | Request::Batch { .. }), 409 | 503) => {
                Some(again)
            }
            (Request::Conversion { goal, marker }, 200) => match response.json::<Value>().await {
                Ok(told) => {
                    self.acknowledge(&marker, told["event_id"].as_str());
                    None
                }
                Err(_) => Some(Request::Conversion { goal, marker }),
            },
            (Request::Batch { events }, 200) => match response.json::<Value>().await {
                Ok(told) => self.read_batch(events, &told),
                Err(_) => Some(Request::Batch { events }),
            },
            (_, status) => panic!(
                "a client was answered {status}: {:?}",
                response.text().await
            ),
        }
    }

    fn read_batch(&mut self, events: Vec<Value>, told: &Value) -> Option<Request> {
        let rejected = told["rejected"].as_array().unwrap();
        assert!(
            rejected.iter().all(|r| r["code"] == "in_progress"),
            "{told}"
        );
        let indexes: Vec<u64> = rejected
            .iter()
            .filter_map(|r| r["index"].as_u64())
            .collect();
        let all_new = told["accepted"] == events.len();
        let first = told["first_event_id"].as_str().filter(|_| all_new);
        let first = first
            .and_then(|id| id.rsplit_once('-'))
            .map(|(log, seq)| (log, seq.parse::<u64>().unwrap()));
        let mut again = Vec::new();
        for (i, event) in (0..).zip(events) {
            if indexes.contains(&i) {
                again.push(event);
                continue;
            }
            let id = first.map(|(log, seq)| format!("{log}-{}", seq + i));
            self.acknowledge(&text(&event, "sub1"), id.as_deref());
        }
        (!again.is_empty()).then_some(Request::Batch { events: again })
    }

    fn acknowledge(&mut self, marker: &str, id: Option<&str>) {
        self.signals.acknowledged.fetch_add(1, Ordering::Relaxed);
        self.diary.sent.get_mut(marker).unwrap().acknowledged = true;
        if let Some(id) = id {
            let before = self.diary.ids.insert(id.to_owned(), marker.to_owned());
            assert!(
                before.is_none_or(|before| before == marker),
                "{id} was given twice"
            );
        }
    }
}

fn pick<T: Clone>(random: &mut StdRng, from: &[T]) -> T {
    from[random.random_range(0..from.len())].clone()
}

fn text(event: &Value, field: &str) -> String {
    event[field].as_str().unwrap().to_owned()
}

fn object(event: &Value) -> String {
    let object = ["link", "pixel", "goal"]
        .iter()
        .find_map(|field| event[field].as_str());
    object.unwrap().to_owned()
}
