//! Questions that no cube answers, against the binary: what is counted from events is what cubes say, and what a count by hand
//! says, live, in between and settled.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{
    eventually,
    http::Customer,
    process::{Server, run, run_ok},
};

const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
const BOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const ZONES: [&str; 4] = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"];

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.roll(all.len())]
    }
}

/// What was sent: enough of it to count by hand.
#[derive(Clone)]
struct Sent {
    link: &'static str,
    country: &'static str,
    is_bot: bool,
    is_phone: bool,
    sub1: &'static str,
    visitor: String,
}

async fn send(customer: &Customer, dice: &mut Dice, count: usize) -> Vec<Sent> {
    let now = model::Clock::now_ms(&model::SystemClock);
    let mut sent = Vec::new();
    let mut events = Vec::new();
    for _ in 0..count {
        let agent = dice.of(&[PERSON, PERSON, PHONE, BOT]);
        let one = Sent {
            link: dice.of(&["spring", "summer", "autumn"]),
            country: dice.of(&["DE", "AT", "US", ""]),
            is_bot: agent == BOT,
            is_phone: agent == PHONE,
            sub1: dice.of(&["a", "b", ""]),
            visitor: format!("v{}", dice.roll(40)),
        };
        let at = now - (dice.roll(40 * 3600) as i64 + 60) * 1_000;
        events.push(json!({
            "type": "click", "link": one.link, "occurred_at": model::time::rfc3339(at),
            "user_agent": agent, "country": one.country, "visitor": one.visitor,
            "sub1": one.sub1, "referrer": dice.of(&["", "https://news.example/a", "https://t.co/x"]),
        }));
        sent.push(one);
    }
    let url = format!("{}/v1/events", customer.collector);
    let request = customer
        .http
        .post(url)
        .bearer_auth(&customer.key)
        .json(&events);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["accepted"], count, "{answer}");
    sent
}

async fn until_counted(customer: &Customer, all: &[Sent]) {
    let people = all.iter().filter(|one| !one.is_bot).count();
    customer
        .wait_for_stats("metrics=clicks&range=7d", |answer| {
            answer["totals"]["clicks"] == people
        })
        .await;
}

/// Rows without what tells where they are from.
async fn asked(customer: &Customer, query: &str, source: &str) -> (Value, Value) {
    let answer = customer.stats(query).await;
    assert_eq!(answer["meta"]["source"], source, "{query}");
    assert_eq!(
        answer["meta"]["complete"], true,
        "{query}: {}",
        answer["meta"]
    );
    (answer["results"].clone(), answer["totals"].clone())
}

/// What a cube says is what the events say: a filter that lets all pass makes them be asked.
async fn both_ways(customer: &Customer, dice: &mut Dice) {
    let by = dice.of(&[
        "",
        "country",
        "browser",
        "device",
        "link",
        "referrer_domain",
        "channel",
        "utm_source",
        "os",
        "language",
    ]);
    let interval = dice.of(&["none", "hour", "day", "week", "15m"]);
    let metrics = dice.of(&[
        "clicks",
        "clicks,bot_clicks",
        "clicks,views,conversions",
        "clicks,cost,value",
    ]);
    let metrics = match by {
        // Money is kept by few of them.
        "" | "country" | "link" | "device" => metrics,
        _ => "clicks,bot_clicks",
    };
    let query = format!(
        "metrics={metrics}&group_by={by}&interval={interval}&range={}&timezone={}&exclude_bots={}&limit={}",
        dice.of(&["3d", "today", "48h", "7d"]),
        dice.of(&ZONES),
        dice.of(&["true", "false"]),
        dice.of(&["2", "1000"]),
    );
    let of_cube = asked(customer, &query, "cube").await;
    let of_events = asked(customer, &format!("{query}&sub2=-nobody"), "events").await;
    assert_eq!(of_cube, of_events, "{query}");
}

