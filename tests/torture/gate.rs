//! Whether the oracle can fail: bugs are planted in real processes, and each must be found and named.
//! Without a bug the same must pass.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures::{FutureExt, future::join_all};
use model::Bug;

use crate::{
    CLIENTS, OBJECTS, TURNS, compare,
    site::{Mode, Site},
    support::{
        eventually, http::Customer, load::Load, objects::Objects, proxy::Network, watch::Watch,
    },
};

/// What is planted, where, and what may be said when it is found.
const BUGS: [(Bug, Mode, &[&str]); 5] = [
    (Bug::CheckpointBeforeCells, Mode::Redis, &[BEHIND, FELL]),
    (Bug::GapPassedOver, Mode::Redis, &[BEHIND, FELL]),
    (Bug::NoTargetCheck, Mode::Redis, &[BEHIND, FELL]),
    (Bug::ForgottenKeysTrusted, Mode::Redis, &["is recorded as"]),
    // The segment is lost, or a seal leaves it out.
    (
        Bug::ForgetUnstored,
        Mode::S3,
        &["is missing", "the API says"],
    ),
];
/// Fewer events than an answer says, or than one before it counted.
const BEHIND: &str = "events are counted: ";
const FELL: &str = "a count fell from ";
/// How often Redis forgets everything: at most, for a bug to show, and where there is none.
const FLUSHES: [usize; 2] = [12, 3];
/// How late each piece of what is said to a slow store arrives: later than segments end.
const SLOW: Duration = Duration::from_millis(150);
/// Events between one trouble and the next.
const STEP: u64 = 150;
const LIMIT: Duration = Duration::from_secs(60);
const SEED: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_planted_bug_is_found() {
    testing::needs_faults!();
    let trials = BUGS.map(|(bug, mode, words)| async move {
        let tried = AssertUnwindSafe(trial(mode, Some(bug)))
            .catch_unwind()
            .await;
        let failure = tried.expect_err(&format!("{bug:?} was not found"));
        let said = failure.downcast_ref::<String>().map_or("", String::as_str);
        println!("{bug:?} was found: {said}");
        let named = words.iter().any(|words| said.contains(words));
        assert!(named, "{bug:?} failed otherwise: {said}");
    });
    join_all(trials).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_a_bug_nothing_is_found() {
    join_all([Mode::Redis, Mode::S3].map(|mode| trial(mode, None))).await;
}

/// What brings the bugs to light: Redis is flushed under load, or the store is slow.
async fn trial(mode: Mode, bug: Option<Bug>) {
    let _turn = TURNS.acquire().await.unwrap();
    let start = Instant::now();
    let site = Site::start(mode, bug).await;
    let customer = Customer::new(site.api(), &site.collectors()[0], &site.admin_token()).await;
    let objects = Objects::create(&customer, &site.collectors(), OBJECTS).await;
    let load = Load::start(&customer, &site.collectors(), &objects, CLIENTS, SEED);
    let watch = Watch::start(&customer);
    load.wait_for_more(STEP).await;
    match &site.store_network {
        Some(network) => {
            network.set(Network::Slow(SLOW));
            load.wait_for_more(3 * STEP).await;
            network.set(Network::Works);
        }
        None => {
            let flushes = FLUSHES[usize::from(bug.is_none())];
            flush_again_and_again(&site, &customer, &load, &watch, flushes).await;
        }
    }
    let diary = load.end().await;
    watch.end().await;
    compare(&site, &customer, &objects, diary).await;
    println!("{mode:?}, {bug:?}: {:.0} s", start.elapsed().as_secs_f64());
}

/// Redis forgets everything, and somebody watches who is not told of it.
async fn flush_again_and_again(
    site: &Site,
    customer: &Customer,
    load: &Load,
    watch: &Watch,
    flushes: usize,
) {
    let redis = &site.redis.as_ref().unwrap().server;
    for flush in 1..=flushes {
        assert!(redis.command(&["FLUSHALL"]).contains("OK"));
        let start = Instant::now();
        eventually("live cells to be folded again", LIMIT, async || {
            let meta = customer.get("/v1/stats").await["meta"].take();
            let done = meta["complete"] == true || watch.has_failed();
            done.then_some(()).ok_or(meta.to_string())
        })
        .await;
        let (events, seconds) = (load.acknowledged(), start.elapsed().as_secs_f64());
        println!("flush {flush}: {events} events, folded again in {seconds:.1} s");
        if watch.has_failed() {
            return;
        }
        load.wait_for_more(STEP).await;
    }
}
