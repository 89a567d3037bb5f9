//! Somebody who is told: takes messages, or does not.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// Longer than anybody waits.
const HANGS: Duration = Duration::from_secs(600);

/// What it does with messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mood {
    Takes,
    Fails,
    Hangs,
    Redirects,
    Gone,
}

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Message {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Message {
    /// The header `webhook-id`.
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// As a program of another language can check it.
    pub fn to_check(&self) -> Value {
        json!({"headers": self.headers, "body": self.body})
    }
}

/// Listens until dropped.
pub struct Receiver {
    pub address: SocketAddr,
    inner: Arc<Inner>,
    work: JoinHandle<()>,
}

#[derive(Default)]
struct Inner {
    mood: AtomicU8,
    /// Requests, whatever became of them.
    asked: AtomicU64,
    taken: Mutex<Vec<Message>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner::default());
        let routes = Router::new().fallback(take).with_state(Arc::clone(&inner));
        let work = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            address,
            inner,
            work,
        }
    }

    /// Its address, with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn set(&self, mood: Mood) {
        self.inner.mood.store(mood as u8, Ordering::SeqCst);
    }

    /// How many requests have come.
    pub fn asked(&self) -> u64 {
        self.inner.asked.load(Ordering::SeqCst)
    }

    /// What it has taken.
    pub fn taken(&self) -> Vec<Message> {
        self.inner.taken.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.work.abort();
    }
}

async fn take(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    inner.asked.fetch_add(1, Ordering::SeqCst);
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    let mood = inner.mood.load(Ordering::SeqCst);
    if mood == Mood::Fails as u8 {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    } else if mood == Mood::Hangs as u8 {
        tokio::time::sleep(HANGS).await;
    } else if mood == Mood::Redirects as u8 {
        return (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, "/elsewhere")]).into_response();
    } else if mood == Mood::Gone as u8 {
        return StatusCode::GONE.into_response();
    }
    let headers = parts.headers.iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    inner.taken.lock().unwrap().push(Message {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: headers.collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    (StatusCode::OK, "taken").into_response()
}
