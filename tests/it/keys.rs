//! A sender's key counts once, whatever forgets it.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use storage::testing::redis_server::RedisServer;
use tempfile::TempDir;

use crate::support::{
    eventually,
    http::{Customer, answer},
    place::Place,
    process::{self, Server},
    proxy::{Network, Proxy},
};

const LIMIT: Duration = Duration::from_secs(60);
const FLAGS: [&str; 4] = ["--segment-interval", "200ms", "--epoch-max-age", "1s"];
const CONVERSIONS: &str = "metrics=conversions&exclude_bots=false&range=2d";

/// Sends a postback with a transaction id.
async fn convert(customer: &Customer, collector: &str, goal: &str, id: &str) -> Value {
    let url = format!("{collector}/c/{goal}?transaction_id={id}");
    answer(
        "the postback",
        customer.http.get(&url).send().await.unwrap(),
    )
    .await
}

async fn goal(customer: &Customer) -> String {
    let body = json!({"name": "goal", "currency": "EUR"});
    let goal = customer.create("goals", &body).await;
    let link = json!({"slug": "link", "destination": "https://example.com/"});
    // A collector that knows what was made later knows the goal.
    customer.create("links", &link).await;
    goal
}

/// Waits until the process says that all keys are remembered.
async fn wait_for_keys(server: &Server) {
    wait_until_told(server, "millrace_keys_whole 1").await;
}

/// Waits for a line of the process's metrics.
async fn wait_until_told(server: &Server, line: &str) {
    let url = format!("{}/metrics", server.operator);
    eventually(line, LIMIT, async || {
        let text = reqwest::get(&url).await.map_err(|e| e.to_string())?;
        let text = text.text().await.map_err(|e| e.to_string())?;
        let told = text.lines().any(|told| told == line);
        told.then_some(())
            .ok_or("it says something else".to_owned())
    })
    .await;
}

/// Clicks until the oldest segment file is another one: what it held is in the store alone.
async fn wait_until_deleted(customer: &Customer, server: &Server) {
    let log = server.folder.join("log");
    let oldest = || {
        let names = std::fs::read_dir(&log).unwrap();
        let names = names.map(|f| f.unwrap().file_name());
        let segments = names.filter(|name| name.to_string_lossy().ends_with(".seg"));
        segments.min()
    };
    let held = oldest();
    eventually("the segment to be shipped and deleted", LIMIT, async || {
        let click = format!("{}/link", server.collector);
        customer.http.get(click).send().await.unwrap();
        if oldest() > held {
            Ok(())
        } else {
            Err("it is there")
        }
    })
    .await;
}

fn is_repeated(first: &Value, again: &Value) {
    let told = (&again["duplicate"], &again["event_id"]);
    assert_eq!(told, (&json!(true), &first["event_id"]));
}

#[tokio::test]
async fn without_redis_it_is_remembered_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &FLAGS);
    server.start().await;
    let customer = Customer::of(&server).await;
    let goal = goal(&customer).await;
    let convert = async |id| convert(&customer, &server.collector, &goal, id).await;
    let [settled, stored, drained] = ["settled", "stored", "drained"];
    let first = convert(settled).await;
    assert_eq!(first["duplicate"], false);
    customer.roll_up().await;
    let second = convert(stored).await;
    wait_until_deleted(&customer, &server).await;
    server.kill();
    server.start().await;
    let convert = async |id| self::convert(&customer, &server.collector, &goal, id).await;
    is_repeated(&first, &convert(settled).await);
    is_repeated(&second, &convert(stored).await);
    let third = convert(drained).await;
    // The next life has another log.
    server.terminate().await;
    server.start().await;
    for (first, id) in [(&first, settled), (&second, stored), (&third, drained)] {
        let again = self::convert(&customer, &server.collector, &goal, id).await;
        is_repeated(first, &again);
    }
    let counted = customer.wait_for_stats(CONVERSIONS, |a| a["totals"]["conversions"] == 3);
    assert_eq!(counted.await["meta"]["unchecked"], Value::Null);
}