/// A filter and two groups, against a count by hand.
async fn by_hand(customer: &Customer, all: &[Sent]) {
    let query = "metrics=clicks,unique_visitors&group_by=country,device&range=7d&sub1=a,b&exclude_bots=true";
    let (rows, totals) = asked(customer, query, "events").await;
    let wanted = |one: &&Sent| !one.is_bot && !one.sub1.is_empty();
    let mut expected: BTreeMap<(&str, &str), (u64, BTreeSet<&str>)> = BTreeMap::new();
    for one in all.iter().filter(wanted) {
        let device = if one.is_phone { "mobile" } else { "desktop" };
        let row = expected.entry((one.country, device)).or_default();
        row.0 += 1;
        row.1.insert(&one.visitor);
    }
    let found: BTreeMap<(&str, &str), (u64, u64)> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let key = |name: &str| row[name].as_str().unwrap_or_default();
            let number = |name: &str| row[name].as_u64().unwrap();
            (
                (key("country"), key("device")),
                (number("clicks"), number("unique_visitors")),
            )
        })
        .collect();
    let expected: BTreeMap<_, _> = expected
        .into_iter()
        .map(|(key, (clicks, visitors))| (key, (clicks, visitors.len() as u64)))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(totals["clicks"], all.iter().filter(wanted).count());
    let everybody: BTreeSet<&str> = all.iter().filter(wanted).map(|one| &*one.visitor).collect();
    assert_eq!(totals["unique_visitors"], everybody.len());
    let count =
        |keep: &dyn Fn(&Sent) -> bool| all.iter().filter(|one| !one.is_bot && keep(one)).count();
    for (filter, expected) in [
        (
            "country=DE,AT",
            count(&|one| matches!(one.country, "DE" | "AT")),
        ),
        (
            "country=-DE,AT",
            count(&|one| !matches!(one.country, "DE" | "AT")),
        ),
        ("country=", count(&|one| one.country.is_empty())),
        ("link=spring,summer", count(&|one| one.link != "autumn")),
        ("link=-spring", count(&|one| one.link != "spring")),
        ("tag=warm", count(&|one| one.link != "autumn")),
        ("tag=-warm", count(&|one| one.link == "autumn")),
        (
            "link=spring&device=mobile&sub1=a",
            count(&|one| one.link == "spring" && one.is_phone && one.sub1 == "a"),
        ),
    ] {
        let (_, totals) = asked(customer, &format!("range=7d&{filter}"), "events").await;
        assert_eq!(totals["clicks"], expected, "{filter}");
    }
    let by_tag = customer.stats("range=7d&group_by=tag").await;
    assert_eq!(by_tag["meta"]["overlapping"], true);
    let warm = by_tag["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["tag"] == "warm");
    assert_eq!(warm.unwrap()["clicks"], count(&|one| one.link != "autumn"));
    assert_eq!(by_tag["totals"]["clicks"], count(&|_| true));
}

/// SQL over the events: of this account alone, to the same numbers.
async fn in_sql(customer: &Customer, all: &[Sent]) {
    let sql = "SELECT country, COUNT(*) AS n FROM events WHERE type = 'click' AND bot IS NULL GROUP BY country ORDER BY country";
    let answer = customer.post("/v1/query", &json!({"sql": sql})).await;
    let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
    for one in all.iter().filter(|one| !one.is_bot) {
        *expected.entry(one.country).or_default() += 1;
    }
    let rows: Vec<Value> = expected
        .iter()
        .map(|(country, n)| json!({"country": country, "n": n}))
        .collect();
    assert_eq!(answer["rows"], json!(rows));
    let sql = "SELECT country, CAST(SUM(clicks) AS BIGINT) AS n FROM stats GROUP BY country HAVING SUM(clicks) > 0 ORDER BY country";
    let answer = customer.post("/v1/query", &json!({"sql": sql})).await;
    assert_eq!(answer["rows"], json!(rows));
}

/// Groups are there whether or not their clicks are asked for beside their visitors.
async fn visitors_alone(customer: &Customer) {
    let query = |metrics: &str| format!("metrics={metrics}&group_by=country&range=7d");
    let alone = customer.stats(&query("unique_visitors")).await;
    let beside = customer.stats(&query("unique_visitors,clicks")).await;
    let visitors = |answer: &Value| -> BTreeMap<String, Value> {
        let rows = answer["results"].as_array().unwrap().iter();
        rows.map(|row| (row["country"].to_string(), row["unique_visitors"].clone()))
            .collect()
    };
    assert_eq!(visitors(&alone), visitors(&beside));
    assert!(visitors(&alone).len() > 1, "{alone}");
}

