//! `kill -9` at any moment, again and again: what was acknowledged is there, once.

use std::{
    path::Path,
    process::{Child, Stdio},
    sync::Arc,
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use storage::testing::{redis_server::RedisServer, store_contract};
use tokio::time::sleep;

use crate::support::{
    http::Customer,
    load::Load,
    objects::Objects,
    place::Place,
    process::{self, Server},
    truth,
    watch::Watch,
};

const KILLS: usize = 20;
const CLIENTS: u64 = 8;
const OBJECTS: usize = 5;
/// Unless `MILLRACE_SEED` is set.
const SEED: u64 = 20_130_102;
/// Short, so that segments and epochs end between kills too.
const FLAGS: [&str; 4] = ["--segment-interval", "200ms", "--epoch-max-age", "1s"];

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_counted_twice() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(&folder.path().join("store"));
    let mut server = Server::up(folder.path(), &FLAGS).at(&place);
    torture(&mut server, &place, None).await;
}

#[tokio::test]
async fn nor_when_redis_is_lost_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(&folder.path().join("store"));
    let redis = RedisServer::start();
    let url = redis.url();
    let flags = [&FLAGS[..], &["--redis-url", &url]].concat();
    let mut server = Server::up(folder.path(), &flags).at(&place);
    torture(&mut server, &place, Some(redis)).await;
}

#[tokio::test]
async fn nor_on_s3() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::s3();
    let mut server = Server::up(folder.path(), &FLAGS).at(&place);
    torture(&mut server, &place, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_on_the_s3_of_other_people() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::moto().await;
    store_contract::run(Arc::clone(&place.store)).await;
    let mut server = Server::up(folder.path(), &FLAGS).at(&place);
    torture(&mut server, &place, None).await;
}

/// Kills the process (and Redis) while clients are at work, then compares everything.
async fn torture(server: &mut Server, place: &Place, mut redis: Option<RedisServer>) {
    let seed = std::env::var("MILLRACE_SEED").map_or(SEED, |text| text.parse().unwrap());
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    server.start().await;
    let customer = Customer::of(server).await;
    let collectors = [server.collector.clone()];
    let objects = Objects::create(&customer, &collectors, OBJECTS).await;
    let load = Load::start(&customer, &collectors, &objects, CLIENTS, seed);
    let watch = Watch::start(&customer);
    let mut batch = Batch::default();
    for kill in 0..KILLS {
        let before = load.acknowledged();
        batch.start_if_ended(place, &server.folder);
        // Not a wait for something: how long a life is, is what varies.
        sleep(Duration::from_millis(random.random_range(50..2500))).await;
        if random.random_bool(0.2) {
            batch.kill();
        }
        watch.incident();
        if random.random_bool(0.5) {
            server.kill();
        }
        if let Some(redis) = &mut redis {
            disturb(redis, random.random_range(0..3));
        }
        server.kill();
        let taken = load.acknowledged() - before;
        println!("kill {kill}: {taken} acknowledged in this life");
        server.start().await;
        watch.incident();
    }
    batch.kill();
    let mut diary = load.end().await;
    watch.end().await;
    println!(
        "{} events sent, {} acknowledged",
        diary.sent.len(),
        diary.acknowledged()
    );
    truth::wait_for_everything(&customer, &[&server.collector], &objects, &mut diary).await;
    let live = truth::Live::of(&customer, &place.store).await;
    let roll_up = [
        "batch",
        "run",
        "--close-epochs",
        "--json",
        "--data-dir",
        ".",
    ];
    let told = process::run_ok_at(place, &server.folder, &roll_up).await;
    println!("batch: {told}");
    customer
        .wait_for_stats("metrics=clicks&exclude_bots=false", |answer| {
            answer["meta"]["live"]["clicks"] == 0
        })
        .await;
    live.check_settled(&customer, &place.store, &diary).await;
}

/// Does to Redis what may happen to it.
fn disturb(redis: &mut RedisServer, what: u32) {
    if what == 0 {
        return;
    }
    match what {
        1 => assert!(redis.command(&["FLUSHALL"]).contains("OK")),
        _ => {
            redis.kill();
            redis.run();
        }
    }
}

/// Batch runs beside the server, one after the other.
#[derive(Default)]
struct Batch(Option<Child>);

impl Batch {
    fn start_if_ended(&mut self, place: &Place, folder: &Path) {
        let runs = |child: &mut Child| child.try_wait().unwrap().is_none();
        if self.0.as_mut().is_some_and(runs) {
            return;
        }
        let mut command = process::millrace_at(place, &["batch", "run", "--data-dir", "."]);
        command.current_dir(folder);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.0 = Some(child.unwrap());
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.kill();
    }
}
