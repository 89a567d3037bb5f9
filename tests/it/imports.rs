//! What other tools export, brought here by the product's own command: links twice are the same, history counts once
//! whatever becomes of the import, and nobody else's answers wait for it.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use model::failpoint;
use serde_json::{Value, json};

use crate::support::{
    data, eventually,
    http::Customer,
    process::{self, Server},
};

/// How long a new log may take to be seen.
const LIMIT: Duration = Duration::from_secs(60);

struct Site {
    folder: tempfile::TempDir,
    server: Server,
    customer: Customer,
    account: String,
}

impl Site {
    async fn up() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server::up(&folder.path().join("data"), &[]);
        server.start().await;
        let customer = Customer::of(&server).await;
        let account = customer.get("/v1/account").await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        Self {
            folder,
            server,
            customer,
            account,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path().join(file), text).unwrap();
    }

    async fn links(&self, arguments: &[&str]) -> (i32, String) {
        let always = [
            "import",
            "links",
            "--url",
            &self.customer.api,
            "--key",
            &self.customer.key,
        ];
        let output = process::run(self.path(), &[&always[..], arguments].concat()).await;
        told(&output)
    }

    /// Imports clicks; the exit code and what was printed.
    async fn clicks(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&self.clicks_arguments(arguments)).await;
        let (code, text) = told(&output);
        let log = String::from_utf8_lossy(&output.stderr);
        (
            code,
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}{log}")),
        )
    }

    /// Runs a command with the secret of the installation.
    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        output.await.unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = process::millrace();
        command
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::null());
        command.env("MILLRACE_SECRET", process::SECRET);
        command
    }

    fn clicks_arguments<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let always = [
            "import",
            "clicks",
            "--data-dir",
            "data",
            "--account",
            &self.account,
            "--json",
        ];
        [&always[..], arguments].concat()
    }

    /// Settles what is sealed, if anything is.
    async fn batch(&self) {
        process::run_ok(self.path(), &["batch", "run", "--data-dir", "data"]).await;
    }

    async fn total(&self, query: &str) -> i64 {
        let answer = self.customer.stats(query).await;
        answer["totals"]["clicks"].as_i64().unwrap()
    }
}

fn told(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap_or(-1), text)
}

/// A metric by the values of a dimension, or by time.
fn by(answer: &Value, name: &str, metric: &str) -> BTreeMap<String, i64> {
    let rows = answer["results"].as_array().unwrap().iter();
    let row = |row: &Value| {
        let name = row[name].as_str().unwrap_or("").to_owned();
        (name, row[metric].as_i64().unwrap())
    };
    rows.map(row).filter(|(_, count)| *count > 0).collect()
}

const SHLINK: &str = r#"{"shortUrls":{"data":[
    {"shortCode":"one","shortUrl":"https://s.example/one","longUrl":"https://a.example/1","dateCreated":"2020-01-01T00:00:00+00:00","title":"One","tags":["a"],"meta":{"validUntil":"2099-01-01T00:00:00+00:00"},"visitsSummary":{"total":5}},
    {"shortCode":"two","shortUrl":"https://s.example/two","longUrl":"https://a.example/2","dateCreated":"2020-01-01T00:00:00+00:00","meta":{"maxVisits":3},"visitsSummary":{"total":7}},
    {"shortCode":"bad path","shortUrl":"https://s.example/bad","longUrl":"https://a.example/3"},
    {"shortCode":"three","shortUrl":"https://s.example/three"}]}}"#;