async fn listed(customer: &Customer, all: &[Sent]) {
    let mut ids = BTreeSet::new();
    let mut path = "/v1/events?range=7d&limit=70&country=DE".to_owned();
    let mut last = String::from("9");
    loop {
        let page = customer.get(&path).await;
        for event in page["items"].as_array().unwrap() {
            assert_eq!(event["country"], "DE");
            let time = event["time"].as_str().unwrap().to_owned();
            assert!(time <= last, "the newest come first: {time} {last}");
            last = time;
            assert!(
                ids.insert(event["event_id"].as_str().unwrap().to_owned()),
                "twice"
            );
        }
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        let as_of = page["meta"]["as_of"].as_str().unwrap();
        path = format!("/v1/events?range=7d&limit=70&country=DE&as_of={as_of}&cursor={next}");
    }
    assert_eq!(
        ids.len(),
        all.iter().filter(|one| one.country == "DE").count()
    );
    let url = format!("{}/v1/events?range=7d&country=DE", customer.api);
    for (kind, lines) in [
        ("text/csv", ids.len() + 1),
        ("application/x-ndjson", ids.len()),
    ] {
        let request = customer.http.get(&url).bearer_auth(&customer.key);
        let file = request
            .header("accept", kind)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert_eq!(file.lines().count(), lines, "{kind}");
    }
}

/// The rows of an answer as a table.
async fn as_csv(customer: &Customer) {
    let query = "metrics=clicks,bot_clicks&group_by=country,device&range=7d&exclude_bots=true";
    let answer = customer.stats(query).await;
    let url = format!("{}/v1/stats?{query}", customer.api);
    let request = customer.http.get(url).bearer_auth(&customer.key);
    let text = request
        .header("accept", "text/csv")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("country,device,clicks,bot_clicks"));
    let rows = answer["results"].as_array().unwrap();
    let first = lines.next().unwrap().split(',').nth(2).unwrap().to_owned();
    assert_eq!(
        (first, lines.count() + 1),
        (rows[0]["clicks"].to_string(), rows.len())
    );
}

async fn everything(customer: &Customer, dice: &mut Dice, all: &[Sent]) {
    until_counted(customer, all).await;
    for _ in 0..25 {
        both_ways(customer, dice).await;
    }
    by_hand(customer, all).await;
    in_sql(customer, all).await;
    visitors_alone(customer).await;
    listed(customer, all).await;
    as_csv(customer).await;
}

#[tokio::test]
async fn any_question_has_the_same_answer_from_cubes_and_from_events() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    for (slug, tags) in [
        ("spring", json!(["warm", "green"])),
        ("summer", json!(["warm"])),
        ("autumn", json!([])),
    ] {
        let link = json!({"slug": slug, "destination": "https://shop.example/", "tags": tags});
        customer.create("links", &link).await;
    }
    let mut dice = Dice(42);
    let mut all = send(&customer, &mut dice, 300).await;
    everything(&customer, &mut dice, &all).await;
    customer.settle().await;
    // Some settled, some live.
    all.extend(send(&customer, &mut dice, 200).await);
    everything(&customer, &mut dice, &all).await;
    // A moment stays what it was, whatever comes after it.
    let before = customer
        .stats("range=7d&country=DE&group_by=link,device")
        .await;
    let as_of = before["meta"]["as_of"].as_str().unwrap().to_owned();
    all.extend(send(&customer, &mut dice, 100).await);
    until_counted(&customer, &all).await;
    let same = async || {
        let query = format!("range=7d&country=DE&group_by=link,device&as_of={as_of}");
        let then = customer.stats(&query).await;
        assert_eq!(
            (&then["results"], &then["totals"]),
            (&before["results"], &before["totals"])
        );
    };
    same().await;
    customer.settle().await;
    same().await;
    everything(&customer, &mut dice, &all).await;
}

