//! Others are told what happened: every conversion at least once and with one id, whoever dies meanwhile, and nobody what is
//! not theirs.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    many::Site,
    support::{
        eventually,
        http::Customer,
        place::Place,
        process::Server,
        receiver::{Message, Mood, Receiver},
        tools,
    },
};

/// Short, so that messages come soon.
const FLAGS: [&str; 3] = [
    "--webhooks-to-private-addresses",
    "--segment-interval",
    "200ms",
];
/// How long messages may take, with pauses after failures and debug builds.
const LIMIT: Duration = Duration::from_secs(120);

async fn goal(customer: &Customer) -> String {
    let goal = json!({"name": "Sale", "currency": "EUR", "statuses": {"pending": ["lead"]}});
    customer.create("goals", &goal).await
}

/// Tells a conversion; gives its event's id once it is recorded.
async fn convert(customer: &Customer, goal: &str, query: &[(&str, &str)]) -> String {
    eventually("a conversion to be recorded", LIMIT, async || {
        let url = format!("{}/c/{goal}", customer.collector);
        let sent = customer.http.get(url).query(query).send().await;
        let answer = sent.map_err(|error| error.to_string())?;
        let answer: Value = answer.json().await.map_err(|error| error.to_string())?;
        match answer["event_id"].as_str() {
            Some(id) => Ok(id.to_owned()),
            None => Err(answer.to_string()),
        }
    })
    .await
}

/// The ids of messages by the events that they tell of.
fn told(messages: &[Message]) -> BTreeMap<String, BTreeSet<String>> {
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for message in messages {
        let event = message.json()["data"]["event_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        told.entry(event)
            .or_default()
            .insert(message.id().to_owned());
    }
    told
}

/// Waits until all of these events have been told.
async fn wait_for(receiver: &Receiver, events: &BTreeSet<String>) -> Vec<Message> {
    eventually("all conversions to be told", LIMIT, async || {
        let taken = receiver.taken();
        let told = told(&taken);
        let missing = events
            .iter()
            .filter(|event| !told.contains_key(*event))
            .count();
        match missing {
            0 => Ok(taken),
            missing => Err(format!("{missing} of {} are missing", events.len())),
        }
    })
    .await
}

async fn deliveries(customer: &Customer, webhook: &Value) -> Vec<Value> {
    let id = webhook["id"].as_str().unwrap();
    let page = customer.get(&format!("/v1/webhooks/{id}/deliveries")).await;
    page["items"].as_array().unwrap().clone()
}

/// Checks signatures with the standard's own library for Python.
fn check_with_python(secrets: &[&str], messages: &[Message]) {
    const PROGRAM: &str = "
import json, sys
from standardwebhooks import Webhook
given = json.load(sys.stdin)
for message in given['messages']:
    for secret in given['secrets']:
        Webhook(secret).verify(message['body'].encode(), message['headers'])
print(len(given['messages']))
";
    let Some(python) = tools::find(module_path!(), "python3") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("given.json");
    let messages: Vec<Value> = messages.iter().map(Message::to_check).collect();
    let given = json!({"secrets": secrets, "messages": messages});
    std::fs::write(&file, given.to_string()).unwrap();
    let mut command = Command::new(python);
    command
        .args(["-c", PROGRAM])
        .stdin(std::fs::File::open(file).unwrap());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let count = String::from_utf8_lossy(&output.stdout);
    assert_eq!(count.trim(), messages.len().to_string());
}

#[tokio::test]
async fn every_conversion_is_told_with_one_id_whoever_dies_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &FLAGS);
    server.start().await;
    let customer = Customer::of(&server).await;
    let stranger = Customer::of(&server).await;
    let receiver = Receiver::start().await;
    let (goal, other) = (goal(&customer).await, goal(&stranger).await);
    // Before the webhook: it is not told.
    let before = convert(&customer, &goal, &[("txid", "before")]).await;
    let webhook = json!({"name": "Shop", "url": receiver.url("/hook")});
    let webhook = customer.post("/v1/webhooks", &webhook).await;
    let mut recorded = BTreeSet::new();
    let moods = [
        Mood::Takes,
        Mood::Fails,
        Mood::Hangs,
        Mood::Redirects,
        Mood::Takes,
    ];
    for (life, mood) in moods.into_iter().enumerate() {
        receiver.set(mood);
        for n in 0..8 {
            let transaction = format!("{life}-{n}");
            let query = [("txid", &*transaction), ("value", "1.50")];
            recorded.insert(convert(&customer, &goal, &query).await);
            convert(&stranger, &other, &query).await;
        }
        let asked = receiver.asked();
        eventually("something to be sent", LIMIT, async || {
            (receiver.asked() > asked).then_some(()).ok_or("nothing")
        })
        .await;
        if mood == Mood::Redirects {
            eventually("the refusal to be written down", LIMIT, async || {
                let log = deliveries(&customer, &webhook).await;
                let is_there = log.iter().any(|it| it["status"] == 307);
                is_there.then_some(()).ok_or(json!(log))
            })
            .await;
        }
        server.kill();
        server.start().await;
    }
    receiver.set(Mood::Takes);
    let messages = wait_for(&receiver, &recorded).await;
    let told = told(&messages);
    let expected: Vec<&String> = recorded.iter().collect();
    assert_eq!(
        told.keys().collect::<Vec<_>>(),
        expected,
        "and {before} not"
    );
    for (event, ids) in &told {
        assert_eq!(ids.len(), 1, "{event}: {ids:?}");
    }
    for message in &messages {
        let json = message.json();
        assert_eq!(
            (&json["type"], &json["data"]["goal"], &json["data"]["value"]),
            (&json!("conversion.created"), &json!(goal), &json!("1.50"))
        );
        assert_eq!(message.target, "/hook", "redirects are not followed");
    }
    let secret = webhook["secret"].as_str().unwrap();
    check_with_python(&[secret], &messages);
    let log = deliveries(&customer, &webhook).await;
    assert!((1..=100).contains(&log.len()));
    assert!(log.iter().any(|it| it["status"] == 307), "{log:?}");
    assert!(!server.log().contains(secret) && !server.log().contains("/hook"));
}

