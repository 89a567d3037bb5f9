//! A stand-in for the collector: it answers as API.md says, and fails as it is told.

use std::{
    collections::{BTreeMap, HashSet},
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use serde_json::{Value, json};
use tokio::sync::Notify;

/// What a request meets.
pub enum Meets {
    /// An answer.
    Answer,
    /// Another status, with a header line and a body.
    Status(u16, &'static str, &'static str),
    /// The connection ends before anything is recorded.
    Reset,
    /// The events are recorded, but the answer is lost.
    LostAnswer,
    /// The events are recorded when asked again, their keys are held by another request now.
    Pending,
    /// The events are recorded, and there is no answer as long as the sender lives.
    RecordedInSilence,
    /// Nothing, as long as the sender lives.
    Silence,
}

type Script = dyn Fn(u64) -> Meets + Send + Sync;

pub struct Collector {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    script: Box<Script>,
    requests: AtomicU64,
    ended: AtomicBool,
    /// Told when events were recorded in silence.
    heard: Notify,
    /// Events by their keys.
    events: Mutex<BTreeMap<String, Value>>,
    authorizations: Mutex<HashSet<String>>,
}

impl Collector {
    /// One that answers.
    pub fn new() -> Self {
        Self::scripted(|_| Meets::Answer)
    }

    /// One whose requests, numbered from 1, meet what `script` says.
    pub fn scripted(script: impl Fn(u64) -> Meets + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            script: Box::new(script),
            requests: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            heard: Notify::new(),
            events: Mutex::default(),
            authorizations: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.ended.load(Ordering::Relaxed) {
                    return;
                }
                let serving = Arc::clone(&serving);
                thread::spawn(move || serving.serve(stream.unwrap()));
            }
        });
        Self { url, shared }
    }

    /// Waits until events were recorded in silence.
    pub async fn heard(&self) {
        self.shared.heard.notified().await;
    }

    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// What is counted, by key.
    pub fn events(&self) -> BTreeMap<String, Value> {
        self.shared.events.lock().unwrap().clone()
    }

    pub fn authorizations(&self) -> HashSet<String> {
        self.shared.authorizations.lock().unwrap().clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) {
        let Some(body) = self.request(&stream) else {
            return;
        };
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        match (self.script)(number) {
            Meets::Answer => answer(&mut stream, 200, "", &self.record(&body).to_string()),
            Meets::Status(status, header, text) => answer(&mut stream, status, header, text),
            Meets::Reset => {}
            Meets::LostAnswer => drop(self.record(&body)),
            Meets::Pending => answer(&mut stream, 200, "", &pending(&body).to_string()),
            Meets::RecordedInSilence => {
                self.record(&body);
                self.heard.notify_one();
                drop(stream.read(&mut [0; 1]));
            }
            Meets::Silence => drop(stream.read(&mut [0; 1])),
        }
    }

    fn request(&self, stream: &TcpStream) -> Option<String> {
        let mut reader = BufReader::new(stream);
        let (mut length, mut line) = (0, String::new());
        reader.read_line(&mut line).ok()?;
        if line.is_empty() {
            return None;
        }
        assert!(line.starts_with("POST /v1/events "), "{line}");
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim().split_once(": ") else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "authorization" => {
                    self.authorizations.lock().unwrap().insert(value.to_owned());
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut text = String::new();
        let mut unpacker = flate2::read::GzDecoder::new(body.as_slice());
        unpacker.read_to_string(&mut text).unwrap();
        Some(text)
    }

    fn record(&self, body: &str) -> Value {
        let mut known = self.events.lock().unwrap();
        let (mut accepted, mut duplicates, mut rejected) = (0, 0, Vec::new());
        for (index, line) in body.lines().enumerate() {
            let event: Value = serde_json::from_str(line).unwrap();
            if event["link"] == "unknown" {
                let detail = "this account has no link `unknown`";
                rejected.push(json!({"index": index, "code": "unknown_object", "detail": detail}));
                continue;
            }
            let key = event["idempotency_key"].as_str();
            let key = key.or(event["transaction_id"].as_str());
            match known.insert(
                key.expect("every event has a key").to_owned(),
                event.clone(),
            ) {
                None => accepted += 1,
                Some(before) => {
                    assert_eq!(before, event, "a key is that of one line");
                    duplicates += 1;
                }
            }
        }
        json!({"accepted": accepted, "duplicates": duplicates, "rejected": rejected})
    }
}

fn pending(body: &str) -> Value {
    let detail = "this key is being recorded just now";
    let rejected = |index| json!({"index": index, "code": "in_progress", "detail": detail});
    let rejected: Vec<Value> = (0..body.lines().count()).map(rejected).collect();
    json!({"accepted": 0, "duplicates": 0, "rejected": rejected})
}

fn answer(stream: &mut TcpStream, status: u16, header: &str, body: &str) {
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{header}\r\n{body}"
    );
}