/// Another account's events are in no answer, whatever is asked.
#[tokio::test]
async fn nobody_sees_anothers_events() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &["--sql-for-tenants"]);
    server.start().await;
    let (one, other) = (Customer::of(&server).await, Customer::of(&server).await);
    for (customer, slug) in [(&one, "mine"), (&other, "yours")] {
        let link = json!({"slug": slug, "destination": "https://shop.example/"});
        customer.create("links", &link).await;
        let response = customer.http.get(format!("{}/{slug}", customer.collector));
        response.header("user-agent", PERSON).send().await.unwrap();
    }
    let count = |customer: &Customer| {
        let (http, api, key) = (
            customer.http.clone(),
            customer.api.clone(),
            customer.key.clone(),
        );
        async move |sql: &str| {
            let request = http.post(format!("{api}/v1/query")).bearer_auth(&key);
            let answer = request.json(&json!({"sql": sql})).send().await.unwrap();
            let status = answer.status().as_u16();
            (status, answer.json::<Value>().await.unwrap())
        }
    };
    until_one(&one).await;
    until_one(&other).await;
    let mine = count(&one);
    let (status, answer) = mine("SELECT COUNT(*) AS n FROM events").await;
    assert_eq!((status, &answer["rows"]), (200, &json!([{"n": 1}])));
    let (_, answer) = mine("SELECT object FROM (SELECT * FROM events) e WHERE 1 = 1 OR true").await;
    assert_eq!(answer["rows"].as_array().unwrap().len(), 1);
    let (_, answer) = mine("SELECT CAST(SUM(clicks) AS BIGINT) AS n FROM stats").await;
    assert_eq!(answer["rows"], json!([{"n": 1}]));
    let (status, answer) = mine("SELECT COUNT(*) AS n FROM forecasts").await;
    assert_eq!(
        (status, &answer["rows"]),
        (200, &json!([{"n": 0}])),
        "{answer}"
    );
    for sql in [
        "SELECT account FROM events",
        "SELECT * FROM account_total",
        "SELECT * FROM duplicates",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM 'file:///etc/passwd'",
        "CREATE TABLE a AS SELECT 1",
        "CREATE EXTERNAL TABLE a STORED AS PARQUET LOCATION 'lake://store/events/'",
        "COPY (SELECT 1) TO '/tmp/a.csv'",
        "INSERT INTO events SELECT * FROM events",
        "SET datafusion.execution.batch_size = 1",
        "SELECT 1; SELECT 2",
        "EXPLAIN SELECT * FROM events",
        "EXPLAIN VERBOSE SELECT * FROM events",
        "EXPLAIN ANALYZE SELECT * FROM events",
        "DESCRIBE events",
        "SHOW TABLES",
        "SELECT repeat('a', 2000000000)",
        "SELECT * FROM generate_series(1, 100000000)",
        "SELECT 1 AS a, 2 AS a",
        "nonsense",
    ] {
        let (status, answer) = mine(sql).await;
        assert_eq!(
            (status, &answer["code"]),
            (400, &json!("invalid_sql")),
            "{sql}: {answer}"
        );
    }
    // Plans are walked on a stack: how deep they are is bounded.
    let sum = |ones: usize| format!("SELECT {} AS n FROM events", vec!["1"; ones].join("+"));
    let (status, answer) = mine(&sum(300)).await;
    assert_eq!(
        (status, &answer["rows"]),
        (200, &json!([{"n": 300}])),
        "{answer}"
    );
    let (status, answer) = mine(&sum(3_000)).await;
    assert_eq!(
        (status, &answer["code"]),
        (400, &json!("invalid_sql")),
        "{answer}"
    );
    let all = "SELECT event_id FROM events UNION ALL SELECT event_id FROM events";
    let request = one.http.post(format!("{}/v1/query", one.api));
    let few = request
        .bearer_auth(&one.key)
        .json(&json!({"sql": all, "limit": 1}));
    assert_eq!(few.send().await.unwrap().status().as_u16(), 422);
    let theirs = other.get("/v1/links").await["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let request = one
        .http
        .get(format!("{}/v1/stats?link={theirs},mine", one.api))
        .bearer_auth(&one.key);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 404);
}

/// A question that would take its half minute ends when it is taken back, and nobody else can.
#[tokio::test]
async fn a_question_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &["--sql-for-tenants"]);
    server.start().await;
    let (customer, stranger) = (Customer::of(&server).await, Customer::of(&server).await);
    let link = json!({"slug": "spring", "destination": "https://shop.example/"});
    customer.create("links", &link).await;
    send_clicks(&customer, 2_000).await;
    let pairs = "SELECT COUNT(*) AS n FROM events a, events b, events c WHERE a.referrer < b.referrer AND b.referrer < c.referrer";
    let ask = async || {
        let request = customer.http.post(format!("{}/v1/query", customer.api));
        let body = json!({"sql": pairs, "query_id": "pairs"});
        let answer = request
            .bearer_auth(&customer.key)
            .json(&body)
            .send()
            .await
            .unwrap();
        (
            answer.status().as_u16(),
            answer.json::<Value>().await.unwrap(),
        )
    };
    let cancel = async |who: &Customer| {
        let request = who.http.delete(format!("{}/v1/query/pairs", who.api));
        request
            .bearer_auth(&who.key)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let taken_back = async {
        let limit = std::time::Duration::from_secs(20);
        eventually("the question to be there", limit, async || {
            assert_eq!(cancel(&stranger).await, 404);
            match cancel(&customer).await {
                204 => Ok(()),
                status => Err(status.to_string()),
            }
        })
        .await;
    };
    let ((status, answer), ()) = tokio::join!(ask(), taken_back);
    assert_eq!(
        (status, &answer["code"]),
        (409, &json!("cancelled")),
        "{answer}"
    );
    assert_eq!(cancel(&customer).await, 404, "it is over");
}

