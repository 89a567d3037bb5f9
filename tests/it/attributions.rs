//! What batch decides about conversions, through real doors: whose click they belong to, what their click says, and what
//! a report should have done whose door did not know what was before.

use std::path::Path;

use reqwest::Response;
use serde_json::{Value, json};
use storage::testing::redis_server::RedisServer;

use crate::support::{
    http::{Customer, answer},
    place::Place,
    process::{Server, run_ok},
    proxy::{Network, Proxy},
};

const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";
const RANGE: &str = "range=24h&interval=none&metrics=conversions,pending,rejected,value";

const COUNTS: &str = "range=24h&interval=none&metrics=conversions";

async fn tell(customer: &Customer, goal: &str, query: &[(&str, &str)]) -> Value {
    let url = format!("{}/c/{goal}", customer.collector);
    let told: Response = customer.http.get(url).query(query).send().await.unwrap();
    answer("the postback", told).await
}

async fn events(customer: &Customer, events: &Value) -> Value {
    let url = format!("{}/v1/events", customer.collector);
    let sent = customer.http.post(url).bearer_auth(&customer.key);
    answer("the events", sent.json(events).send().await.unwrap()).await
}

fn click(visitor: &str, link: &str, sub: &str) -> Value {
    json!({
        "type": "click", "link": link, "visitor": visitor, "country": "DE", "user_agent": DESKTOP,
        "referrer": "https://www.news.example/story", "sub1": sub,
    })
}

/// Conversions of a row of an answer, by what it is grouped by.
async fn grouped(customer: &Customer, by: &str, name: &str) -> i64 {
    let answer = customer.stats(&format!("{COUNTS}&group_by={by}")).await;
    let rows = answer["results"].as_array().unwrap().iter();
    let is_named = |row: &&Value| [&row[by], &row["slug"], &row["name"]].contains(&&json!(name));
    let row = rows.filter(is_named).map(|row| row["conversions"].as_i64());
    row.flatten().sum()
}

async fn is_exact(customer: &Customer, by: &str) -> bool {
    let answer = customer.stats(&format!("{COUNTS}&group_by={by}")).await;
    answer["meta"]["exact"]["conversions"].as_bool().unwrap()
}

async fn wait_for(customer: &Customer, conversions: i64) {
    let counted = |answer: &Value| answer["totals"]["conversions"] == conversions;
    customer.wait_for_stats(RANGE, counted).await;
}

/// What the table of events says: link, sub1 and domain of the referrer of conversions, by transaction.
async fn table(data: &Path) -> String {
    let sql = "SELECT sub1, referrer_domain, COUNT(*) AS n FROM events WHERE type = 'conversion' \
               GROUP BY 1, 2 ORDER BY 1, 2";
    run_ok(data, &["query", sql, "--data-dir", data.to_str().unwrap()]).await
}

#[tokio::test]
async fn a_named_visitors_conversion_belongs_to_their_click() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::up(&data, &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    customer
        .post("/v1/campaigns", &json!({"name": "Spring"}))
        .await;
    for slug in ["early", "late"] {
        let link = json!({
            "slug": slug, "destination": "https://shop.example/x", "campaign": "Spring",
            "append_click_id": true, "click_id_param": "cid",
        });
        customer.create("links", &link).await;
    }
    let last = customer
        .create("goals", &json!({"name": "Last", "currency": "EUR"}))
        .await;
    let first = json!({"name": "First", "currency": "EUR", "attribution": "first"});
    let first = customer.create("goals", &first).await;
    // A collector that knows what was made later knows the goals.
    let later = json!({"slug": "later", "destination": "https://shop.example/x"});
    customer.create("links", &later).await;
    for (slug, sub) in [("early", "a"), ("late", "b")] {
        let sent = events(&customer, &json!([click("ann", slug, sub)])).await;
        assert_eq!(sent["accepted"], 1, "{sent}");
    }
    for goal in [&last, &first] {
        let told = tell(&customer, goal, &[("visitor", "ann"), ("value", "5")]).await;
        let said = (&told["attributed"], &told["reason"]);
        assert_eq!(said, (&json!(false), &json!("decided_by_batch")), "{told}");
    }
    let sale = json!([{"type": "conversion", "goal": "Last", "visitor": "ann", "value": 3}]);
    assert_eq!(events(&customer, &sale).await["accepted"], 1);
    let nobody = tell(&customer, &last, &[("visitor", "bob")]).await;
    assert_eq!(nobody["reason"], "decided_by_batch");
    // One with a click id, whose referrer the id does not carry.
    let clicked = customer
        .http
        .get(format!("{}/late?sub1=c", customer.collector));
    let clicked = clicked
        .header("user-agent", DESKTOP)
        .header("referer", "https://blog.example/");
    let clicked = clicked.send().await.unwrap();
    let location = reqwest::Url::parse(clicked.headers()["location"].to_str().unwrap()).unwrap();
    let id = location
        .query_pairs()
        .find(|(name, _)| name == "cid")
        .unwrap()
        .1;
    let told = tell(&customer, &last, &[("cid", &*id)]).await;
    assert_eq!(told["attributed"], true, "{told}");

    wait_for(&customer, 5).await;
    assert_eq!(
        grouped(&customer, "link", "late").await,
        1,
        "that with the id"
    );
    assert_eq!(grouped(&customer, "goal", "Last").await, 4);
    for by in ["link", "campaign", "country", "referrer_domain", "device"] {
        assert!(!is_exact(&customer, by).await, "{by} is decided by batch");
    }
    assert!(is_exact(&customer, "goal").await);

    let mut tables = Vec::new();
    for run in ["roll up", "full"] {
        match run {
            "full" => {
                let full = [
                    "batch",
                    "run",
                    "--full",
                    "--json",
                    "--data-dir",
                    data.to_str().unwrap(),
                ];
                let told: Value = serde_json::from_str(&run_ok(&data, &full).await).unwrap();
                assert_eq!(told["changed"], json!([]), "{told}");
            }
            _ => {
                customer.roll_up().await;
            }
        }
        wait_for(&customer, 5).await;
        for (by, name, conversions) in [
            ("link", "late", 3),
            ("link", "early", 1),
            ("campaign", "Spring", 4),
            ("country", "DE", 3),
            ("browser", "Chrome", 4),
            ("device", "desktop", 4),
            ("referrer_domain", "news.example", 3),
            ("referrer_domain", "blog.example", 1),
            ("goal", "Last", 4),
        ] {
            let found = grouped(&customer, by, name).await;
            assert_eq!(found, conversions, "{by} {name} after {run}");
            assert!(is_exact(&customer, by).await, "{by} after {run}");
        }
        let late = customer.stats(&format!("{RANGE}&link=late")).await;
        assert_eq!(late["totals"]["value"], "8.00", "{late}");
        tables.push(table(&data).await);
        run_ok(
            &data,
            &["audit", "--full", "--data-dir", data.to_str().unwrap()],
        )
        .await;
    }
    let words: Vec<&str> = tables[0].split_whitespace().filter(|w| *w != "|").collect();
    for row in [
        ["a", "news.example", "1"],
        ["b", "news.example", "2"],
        ["c", "blog.example", "1"],
    ] {
        assert!(
            words.windows(3).any(|words| words == row),
            "{row:?}: {}",
            tables[0]
        );
    }
    assert_eq!(tables[0], tables[1]);
}

