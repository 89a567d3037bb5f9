//! Real clicks of five months, replayed through the front door, compared with what is known of
//! them: live, settled, and partly both.
//!
//! Normally the first 12,000 of them; with `MILLRACE_FULL=1` all 108,022.

mod compare;
mod expected;
mod replay;

use std::time::Instant;

use expected::{Click, Expected};

use crate::support::{http::Customer, process::Server};

const PART: usize = 12_000;
const ALL: &str = "metrics=clicks&exclude_bots=false&start=2013-01-01&end=2013-06-01";

#[tokio::test]
async fn one_stream_live_then_settled() {
    testing::needs_data!("clicks-usagov-2013", "geoip-iptoasn-country");
    let (clicks, expected) = truth();
    let (_folder, server, customer) = installation().await;
    replay::replay(&server.folder, &customer, &clicks, 1).await;
    wait_for(&customer, expected.events).await;
    let totals = customer.stats(ALL).await;
    assert_eq!(totals["meta"]["settled"]["clicks"], 0);
    compare::counts(&customer, &expected).await;
    settle_and_compare(&customer, &expected).await;
}

#[tokio::test]
async fn eight_streams_with_a_batch_in_the_middle() {
    testing::needs_data!("clicks-usagov-2013", "geoip-iptoasn-country");
    let (clicks, expected) = truth();
    let (_folder, server, customer) = installation().await;
    let third = clicks.len() / 3;
    replay::replay(&server.folder, &customer, &clicks[..third], 8).await;
    tokio::join!(
        customer.roll_up(),
        replay::replay(&server.folder, &customer, &clicks[third..2 * third], 8)
    );
    replay::replay(&server.folder, &customer, &clicks[2 * third..], 8).await;
    wait_for(&customer, expected.events).await;
    let meta = &customer.stats(ALL).await["meta"];
    assert!(
        meta["settled"]["clicks"].as_u64() >= Some(third as u64)
            && meta["live"]["clicks"].as_u64() >= Some(third as u64),
        "{meta}"
    );
    compare::counts(&customer, &expected).await;
    settle_and_compare(&customer, &expected).await;
}

async fn settle_and_compare(customer: &Customer, expected: &Expected) {
    let start = Instant::now();
    customer.roll_up().await;
    println!("ground in {:.1} s", start.elapsed().as_secs_f64());
    let totals = customer.stats(ALL).await;
    assert_eq!(totals["meta"]["live"]["clicks"], 0);
    compare::counts(customer, expected).await;
    compare::visitors(customer, expected).await;
    println!(
        "compared {:.1} s after the batch began",
        start.elapsed().as_secs_f64()
    );
}

fn truth() -> (Vec<Click>, Expected) {
    let mut clicks = expected::clicks();
    if std::env::var_os("MILLRACE_FULL").is_none() {
        clicks.truncate(PART);
    }
    // Published is whom the list alone calls a bot; `expected.rs` holds its pass against that.
    let rules = enrich::Rules::new().unwrap();
    let expected = Expected::count(&clicks, |agent| {
        rules.agent(&agent.user_agent).bot.is_some()
    });
    (clicks, expected)
}

async fn installation() -> (tempfile::TempDir, Server, Customer) {
    let geo = testing::data("geoip-iptoasn-country/iptoasn-country.mmdb");
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        // Which of a visitor's clicks are too many depends on which come first.
        "--most-clicks",
        "0",
        "--geo-db",
        geo.to_str().unwrap(),
        "--segment-interval",
        "500ms",
    ];
    let mut server = Server::up(folder.path(), &flags);
    server.start().await;
    let customer = Customer::of(&server).await;
    replay::create_links(&customer).await;
    (folder, server, customer)
}

async fn wait_for(customer: &Customer, events: u64) {
    customer
        .wait_for_stats(ALL, |answer| answer["totals"]["clicks"] == events)
        .await;
}