/// What takes more memory than a question may ends by itself, and whoever hangs up ends the rest. The server is another process.
#[tokio::test]
async fn a_question_that_takes_too_much_takes_nobody_along() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "spring", "destination": "https://shop.example/"});
    customer.create("links", &link).await;
    send_clicks(&customer, 2_000).await;
    let ask = |sql: String| {
        let request = customer.http.post(format!("{}/v1/query", customer.api));
        request
            .bearer_auth(&customer.key)
            .json(&json!({"sql": sql}))
            .send()
    };
    // Each is ten times as long as the one before it: gigabytes at the end.
    let longer = |from: &str| format!("(SELECT {} AS s FROM {from})", ["s"; 10].join(" || "));
    let text = "(SELECT referrer AS s FROM events)".to_owned();
    let long = (0..5).fold(text, |from, _| longer(&from));
    let answer = ask(format!("SELECT MAX(length(s)) AS n FROM {long}")).await;
    let answer: Value = answer.unwrap().json().await.unwrap();
    assert_eq!(answer["code"], "too_much", "{answer}");
    let detail = answer["detail"].as_str().unwrap();
    assert!(detail.contains("MiB of memory"), "{detail}");

    let endless = "SELECT COUNT(*) AS n FROM events a, events b, events c, events d";
    let hangs_up = tokio::spawn(ask(endless.into()));
    let limit = std::time::Duration::from_secs(20);
    let number = async |wanted: usize| {
        eventually("processes that answer SQL", limit, async || {
            let now = answering(server.id());
            (now == wanted).then_some(()).ok_or(now)
        })
        .await;
    };
    number(1).await;
    hangs_up.abort();
    number(0).await;
    let answer = ask("SELECT COUNT(*) AS n FROM events".into()).await;
    let answer: Value = answer.unwrap().json().await.unwrap();
    assert_eq!(answer["rows"], json!([{"n": 2_000}]), "{answer}");
}

/// How many processes of a server answer SQL.
fn answering(server: u32) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let answers = |process: &std::fs::DirEntry| {
        let status = read(process.path().join("status"));
        let is_child = status
            .lines()
            .any(|line| line == format!("PPid:\t{server}"));
        is_child && read(process.path().join("cmdline")).contains("answer-sql")
    };
    processes.filter(answers).count()
}

/// Sends clicks of the last hour, each with a referrer of its own.
async fn send_clicks(customer: &Customer, count: usize) {
    let events: Vec<Value> = (0..count)
        .map(|n| json!({"link": "spring", "referrer": format!("https://news.example/{n}"), "user_agent": PERSON}))
        .collect();
    let url = format!("{}/v1/events", customer.collector);
    let request = customer
        .http
        .post(url)
        .bearer_auth(&customer.key)
        .json(&events);
    assert!(request.send().await.unwrap().status().is_success());
    let counted = |answer: &Value| answer["totals"]["clicks"] == count;
    customer.wait_for_stats("metrics=clicks", counted).await;
}