#[tokio::test]
async fn links_twice_are_the_same() {
    let site = Site::up().await;
    site.write("links.json", SHLINK);
    let from = ["--from", "shlink", "links.json"];
    let (code, text) = site.links(&[&from[..], &["--dry-run"]].concat()).await;
    assert_eq!(code, 3, "{text}");
    assert!(
        text.contains("line 1: created, one → https://a.example/1"),
        "{text}"
    );
    assert!(
        text.contains("line 3: refused, invalid:")
            && text.contains("line 4: refused, no_destination"),
        "{text}"
    );
    assert_eq!(
        site.customer.get("/v1/links").await["items"],
        json!([]),
        "nothing is touched"
    );
    assert!(!site.path().join("links.json.rejected").exists());

    let json_of = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let (code, text) = site.links(&[&from[..], &["--json"]].concat()).await;
    assert_eq!((code, &json_of(&text)["created"]), (3, &json!(2)), "{text}");
    let shown = site
        .customer
        .get("/v1/links/ext_shlink:s.example:one")
        .await;
    assert_eq!(
        (&shown["slug"], &shown["title"], &shown["tags"]),
        (&json!("one"), &json!("One"), &json!(["a"]))
    );
    assert_eq!(shown["expires_at"], "2099-01-01T00:00:00Z");
    let (code, text) = site.links(&[&from[..], &["--json"]].concat()).await;
    assert_eq!(
        (
            code,
            &json_of(&text)["unchanged"],
            &json_of(&text)["created"]
        ),
        (3, &json!(2), &Value::Null),
        "{text}"
    );

    // What changed there changes here, and mended rows are taken.
    site.write("links.json", &SHLINK.replace("a.example/1", "b.example/1"));
    let (_, text) = site.links(&[&from[..], &["--json"]].concat()).await;
    assert_eq!(
        (&json_of(&text)["changed"], &json_of(&text)["unchanged"]),
        (&json!(1), &json!(1)),
        "{text}"
    );
    let rejected = fs::read_to_string(site.path().join("links.json.rejected")).unwrap();
    let mended = rejected.replace("bad path", "good").replace(
        "\"https://s.example/three\"",
        "\"https://s.example/three\",\"longUrl\":\"https://a.example/4\"",
    );
    site.write("mended", &mended);
    let (code, text) = site.links(&["--from", "shlink", "mended", "--json"]).await;
    assert_eq!((code, &json_of(&text)["created"]), (0, &json!(2)), "{text}");
}

/// So many clicks of a day in 2019, on two links, some of them bad.
fn history(count: usize) -> String {
    let line = |n: usize| match n {
        5 => "{\"link\":\"nowhere\",\"time\":\"2019-05-01T00:00:00Z\"}\n".to_owned(),
        6 => "{\"link\":\n".to_owned(),
        n => {
            let (link, minute, second) = (["a", "b"][n % 2], (n / 60) % 1_440, n % 60);
            let (hour, minute) = (minute / 60, minute % 60);
            format!(
                "{{\"link\":\"{link}\",\"time\":\"2019-05-01T{hour:02}:{minute:02}:{second:02}Z\",\"user_agent\":\"Mozilla/5.0 (X11) Firefox/128.0\",\"ip\":\"203.0.{}.{}\"}}\n",
                n % 50,
                n % 200
            )
        }
    };
    (1..=count).map(line).collect()
}

const DAY: &str = "metrics=clicks&start=2019-05-01&end=2019-05-02";

