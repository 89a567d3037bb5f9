//! Clients that record events as fast as they are answered, and keep a diary.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use model::Clock;
use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::Response;
use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    content::Content,
    deals::Report,
    diary::Diary,
    eventually,
    http::Customer,
    objects::Objects,
    request::{Item, Maker, Request},
};

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long events with a key may be sent again and again in the end: a key that a dead process
/// had reserved is free after a minute.
const RETRY_LIMIT: Duration = Duration::from_secs(120);
/// How long so many events may take that a test waits for.
const PROGRESS_LIMIT: Duration = Duration::from_secs(60);
/// Share of the requests with keys that are sent again although they were answered.
const REPEATED: f64 = 0.1;
/// Share of the requests that are such.
const REPEATS: f64 = 0.05;
/// Share of the requests that tell more of a transaction, if there is more to tell.
const CHANGES: f64 = 0.2;
/// Pause of a client that was not answered.
const PAUSE: Duration = Duration::from_millis(50);

/// Clients at work.
pub struct Load {
    clients: JoinSet<Diary>,
    signals: Arc<Signals>,
}

#[derive(Default)]
struct Signals {
    stop: AtomicBool,
    acknowledged: AtomicU64,
    changes: Arc<AtomicU64>,
    collectors: Mutex<Vec<String>>,
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
        let http = http.timeout(PATIENCE).build().unwrap();
        let (mut clients, signals) = (JoinSet::new(), Arc::new(Signals::default()));
        *signals.collectors.lock().unwrap() = collectors.to_vec();
        let now_ms = model::SystemClock.now_ms();
        for number in 0..count {
            let client = Client {
                maker: Maker {
                    name: format!("c{number}"),
                    objects: objects.clone(),
                    now_ms,
                    made: 0,
                },
                http: http.clone(),
                key: customer.key.clone(),
                turn: number as usize,
                random: StdRng::seed_from_u64(seed.wrapping_add(number)),
                signals: Arc::clone(&signals),
                diary: Diary::default(),
                waiting: VecDeque::new(),
                repeats: VecDeque::new(),
                changes: VecDeque::new(),
                refusal: String::new(),
            };
            clients.spawn(client.run());
        }
        Self { clients, signals }
    }

    /// From now on only these collectors are asked.
    pub fn ask(&self, collectors: &[String]) {
        *self.signals.collectors.lock().unwrap() = collectors.to_vec();
    }

    /// Events acknowledged until now.
    pub fn acknowledged(&self) -> u64 {
        self.signals.acknowledged.load(Ordering::Relaxed)
    }

    /// How many events were sent that change what another one counts, at most.
    pub fn changes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.signals.changes)
    }

    /// Waits until `count` more events are acknowledged.
    pub async fn wait_for_more(&self, count: u64) {
        let goal = self.acknowledged() + count;
        eventually("the clients to be answered", PROGRESS_LIMIT, async || {
            let now = self.acknowledged();
            if now >= goal {
                Ok(())
            } else {
                Err(format!("{now} of {goal} events are acknowledged"))
            }
        })
        .await;
    }

    /// Ends the clients, each when it has nothing left to send again; gives all they know.
    pub async fn end(self) -> Diary {
        self.signals.stop.store(true, Ordering::Relaxed);
        let mut all = Diary::default();
        for diary in self.clients.join_all().await {
            all.add(diary);
        }
        all
    }
}