/// Several processes over one Redis.
struct Site {
    redis: RedisServer,
    place: Place,
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            redis: RedisServer::start(),
            place: Place::folder(&folder.path().join("store")),
            folder,
        }
    }

    /// The rest, and two collectors that know all keys.
    async fn start_two(&self) -> (Server, Server, Server) {
        let serve = self.start("speed,serve,jobs", "serve").await;
        let one = self.start("collector", "one").await;
        let two = self.start("collector", "two").await;
        wait_for_keys(&one).await;
        wait_for_keys(&two).await;
        (serve, one, two)
    }

    async fn start(&self, roles: &str, name: &str) -> Server {
        self.start_with(roles, name, &self.redis.url(), "1s").await
    }

    async fn start_with(&self, roles: &str, name: &str, redis: &str, epoch: &str) -> Server {
        let flags = ["--segment-interval", "200ms", "--epoch-max-age", epoch];
        let flags = [&flags[..], &["--redis-url", redis]].concat();
        let folder = self.folder.path().join(name);
        let mut server = Server::run(roles, &folder, &flags).at(&self.place);
        server.start().await;
        server
    }
}

#[tokio::test]
async fn a_flush_makes_no_retry_a_second_event() {
    let site = Site::new();
    let (serve, mut one, two) = site.start_two().await;
    let customer = Customer::new(&serve.api, &one.collector, &serve.admin_token()).await;
    let goal = goal(&customer).await;
    let settled = convert(&customer, &one.collector, &goal, "settled").await;
    customer.roll_up().await;
    let stored = convert(&customer, &one.collector, &goal, "stored").await;
    wait_until_deleted(&customer, &one).await;
    let fresh = convert(&customer, &one.collector, &goal, "fresh").await;

    // What was forgotten is put back: from the settled keys, from raw, from the collectors' disks.
    site.redis.command(&["FLUSHALL"]);
    wait_until_forgotten_and_back(&site, &[&one, &two]).await;
    for (first, id) in [
        (&settled, "settled"),
        (&stored, "stored"),
        (&fresh, "fresh"),
    ] {
        is_repeated(first, &convert(&customer, &two.collector, &goal, id).await);
    }

    // Until it is back nobody can say. A collector that is away may hold keys.
    one.kill();
    site.redis.command(&["FLUSHALL"]);
    let again = convert(&customer, &two.collector, &goal, "fresh").await;
    assert_eq!(again["duplicate"], false, "it is taken, and says so");
    let live = |a: &Value| a["totals"]["conversions"] == 4 && a["meta"]["unchecked"] == true;
    one.start().await;
    customer.wait_for_stats(CONVERSIONS, live).await;
    customer.roll_up().await;
    let counted = |a: &Value| a["totals"]["conversions"] == 3;
    let answer = customer.wait_for_stats(CONVERSIONS, counted).await;
    assert_eq!(answer["meta"]["unchecked"], Value::Null);
    let receipt = customer.get(&format!("/v1/events/{}", id(&again))).await;
    assert_eq!(
        receipt["counted"]["duplicate_of"], fresh["event_id"],
        "{receipt}"
    );
    let audit = customer.get("/v1/audit").await;
    assert_eq!(
        (&audit["agrees"], &audit["settled"]["duplicates"]),
        (&json!(true), &json!(1))
    );
    check_offline(&site.place, &serve.folder).await;
}

