//! What is down is said, and holds up nobody who clicks.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};
use storage::testing::{redis_server::RedisServer, s3_server::S3Server};

use crate::support::{
    eventually,
    http::Customer,
    place::Place,
    process::Server,
    proxy::{Network, Proxy},
};

const LIMIT: Duration = Duration::from_secs(60);

const TODAY: &str = "metrics=clicks,conversions&exclude_bots=false&range=2d";
const FLAGS: [&str; 4] = ["--segment-interval", "200ms", "--epoch-max-age", "1s"];

/// One acknowledged click.
async fn click(customer: &Customer) {
    let url = format!("{}/link", customer.collector);
    let response = customer.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), 302);
    assert!(
        response.headers().contains_key("millrace-event-id"),
        "it must be recorded"
    );
}

async fn wait_for_clicks(customer: &Customer, clicks: u64) -> Value {
    customer
        .wait_for_stats(TODAY, |answer| answer["totals"]["clicks"] == clicks)
        .await
}

/// What is asked now must not pass for the whole truth.
async fn is_not_called_complete(customer: &Customer) {
    let url = format!("{}/v1/stats?{TODAY}", customer.api);
    let response = customer
        .http
        .get(url)
        .bearer_auth(&customer.key)
        .send()
        .await
        .unwrap();
    let status = response.status();
    let answer: Value = response.json().await.unwrap();
    let partial = status == 200
        && answer["meta"]["complete"] == false
        && answer["meta"]["missing"] != json!([]);
    assert!(partial || status == 503, "{status} {answer}");
}

#[tokio::test]
async fn redirects_answer_whatever_else_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let mut redis = RedisServer::start();
    let url = redis.url();
    let mut server = Server::up(
        folder.path(),
        &[&FLAGS[..], &["--redis-url", &url]].concat(),
    );
    server.start().await;
    let customer = Customer::of(&server).await;
    let goal = customer
        .create("goals", &json!({"name": "goal", "currency": "EUR"}))
        .await;
    customer
        .create(
            "links",
            &json!({"slug": "link", "destination": "https://example.com/"}),
        )
        .await;
    click(&customer).await;
    wait_for_clicks(&customer, 1).await;

    redis.kill();
    click(&customer).await;
    // Whether its key was used before cannot be seen; a postback is not lost for that.
    let postback = format!("{}/c/{goal}?transaction_id=1", customer.collector);
    assert_eq!(
        customer.http.get(postback).send().await.unwrap().status(),
        200
    );
    is_not_called_complete(&customer).await;

    let (store, away) = (
        folder.path().join("store"),
        folder.path().join("store.away"),
    );
    take_away(&store, &away);
    click(&customer).await;
    is_not_called_complete(&customer).await;
    fs::remove_file(&store).unwrap();
    fs::rename(&away, &store).unwrap();

    // The next life begins without Redis.
    server.kill();
    server.start().await;
    click(&customer).await;
    redis.run();
    let answer = wait_for_clicks(&customer, 4).await;
    assert_eq!(answer["totals"]["conversions"], 1);
    customer.roll_up().await;
    let answer = wait_for_clicks(&customer, 4).await;
    assert_eq!(
        (
            &answer["meta"]["settled"]["clicks"],
            &answer["totals"]["conversions"]
        ),
        (&json!(4), &json!(1))
    );
}

/// Puts a file where the store was: nothing can be read or written there.
fn take_away(store: &Path, away: &Path) {
    fs::rename(store, away).unwrap();
    fs::write(store, "").unwrap();
}

#[tokio::test]
async fn a_clean_end_and_a_new_start_change_no_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &FLAGS);
    server.start().await;
    let customer = Customer::of(&server).await;
    customer
        .create(
            "links",
            &json!({"slug": "link", "destination": "https://example.com/"}),
        )
        .await;
    for clicks in 1..=3 {
        click(&customer).await;
        click(&customer).await;
        wait_for_clicks(&customer, 3 * clicks - 1).await;
        server.terminate().await;
        server.start().await;
        wait_for_clicks(&customer, 3 * clicks - 1).await;
        click(&customer).await;
        if clicks == 2 {
            customer.roll_up().await;
        }
    }
    let answer = wait_for_clicks(&customer, 9).await;
    assert_eq!(answer["meta"]["settled"]["clicks"], 6);
    let logs = fs::read_dir(folder.path().join("store/logs"))
        .unwrap()
        .count();
    assert_eq!(logs, 4, "each life that ended well has a log of its own");
}

/// Only its own folder is there: the collector starts, and counts later what it takes now.
#[tokio::test]
async fn a_collector_starts_with_everything_else_down() {
    let folder = tempfile::tempdir().unwrap();
    let mut redis = RedisServer::start();
    let s3 = S3Server::start();
    let network = Proxy::start(s3.address()).await;
    let place = Place::s3_behind(s3, network.address);
    let url = redis.url();
    let start = async |roles: &str| {
        let flags = [&FLAGS[..], &["--redis-url", &url]].concat();
        let mut server = Server::run(roles, &folder.path().join(roles), &flags).at(&place);
        server.start().await;
        server
    };
    let serve = start("speed,serve,jobs").await;
    let mut collector = start("collector").await;
    let customer = Customer::new(&serve.api, &collector.collector, &serve.admin_token()).await;
    let link = json!({"slug": "link", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    collector.terminate().await;
    // The copy that a start writes has the link; the one before may not have it.
    let copy = collector.folder.join("catalog.copy");
    fs::remove_file(&copy).unwrap();
    collector.start().await;
    eventually("the copy of the links", LIMIT, async || {
        fs::metadata(&copy).map(drop)
    })
    .await;
    click(&customer).await;

    collector.kill();
    redis.kill();
    network.set(Network::Down);
    collector.start().await;
    click(&customer).await;
    click(&customer).await;
    network.set(Network::Works);
    redis.run();
    wait_for_clicks(&customer, 3).await;
    customer.roll_up().await;
    wait_for_clicks(&customer, 3).await;
}