#[tokio::test]
async fn clicks_are_told_together_and_changes_of_conversions_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &FLAGS);
    server.start().await;
    let customer = Customer::of(&server).await;
    let receiver = Receiver::start().await;
    let goal = goal(&customer).await;
    let link = |slug: &str| json!({"slug": slug, "destination": "https://shop.example/", "append_click_id": true});
    let one = json!(customer.create("links", &link("one")).await);
    customer.create("links", &link("two")).await;
    let types = ["link.clicked", "conversion.created", "conversion.changed"];
    let webhook = json!({"name": "Shop", "url": receiver.url("/hook"), "types": types, "filters": {"links": [one]}});
    customer.post("/v1/webhooks", &webhook).await;
    let postback = json!({
        "name": "Network", "kind": "postback", "method": "GET",
        "url": receiver.url("/in?c={transaction_id}&v={value}{currency}&s={status}&x={sub1}&l={slug}"),
    });
    customer.post("/v1/webhooks", &postback).await;
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";
    let click = async |slug: &str, agent: String| {
        let url = format!("{}/{slug}?sub1=a%26b", customer.collector);
        let answer = customer
            .http
            .get(url)
            .header("user-agent", agent)
            .send()
            .await
            .unwrap();
        let place = answer.headers()["location"].to_str().unwrap().to_owned();
        let event = answer.headers()["millrace-event-id"]
            .to_str()
            .unwrap()
            .to_owned();
        (event, place.split_once("mr_click=").unwrap().1.to_owned())
    };
    let mut clicks = BTreeSet::new();
    let mut click_id = String::new();
    for n in 0..250 {
        let (event, id) = click("one", format!("{agent} v{n}")).await;
        clicks.insert(event);
        click_id = id;
        click("two", format!("{agent} v{n}")).await;
        click("one", "curl/8.0".into()).await;
    }
    let query = [
        ("txid", "a"),
        ("status", "lead"),
        ("value", "7"),
        ("sub1", "x&y"),
        ("click_id", &*click_id),
    ];
    let created = convert(&customer, &goal, &query).await;
    let query = [
        ("txid", "a"),
        ("status", "approved"),
        ("value", "7"),
        ("click_id", &*click_id),
    ];
    let changed = convert(&customer, &goal, &query).await;
    convert(&customer, &goal, &[("txid", "of no link")]).await;
    let is_clicks = |it: &&Message| it.json()["type"] == "link.clicked";
    let messages = eventually("everything to be told", LIMIT, async || {
        let taken = receiver.taken();
        let hooks: Vec<Message> = taken
            .iter()
            .filter(|it| it.target == "/hook")
            .cloned()
            .collect();
        let told: usize = hooks
            .iter()
            .filter(is_clicks)
            .map(|it| it.json()["data"]["clicks"].as_array().unwrap().len())
            .sum();
        let postbacks = taken.iter().filter(|it| it.method == "GET").count();
        let conversions = hooks.len() - hooks.iter().filter(is_clicks).count();
        match (told >= clicks.len(), postbacks >= 3, conversions >= 2) {
            (true, true, true) => Ok(taken),
            _ => Err(format!(
                "{told} clicks, {conversions} conversions, {postbacks} postbacks"
            )),
        }
    })
    .await;
    let hooks: Vec<&Message> = messages.iter().filter(|it| it.target == "/hook").collect();
    let batches: Vec<Value> = hooks
        .iter()
        .copied()
        .filter(is_clicks)
        .map(Message::json)
        .collect();
    let told: Vec<&Value> = batches
        .iter()
        .flat_map(|it| it["data"]["clicks"].as_array().unwrap())
        .collect();
    let events: BTreeSet<String> = told
        .iter()
        .map(|it| it["event_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        (events, told.len()),
        (clicks.clone(), clicks.len()),
        "of the link, without bots, each once"
    );
    assert!(batches.len() < 100, "{}", batches.len());
    assert_eq!(
        (
            &told[0]["link"],
            &told[0]["slug"],
            &told[0]["sub1"],
            &told[0]["browser"]
        ),
        (&one, &json!("one"), &json!("a&b"), &json!("Chrome"))
    );
    let of = |event: &str| {
        let found = hooks
            .iter()
            .find(|it| it.json()["data"]["event_id"] == *event);
        found
            .unwrap_or_else(|| panic!("{event} is not told"))
            .json()
    };
    let (created, changed) = (of(&created), of(&changed));
    assert_eq!(
        (&created["type"], &created["data"]["status"]),
        (&json!("conversion.created"), &json!("pending"))
    );
    assert_eq!(
        (&changed["type"], &changed["data"]["status_before"]),
        (&json!("conversion.changed"), &json!("pending"))
    );
    assert_eq!(changed["data"]["link"], one);
    let postbacks: BTreeSet<&str> = messages
        .iter()
        .filter(|it| it.method == "GET")
        .map(|it| &*it.target)
        .collect();
    assert!(
        postbacks.contains("/in?c=a&v=7.00EUR&s=pending&x=x%26y&l=one"),
        "{postbacks:?}"
    );
    assert!(
        messages
            .iter()
            .filter(|it| it.method == "GET")
            .all(|it| it.body.is_empty())
    );
}