#[tokio::test]
async fn a_redis_without_room_makes_no_retry_a_second_event() {
    let site = Site::new();
    let (serve, one, two) = site.start_two().await;
    let customer = Customer::new(&serve.api, &one.collector, &serve.admin_token()).await;
    let goal = goal(&customer).await;
    let known = convert(&customer, &one.collector, &goal, "known").await;

    let fill = || site.redis.command(&["SETRANGE", "filler", "40000000", "x"]);
    site.redis.command(&["CONFIG", "SET", "maxmemory", "60mb"]);
    fill();
    for server in [&one, &two] {
        wait_until_told(server, "millrace_sender_keys_crowded 1").await;
    }
    wait_for_keys(&one).await;
    let crowded = convert(&customer, &one.collector, &goal, "crowded").await;
    assert_eq!(crowded["duplicate"], false, "nothing is lost for it");
    let again = convert(&customer, &two.collector, &goal, "known").await;
    is_repeated(&known, &again);
    for server in [&one, &two] {
        wait_until_told(server, "millrace_keys_whole 0").await;
    }

    // It is known to be missing, and put back before anything counts as checked.
    site.redis.command(&["DEL", "filler"]);
    for server in [&one, &two] {
        wait_for_keys(server).await;
    }
    let again = convert(&customer, &two.collector, &goal, "crowded").await;
    is_repeated(&crowded, &again);
    let counted = |a: &Value| a["totals"]["conversions"] == 2;
    customer.wait_for_stats(CONVERSIONS, counted).await;
}

#[tokio::test]
async fn an_account_uses_so_many_keys_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &FLAGS);
    server.start().await;
    let customer = Customer::of(&server).await;
    let other = Customer::of(&server).await;
    let others = other.create("goals", &json!({"name": "other"})).await;
    let goal = goal(&customer).await;
    let accounts = customer.get("/v1/account").await;
    let account = accounts["id"].as_str().unwrap();
    let url = format!("{}/v1/accounts/{account}/quotas", server.api);
    let quotas = customer.http.patch(url).bearer_auth(server.admin_token());
    let quotas = quotas
        .json(&json!({"sender_keys": 2}))
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer("the quotas", quotas).await["quotas"]["sender_keys"],
        2
    );
    let send = async |customer: &Customer, goal: &str, keys: [&str; 3]| {
        let event = |key| json!({"type": "conversion", "goal": goal, "idempotency_key": key});
        let url = format!("{}/v1/events", server.collector);
        let sent = customer.http.post(url).bearer_auth(&customer.key);
        let sent = sent.json(&keys.map(event)).send().await.unwrap();
        answer("the events", sent).await
    };
    let sent = send(&customer, &goal, ["a", "b", "c"]).await;
    let refused = &sent["rejected"][0];
    assert_eq!(
        (&sent["accepted"], &refused["index"], &refused["code"]),
        (&json!(2), &json!(2), &json!("too_many_keys")),
        "{sent}"
    );
    // What is known is known, however full the quota is.
    let sent = send(&customer, &goal, ["c", "a", "b"]).await;
    let refused = &sent["rejected"][0];
    assert_eq!(
        (&sent["duplicates"], &refused["index"], &refused["code"]),
        (&json!(2), &json!(0), &json!("too_many_keys")),
        "{sent}"
    );
    let url = format!("{}/c/{goal}?transaction_id=t", server.collector);
    let refused = customer.http.get(&url).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 429);
    assert_eq!(send(&customer, &goal, ["", "", ""]).await["accepted"], 3);
    assert_eq!(send(&other, &others, ["a", "b", "c"]).await["accepted"], 3);
}

/// What the live numbers say of conversions: how many, and whether some may repeat others.
async fn conversions(customer: &Customer, count: u64) -> bool {
    let enough = |answer: &Value| answer["totals"]["conversions"] == count;
    let answer = customer.wait_for_stats(CONVERSIONS, enough).await;
    answer["meta"]["unchecked"] == true
}

#[tokio::test]
async fn no_count_falls_that_did_not_say_that_it_may() {
    let site = Site::new();
    let redis = site.redis.url();
    let serve = site.start("speed,serve,jobs", "serve").await;
    let one = site.start_with("collector", "one", &redis, "600s").await;
    let two = site.start("collector", "two").await;
    let customer = Customer::new(&serve.api, &two.collector, &serve.admin_token()).await;
    let goal = goal(&customer).await;
    wait_for_keys(&one).await;
    wait_for_keys(&two).await;
    convert(&customer, &one.collector, &goal, "first").await;
    assert!(!conversions(&customer, 1).await);
    site.redis.command(&["FLUSHALL"]);
    let again = convert(&customer, &two.collector, &goal, "first").await;
    assert_eq!(again["duplicate"], false);
    assert!(conversions(&customer, 2).await);
    // The epoch of the first event is open: it is counted live, its repetition by the batch.
    customer.roll_up_sealed().await;
    assert!(conversions(&customer, 2).await, "it may still fall");
    customer.roll_up().await;
    conversions(&customer, 1).await;
}

