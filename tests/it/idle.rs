//! What an installation costs in which nothing happens: however much has happened before.

use std::{path::Path, time::Duration};

use handover::raw::{self, LogInfo};
use model::{LogId, SegmentNo, Seq};
use storage::{object_keys::ObjectKey, store};
use tokio::time::{Instant, sleep};

use crate::support::{http::Customer, place::Place, process::Server};

/// How long it is watched.
const WATCHED: Duration = Duration::from_secs(10);
/// Most requests to the object store in a second of all roles together: there are some 10, and what grew with history or
/// with dashboards would make hundreds. The goal is 2.
const MOST: f64 = 20.0;

/// Logs that were drained long ago, each with segments.
async fn past(place: &Place, logs: u128, segments: u64) {
    for log in (1..=logs).map(LogId) {
        let info = LogInfo {
            log,
            created_ms: 0,
            predecessor: None,
            retired_at: Some(Seq::ZERO),
            closed: None,
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

/// Requests to the object store until now, by the process's own count.
async fn requests(server: &Server) -> f64 {
    let metrics = reqwest::get(format!("{}/metrics", server.operator))
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    let lines = metrics
        .lines()
        .filter(|l| l.starts_with("millrace_store_requests_total{"));
    let counts: Vec<f64> = lines
        .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
        .collect();
    assert!(!counts.is_empty(), "{metrics}");
    counts.iter().sum()
}

/// Requests a second, and the share of a core.
async fn watched(server: &Server) -> (f64, f64) {
    let (before, cpu, start) = (requests(server).await, server.cpu(), Instant::now());
    sleep(WATCHED).await;
    let seconds = start.elapsed().as_secs_f64();
    let requests = (requests(server).await - before) / seconds;
    (requests, (server.cpu() - cpu).as_secs_f64() / seconds)
}

async fn idle(folder: &Path, logs: u128, segments: u64, dashboards: usize) -> f64 {
    let place = Place::folder(&folder.join("store"));
    past(&place, logs, segments).await;
    let mut server = Server::up(&folder.join("data"), &[]).at(&place);
    server.start().await;
    let customer = Customer::new(&server.api, &server.collector, &server.admin_token()).await;
    let mut open = Vec::new();
    for _ in 0..dashboards {
        let asked = reqwest::Client::new().get(format!("{}/v1/live", server.api));
        let response = asked.bearer_auth(&customer.key).send().await.unwrap();
        assert!(response.status().is_success());
        open.push(tokio::spawn(response.bytes()));
    }
    // Whatever a start has to look for has been seen before the first answer.
    customer.get("/v1/stats?range=today").await;
    let (requests, cpu) = watched(&server).await;
    println!(
        "{logs} old logs, {segments} segments each, {dashboards} dashboards: \
         {requests:.1} requests/s, {:.1} % of a core",
        cpu * 100.0
    );
    open.iter().for_each(tokio::task::JoinHandle::abort);
    server.terminate().await;
    requests
}

#[tokio::test]
async fn nothing_costs_no_more_after_a_long_time() {
    let folder = tempfile::tempdir().unwrap();
    let new = idle(&folder.path().join("new"), 0, 0, 0).await;
    let old = idle(&folder.path().join("old"), 500, 4, 0).await;
    assert!(new < MOST && old < MOST, "{new} and {old} requests/s");
}

#[tokio::test]
async fn dashboards_of_an_account_cost_as_much_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let many = idle(folder.path(), 20, 0, 20).await;
    assert!(many < MOST, "{many} requests/s");
}
