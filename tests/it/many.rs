//! Many processes over one store and one Redis, as on many machines.

use std::time::{Duration, Instant};

use storage::testing::redis_server::RedisServer;
use tempfile::TempDir;

use crate::support::{
    eventually,
    http::Customer,
    load::{Load, Objects},
    process::Server,
    truth,
    watch::Watch,
};

const CLIENTS: u64 = 8;
const OBJECTS: usize = 5;
const SEED: u64 = 7;
/// Events that must be acknowledged between one incident and the next.
const STEP: u64 = 1_500;
const STEP_LIMIT: Duration = Duration::from_secs(60);

/// A store and a Redis that processes meet in.
struct Site {
    redis: RedisServer,
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        Self {
            redis: RedisServer::start(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Starts a process with a data folder of its own.
    async fn start(&self, roles: &str, name: &str) -> Server {
        let store = format!("file://{}", self.folder.path().join("store").display());
        let mut flags = vec!["--store-url", &store, "--segment-interval", "300ms"];
        let redis = self.redis.url();
        flags.extend(["--redis-url", &redis, "--epoch-max-age", "2s"]);
        let mut server = Server::run(roles, &self.folder.path().join(name), &flags);
        server.start().await;
        server
    }
}

async fn wait_for_more(load: &Load) {
    let goal = load.acknowledged() + STEP;
    eventually("the clients to be answered", STEP_LIMIT, async || {
        let now = load.acknowledged();
        if now >= goal {
            Ok(())
        } else {
            Err(format!("{now} of {goal} events are acknowledged"))
        }
    })
    .await;
}

#[tokio::test]
async fn two_collectors_count_as_one_whatever_ends_meanwhile() {
    let site = Site::new();
    let mut first = site.start("collector", "collector-1").await;
    let mut second = site.start("collector", "collector-2").await;
    let mut speed = site.start("speed", "speed").await;
    let mut mill = site.start("batch,jobs", "mill").await;
    let mut serve = site.start("serve", "serve").await;
    let customer = Customer::new(&serve.api, &second.collector, &serve.admin_token()).await;
    let collectors = [first.collector.clone(), second.collector.clone()];
    let objects = Objects::create(&customer, &collectors, OBJECTS).await;
    let start = Instant::now();
    let load = Load::start(&customer, &collectors, &objects, CLIENTS, SEED);

    let watch = Watch::start(&customer);
    wait_for_more(&load).await;
    customer.grind().await;
    wait_for_more(&load).await;
    // A new version of the speed layer starts before the old one ends.
    let _newer = site.start("speed", "speed-2").await;
    wait_for_more(&load).await;
    speed.kill();
    // A collector is scaled away.
    first.terminate().await;
    wait_for_more(&load).await;
    // The others die, and come back.
    for process in [&mut second, &mut mill, &mut serve] {
        process.kill();
        process.start().await;
        wait_for_more(&load).await;
    }

    watch.end().await;
    println!("{:.0} s of incidents", start.elapsed().as_secs_f64());
    let mut diary = load.end().await;
    println!(
        "{:.0} s until all keys were taken",
        start.elapsed().as_secs_f64()
    );
    println!("{} events sent", diary.sent.len());
    let slug = &objects.links[0].0;
    truth::wait_for_everything(&customer, &[&second.collector], slug, &mut diary).await;
    let live = truth::counted(&customer).await;
    customer.grind().await;
    assert_eq!(
        truth::counted(&customer).await,
        live,
        "settled and live numbers differ"
    );
    let events = truth::check_events(&site.folder.path().join("store"), &diary).await;
    assert_eq!(events, live, "events and numbers differ");
}
