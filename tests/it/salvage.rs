//! A collector's disk is lost: what the stream holds is brought to the store. It comes back: what
//! the store does not hold is moved to a new log. And a log is ended under a living collector.

use std::{collections::BTreeSet, fs, time::Duration};

use model::failpoint;
use serde_json::Value;
use storage::testing::redis_server::RedisServer;

use crate::support::{
    eventually,
    http::Customer,
    objects::Objects,
    place::Place,
    process::{self, Server},
    proxy::{Network, Proxy},
};

const CLICKS: usize = 300;
const UNSTREAMED: usize = 40;
const MORE: usize = 200;
const LIMIT: Duration = Duration::from_secs(60);

/// A customer who clicks on one link and remembers what was acknowledged.
struct Clicker {
    customer: Customer,
    slug: String,
    acknowledged: BTreeSet<String>,
}

impl Clicker {
    /// Clicks once at a collector; whether that was acknowledged.
    async fn click(&mut self, collector: &str) -> bool {
        let url = format!("{collector}/{}", self.slug);
        let response = self.customer.http.get(url).send().await.unwrap();
        assert_eq!(response.status(), 302, "the redirect stays up");
        let id = response.headers().get("millrace-event-id");
        let id = id.map(|id| id.to_str().unwrap().to_owned());
        id.is_some_and(|id| self.acknowledged.insert(id))
    }

    /// Waits until exactly what was acknowledged is counted.
    async fn all_are_counted(&self) {
        self.are_counted(self.acknowledged.len()).await;
    }

    async fn are_counted(&self, wanted: usize) {
        let everything = "metrics=clicks&exclude_bots=false&range=2d";
        let answer = self
            .customer
            .wait_for_stats(everything, |a| a["totals"]["clicks"] == wanted)
            .await;
        assert_eq!(answer["totals"]["clicks"], wanted);
    }
}

fn log_of(id: &str) -> &str {
    id.rsplit_once('-').unwrap().0
}

#[tokio::test]
async fn a_lost_disk_costs_nothing_that_was_streamed() {
    testing::needs_faults!();
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(&folder.path().join("store"));
    let redis = RedisServer::start();
    let url = redis.url();
    let network = Proxy::start(redis.address()).await;
    let behind = format!("redis://{}", network.address);
    let server = |roles: &str, name: &str, redis: &str, segments: &str| {
        let flags = ["--redis-url", redis, "--segment-interval", segments];
        Server::run(roles, &folder.path().join(name), &flags).at(&place)
    };
    let start = async |roles: &str, name: &str, segments: &str| {
        let mut server = server(roles, name, &url, segments);
        server.start().await;
        server
    };
    // Nothing of the first log is stored by itself.
    let mut lost = server("collector", "lost", &behind, "10m");
    lost.start().await;
    let _speed = start("speed", "speed", "1s").await;
    let serve = start("serve,jobs", "serve", "1s").await;
    let customer = Customer::new(&serve.api, &lost.collector, &serve.admin_token()).await;
    let collectors = [lost.collector.clone()];
    let objects = Objects::create(&customer, &collectors, 1).await;
    let mut clicker = Clicker {
        customer: customer.clone(),
        slug: objects.links[0].0.clone(),
        acknowledged: BTreeSet::new(),
    };
    for _ in 0..CLICKS {
        assert!(clicker.click(&lost.collector).await);
    }
    clicker.all_are_counted().await;
    let first = clicker.acknowledged.first().unwrap().clone();
    let log = log_of(&first).to_owned();
    // The last ones are on its disk alone.
    network.set(Network::Down);
    for _ in 0..UNSTREAMED {
        assert!(clicker.click(&lost.collector).await);
    }

    lost.kill();
    let disk = lost.folder.join("log");
    let away = lost.folder.join("away");
    fs::rename(&disk, &away).unwrap();
    let salvage = ["salvage", "--log", &log, "--redis-url", &url, "--json"];
    for name in failpoint::SALVAGE {
        let mut dies = process::millrace_at(&place, &salvage);
        dies.env("MILLRACE_DIE_AT", name);
        let status = dies.current_dir(folder.path()).output().unwrap().status;
        assert!(!status.success(), "it was to die at {name}");
    }
    let told = process::run_ok_at(&place, folder.path(), &salvage).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["last_seq"], CLICKS);
    assert_eq!(told["missing_from"], Value::Null);
    clicker.are_counted(CLICKS).await;
    let again = process::run_ok_at(&place, folder.path(), &salvage).await;
    assert!(
        again.contains("\"rescued\":0"),
        "it changes nothing twice: {again}"
    );

    // A machine with a new disk takes its place; then the old disk comes back.
    let mut second = start("collector", "second", "300ms").await;
    assert!(clicker.click(&second.collector).await);
    fs::rename(&away, &disk).unwrap();
    let mut back = server("collector", "lost", &url, "300ms");
    for name in failpoint::SWITCH {
        back.start_to_die(&[("MILLRACE_DIE_AT", name)], async || {})
            .await;
    }
    back.start().await;
    for _ in 0..10 {
        assert!(clicker.click(&back.collector).await);
    }
    let logs: BTreeSet<&str> = clicker.acknowledged.iter().map(|id| log_of(id)).collect();
    assert_eq!(logs.len(), 3, "it goes on in a new log");
    clicker.all_are_counted().await;

    ended_while_it_lives(&mut clicker, &place, &url, &second.collector).await;
    second.terminate().await;
    customer.roll_up().await;
    clicker.all_are_counted().await;
    let audit = process::run_ok_at(&place, folder.path(), &["audit", "--full"]).await;
    println!("{audit}");
}

/// Somebody salvages a log whose collector is alive: it finds out, and goes on in a new one.
async fn ended_while_it_lives(clicker: &mut Clicker, place: &Place, redis: &str, collector: &str) {
    assert!(clicker.click(collector).await);
    let ids: Vec<String> = clicker.acknowledged.iter().cloned().collect();
    let url = format!("{collector}/{}", clicker.slug);
    let response = clicker.customer.http.get(url).send().await.unwrap();
    let id = response.headers()["millrace-event-id"].to_str().unwrap();
    clicker.acknowledged.insert(id.to_owned());
    let log = log_of(id).to_owned();
    assert!(ids.iter().any(|id| log_of(id) == log));
    let salvage = ["salvage", "--log", &log, "--redis-url", redis];
    process::run_ok_at(place, std::path::Path::new("/"), &salvage).await;
    for _ in 0..MORE {
        clicker.click(collector).await;
    }
    eventually("the collector to go on in a new log", LIMIT, async || {
        let before = clicker.acknowledged.clone();
        clicker.click(collector).await;
        let new = clicker.acknowledged.difference(&before).next();
        match new.map(|id| log_of(id) != log) {
            Some(true) => Ok(()),
            _ => Err("it has not"),
        }
    })
    .await;
    clicker.all_are_counted().await;
}
