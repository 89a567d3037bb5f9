//! The oracle: an installation under load that suffers one fault after another, and must have
//! lost nothing and counted nothing twice.
//!
//! What is compared are sets, not sums: every acknowledged event against the raw objects, and a
//! recount of those against every number of the API. `docs/RELIABILITY.md` says how to run it for
//! long.

mod faults;
mod gate;
mod histories;
mod oracle;
mod plan;
mod recount;
mod site;
#[allow(
    dead_code,
    reason = "shared with the other test binary, which uses the rest"
)]
#[path = "../support/mod.rs"]
mod support;

use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::{sync::Semaphore, time::sleep};

use faults::Fault;
use histories::Histories;
use plan::Plan;
use site::{Mode, Site};
use support::{diary::Diary, http::Customer, load::Load, objects::Objects, truth, watch::Watch};

const CLIENTS: u64 = 3;
const OBJECTS: usize = 4;

/// Two at a time: more would only slow each other down.
static TURNS: Semaphore = Semaphore::const_new(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn embedded() {
    torture(Mode::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn redis() {
    torture(Mode::Redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s3() {
    torture(Mode::S3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cluster() {
    torture(Mode::Cluster).await;
}

async fn torture(mode: Mode) {
    let _turn = TURNS.acquire().await.unwrap();
    let plan = Plan::of_environment();
    println!("{mode:?}: seed {}", plan.seed);
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut site = Site::start(mode, None).await;
    let customer = Customer::new(site.api(), &site.collectors()[0], &site.admin_token()).await;
    let objects = Objects::with_deals(&customer, &site.collectors(), OBJECTS).await;
    let load = Load::start(&customer, &site.collectors(), &objects, CLIENTS, plan.seed);
    let mut histories = Histories::of(&customer, site.folder()).await;
    let watch = Watch::start_beside(&customer, load.changes());
    for n in plan.faults() {
        // Not a wait for something: how long a calm is, is what varies.
        sleep(std::time::Duration::from_millis(
            random.random_range(100..1500),
        ))
        .await;
        let fault = Fault::any(&site, &mut random);
        let before = load.acknowledged();
        let seconds = plan.started.elapsed().as_secs_f64();
        println!("{mode:?} fault {n} at {seconds:.1} s, {before} acknowledged: {fault:?}");
        watch.incident();
        match fault {
            Fault::Import => histories.import_or_kill(&site.place, &objects, &mut random),
            fault => fault.strike(&mut site, &load, &customer, &mut random).await,
        }
        watch.incident();
        load.wait_for_more(1).await;
    }
    site.wait_for_background().await;
    site.set_clocks_right();
    let mut diary = load.end().await;
    watch.end().await;
    histories.finish(&site.place, &mut diary).await;
    // Answers of its account wait until it is settled.
    customer.ask_for_rollup().await;
    compare(&site, &customer, &objects, diary).await;
}

/// Compares everything, now that no client is at work any more.
async fn compare(site: &Site, customer: &Customer, objects: &Objects, mut diary: Diary) {
    println!(
        "{:?}: {} sent, {} acknowledged",
        site.mode,
        diary.sent.len(),
        diary.acknowledged()
    );
    let collectors = site.collectors();
    let collectors: Vec<&str> = collectors.iter().map(String::as_str).collect();
    truth::wait_for_everything(customer, &collectors, objects, &mut diary).await;
    oracle::check(site, customer, objects, &diary).await;
}
