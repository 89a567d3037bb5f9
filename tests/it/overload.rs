//! More than can be taken, and clients that take their time: memory stays bounded, redirects are
//! answered, and what is acknowledged is counted.

use std::{fs, io::Write, path::Path, time::Duration};

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use storage::testing::redis_server::RedisServer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use crate::support::{http::Customer, place::Place, process::Server};

const FLAGS: [&str; 4] = ["--segment-interval", "200ms", "--epoch-max-age", "2s"];
const MAX_LOG: u64 = 24 << 20;
/// Senders of events at once: five times as many as the collector handles at once.
const SENDERS: usize = 80;
const REQUESTS_OF_A_SENDER: usize = 4;
/// Browsers at once, and clicks of each.
const BROWSERS: usize = 150;
const CLICKS_OF_A_BROWSER: usize = 30;
/// Events of one request, and the size of a text of theirs, of which the collector keeps 2 KiB.
const EVENTS: usize = 400;
const TEXT: usize = 20_000;
/// What the collector may take for it: 160 MiB of bodies, twice while they grow, 16 requests
/// handled at once with up to 25 MiB each, 64 MiB that wait for the disk, and twice the log for
/// its newest part in memory.
const BOUND: u64 = (2 * 160 + 16 * 25 + 64 + 2 * 24) << 20;
/// How long anything may take to be answered under overload. Debug builds are slow.
const LIMIT: Duration = Duration::from_secs(60);

/// What clients were told.
#[derive(Default)]
struct Told {
    acknowledged: u64,
    /// Requests told to come back.
    turned_away: u64,
    /// Redirects without an id: the disk took too long, and may have taken the event afterwards.
    unnamed: u64,
}