struct Client {
    maker: Maker,
    http: reqwest::Client,
    key: String,
    /// Says which collector is asked.
    turn: usize,
    random: StdRng,
    signals: Arc<Signals>,
    diary: Diary,
    /// What has a key and is not acknowledged.
    waiting: VecDeque<Request>,
    /// What was answered, and is sent once more some time.
    repeats: VecDeque<Request>,
    /// What is to be told next of transactions.
    changes: VecDeque<Request>,
    /// The last answer that refused something for now.
    refusal: String,
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
                    "{left} requests are refused for good; the last answer was {}",
                    self.refusal
                );
            }
            let again = stopping || self.random.random_bool(0.8);
            let request = match self.waiting.pop_front_if(|_| again) {
                None if stopping => return self.diary,
                Some(request) => request,
                None => self.next(),
            };
            self.note_sending(&request);
            let collector = self.collector();
            let answer = request.send(&self.http, &collector, &self.key).await;
            let Ok(response) = answer else {
                // Whether it was recorded is not known. Without a key it must not be sent again.
                if request.keyed() {
                    self.waiting.push_front(request);
                }
                self.turn += 1;
                sleep(PAUSE).await;
                continue;
            };
            let is_change = matches!(
                request,
                Request::Conversion {
                    report: Some(_),
                    ..
                }
            );
            let repeated = request.keyed() && self.random.random_bool(REPEATED) && !is_change;
            let repeat = repeated.then(|| request.clone());
            match self.read(request, response).await {
                Some(again) => {
                    self.waiting.push_back(again);
                    sleep(PAUSE).await;
                }
                None => self.repeats.extend(repeat),
            }
        }
    }

    fn next(&mut self) -> Request {
        let change = self.random.random_bool(CHANGES);
        if let Some(change) = self.changes.pop_front_if(|_| change) {
            return change;
        }
        let again = self.random.random_bool(REPEATS);
        let repeat = self.repeats.pop_front_if(|_| again);
        repeat.unwrap_or_else(|| self.maker.make(&mut self.random))
    }

    fn collector(&self) -> String {
        let collectors = self.signals.collectors.lock().unwrap();
        collectors[self.turn % collectors.len()].clone()
    }

    fn note_sending(&mut self, request: &Request) {
        if matches!(
            request,
            Request::Conversion {
                report: Some(_),
                ..
            }
        ) {
            self.signals.changes.fetch_add(1, Ordering::SeqCst);
        }
        for item in request.items() {
            self.diary
                .note_sending(&item.marker, &item.content, request.keyed());
        }
    }

    /// Takes an answer in; gives what must be sent again.
    async fn read(&mut self, request: Request, response: Response) -> Option<Request> {
        let status = response.status().as_u16();
        match (request, status) {
            (Request::Click { item, .. }, 302) | (Request::View { item }, 200) => {
                // Without an id it was not recorded, which is only right when nothing can be.
                let id = response.headers().get("millrace-event-id");
                if let Some(id) = id {
                    self.acknowledge(&item, id.to_str().ok());
                }
                None
            }
            (again @ (Request::Conversion { .. } | Request::Batch { .. }), 409 | 503) => {
                let markers: Vec<&String> = again.items().iter().map(|it| &it.marker).collect();
                let answer = response.text().await.unwrap_or_default();
                self.refusal = format!("{status} for {markers:?}: {answer}");
                Some(again)
            }
            (Request::Conversion { item, report }, 200) => match response.json::<Value>().await {
                Ok(told) => {
                    self.acknowledge(&item, told["event_id"].as_str());
                    if let Some(report) = report {
                        self.tell_more(item.content, &report);
                    }
                    None
                }
                Err(_) => Some(Request::Conversion { item, report }),
            },
            (Request::Batch { items }, 200) => match response.json::<Value>().await {
                Ok(told) => self.read_batch(items, &told),
                Err(_) => Some(Request::Batch { items }),
            },
            (_, status) => panic!(
                "a client was answered {status}: {:?}",
                response.text().await
            ),
        }
    }

    /// Writes down what was told of a transaction, and what is to be told next.
    fn tell_more(&mut self, content: Content, report: &Report) {
        self.diary.deals.acknowledged(&content.object, report);
        let next = report.next(&mut self.random);
        self.changes
            .extend(next.map(|next| Maker::report(content, next)));
    }

    fn read_batch(&mut self, items: Vec<Item>, told: &Value) -> Option<Request> {
        let rejected = told["rejected"].as_array().unwrap();
        assert!(
            rejected.iter().all(|r| r["code"] == "in_progress"),
            "{told}"
        );
        let indexes: Vec<u64> = rejected
            .iter()
            .filter_map(|r| r["index"].as_u64())
            .collect();
        let all_new = told["accepted"] == items.len();
        let first = told["first_event_id"].as_str().filter(|_| all_new);
        let first = first
            .and_then(|id| id.rsplit_once('-'))
            .map(|(log, seq)| (log, seq.parse::<u64>().unwrap()));
        let mut again = Vec::new();
        for (i, item) in (0..).zip(items) {
            if indexes.contains(&i) {
                again.push(item);
                continue;
            }
            let id = first.map(|(log, seq)| format!("{log}-{}", seq + i));
            self.acknowledge(&item, id.as_deref());
        }
        (!again.is_empty()).then_some(Request::Batch { items: again })
    }

    fn acknowledge(&mut self, item: &Item, id: Option<&str>) {
        self.signals.acknowledged.fetch_add(1, Ordering::Relaxed);
        self.diary.acknowledge(&item.marker, id);
    }
}
