//! Scheduler and executors as processes over S3: they come to the numbers that one process comes to,
//! also when one of them is killed.

#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/numbers.rs"]
mod numbers;
#[path = "support/raw.rs"]
mod raw;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use batch_layer::{Limits, Local, Mode, RollupDeps};
use enrich::Rules;
use handover::manifests::Manifests;
use model::{SystemClock, random::SystemRandom};
use storage::{bell::Bell, env::Env, store};
use tokio::sync::Mutex;

use crate::{cluster::Cluster, numbers::Numbers};

/// The machine is measured: one at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

/// What one process makes of it, and how long that takes.
async fn local() -> (Numbers, Duration) {
    let env = Env {
        store: store::open("memory://").expect("a store"),
        bell: Bell::default(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    };
    raw::fill(&env.store).await;
    let deps = RollupDeps {
        manifests: Manifests::new(Arc::clone(&env.store)),
        env,
        rules: Arc::new(Rules::new().expect("rules")),
        door_rules: None,
        accounts: None,
        engine: Arc::new(Local),
        limits: Limits::default(),
    };
    let start = Instant::now();
    let run = batch_layer::run(&deps, Mode::Incremental).await;
    assert!(run.expect("a run").published);
    let took = start.elapsed();
    (Numbers::read(&deps.env.store).await, took)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_and_two_executors_publish_what_one_process_does() {
    let _alone = ALONE.lock().await;
    let (expected, alone) = local().await;
    assert_eq!(expected.events, raw::EVENTS);
    assert!(expected.merged, "runs are merged, too");
    assert_eq!(expected.duplicates.len() as u64, raw::DUPLICATES);
    let rate = |took: Duration| raw::EVENTS as f64 / took.as_secs_f64();
    println!("one process, memory: {:.0} events/s", rate(alone));
    for executors in [1, 2] {
        let cluster = Cluster::start(executors).await;
        raw::fill(&cluster.store).await;
        let start = Instant::now();
        cluster.rollup().finish();
        let peaks: Vec<u64> = cluster.executors.iter().map(|e| e.peak()).collect();
        let rate = rate(start.elapsed());
        println!("{executors} executors, S3: {rate:.0} events/s; MB at most: {peaks:?}");
        Numbers::read(&cluster.store).await.assert_are(&expected);
        let report = cluster.rollup().finish();
        assert!(
            report.contains("\"published\":false"),
            "all is taken: {report}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_executor_costs_a_retry_and_no_number() {
    let _alone = ALONE.lock().await;
    let (expected, _) = local().await;
    let mut cluster = Cluster::start(2).await;
    raw::fill(&cluster.store).await;
    let mut rollup = cluster.rollup();
    // With one task done, whose result is lost with it, and another under way.
    let lost = cluster.executors[0].wait_for("a task is done");
    cluster.executors[0].wait_for("a task begins");
    cluster.executors[0].kill();
    assert!(rollup.is_running(), "it was killed in the middle");
    let start = Instant::now();
    rollup.finish();
    println!(
        "after the kill: {:.0?} until all was published; lost: {lost}",
        start.elapsed()
    );
    Numbers::read(&cluster.store).await.assert_are(&expected);
    let orphans = Numbers::orphans(&cluster.store).await;
    println!("files that nobody names: {}", orphans.len());
    for orphan in &orphans {
        assert!(
            !orphan.starts_with("raw/") && !orphan.starts_with("ledger/"),
            "{orphan}"
        );
    }
}
