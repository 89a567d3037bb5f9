//! Many processes over one store and one Redis, as on many machines.

use std::{path::Path, time::Instant};

use storage::testing::redis_server::RedisServer;
use tempfile::TempDir;

use crate::support::{
    http::Customer, load::Load, objects::Objects, place::Place, process::Server, truth,
    watch::Watch,
};

const CLIENTS: u64 = 8;
const OBJECTS: usize = 5;
const SEED: u64 = 7;
/// Events that must be acknowledged between one incident and the next.
const STEP: u64 = 1_500;

/// A store and a Redis that processes meet in.
pub struct Site {
    pub redis: RedisServer,
    place: Place,
    folder: TempDir,
}

impl Site {
    pub fn new(place: impl FnOnce(&Path) -> Place) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            redis: RedisServer::start(),
            place: place(&folder.path().join("store")),
            folder,
        }
    }

    /// Starts a process with a data folder of its own.
    pub async fn start(&self, roles: &str, name: &str) -> Server {
        self.start_with(roles, name, &[]).await
    }

    /// The same, with these flags besides.
    pub async fn start_with(&self, roles: &str, name: &str, more: &[&str]) -> Server {
        let redis = self.redis.url();
        let mut flags = vec!["--redis-url", &redis, "--segment-interval", "300ms"];
        flags.extend(["--epoch-max-age", "2s"]);
        flags.extend(more);
        let folder = self.folder.path().join(name);
        let mut server = Server::run(roles, &folder, &flags).at(&self.place);
        server.start().await;
        server
    }
}

#[tokio::test]
async fn two_collectors_count_as_one_whatever_ends_meanwhile() {
    processes_come_and_go(&Site::new(Place::folder)).await;
}

#[tokio::test]
async fn so_they_do_over_s3() {
    processes_come_and_go(&Site::new(|_| Place::s3())).await;
}

async fn processes_come_and_go(site: &Site) {
    let mut first = site.start("collector", "collector-1").await;
    let mut second = site.start("collector", "collector-2").await;
    let mut speed = site.start("speed", "speed").await;
    let mut batch = site.start("batch,jobs", "batch").await;
    let mut serve = site.start("serve", "serve").await;
    let customer = Customer::new(&serve.api, &second.collector, &serve.admin_token()).await;
    let collectors = [first.collector.clone(), second.collector.clone()];
    let objects = Objects::create(&customer, &collectors, OBJECTS).await;
    let start = Instant::now();
    let load = Load::start(&customer, &collectors, &objects, CLIENTS, SEED);

    let watch = Watch::start(&customer);
    load.wait_for_more(STEP).await;
    customer.roll_up().await;
    load.wait_for_more(STEP).await;
    // A new version of the speed layer starts before the old one ends.
    let _newer = site.start("speed", "speed-2").await;
    load.wait_for_more(STEP).await;
    speed.kill();
    // A collector is scaled away.
    first.terminate().await;
    load.wait_for_more(STEP).await;
    // The others die, and come back.
    for process in [&mut second, &mut batch, &mut serve] {
        process.kill();
        process.start().await;
        load.wait_for_more(STEP).await;
    }

    watch.end().await;
    println!("{:.0} s of incidents", start.elapsed().as_secs_f64());
    let mut diary = load.end().await;
    println!(
        "{:.0} s until all keys were taken",
        start.elapsed().as_secs_f64()
    );
    println!("{} events sent", diary.sent.len());
    truth::wait_for_everything(&customer, &[&second.collector], &objects, &mut diary).await;
    let live = truth::Live::of(&customer, &site.place.store).await;
    customer.roll_up().await;
    live.check_settled(&customer, &site.place.store, &diary)
        .await;
}