#[tokio::test]
async fn history_counts_once_however_often_the_import_dies() {
    testing::needs_faults!();
    let site = Site::up().await;
    for slug in ["a", "b"] {
        let link = json!({"slug": slug, "destination": "https://example.com/"});
        site.customer.create("links", &link).await;
    }
    let other = Customer::of(&site.server).await;
    let rows = 120_000;
    let mut packer = GzEncoder::new(
        fs::File::create(site.path().join("clicks.ndjson.gz")).unwrap(),
        Compression::fast(),
    );
    packer.write_all(history(rows).as_bytes()).unwrap();
    packer.finish().unwrap();
    let arguments = ["--format", "ndjson", "clicks.ndjson.gz"];
    let good = rows as i64 - 2;

    for (skipped, name) in [
        (0, "import.begun"),
        (0, "import.stored"),
        (1, "import.stored"),
        (0, "import.sealed"),
        (0, "import.done"),
    ] {
        let mut dies = site.command(&site.clicks_arguments(&arguments));
        dies.env("MILLRACE_DIE_AT", format!("{name}:{skipped}"));
        let status = tokio::task::spawn_blocking(move || dies.output().unwrap().status)
            .await
            .unwrap();
        assert_eq!(status.signal(), Some(6), "{name}");
        site.batch().await;
        let answer = site.customer.stats(DAY).await;
        let told = (
            answer["totals"]["clicks"].as_i64().unwrap(),
            answer["meta"]["complete"].as_bool().unwrap(),
        );
        assert_eq!(
            told,
            (0, true),
            "killed at {name}: nobody sees a part of it"
        );
    }
    assert_eq!(failpoint::IMPORT.len(), 5);
    let (code, first) = site.clicks(&arguments).await;
    // It had died after it was decided which log it is.
    assert_eq!(
        (code, &first["counted before"]),
        (0, &json!(good)),
        "{first}"
    );

    let told = eventually("the import is seen", LIMIT, async || {
        let answer = site.customer.get(&format!("/v1/stats?{DAY}")).await;
        match answer["meta"]["complete"] == false {
            true => Ok(answer),
            false => Err(answer["meta"].to_string()),
        }
    })
    .await;
    let missing = told["meta"]["missing"][0].as_str().unwrap();
    assert!(
        missing.contains("imported history is yet to be settled"),
        "{missing}"
    );
    let others = other.stats(DAY).await;
    assert_eq!(
        others["meta"]["complete"], true,
        "nobody else waits for it: {others}"
    );
    site.customer.roll_up().await;
    let settled = site
        .customer
        .wait_for_stats(DAY, |answer| answer["meta"]["complete"] == true)
        .await;
    assert_eq!(
        settled["totals"]["clicks"].as_i64(),
        Some(good),
        "{settled}"
    );
    assert_eq!(settled["meta"]["live"]["clicks"], 0);
    assert_eq!(other.stats(DAY).await["totals"]["clicks"], 0);

    let (code, again) = site.clicks(&arguments).await;
    assert_eq!(
        (code, &again["counted before"]),
        (0, &json!(good)),
        "{again}"
    );
    site.batch().await;
    assert_eq!(site.total(DAY).await, good);
    process::run_ok(site.path(), &["audit", "--full", "--data-dir", "data"]).await;
}

#[tokio::test]
async fn bad_rows_are_kept_and_mended_ones_are_counted() {
    let site = Site::up().await;
    for slug in ["a", "b"] {
        let link = json!({"slug": slug, "destination": "https://example.com/"});
        site.customer.create("links", &link).await;
    }
    site.write("clicks.ndjson", &history(100));
    let arguments = ["--format", "ndjson", "clicks.ndjson"];
    let (code, told) = site.clicks(&arguments).await;
    assert_eq!((code, &told["counted"]), (3, &json!(98)), "{told}");
    assert_eq!(
        told["refused_by_code"],
        json!({"not_json": 1, "unknown_object": 1})
    );
    let rejected = fs::read_to_string(site.path().join("clicks.ndjson.rejected")).unwrap();
    assert!(rejected.contains("# line 5: unknown_object"), "{rejected}");
    let mended = rejected.replace("nowhere", "a").replace(
        "{\"link\":\n",
        "{\"link\":\"b\",\"time\":\"2019-05-01T23:00:00Z\"}\n",
    );
    site.write("mended", &mended);
    let (code, told) = site.clicks(&["--format", "ndjson", "mended"]).await;
    assert_eq!((code, &told["counted"]), (0, &json!(2)), "{told}");
    let (_, again) = site.clicks(&arguments).await;
    assert_eq!(again["counted before"], 98);
    // A name counts once, whatever is in the files.
    let named = [
        "--format",
        "ndjson",
        "--name",
        "may",
        "clicks.ndjson",
        "mended",
        "--link",
        "b",
    ];
    let (_, told) = site.clicks(&named).await;
    assert_eq!(
        told["counted"], 101,
        "the link of the command takes all but what is no row: {told}"
    );
    site.write("mended", "{\"time\":\"2019-05-01T23:00:00Z\"}");
    let output = site.run(&site.clicks_arguments(&named)).await;
    assert_eq!(output.status.code(), Some(1));
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        why.contains("give the new contents another --name"),
        "{why}"
    );
    site.customer.roll_up().await;
    let all = site
        .customer
        .wait_for_stats(DAY, |answer| answer["meta"]["complete"] == true)
        .await;
    assert_eq!(all["totals"]["clicks"], 201);
}