#[tokio::test]
async fn a_change_that_nobody_could_check_is_corrected_by_batch() {
    let (redis, folder) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let place = Place::folder(&folder.path().join("store"));
    let network = Proxy::start(redis.address()).await;
    let start = async |roles: &str, redis: &str| {
        let flags = [
            "--segment-interval",
            "200ms",
            "--epoch-max-age",
            "1s",
            "--redis-url",
            redis,
        ];
        let mut server = Server::run(roles, &folder.path().join(roles), &flags).at(&place);
        server.start().await;
        server
    };
    let serve = start("speed,serve,jobs", &redis.url()).await;
    let collector = start("collector", &format!("redis://{}", network.address)).await;
    let customer = Customer::new(&serve.api, &collector.collector, &serve.admin_token()).await;
    let goal = json!({"name": "Sale", "currency": "EUR", "statuses": {"pending": ["lead"], "rejected": ["no"]}});
    let goal = customer.create("goals", &goal).await;
    let link = json!({
        "slug": "offer", "destination": "https://shop.example/x", "append_click_id": true, "click_id_param": "cid",
    });
    customer.create("links", &link).await;
    let clicked = customer.http.get(format!("{}/offer", customer.collector));
    let clicked = clicked.header("user-agent", DESKTOP).send().await.unwrap();
    let location = reqwest::Url::parse(clicked.headers()["location"].to_str().unwrap()).unwrap();
    let id = location
        .query_pairs()
        .find(|(name, _)| name == "cid")
        .unwrap()
        .1;

    let lead = [
        ("txid", "t"),
        ("status", "lead"),
        ("value", "9"),
        ("cid", &*id),
    ];
    let told = tell(&customer, &goal, &lead).await;
    assert_eq!(
        (&told["effect"], &told["attributed"]),
        (&json!("new"), &json!(true))
    );
    network.set(Network::Down);
    let sale = [("txid", "t"), ("status", "approved"), ("value", "9")];
    let told = tell(&customer, &goal, &sale).await;
    assert_eq!(
        (&told["effect"], &told["unchecked"]),
        (&json!("new"), &json!(true)),
        "{told}"
    );
    network.set(Network::Works);
    let both = |answer: &Value| {
        (
            &answer["totals"]["pending"],
            &answer["totals"]["conversions"],
        ) == (&json!(1), &json!(1))
    };
    let live = customer.wait_for_stats(RANGE, both).await;
    assert_eq!(live["meta"]["unchecked"], true, "{live}");
    customer.roll_up().await;
    let one = |answer: &Value| {
        (
            &answer["totals"]["pending"],
            &answer["totals"]["conversions"],
        ) == (&json!(0), &json!(1))
    };
    customer.wait_for_stats(RANGE, one).await;
    // It counts where the first report does.
    let by_link = customer.stats(&format!("{RANGE}&link=offer")).await;
    assert!(one(&by_link), "{by_link}");
    assert_eq!(by_link["totals"]["value"], "9.00", "{by_link}");
    let run = async |arguments: &'static [&'static str]| {
        crate::support::process::run_ok_at(&place, &serve.folder, arguments).await
    };
    let full = run(&["batch", "run", "--full", "--json", "--data-dir", "."]).await;
    let full: Value = serde_json::from_str(&full).unwrap();
    assert_eq!(full["changed"], json!([]), "{full}");
    let audit = run(&["audit", "--full", "--data-dir", "."]).await;
    assert!(audit.contains("everything agrees"), "{audit}");
    let by_link = customer.stats(&format!("{RANGE}&link=offer")).await;
    assert!(one(&by_link), "{by_link}");
}
