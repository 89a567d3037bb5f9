//! What an installation costs in which nothing happens: however much has happened before.

use std::{collections::BTreeMap, path::Path, time::Duration};

use handover::raw::{self, LogInfo};
use model::{LogId, SegmentNo, Seq};
use serde_json::json;
use storage::{object_keys::ObjectKey, store};
use tokio::time::{Instant, sleep};

use crate::{
    many::Site,
    support::{eventually, http::Customer, place::Place, process::Server},
};

/// How long it is watched: as long as what no bell told of is not looked for, and the same again.
const WATCHED: Duration = Duration::from_secs(60);
/// Most requests to the object store in a second, of all roles together.
const MOST: f64 = 2.0;
/// The same for each log whose collector is away, with the tries of streams to get all of it.
const MOST_OF_DEAD_LOG: f64 = 0.4;
/// How long it may take to come to rest after a start.
const REST_LIMIT: Duration = Duration::from_secs(60);
/// How long what one process writes may take to be seen by another: much less than what is seldom looked for.
const PROMPT: Duration = Duration::from_secs(8);

/// Logs whose collectors are away, and that nobody has ended.
async fn dead(place: &Place, logs: u128) {
    for log in (1..=logs).map(|n| LogId(n << 64)) {
        raw::register_log(&place.store, &LogInfo::new(log))
            .await
            .unwrap();
    }
}

/// Logs that were drained long ago, each with segments.
async fn past(place: &Place, logs: u128, segments: u64) {
    for log in (1..=logs).map(LogId) {
        let info = LogInfo {
            log,
            created_ms: 0,
            predecessor: None,
            retired_at: Some(Seq::ZERO),
            closed: None,
            account: None,
        };
        raw::register_log(&place.store, &info).await.unwrap();
        for segment in (1..=segments).map(SegmentNo) {
            let path = ObjectKey::Raw { log, segment }.path();
            store::create(&place.store, &path, "old".into())
                .await
                .unwrap();
        }
    }
}

/// Requests to the object store until now, by the process's own count, by kind.
async fn requests(server: &Server) -> BTreeMap<String, f64> {
    let metrics = reqwest::get(format!("{}/metrics", server.operator))
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    let counts = metrics.lines().filter_map(|line| {
        let (kind, count) = line
            .strip_prefix("millrace_store_requests_total{kind=\"")?
            .split_once("\"} ")?;
        Some((kind.to_owned(), count.parse().unwrap()))
    });
    let counts: BTreeMap<String, f64> = counts.collect();
    assert!(!counts.is_empty(), "{metrics}");
    counts
}

async fn all_requests(server: &Server) -> f64 {
    requests(server).await.values().sum()
}

/// Waits until a start is over, and what it has to look for has been seen.
async fn rest(server: &Server) {
    let window = Duration::from_secs(2);
    eventually("rest", REST_LIMIT, async || {
        let before = all_requests(server).await;
        sleep(window).await;
        let asked = all_requests(server).await - before;
        match asked <= 2.0 * MOST * window.as_secs_f64() {
            true => Ok(()),
            false => Err(format!("{asked} requests in {window:?}")),
        }
    })
    .await;
}

/// Requests a second.
async fn watched(server: &Server, what: &str) -> f64 {
    let (before, cpu, start) = (requests(server).await, server.cpu(), Instant::now());
    sleep(WATCHED).await;
    let seconds = start.elapsed().as_secs_f64();
    let asked = requests(server).await.into_iter().map(|(kind, n)| {
        let n = n - before.get(&kind).copied().unwrap_or_default();
        (kind, n / seconds)
    });
    let asked: BTreeMap<String, f64> = asked.collect();
    let all = asked.values().sum();
    let cpu = (server.cpu() - cpu).as_secs_f64() / seconds * 100.0;
    println!("{what}: {all:.2} requests/s {asked:.2?}, {cpu:.1} % of a core");
    all
}

/// What is there.
#[derive(Debug, Default)]
struct Past {
    /// Logs that were drained long ago, and segments of each.
    old_logs: (u128, u64),
    /// Logs of collectors that are away.
    dead_logs: u128,
    /// Live streams of each of two accounts.
    dashboards: usize,
    /// Webhooks of each of two accounts.
    webhooks: usize,
}

async fn idle(folder: &Path, there: Past) -> f64 {
    let place = Place::folder(&folder.join("store"));
    past(&place, there.old_logs.0, there.old_logs.1).await;
    dead(&place, there.dead_logs).await;
    let mut server = Server::up(&folder.join("data"), &[]).at(&place);
    server.start().await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let customer = Customer::of(&server).await;
        for _ in 0..there.dashboards {
            let asked = reqwest::Client::new().get(format!("{}/v1/live", server.api));
            let response = asked.bearer_auth(&customer.key).send().await.unwrap();
            assert!(response.status().is_success());
            open.push(tokio::spawn(response.bytes()));
        }
        for _ in 0..there.webhooks {
            let body = json!({"name": "Shop", "url": "https://shop.example.com/"});
            customer.post("/v1/webhooks", &body).await;
        }
    }
    rest(&server).await;
    let requests = watched(&server, &format!("{there:?}")).await;
    open.iter().for_each(tokio::task::JoinHandle::abort);
    server.terminate().await;
    requests
}

#[tokio::test]
async fn nothing_costs_next_to_nothing_however_much_has_been() {
    let folder = tempfile::tempdir().unwrap();
    let past = |old_logs, dashboards| Past {
        old_logs,
        dashboards,
        ..Past::default()
    };
    let [a, b, c, d] = ["new", "old", "open", "told"].map(|name| folder.path().join(name));
    let told = Past {
        webhooks: 5,
        ..past((500, 0), 0)
    };
    let (new, old, open, told) = tokio::join!(
        idle(&a, past((0, 0), 0)),
        idle(&b, past((500, 4), 0)),
        idle(&c, past((500, 0), 15)),
        idle(&d, told),
    );
    for requests in [new, old, open, told] {
        assert!(requests < MOST, "{new} {old} {open} {told}");
    }
}

#[tokio::test]
async fn logs_whose_collectors_are_away_cost_little() {
    let folder = tempfile::tempdir().unwrap();
    let there = Past {
        dead_logs: 5,
        dashboards: 15,
        ..Past::default()
    };
    let dead = idle(folder.path(), there).await;
    assert!(dead < MOST + 5.0 * MOST_OF_DEAD_LOG, "{dead}");
}

/// One process of each kind, at rest: what is made at one is seen by the others at once, though they do not ask for it.
#[tokio::test]
async fn what_one_process_writes_wakes_the_others() {
    let site = Site::new(Place::folder);
    let collector = site.start("collector", "collector").await;
    let _speed = site.start("speed", "speed").await;
    let _batch = site.start("batch,jobs", "batch").await;
    let serve = site.start("serve", "serve").await;
    let customer = Customer::new(&serve.api, &collector.collector, &serve.admin_token()).await;
    for process in [&collector, &serve] {
        rest(process).await;
    }
    let start = Instant::now();
    let link = json!({"slug": "prompt", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    println!("a link after {:?}", start.elapsed());
    assert!(start.elapsed() < PROMPT);
    let click = format!("{}/prompt", customer.collector);
    customer.http.get(click).send().await.unwrap();
    let start = Instant::now();
    // The request wakes the jobs, they the collector, its seal and the manifest the API.
    customer.roll_up().await;
    println!("a rollup after {:?}", start.elapsed());
    assert!(start.elapsed() < PROMPT);
}