#[tokio::test]
async fn memory_is_bounded_when_everything_is_down_and_too_much_comes() {
    let folder = tempfile::tempdir().unwrap();
    let mut redis = RedisServer::start();
    let url = redis.url();
    let store = folder.path().join("store");
    let place = Place::folder(&store);
    let flags = [&FLAGS[..], &["--redis-url", &url]].concat();
    let max_log = MAX_LOG.to_string();
    let small_log = [&flags[..], &["--max-log-bytes", &max_log]].concat();
    let mut collector =
        Server::run("collector", &folder.path().join("collector"), &small_log).at(&place);
    let mut rest = Server::run(
        "speed,batch,jobs,serve",
        &folder.path().join("rest"),
        &flags,
    )
    .at(&place);
    rest.start().await;
    collector.start().await;
    let customer = Customer::new(&rest.api, &collector.collector, &rest.admin_token()).await;
    let goal = json!({"name": "goal", "currency": "EUR"});
    let goal = customer.create("goals", &goal).await;
    // Whoever knows the link knows the goal and the key, which are older.
    let link = json!({"slug": "link", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    let idle = collector.status_kib("VmRSS");

    redis.kill();
    let away = folder.path().join("store.away");
    take_away(&store, &away);
    let told = overload(&customer, &goal).await;
    let peak = collector.status_kib("VmHWM");
    println!(
        "idle {} MiB, peak {} MiB; {} events acknowledged, {} requests turned away, {} redirects without an id",
        idle >> 10,
        peak >> 10,
        told.acknowledged,
        told.turned_away,
        told.unnamed
    );
    assert!(
        told.turned_away + told.unnamed > 0,
        "it must have been too much"
    );
    assert!((peak - idle) << 10 < BOUND, "{idle} KiB, then {peak} KiB");

    fs::remove_file(&store).unwrap();
    fs::rename(&away, &store).unwrap();
    redis.run();
    customer
        .wait_for_stats(
            "metrics=clicks,conversions&exclude_bots=false&range=2d",
            |answer| told.is_counted(answer),
        )
        .await;
}

impl Told {
    /// Whether an answer counts every event of the log once: all that were acknowledged, and of the
    /// others none but redirects that were answered before the disk was done.
    fn is_counted(&self, answer: &Value) -> bool {
        let part = |name: &str| answer["totals"][name].as_u64().unwrap();
        let counted = part("clicks") + part("conversions");
        let upto = answer["meta"]["counted_upto"].as_object().unwrap();
        let in_the_log: u64 = upto.values().map(|seq| seq.as_u64().unwrap()).sum();
        let possible = self.acknowledged..=self.acknowledged + self.unnamed;
        counted == in_the_log && possible.contains(&counted)
    }
}

/// Puts a file where the store was: nothing can be read or written there.
fn take_away(store: &Path, away: &Path) {
    fs::rename(store, away).unwrap();
    fs::write(store, "").unwrap();
}

async fn overload(customer: &Customer, goal: &str) -> Told {
    let event = json!({"link": "link", "user_agent": "x".repeat(TEXT)});
    let plain = serde_json::to_vec(&vec![event; EVENTS]).unwrap();
    let packed = gzip(&plain);
    // All senders share them.
    let [plain, packed]: [&'static [u8]; 2] = [plain.leak(), packed.leak()];
    let mut clients = JoinSet::new();
    for sender in 0..SENDERS {
        let url = format!("{}/v1/events", customer.collector);
        let request = customer.http.post(url).bearer_auth(&customer.key);
        let request = match sender % 2 {
            0 => request.body(plain),
            _ => request.header("content-encoding", "gzip").body(packed),
        };
        clients.spawn(send_events(request));
    }
    for browser in 0..BROWSERS {
        let click = customer.http.get(format!("{}/link", customer.collector));
        let postback = format!("{}/c/{goal}?transaction_id={browser}", customer.collector);
        clients.spawn(browse(click, customer.http.get(postback)));
    }
    let mut told = Told::default();
    while let Some(client) = clients.join_next().await {
        let client = client.unwrap();
        told.acknowledged += client.acknowledged;
        told.turned_away += client.turned_away;
        told.unnamed += client.unnamed;
    }
    told
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

async fn answered(request: &RequestBuilder) -> Response {
    let request = request.try_clone().unwrap();
    let answer = timeout(LIMIT, request.send()).await;
    answer.expect("an answer, whatever it is").unwrap()
}

async fn send_events(request: RequestBuilder) -> Told {
    let mut told = Told::default();
    for _ in 0..REQUESTS_OF_A_SENDER {
        let response = answered(&request).await;
        if is_turned_away(&response) {
            told.turned_away += 1;
        } else {
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer["accepted"], EVENTS, "{answer}");
            told.acknowledged += EVENTS as u64;
        }
    }
    told
}

async fn browse(click: RequestBuilder, postback: RequestBuilder) -> Told {
    let mut told = Told::default();
    for _ in 0..CLICKS_OF_A_BROWSER {
        let response = answered(&click).await;
        assert_eq!(response.status(), 302, "a redirect always answers");
        match response.headers().contains_key("millrace-event-id") {
            true => told.acknowledged += 1,
            false => told.unnamed += 1,
        }
    }
    match is_turned_away(&answered(&postback).await) {
        true => told.turned_away += 1,
        false => told.acknowledged += 1,
    }
    told
}

/// What was not taken is to be sent again, and says when.
fn is_turned_away(response: &Response) -> bool {
    match response.status().as_u16() {
        200 => false,
        503 => {
            assert!(response.headers().contains_key("retry-after"));
            true
        }
        other => panic!("answered {other}"),
    }
}

/// Slow connections of each kind; together more than the server may hold.
const HALF_BODIES: usize = 60;
const HALF_HEADERS: usize = 340;
const DEAF: usize = 3;
/// Half of these are for connections.
const OPEN_FILES: u32 = 600;
/// How long a normal client may wait among them, and how long they may stay.
const PROMPT: Duration = Duration::from_secs(20);
const STAY: Duration = Duration::from_secs(150);

#[tokio::test]
async fn slow_clients_starve_nobody_and_are_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &FLAGS).with_open_files(OPEN_FILES);
    server.start().await;
    let customer = Customer::of(&server).await;
    let goal = json!({"name": "goal", "currency": "EUR"});
    let goal = customer.create("goals", &goal).await;
    // Whoever knows the link knows the goal and the key, which are older.
    let link = json!({"slug": "link", "destination": "https://example.com/"});
    customer.create("links", &link).await;

    let mut slow = JoinSet::new();
    for deaf in 0..DEAF {
        let socket = connect(&customer, "").await;
        slow.spawn(async move { format!("deaf {deaf}: {:?}", ask_on_and_on(socket).await) });
    }
    for (count, text) in [
        (HALF_BODIES / 2, half_postback(&goal)),
        (HALF_BODIES / 2, half_events(&customer.key)),
        (HALF_HEADERS, "GET /link HTTP/1.1\r\nhos".to_owned()),
    ] {
        for _ in 0..count {
            let mut socket = connect(&customer, &text).await;
            slow.spawn(async move {
                let mut answer = Vec::new();
                // A reset is as good an end as any.
                let end = socket.read_to_end(&mut answer).await;
                format!("{end:?}")
            });
        }
    }
    let mut clicks = 0;
    let all_left = timeout(STAY, async { while slow.join_next().await.is_some() {} });
    tokio::pin!(all_left);
    let left = loop {
        clicks += normal_requests(&customer).await;
        tokio::select! {
            biased;
            left = &mut all_left => break left,
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
    };
    left.expect("the server must leave all slow clients");
    assert!(clicks > 10);
    customer
        .wait_for_stats("metrics=clicks&exclude_bots=false&range=2d", |answer| {
            answer["totals"]["clicks"] == clicks
        })
        .await;
}

/// A click and an event, each acknowledged in time on a new connection.
async fn normal_requests(customer: &Customer) -> u64 {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PROMPT);
    let http = http.build().unwrap();
    let click = http.get(format!("{}/link", customer.collector));
    let click = click.send().await.unwrap();
    assert_eq!(click.status(), 302);
    assert!(click.headers().contains_key("millrace-event-id"));
    let events = http.post(format!("{}/v1/events", customer.collector));
    let events = events.bearer_auth(&customer.key).body(r#"{"link":"link"}"#);
    let answer: Value = events.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["accepted"], 1, "{answer}");
    2
}

async fn connect(customer: &Customer, text: &str) -> TcpStream {
    let address = customer.collector.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    socket
}

/// Asks, reads no answer, and gives what ends that.
async fn ask_on_and_on(mut socket: TcpStream) -> std::io::Result<()> {
    let ask = "GET /robots.txt HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    loop {
        socket.write_all(ask.as_bytes()).await?;
    }
}

fn half_postback(goal: &str) -> String {
    format!(
        "POST /c/{goal} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\ntransaction_id=1"
    )
}

fn half_events(key: &str) -> String {
    format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         content-encoding: gzip\r\ncontent-length: 100000\r\n\r\n\u{1f}"
    )
}