#[tokio::test]
async fn who_is_gone_or_deleted_is_told_nothing_and_secrets_overlap() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &FLAGS);
    server.start().await;
    let customer = Customer::of(&server).await;
    let [gone, deleted, kept] = [
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    ];
    let goal = goal(&customer).await;
    let mut webhooks = Vec::new();
    for receiver in [&gone, &deleted, &kept] {
        let body = json!({"name": "Shop", "url": receiver.url("/hook")});
        webhooks.push(customer.post("/v1/webhooks", &body).await);
    }
    let path = |webhook: &Value| format!("/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let tested = customer
        .post(&format!("{}/test", path(&webhooks[2])), &json!({}))
        .await;
    assert_eq!(
        (&tested["delivered"], &tested["status"], &tested["body"]),
        (&json!(true), &json!(200), &json!("taken")),
        "{tested}"
    );
    let test = &kept.taken()[0];
    assert_eq!(test.json()["type"], "webhook.test");
    let rotated = customer
        .post(&format!("{}/rotate", path(&webhooks[2])), &json!({}))
        .await;
    gone.set(Mood::Gone);
    let first = BTreeSet::from([convert(&customer, &goal, &[("txid", "1")]).await]);
    let messages = wait_for(&kept, &first).await;
    let secrets = [&webhooks[2], &rotated].map(|it| it["secret"].as_str().unwrap());
    check_with_python(&secrets, &messages[1..]);
    check_with_python(&secrets[..1], &messages[..1]);
    wait_for(&deleted, &first).await;
    let url = format!("{}{}", customer.api, path(&webhooks[1]));
    let answer = customer
        .http
        .delete(url)
        .bearer_auth(&customer.key)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 204);
    eventually("the webhook to be disabled", LIMIT, async || {
        let shown = customer.get(&path(&webhooks[0])).await;
        let reason = shown["disabled_reason"].as_str().unwrap_or_default();
        (reason.contains("410") && shown["enabled"] == false)
            .then_some(())
            .ok_or(shown.to_string())
    })
    .await;
    assert_eq!(deliveries(&customer, &webhooks[0]).await[0]["status"], 410);
    let (asked, taken) = (gone.asked(), deleted.taken().len());
    let second = BTreeSet::from([convert(&customer, &goal, &[("txid", "2")]).await]);
    wait_for(&kept, &second).await;
    assert_eq!((gone.asked(), deleted.taken().len()), (asked, taken));
    // Enabled again it is told what happened meanwhile.
    gone.set(Mood::Takes);
    customer
        .patch(&path(&webhooks[0]), &json!({"enabled": true}))
        .await;
    wait_for(&gone, &first.union(&second).cloned().collect()).await;
    assert_eq!(deleted.taken().len(), taken);
}