const FEED: &str = "clicks-usagov-2013";
const FEED_RANGE: &str = "start=2013-01-01&end=2013-06-01&exclude_bots=false&limit=50000";

/// Published counts: of each value of the first columns, and what is in the column named so.
fn published(file: &str, keys: usize, column: &str) -> BTreeMap<String, i64> {
    let file = format!("{FEED}/expected/{file}");
    let place = data::columns(&file)
        .iter()
        .position(|name| name == column)
        .unwrap();
    let rows = data::rows_of_texts(&file);
    let row = |row: &Vec<String>| (row[..keys].join(" "), row[place].parse().unwrap());
    rows.iter().map(row).collect()
}

#[tokio::test]
async fn the_feed_of_usagov_gives_the_published_numbers() {
    testing::needs_data!(FEED);
    let site = Site::up().await;
    let raw = testing::data(&format!("{FEED}/raw"));
    let mut files: Vec<String> = fs::read_dir(raw)
        .unwrap()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let mut arguments = vec![
        "--format",
        "usagov",
        "--create-links",
        "--site",
        "https://example.com/",
        "--name",
        "usagov",
        "--rejects",
        "rejected",
    ];
    arguments.extend(files.iter().map(String::as_str));
    let (code, told) = site.clicks(&arguments).await;
    assert_eq!(
        (code, &told["counted"], &told["passed over"]),
        (0, &json!(108_022), &json!(3_000)),
        "{told}"
    );
    assert_eq!(told["links made"], 15_998);
    site.customer.roll_up().await;
    let stats = async |query: &str| {
        let query = format!("metrics=clicks&{FEED_RANGE}&{query}");
        site.customer.stats(&query).await
    };
    let hours = stats("interval=hour").await;
    assert_eq!(hours["meta"]["complete"], true, "{}", hours["meta"]);
    assert_eq!(
        by(&hours, "time", "clicks"),
        published("by_hour_utc.csv", 1, "events")
    );
    for (dimension, file) in [
        ("browser", "by_browser.csv"),
        ("os", "by_os.csv"),
        ("device_model", "by_device.csv"),
        ("referrer", "by_referrer_host.csv.gz"),
    ] {
        let groups = stats(&format!("group_by={dimension}")).await;
        assert_eq!(
            by(&groups, dimension, "clicks"),
            published(file, 1, "events"),
            "{dimension}"
        );
    }
    let countries = by(&stats("group_by=country").await, "country", "clicks");
    let recorded = published("by_country_recorded.csv", 1, "events");
    let is_code = |code: &str| code.bytes().all(|b| b.is_ascii_uppercase());
    let known: BTreeMap<String, i64> = recorded
        .iter()
        .filter(|(code, _)| is_code(code) && !code.is_empty())
        .map(|(code, count)| (code.clone(), *count))
        .collect();
    let counted: BTreeMap<String, i64> = countries
        .into_iter()
        .filter(|(code, _)| is_code(code) && !code.is_empty())
        .collect();
    assert_eq!(counted, known);
    for zone in ["UTC", "America/New_York", "Asia/Kolkata"] {
        let days = stats(&format!("interval=day&timezone={zone}")).await;
        let days: BTreeMap<String, i64> = by(&days, "time", "clicks")
            .into_iter()
            .map(|(time, count)| (time[..10].to_owned(), count))
            .collect();
        let all = published("by_day.csv", 2, "events");
        let of_zone: BTreeMap<String, i64> = all
            .iter()
            .filter_map(|(key, count)| Some((key.strip_prefix(zone)?.trim().to_owned(), *count)))
            .collect();
        assert_eq!(days, of_zone, "{zone}");
    }
    links_of_the_feed(&site, &stats("group_by=link").await).await;
}

