//! A speed layer dies: how long its logs wait until another one has taken them over.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    many::Site,
    support::{
        diary::Diary, eventually, http::Customer, load::Load, objects::Objects, place::Place,
        process::Server, truth,
    },
};

const CLIENTS: u64 = 4;
const OBJECTS: usize = 3;
const SEED: u64 = 3;
/// Events that must be acknowledged between a death and the next.
const STEP: u64 = 300;
/// Far more than it takes.
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn logs_of_a_dead_speed_layer_are_taken_over() {
    let site = Site::new(Place::folder);
    let first = site.start("collector", "collector-1").await;
    let second = site.start("collector", "collector-2").await;
    let mut speed = [
        site.start("speed", "speed-1").await,
        site.start("speed", "speed-2").await,
    ];
    let serve = site.start("serve", "serve").await;
    let customer = Customer::new(&serve.api, &first.collector, &serve.admin_token()).await;
    let collectors = [first.collector.clone(), second.collector.clone()];
    let objects = Objects::create(&customer, &collectors, OBJECTS).await;
    let load = Load::start(&customer, &collectors, &objects, CLIENTS, SEED);
    let mut diary = Diary::default();
    let kills = std::env::var("MILLRACE_KILLS").map_or(1, |text| text.parse().unwrap());
    for kill in 0..kills {
        wait_until_shared(&site).await;
        load.wait_for_more(STEP).await;
        let dying: &mut Server = &mut speed[kill % 2];
        dying.kill();
        let start = Instant::now();
        for (i, collector) in collectors.iter().enumerate() {
            let marker = format!("after-{kill}-{i}");
            let recorded = truth::click(&customer, collector, &objects, &marker, &mut diary).await;
            assert!(recorded, "{collector} does not record");
        }
        wait_until_counted(&customer, &diary).await;
        println!("kill {kill}: {:.1} s", start.elapsed().as_secs_f64());
        dying.start().await;
    }
    diary.add(load.end().await);
    let [first, second] = &collectors;
    truth::wait_for_everything(&customer, &[first, second], &objects, &mut diary).await;
    let counted: u64 = truth::counted(&customer).await.values().sum();
    let [least, most] = [diary.acknowledged() as u64, diary.sent.len() as u64];
    assert!(
        (least..=most).contains(&counted),
        "{counted} of {least} to {most} are counted"
    );
}

/// Waits until two speed layers follow one log each.
async fn wait_until_shared(site: &Site) {
    eventually("the logs to be shared out", LIMIT, async || {
        let keys = site.redis.command(&["KEYS", "mr:lease:*"]);
        let owners: Vec<String> = keys
            .lines()
            .map(|key| site.redis.command(&["GET", key]).trim().to_owned())
            .collect();
        let distinct: BTreeSet<&String> = owners.iter().collect();
        let shared = owners.len() == 2 && distinct.len() == 2;
        shared.then_some(()).ok_or(format!("owners: {owners:?}"))
    })
    .await;
}

/// Waits until a complete answer holds all events of the diary.
async fn wait_until_counted(customer: &Customer, diary: &Diary) {
    let ids: Vec<(&str, u64)> = diary
        .ids
        .keys()
        .filter_map(|id| id.rsplit_once('-'))
        .map(|(log, seq)| (log, seq.parse().unwrap()))
        .collect();
    eventually("the dead one's logs to be followed", LIMIT, async || {
        let meta = customer.get("/v1/stats?metrics=clicks").await["meta"].take();
        let reached = |(log, seq): &(&str, u64)| meta["counted_upto"][log].as_u64() >= Some(*seq);
        let good = meta["complete"] == Value::Bool(true) && ids.iter().all(reached);
        good.then_some(()).ok_or(meta.to_string())
    })
    .await;
}