/// Two processes that send, over Redis: one at a time, and the other when that dies.
#[tokio::test]
async fn another_process_goes_on_when_the_one_that_sends_dies() {
    let site = Site::new(Place::folder);
    let private = &FLAGS[..1];
    let collector = site.start("collector", "collector").await;
    let serve = site.start_with("serve", "serve", private).await;
    let mut senders = [
        site.start_with("jobs", "jobs-1", private).await,
        site.start_with("jobs", "jobs-2", private).await,
    ];
    let customer = Customer::new(&serve.api, &collector.collector, &serve.admin_token()).await;
    let receiver = Receiver::start().await;
    let goal = goal(&customer).await;
    let webhook = json!({"name": "Shop", "url": receiver.url("/hook")});
    customer.post("/v1/webhooks", &webhook).await;
    let mut recorded = BTreeSet::new();
    recorded.insert(convert(&customer, &goal, &[("txid", "before")]).await);
    wait_for(&receiver, &recorded).await;
    let times: BTreeSet<usize> = told_times(&receiver.taken());
    assert_eq!(times, BTreeSet::from([1]), "one sends at a time");
    // Whichever it was that sent: one of the two deaths is its.
    for (death, dying) in senders.iter_mut().enumerate() {
        dying.kill();
        for n in 0..5 {
            let transaction = format!("{death}-{n}");
            recorded.insert(convert(&customer, &goal, &[("txid", &*transaction)]).await);
        }
        wait_for(&receiver, &recorded).await;
        dying.start().await;
    }
    for (event, ids) in told(&receiver.taken()) {
        assert_eq!(ids.len(), 1, "{event}: {ids:?}");
    }
}

/// How often events were told.
fn told_times(messages: &[Message]) -> BTreeSet<usize> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    messages
        .iter()
        .for_each(|it| *times.entry(it.id()).or_default() += 1);
    times.into_values().collect()
}

/// A receiver that hangs, and much to tell it: others of the account and of other accounts are told, and memory is bounded.
#[tokio::test]
async fn a_dead_receiver_holds_up_nobody_and_fills_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &FLAGS);
    server.start().await;
    let customer = Customer::of(&server).await;
    let other = Customer::of(&server).await;
    let [dead, alive] = [Receiver::start().await, Receiver::start().await];
    dead.set(Mood::Hangs);
    let types = ["link.clicked", "conversion.created"];
    for _ in 0..10 {
        let body = json!({"name": "Dead", "url": dead.url("/hook"), "types": types});
        customer.post("/v1/webhooks", &body).await;
    }
    let body = json!({"name": "Alive", "url": alive.url("/hook")});
    other.post("/v1/webhooks", &body).await;
    let (goal, others) = (goal(&customer).await, goal(&other).await);
    let link = json!({"slug": "much", "destination": "https://shop.example/"});
    let link = customer.create("links", &link).await;
    let before = server.status_kib("VmRSS");
    for batch in 0..10 {
        let event = |n: usize| json!({"type": "click", "link": link, "sub1": format!("{batch}-{n}"), "user_agent": "Mozilla/5.0"});
        let events: Vec<Value> = (0..5_000).map(event).collect();
        let sent = customer
            .http
            .post(format!("{}/v1/events", customer.collector));
        let answer = sent
            .bearer_auth(&customer.key)
            .json(&events)
            .send()
            .await
            .unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }
    convert(&customer, &goal, &[("txid", "1")]).await;
    let mut recorded = BTreeSet::new();
    for n in 0..20 {
        recorded.insert(convert(&other, &others, &[("txid", &n.to_string())]).await);
    }
    wait_for(&alive, &recorded).await;
    let grown = server.status_kib("VmRSS").saturating_sub(before) >> 10;
    println!(
        "grown by {grown} MiB with 50,000 clicks for 10 dead receivers, {} requests",
        dead.asked()
    );
    assert!(grown < 600, "{grown} MiB");
}