#[tokio::test]
async fn a_key_that_could_not_be_told_is_told_later() {
    let site = Site::new();
    let network = Proxy::start(site.redis.address()).await;
    let serve = site.start("speed,serve,jobs", "serve").await;
    let url = format!("redis://{}", network.address);
    let one = site.start_with("collector", "one", &url, "1s").await;
    let customer = Customer::new(&serve.api, &one.collector, &serve.admin_token()).await;
    let goal = goal(&customer).await;
    wait_for_keys(&one).await;
    network.set(Network::Down);
    let first = convert(&customer, &one.collector, &goal, "first").await;
    assert_eq!(first["duplicate"], false, "it is not lost");
    network.set(Network::Works);
    // Nothing was forgotten: only this key was never heard of.
    eventually("the key to be remembered", LIMIT, async || {
        let told = site.redis.command(&["KEYS", "mr:k:{*"]);
        if told.contains("mr:k:{") {
            Ok(())
        } else {
            Err(told)
        }
    })
    .await;
    is_repeated(
        &first,
        &convert(&customer, &one.collector, &goal, "first").await,
    );
    wait_for_keys(&one).await;
    let second = convert(&customer, &one.collector, &goal, "second").await;
    let told = customer
        .http
        .get(format!("{}/v1/events/{}", customer.api, id(&second)));
    let receipt = eventually("the receipt", LIMIT, async || {
        let told = told.try_clone().unwrap().bearer_auth(&customer.key);
        let told = told.send().await.map_err(|e| e.to_string())?;
        let status = told.status();
        let told: Value = told.json().await.map_err(|e| e.to_string())?;
        if status == 200 {
            Ok(told)
        } else {
            Err(told.to_string())
        }
    })
    .await;
    assert_eq!(receipt["unchecked"], false, "{receipt}");
}

fn id(told: &Value) -> &str {
    told["event_id"].as_str().unwrap()
}

/// A flush is not noticed at once: the keys of the collectors' own logs say when it was.
async fn wait_until_forgotten_and_back(site: &Site, collectors: &[&Server]) {
    let keys = ["KEYS", "mr:k:own:*"];
    let wanted = collectors.len();
    eventually("the collectors to put their keys back", LIMIT, async || {
        let told = site.redis.command(&keys);
        let own = told.matches("mr:k:own:").count();
        if own == wanted { Ok(()) } else { Err(told) }
    })
    .await;
    for collector in collectors {
        wait_for_keys(collector).await;
    }
    eventually("all keys to be put back", LIMIT, async || {
        let told = site.redis.command(&["EXISTS", "mr:k:whole"]);
        if told.trim().ends_with('1') {
            Ok(())
        } else {
            Err(told)
        }
    })
    .await;
}

/// A full recompute comes to the same, the audit agrees, and the tables tell.
async fn check_offline(place: &Place, folder: &Path) {
    let run = |arguments: &'static [&str]| process::run_ok_at(place, folder, arguments);
    let told = run(&["batch", "run", "--full", "--json", "--data-dir", "."]).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["changed"], json!([]), "{told}");
    let told = run(&["audit", "--full", "--data-dir", "."]).await;
    assert!(told.contains("1 of them are not counted"), "{told}");
    assert!(told.contains("everything agrees"), "{told}");
    let rows = "SELECT 'goals', COUNT(*) FROM events WHERE type = 'conversion' \
                UNION ALL SELECT 'left', COUNT(*) FROM duplicates ORDER BY 1";
    let told = process::run_ok_at(place, folder, &["query", rows, "--data-dir", "."]).await;
    let words: Vec<&str> = told.split_whitespace().filter(|w| *w != "|").collect();
    let told = |of: &[&str]| words.windows(2).any(|w| w == of);
    assert!(told(&["goals", "3"]) && told(&["left", "1"]), "{words:?}");
}
