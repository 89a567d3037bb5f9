//! Sends messages over HTTP: to checked addresses alone, without redirects, within bounds.

use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use reqwest::{
    Client, Method,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use tokio::time::Instant;
use webhooks::{address::Policy, delivery::Answer};

/// How long a receiver may take, from its name's resolution to the end of its answer.
const LIMIT: Duration = Duration::from_secs(15);
/// So much of an answer's body is read, bytes.
const MOST_READ: usize = 64 << 10;
/// So much of it is shown to whoever tests a webhook, characters.
const SHOWN: usize = 2_000;
/// How long a connection is kept for the next message.
const IDLE: Duration = Duration::from_secs(20);
/// Who sends.
const AGENT: &str = concat!("Millrace/", env!("CARGO_PKG_VERSION"), " (webhooks)");

/// What is sent.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Where to.
    pub url: String,
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, unix seconds.
    pub seconds: i64,
    /// `webhook-signature`.
    pub signature: String,
    /// With POST; `None`: with GET.
    pub body: Option<Bytes>,
}

/// Who sends.
#[async_trait]
pub trait Sender: Send + Sync {
    /// Sends, and says what came back.
    async fn send(&self, outgoing: Outgoing) -> Answer;
}

/// Resolves a name.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// [`Sender`] over HTTP.
pub struct HttpSender {
    client: Client,
    policy: Policy,
}

impl HttpSender {
    /// Sends where `policy` allows.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up.
    pub fn new(policy: Policy) -> Result<Self, reqwest::Error> {
        let lookup = |name: String| -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        };
        Self::with_lookup(policy, Arc::new(lookup))
    }

    /// The same, with names resolved by `lookup`.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up.
    pub fn with_lookup(policy: Policy, lookup: Lookup) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .dns_resolver(Arc::new(Checked { policy, lookup }))
            .redirect(redirect::Policy::none())
            // A proxy would resolve names itself.
            .no_proxy()
            .user_agent(AGENT)
            .timeout(LIMIT)
            .pool_max_idle_per_host(2)
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(Self { client, policy })
    }

    async fn ask(&self, outgoing: Outgoing) -> Result<(u16, String), String> {
        let url = self.policy.check(&outgoing.url);
        let url = url.map_err(|error| format!("the address {error}"))?;
        let method = match outgoing.body {
            Some(_) => Method::POST,
            None => Method::GET,
        };
        let mut request = self
            .client
            .request(method, url)
            .header("webhook-id", outgoing.id)
            .header("webhook-timestamp", outgoing.seconds)
            .header("webhook-signature", outgoing.signature);
        if let Some(body) = outgoing.body {
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        let mut response = request.send().await.map_err(why)?;
        let status = response.status().as_u16();
        let mut read = Vec::new();
        // Its status is what counts: a body that breaks off changes nothing.
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = MOST_READ.saturating_sub(read.len());
            read.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if read.len() >= MOST_READ {
                break;
            }
        }
        let body = String::from_utf8_lossy(&read);
        Ok((status, body.chars().take(SHOWN).collect()))
    }
}

#[async_trait]
impl Sender for HttpSender {
    async fn send(&self, outgoing: Outgoing) -> Answer {
        let begun = Instant::now();
        let asked = self.ask(outgoing).await;
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        match asked {
            Ok((status, body)) => Answer {
                status: Some(status),
                took_ms,
                error: None,
                body,
            },
            Err(error) => Answer {
                status: None,
                took_ms,
                error: Some(error),
                body: String::new(),
            },
        }
    }
}

/// Why there was no answer, without the address: that may hold secrets.
fn why(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("there was no answer within {} s", LIMIT.as_secs());
    }
    let error = error.without_url();
    let mut last: &dyn Error = &error;
    while let Some(source) = last.source() {
        last = source;
    }
    match error.is_connect() {
        true => format!("there is no connection: {last}"),
        false => format!("it broke off: {last}"),
    }
}

