//! The process dies exactly where it hurts most: at each named place in turn, under load.

use std::{os::unix::process::ExitStatusExt, path::Path};

use model::failpoint;

use crate::support::{
    http::Customer,
    load::Load,
    objects::Objects,
    place::Place,
    process::{self, Server},
    truth,
};

const CLIENTS: u64 = 4;
const OBJECTS: usize = 3;
const SEED: u64 = 11;
const FLAGS: [&str; 4] = ["--segment-interval", "200ms", "--epoch-max-age", "1s"];

/// Rolls up until it dies there: runs are merged once there are some.
async fn die_in_rollup(place: &Place, folder: &Path, name: &str, load: &Load) {
    for _ in 0..20 {
        load.wait_for_more(10).await;
        let mut roll_up = vec!["batch", "run", "--close-epochs", "--data-dir", "."];
        if name.starts_with("rollup.recount") {
            roll_up.push("--full");
        }
        let mut dies = process::millrace_at(place, &roll_up);
        dies.current_dir(folder).env("MILLRACE_DIE_AT", name);
        let status = tokio::task::spawn_blocking(move || dies.output().unwrap().status);
        let status = status.await.unwrap();
        if status.signal() == Some(6) {
            return;
        }
        assert!(status.success(), "{name}: {status}");
    }
    panic!("it never came by {name}");
}

#[tokio::test]
async fn dying_at_any_named_place_loses_nothing() {
    testing::needs_faults!();
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(&folder.path().join("store"));
    let mut server = Server::up(folder.path(), &FLAGS).at(&place);
    server.start().await;
    let customer = Customer::of(&server).await;
    let collectors = [server.collector.clone()];
    let objects = Objects::create(&customer, &collectors, OBJECTS).await;
    let load = Load::start(&customer, &collectors, &objects, CLIENTS, SEED);
    for name in failpoint::ALL {
        load.wait_for_more(50).await;
        if name == "ship.retired_here" {
            // Only a drain comes by there: see below.
            continue;
        }
        // The writer comes by often: not at its first event.
        let skipped = if name.starts_with("log.") { 3 } else { 0 };
        let setting = format!("{name}:{skipped}");
        if name.starts_with("rollup.") {
            die_in_rollup(&place, folder.path(), name, &load).await;
            println!("died at {name}");
            continue;
        }
        server.kill();
        server
            .start_to_die(&[("MILLRACE_DIE_AT", &setting)], async || {})
            .await;
        println!("died at {name}");
        server.start().await;
    }
    load.wait_for_more(50).await;
    server.kill();
    let told = [("MILLRACE_DIE_AT", "ship.retired_here")];
    server.drain_to_die(&told).await;
    server.start().await;
    load.wait_for_more(50).await;

    let mut diary = load.end().await;
    truth::wait_for_everything(&customer, &[&server.collector], &objects, &mut diary).await;
    let live = truth::Live::of(&customer, &place.store).await;
    customer.roll_up().await;
    live.check_settled(&customer, &place.store, &diary).await;
    let data = folder.path().to_str().unwrap();
    let audit = ["audit", "--full", "--data-dir", data];
    process::run_ok_at(&place, folder.path(), &audit).await;
}