/// On the command line: of one account in the store, of what is settled, and of a running installation, whatever is asked.
#[tokio::test]
async fn the_command_line_asks_one_account() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &["--sql-for-tenants"]);
    server.start().await;
    let (customer, stranger) = (Customer::of(&server).await, Customer::of(&server).await);
    for (who, slug, count) in [(&customer, "spring", 3), (&stranger, "summer", 5)] {
        let link = json!({"slug": slug, "destination": "https://shop.example/"});
        who.create("links", &link).await;
        for _ in 0..count {
            let click = who.http.get(format!("{}/{slug}", who.collector));
            click.header("user-agent", PERSON).send().await.unwrap();
        }
        who.wait_for_stats("metrics=clicks", |answer| {
            answer["totals"]["clicks"] == count
        })
        .await;
    }
    let account = customer.get("/v1/account").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let data = folder.path().to_str().unwrap();
    let of_store = ["--account", &account, "--data-dir", data];
    let of_api = ["--url", &customer.api, "--key", &customer.key];
    let ask = async |whom: &[&str], more: &[&str]| {
        let arguments = [&["query"], whom, more].concat();
        run_ok(folder.path(), &arguments).await
    };
    let sql = "SELECT COUNT(*) AS n FROM events";
    let csv = ["--format", "csv", sql];
    assert_eq!(ask(&of_store, &csv).await, "n\n0\n", "nothing is settled");
    assert_eq!(ask(&of_api, &csv).await, "n\n3\n");
    customer.settle().await;
    assert_eq!(
        ask(&of_api, &["--format", "ndjson", sql]).await,
        "{\"n\":3}\n"
    );
    for whom in [of_store, of_api] {
        assert_eq!(ask(&whom, &csv).await, "n\n3\n");
        assert!(ask(&whom, &[sql]).await.contains("| 3 |"));
        let parquet = folder.path().join("rows.parquet");
        let output = run(
            folder.path(),
            &[&["query"], &whom[..], &["--format", "parquet", sql]].concat(),
        )
        .await;
        std::fs::write(&parquet, &output.stdout).unwrap();
        assert!(output.stdout.starts_with(b"PAR1") && output.stdout.ends_with(b"PAR1"));
        for wrong in [
            "SELECT account FROM events",
            "SELECT * FROM account_total",
            "DROP TABLE events",
        ] {
            let output = run(folder.path(), &[&["query"], &whom[..], &[wrong]].concat()).await;
            assert!(!output.status.success(), "{wrong}");
        }
        let few = ["--limit", "2", "SELECT event_id FROM events"];
        let output = run(folder.path(), &[&["query"], &whom[..], &few].concat()).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("more"), "{said}");
    }
    let all = run_ok(
        folder.path(),
        &["query", "--data-dir", data, "--format", "csv", sql],
    )
    .await;
    assert_eq!(all, "n\n8\n", "who has the store may ask of all");
    let nobody = [
        "query",
        "--account",
        "acc_0000000000001",
        "--data-dir",
        data,
        sql,
    ];
    let output = run(folder.path(), &nobody).await;
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no account"));
}

async fn until_one(customer: &Customer) {
    customer
        .wait_for_stats("metrics=clicks", |answer| answer["totals"]["clicks"] == 1)
        .await;
}

/// Every address that the dashboard for Grafana asks is answered, and Prometheus finds what it reads.
#[tokio::test]
async fn grafana_and_prometheus_find_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "spring", "destination": "https://shop.example/"});
    customer.create("links", &link).await;
    let click = customer.http.get(format!("{}/spring", customer.collector));
    click.header("user-agent", PERSON).send().await.unwrap();
    until_one(&customer).await;
    let dashboard = include_str!("../../examples/grafana/dashboards/millrace.json");
    let dashboard: Value = serde_json::from_str(dashboard).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        let target = &panel["targets"][0];
        let url = target["url"].as_str().unwrap();
        let url = url
            .replace(
                "${__from:date:YYYY-MM-DD[T]HH:mm:00}",
                "2026-01-01T10:07:00",
            )
            .replace("${__to:date:YYYY-MM-DD[T]HH:mm:00}", "2099-01-01T10:08:00")
            .replace("&interval=15m", "&interval=month");
        let answer = customer.get(&url).await;
        let rows = answer["results"].as_array().unwrap();
        for column in target["columns"].as_array().unwrap() {
            let name = column["selector"].as_str().unwrap();
            let has = |row: &Value| row.get(name).is_some();
            assert!(rows.iter().all(has), "{url}: {name}: {answer}");
        }
    }
    let text = customer.http.get(format!("{}/v1/metrics", customer.api));
    let text = text.bearer_auth(&customer.key).send().await.unwrap();
    let text = text.text().await.unwrap();
    for line in [
        "millrace_clicks_total{link=\"spring\"} 1",
        "millrace_complete 1",
        "# TYPE millrace_clicks_total counter",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}:\n{text}");
    }
}