/// Resolves names to addresses that messages may go to: connections are made to these and no others.
struct Checked {
    policy: Policy,
    lookup: Lookup,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, found) = (self.policy, (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = found.await?;
            // One that is not public says enough of the name.
            for address in &found {
                policy.check_ip(*address).map_err(
                    |_| "the name leads to an address that is not of the public internet",
                )?;
            }
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            let addresses: Addrs = Box::new(addresses.collect::<Vec<_>>().into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use axum::{
        Router,
        http::{HeaderMap, StatusCode, header::LOCATION},
        routing::post,
    };

    use super::*;

    fn outgoing(url: &str) -> Outgoing {
        Outgoing {
            url: url.to_owned(),
            id: "msg_1".into(),
            seconds: 7,
            signature: "v1,x".into(),
            body: Some("{}".into()),
        }
    }

    fn to(addresses: &'static [&'static str]) -> Lookup {
        Arc::new(move |_| {
            let parsed = addresses.iter().map(|text| text.parse().unwrap()).collect();
            Box::pin(async move { Ok(parsed) })
        })
    }

    #[tokio::test]
    async fn names_that_lead_inside_are_refused_after_they_are_resolved() {
        let tables: [&'static [&'static str]; 9] = [
            &["127.0.0.1"],
            &["10.1.2.3"],
            &["169.254.169.254"],
            &["100.64.0.1"],
            &["::1"],
            &["fd00::1"],
            &["::ffff:192.168.0.1"],
            &["64:ff9b::7f00:1"],
            &["8.8.8.8", "127.0.0.1"],
        ];
        for addresses in tables {
            let sender = HttpSender::with_lookup(Policy::Public, to(addresses)).unwrap();
            let answer = sender
                .send(outgoing("https://rebind.example.com:8443/"))
                .await;
            let error = answer.error.unwrap();
            assert!(
                error.contains("not of the public internet"),
                "{addresses:?}: {error}"
            );
            assert_eq!(answer.status, None);
        }
        let sender = HttpSender::with_lookup(Policy::Public, to(&["127.0.0.1"])).unwrap();
        for url in [
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "http://shop.example.com/",
        ] {
            let answer = sender.send(outgoing(url)).await;
            assert!(answer.error.unwrap().starts_with("the address "), "{url}");
        }
    }

    async fn receiver() -> (SocketAddr, Arc<Mutex<Vec<(HeaderMap, String)>>>) {
        let seen: Arc<Mutex<Vec<(HeaderMap, String)>>> = Arc::default();
        let kept = Arc::clone(&seen);
        let take = move |headers: HeaderMap, body: String| async move {
            kept.lock().unwrap().push((headers, body));
            "taken"
        };
        let away = || async { (StatusCode::FOUND, [(LOCATION, "/hook")]) };
        let large = || async { "x".repeat(10 << 20) };
        let routes = Router::new()
            .route("/hook", post(take))
            .route("/away", post(away))
            .route("/large", post(large));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (address, seen)
    }

    #[tokio::test]
    async fn a_message_arrives_once_and_redirects_are_not_followed() {
        let (address, seen) = receiver().await;
        let sender = HttpSender::with_lookup(Policy::Anywhere, to(&["127.0.0.1"])).unwrap();
        let at = |path: &str| outgoing(&format!("http://shop.example:{}{path}", address.port()));
        let answer = sender.send(at("/hook")).await;
        assert_eq!((answer.status, &*answer.body), (Some(200), "taken"));
        let (headers, body) = seen.lock().unwrap().pop().unwrap();
        assert_eq!(body, "{}");
        assert_eq!(headers["webhook-id"], "msg_1");
        assert_eq!(headers["webhook-timestamp"], "7");
        assert_eq!(headers["webhook-signature"], "v1,x");
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(sender.send(at("/away")).await.status, Some(302));
        assert!(seen.lock().unwrap().is_empty());
        let answer = sender.send(at("/large")).await;
        assert_eq!((answer.status, answer.body.len()), (Some(200), SHOWN));
        let closed = outgoing("http://127.0.0.1:1/secret-of-a-network");
        let error = sender.send(closed).await.error.unwrap();
        assert!(!error.contains("secret-of-a-network"), "{error}");
    }
}