/// Each short link of the feed is a link of ours, known by what the feed calls it.
async fn links_of_the_feed(site: &Site, answer: &Value) {
    let mut called: BTreeMap<String, String> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = site
            .customer
            .get(&format!("/v1/links?limit=1000{after}"))
            .await;
        for link in page["items"].as_array().unwrap() {
            let (id, external) = (
                link["id"].as_str().unwrap(),
                link["external_id"].as_str().unwrap(),
            );
            called.insert(
                id.to_owned(),
                external
                    .strip_prefix("usagov:")
                    .unwrap()
                    .replacen(':', "/", 1),
            );
        }
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        after = format!("&cursor={next}");
    }
    let counted: BTreeMap<String, i64> = by(answer, "link", "clicks")
        .into_iter()
        .map(|(id, count)| (called[&id].clone(), count))
        .collect();
    assert_eq!(counted, published("by_link.csv.gz", 1, "events"));
}

#[tokio::test]
async fn variants_and_columns_of_an_experiment_are_counted() {
    const OBD: &str = "impressions-obd";
    testing::needs_data!(OBD);
    let site = Site::up().await;
    site.customer
        .create("pixels", &json!({"name": "men"}))
        .await;
    site.customer
        .create(
            "links",
            &json!({"slug": "men", "destination": "https://example.com/"}),
        )
        .await;
    let file = testing::data(&format!("{OBD}/men.csv.gz"));
    let mut text = String::new();
    GzDecoder::new(fs::File::open(&file).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let is_click = |line: &&str| line.starts_with("policy") || line.split(',').nth(4) == Some("1");
    site.write(
        "clicked.csv",
        &text
            .lines()
            .filter(is_click)
            .flat_map(|line| [line, "\n"])
            .collect::<String>(),
    );
    let columns = [
        "--format",
        "csv",
        "--map",
        "policy=variant",
        "--map",
        "item_id=sub1",
        "--map",
        "position=sub2",
        "--leave-out",
        "click,propensity_score,user_feature_0,user_feature_1,user_feature_2,user_feature_3",
        "--rejects",
        "rejected",
    ];
    for (what, file, count) in [
        (["--pixel", "men"], file.to_str().unwrap(), 20_000),
        (["--link", "men"], "clicked.csv", 115),
    ] {
        let (code, told) = site.clicks(&[&columns[..], &what, &[file]].concat()).await;
        assert_eq!((code, &told["counted"]), (0, &json!(count)), "{told}");
    }
    site.customer.roll_up().await;
    let query = "metrics=views,clicks&start=2019-11-24&end=2019-12-01&exclude_bots=false";
    let answer = site
        .customer
        .stats(&format!("{query}&group_by=variant"))
        .await;
    let rows = data::rows_of_texts(&format!("{OBD}/expected/by_policy.csv"));
    for (metric, column) in [("views", 1), ("clicks", 2)] {
        let expected: BTreeMap<String, i64> = rows
            .iter()
            .map(|row| (row[0].clone(), row[column].parse().unwrap()))
            .collect();
        assert_eq!(by(&answer, "variant", metric), expected, "{metric}");
    }
    let hours = site
        .customer
        .stats(&format!("{query}&group_by=variant&interval=hour"))
        .await;
    let rows = data::rows_of_texts(&format!("{OBD}/expected/by_policy_hour_utc.csv"));
    let expected: BTreeMap<String, i64> = rows
        .iter()
        .map(|row| (format!("{} {}", row[0], row[1]), row[2].parse().unwrap()))
        .collect();
    let rows = hours["results"].as_array().unwrap().iter();
    let counted: BTreeMap<String, i64> = rows
        .map(|row| {
            (
                format!(
                    "{} {}",
                    row["variant"].as_str().unwrap_or(""),
                    row["time"].as_str().unwrap()
                ),
                row["views"].as_i64().unwrap(),
            )
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(
        counted,
        expected
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect()
    );
}

#[tokio::test]
async fn the_log_of_a_web_server_is_history() {
    const WEBLOG: &str = "weblog-elastic-apache";
    testing::needs_data!(WEBLOG);
    let site = Site::up().await;
    let file = testing::data(&format!("{WEBLOG}/apache_logs.gz"));
    let (code, told) = site
        .clicks(&[
            "--format",
            "combined",
            file.to_str().unwrap(),
            "--create-links",
            "--site",
            "https://www.semicomplete.com/",
            "--rejects",
            "rejected",
        ])
        .await;
    assert_eq!(
        (code, &told["refused_by_code"]),
        (3, &json!({"not_combined": 1})),
        "{told}"
    );
    let file = format!("{WEBLOG}/events.csv.gz");
    let columns = data::columns(&file);
    let column = |name: &str| columns.iter().position(|known| known == name).unwrap();
    let rows = data::rows_of_texts(&file);
    let (method, status, path, time) = (
        column("method"),
        column("status"),
        column("path"),
        column("ts"),
    );
    let counts = |row: &&Vec<String>| {
        row[method] == "GET"
            && matches!(&row[status][..1], "2" | "3")
            && !row[path].trim_matches('/').is_empty()
    };
    let mut expected: BTreeMap<i64, i64> = BTreeMap::new();
    for row in rows.iter().filter(counts) {
        *expected
            .entry(row[time].parse::<i64>().unwrap() / 3_600)
            .or_default() += 1;
    }
    assert_eq!(
        told["counted"].as_i64().unwrap(),
        expected.values().sum::<i64>(),
        "{told}"
    );
    site.customer.roll_up().await;
    let answer = site
        .customer
        .stats("metrics=clicks&start=2015-05-17&end=2015-05-21&interval=hour&exclude_bots=false")
        .await;
    let hour = |(time, count): (String, i64)| {
        (
            chrono::DateTime::parse_from_rfc3339(&time)
                .unwrap()
                .timestamp()
                / 3_600,
            count,
        )
    };
    let counted: BTreeMap<i64, i64> = by(&answer, "time", "clicks")
        .into_iter()
        .map(hour)
        .collect();
    assert_eq!(counted, expected);
}

#[tokio::test]
async fn totals_are_labelled_and_added_to_nothing() {
    let site = Site::up().await;
    site.write("links.json", SHLINK);
    let (_, text) = site
        .links(&["--from", "shlink", "links.json", "--totals", "--json"])
        .await;
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&told["counts taken"], &told["clicks in them"]),
        (&json!(2), &json!(12)),
        "{told}"
    );
    let year = "metrics=clicks&interval=month&start=2019-12-01&end=2027-12-01";
    let answer = site.customer.wait_for_stats(year, |_| true).await;
    assert_eq!(answer["totals"], json!({"clicks": 0}));
    assert_eq!(
        answer["meta"]["imported"],
        json!({"clicks": 12, "beyond": 0, "sources": ["shlink"]})
    );

    site.write("days.csv", "link,day,clicks\none,2024-01-01,3\none,2024-01-02,4\nnowhere,2024-01-02,9\nbad,someday,1\n");
    let put = [
        "import",
        "totals",
        "--from",
        "csv",
        "days.csv",
        "--source",
        "old",
        "--json",
        "--url",
        &site.customer.api,
        "--key",
        &site.customer.key,
    ];
    for _ in 0..2 {
        let (code, text) = told_of(&site, &put).await;
        assert_eq!(
            (code, &text["counts taken"], &text["refused"]),
            (3, &json!(2), &json!(2)),
            "{text}"
        );
    }
    let answer = site
        .customer
        .stats("metrics=clicks&interval=day&start=2024-01-01&end=2024-02-01&link=one")
        .await;
    let expected = json!({"clicks": 7, "beyond": 5, "sources": ["old", "shlink"], "results": [
        {"time": "2024-01-01T00:00:00Z", "clicks": 3}, {"time": "2024-01-02T00:00:00Z", "clicks": 4}]});
    assert_eq!(
        (&answer["meta"]["imported"], &answer["totals"]),
        (&expected, &json!({"clicks": 0}))
    );
    let other = Customer::of(&site.server).await;
    assert_eq!(other.stats(year).await["meta"]["imported"], Value::Null);
}

async fn told_of(site: &Site, arguments: &[&str]) -> (i32, Value) {
    let (code, text) = told(&process::run(site.path(), arguments).await);
    (code, serde_json::from_str(&text).unwrap())
}

/// What was reported to another tool before, row by row, goes by the rules of its goal; a transaction that the door took, too,
/// counts once.
#[tokio::test]
async fn conversions_of_a_history_count_as_their_goals_say() {
    let site = Site::up().await;
    let link = json!({"slug": "offer", "destination": "https://shop.example/"});
    site.customer.create("links", &link).await;
    let goal = json!({"name": "Sale", "currency": "EUR", "statuses": {"approved": ["sale"], "pending": ["lead"]}});
    let goal = site.customer.create("goals", &goal).await;
    let tell = async |order: &str, value: &str| {
        let url = format!("{}/c/{goal}", site.customer.collector);
        let query = [("txid", order), ("payout", value), ("status", "sale")];
        let answer = site
            .customer
            .http
            .get(url)
            .query(&query)
            .send()
            .await
            .unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["effect"], "new", "{answer}");
    };
    // The door took one before.
    tell("g", "9").await;
    site.customer.settle().await;
    let rows = "order;total;state;at;from;currency\n\
        a;10.00;lead;2026-01-05T10:00:00Z;offer;EUR\n\
        a;10.00;sale;2026-01-06T10:00:00Z;offer;EUR\n\
        b;5.50;sale;2026-01-06T11:00:00Z;offer;EUR\n\
        b;5.50;sale;2026-01-06T12:00:00Z;offer;EUR\n\
        c;7;hold;2026-01-06T13:00:00Z;offer;EUR\n\
        d;3;sale;2026-01-06T13:00:00Z;nowhere;EUR\n\
        e;4;sale;2026-01-06T13:00:00Z;offer;USD\n\
        g;9.00;sale;2026-01-07T13:00:00Z;offer;EUR\n\
        ;2;sale;2026-01-07T14:00:00Z;;EUR\n";
    site.write("orders.csv", rows);
    let maps = [
        "order=transaction_id",
        "total=value",
        "state=status",
        "at=time",
        "from=link",
    ];
    let maps: Vec<&str> = maps.iter().flat_map(|map| ["--map", map]).collect();
    let arguments = [
        &["--format", "csv", "orders.csv", "--goal", "Sale"],
        &maps[..],
    ]
    .concat();
    let (code, told) = site.clicks(&arguments).await;
    assert_eq!(
        (code, &told["counted"], &told["passed over"]),
        (3, &json!(5), &json!(1)),
        "{told}"
    );
    let refused = json!({"unknown_status": 1, "unknown_object": 1, "wrong_currency": 1});
    assert_eq!(told["refused_by_code"], refused);
    site.customer.settle().await;
    let all = "start=2026-01-01&end=2030-01-01&metrics=conversions,pending,value";
    let numbers = async |query: &str, expected: Value| {
        let query = format!("{all}{query}");
        let is_so = |answer: &Value| answer["totals"] == expected;
        site.customer.wait_for_stats(&query, is_so).await;
    };
    let everything = json!({"conversions": 4, "pending": 0, "value": "26.50"});
    numbers("", everything.clone()).await;
    numbers(&format!("&goal={goal}"), everything.clone()).await;
    // The door knew no link of the one that it took.
    let of_link = json!({"conversions": 2, "pending": 0, "value": "15.50"});
    numbers("&link=offer", of_link).await;
    // Again it is what it was, and what the door takes of it later is one of them.
    let (code, told) = site.clicks(&arguments).await;
    assert_eq!((code, &told["counted before"]), (0, &json!(5)), "{told}");
    tell("b", "5.50").await;
    site.customer.settle().await;
    numbers("", everything).await;
}
