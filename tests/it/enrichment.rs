//! What is made of events, as a customer sees it: channels, classes of bots, places that change, and clicks that are too many,
//! counted live as they are settled.

use std::{
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{
    eventually,
    http::Customer,
    process::{Server, run, run_ok},
};

const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const GPTBOT: &str = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot)";
/// London, in MaxMind's test databases.
const LONDON: &str = "81.2.69.160";
const COUNTED: &str = "metrics=clicks,bot_clicks&range=7d&exclude_bots=false";
/// How long a collector may take to see a changed file: it looks every five seconds.
const SEEN_LIMIT: Duration = Duration::from_secs(30);

async fn installation(folder: &Path, flags: &[&str]) -> (Server, Customer) {
    let flags: Vec<&str> = ["--trusted-proxies", "127.0.0.0/8"]
        .iter()
        .chain(flags)
        .copied()
        .collect();
    let mut server = Server::up(folder, &flags);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "hello", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    (server, customer)
}

async fn click(customer: &Customer, path: &str, headers: &[(&str, &str)]) {
    let request = customer.http.get(format!("{}/{path}", customer.collector));
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let response = request.send().await.unwrap();
    assert!(
        response.headers().contains_key("millrace-event-id"),
        "{path}"
    );
}

/// Clicks of people and of bots by the values of a dimension, in their order.
fn by(answer: &Value, dimension: &str) -> Vec<(String, i64, i64)> {
    let row = |row: &Value| {
        let value = row[dimension].as_str().unwrap_or_default().to_owned();
        let count = |metric: &str| row[metric].as_i64().unwrap();
        let bots = count("bot_clicks");
        (value, count("clicks") - bots, bots)
    };
    let mut rows: Vec<_> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(row)
        .collect();
    rows.sort();
    rows
}

/// The same, live and then settled.
async fn both(customer: &Customer, dimension: &str, expected: &[(&str, i64, i64)]) {
    let query = format!("{COUNTED}&group_by={dimension}");
    let expected: Vec<_> = expected
        .iter()
        .map(|(value, people, bots)| ((*value).to_owned(), *people, *bots))
        .collect();
    let fits = |answer: &Value| by(answer, dimension) == expected;
    customer.wait_for_stats(&query, fits).await;
    customer.settle().await;
    let answer = customer.stats(&query).await;
    assert_eq!(by(&answer, dimension), expected);
}

/// What a command prints, which must succeed on this data folder.
async fn told(data: &Path, arguments: &[&str]) -> String {
    let folder = ["--data-dir", data.to_str().unwrap()];
    run_ok(data, &[arguments, &folder].concat()).await
}

async fn reasons(folder: &Path) -> String {
    let sql =
        "SELECT bot, COUNT(*) AS n FROM events WHERE bot IS NOT NULL GROUP BY bot ORDER BY bot";
    told(folder, &["query", sql]).await
}

#[tokio::test]
async fn those_after_the_thirtieth_click_in_a_minute_are_bots_live_and_settled() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (server, customer) = installation(&data, &[]).await;
    let link = json!({"slug": "other", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    // All in one minute, whenever the test runs.
    let at = model::time::rfc3339(model::Clock::now_ms(&model::SystemClock) - 60_000);
    let click = |link: &str, ip: &str| json!({"type": "click", "link": link, "occurred_at": at, "ip": ip, "user_agent": PERSON});
    let fast: Vec<Value> = (0..35).map(|_| click("hello", "203.0.113.9")).collect();
    let others = ["203.0.113.10", "2001:db8::7"].map(|ip| click("hello", ip));
    let elsewhere = [click("other", "203.0.113.9")];
    // An office behind a proxy that nobody has named.
    let office: Vec<Value> = (0..40).map(|_| click("other", "10.0.0.1")).collect();
    let all: Vec<Value> = fast
        .into_iter()
        .chain(others)
        .chain(elsewhere)
        .chain(office)
        .collect();
    let sent = customer
        .http
        .post(format!("{}/v1/events", customer.collector));
    let sent = sent.bearer_auth(&customer.key).json(&all).send().await;
    assert!(sent.unwrap().status().is_success());
    let links = format!("{COUNTED}&group_by=link");
    let fits = |answer: &Value| {
        let mut counts: Vec<_> = by(answer, "link")
            .into_iter()
            .map(|(_, p, b)| (p, b))
            .collect();
        counts.sort_unstable();
        counts == [(32, 5), (41, 0)]
    };
    customer.wait_for_stats(&links, fits).await;
    customer.settle().await;
    let settled = customer.stats(&links).await;
    assert!(fits(&settled), "{settled}");
    let found = reasons(&data).await;
    assert!(found.contains("rate"), "{found}");
    // Nothing is decided anew.
    drop(server);
    told(&data, &["batch", "run", "--full"]).await;
    assert_eq!(reasons(&data).await, found);
}

#[tokio::test]
async fn channels_domains_and_classes_of_bots_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (_server, customer) = installation(&data, &[]).await;
    let (person, bot) = (("user-agent", PERSON), ("user-agent", GPTBOT));
    for (path, referrer) in [
        ("hello?gclid=x1", "https://www.google.com/"),
        ("hello?gclid=", "https://www.google.co.uk/"),
        ("hello", "https://chatgpt.com/"),
        ("hello?utm_source=chatgpt.com", "https://news.bbc.co.uk/a"),
        ("hello", "https://mail.google.com/mail/"),
        ("hello?fbclid=x2", "https://l.facebook.com/"),
    ] {
        click(&customer, path, &[person, ("referer", referrer)]).await;
    }
    click(&customer, "hello", &[person]).await;
    click(&customer, "hello", &[bot]).await;
    let channels = [
        ("ai", 2, 0),
        ("direct", 1, 1),
        ("email", 1, 0),
        ("paid", 1, 0),
        ("search", 1, 0),
        ("social", 1, 0),
    ];
    both(&customer, "channel", &channels).await;
    let domains = [
        ("", 1, 1),
        ("bbc.co.uk", 1, 0),
        ("chatgpt.com", 1, 0),
        ("facebook.com", 1, 0),
        ("google.co.uk", 1, 0),
        ("google.com", 2, 0),
    ];
    both(&customer, "referrer_domain", &domains).await;
    assert!(reasons(&data).await.contains("ai_crawler:GPTBot"));
}

fn maxmind(name: &str) -> PathBuf {
    testing::data(&format!("geoip-maxmind-testdb/test-data/{name}.mmdb"))
}

fn put(from: &Path, to: &Path) {
    let beside = to.with_extension("new");
    std::fs::copy(from, &beside).unwrap();
    std::fs::rename(beside, to).unwrap();
}

async fn health(server: &Server) -> Value {
    let url = format!("{}/health/ready", server.operator);
    reqwest::get(url).await.unwrap().json().await.unwrap()
}

async fn until_health(server: &Server, said: Option<&str>) {
    eventually("health to tell of the database", SEEN_LIMIT, async || {
        let health = health(server).await;
        let warning = health["warnings"]["geo_db"].as_str();
        let fits = match said {
            Some(said) => warning.is_some_and(|warning| warning.contains(said)),
            None => warning.is_none(),
        };
        fits.then_some(()).ok_or(health.to_string())
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_replaced_places_new_clicks_and_changes_no_count() {
    testing::needs_data!("geoip-maxmind-testdb");
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (
        folder.path().join("data"),
        folder.path().join("places.mmdb"),
    );
    std::fs::write(&file, "no database").unwrap();
    let (server, customer) = installation(&data, &["--geo-db", file.to_str().unwrap()]).await;
    until_health(&server, Some("not a readable MMDB database")).await;
    let from_london = [("user-agent", PERSON), ("x-forwarded-for", LONDON)];
    click(&customer, "hello", &from_london).await;
    put(&maxmind("GeoIP2-ISP-Test"), &file);
    until_health(&server, Some("has no countries")).await;
    put(&maxmind("GeoIP2-Country-Test"), &file);
    until_health(&server, None).await;
    click(&customer, "hello", &from_london).await;
    both(&customer, "country", &[("", 1, 0), ("GB", 1, 0)]).await;
    put(&maxmind("GeoIP2-City-Test"), &file);
    // Nothing tells when it is in use but a click that it places.
    let clicks = customer
        .wait_for_stats(COUNTED, |answer| answer["totals"]["clicks"] == 2)
        .await;
    assert_eq!(clicks["totals"]["bot_clicks"], 0);
    let cities = format!("{COUNTED}&group_by=city");
    eventually("London", SEEN_LIMIT, async || {
        click(&customer, "hello", &from_london).await;
        let answer = customer.get(&format!("/v1/stats?{cities}")).await;
        let found = by(&answer, "city")
            .iter()
            .any(|(city, ..)| city == "London");
        found.then_some(()).ok_or(answer.to_string())
    })
    .await;
    customer.settle().await;
    let before = customer.stats(&cities).await;
    let europe = customer
        .stats(&format!("{COUNTED}&group_by=continent"))
        .await;
    assert_eq!(
        by(&europe, "continent")[0],
        (String::new(), 1, 0),
        "the first has no place"
    );
    drop(server);
    // The first click, taken when there was no database, is not placed by a later one.
    told(&data, &["batch", "run", "--full"]).await;
    let mut server = Server::up(&data, &[]);
    server.start().await;
    let again = Customer {
        api: server.api.clone(),
        collector: server.collector.clone(),
        ..customer
    };
    let after = again.wait_for_stats(&cities, |_| true).await;
    assert_eq!(by(&after, "city"), by(&before, "city"));
}

/// Answers every request by its path, on a port of its own, as long as the test runs.
fn registry(answer: impl Fn(&str, &str) -> Option<Vec<u8>> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let own = address.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let (status, body) = match answer(&own, path) {
                Some(body) => ("200 OK", body),
                None => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    address
}

/// A package of npm's format with one file.
fn package(content: &[u8]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive
        .append_data(&mut header, "package/country.mmdb", content)
        .unwrap();
    archive.into_inner().unwrap().finish().unwrap()
}

/// A registry with one release, of which it says this hash and licence.
fn one_release(packed: Vec<u8>, integrity: String, licence: &'static str) -> String {
    registry(move |own, path| match path {
        "/@some%2fcountries/latest" => {
            let release = json!({
                "name": "@some/countries", "version": "1.0.0", "license": licence,
                "dist": {"tarball": format!("{own}/countries.tgz"), "integrity": integrity},
            });
            Some(release.to_string().into_bytes())
        }
        "/countries.tgz" => Some(packed.clone()),
        _ => None,
    })
}

fn integrity(packed: &[u8]) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA512, packed);
    format!("sha512-{}", STANDARD.encode(hash))
}

#[tokio::test]
async fn a_database_that_is_installed_is_used_without_a_restart() {
    testing::needs_data!("geoip-maxmind-testdb");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (_server, customer) = installation(&data, &[]).await;
    let packed = package(&std::fs::read(maxmind("GeoIP2-Country-Test")).unwrap());
    let hash = integrity(&packed);
    let arguments = |registry: &str, package: &str| {
        let folder = data.to_str().unwrap();
        let [registry, package] = [("--registry", registry), ("--package", package)];
        let all = [
            "geo",
            "install",
            registry.0,
            registry.1,
            package.0,
            package.1,
            "--data-dir",
            folder,
        ];
        all.map(str::to_owned)
    };
    let refused = async |registry: String, package: &str, said: &str| {
        let arguments = arguments(&registry, package);
        let output = run(&data, &arguments.each_ref().map(String::as_str)).await;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(said), "{told}");
        assert!(!data.join("geo/country.mmdb").exists());
    };
    let altered = package(b"something else");
    refused(
        one_release(altered, hash.clone(), "CC0-1.0"),
        "@some/countries",
        "is not what",
    )
    .await;
    let eula = one_release(packed.clone(), hash.clone(), "SEE LICENSE IN EULA");
    refused(eula, "@some/countries", "--accept-licence").await;
    let good = one_release(packed, hash, "CC0-1.0");
    refused(good.clone(), "@some/others", "404").await;

    let install = arguments(&good, "@some/countries");
    let install = install.each_ref().map(String::as_str);
    let said = run_ok(&data, &install).await;
    assert!(said.contains("@some/countries 1.0.0 (CC0-1.0)"), "{said}");
    assert!(run_ok(&data, &install).await.contains("is there already"));
    let countries = format!("{COUNTED}&group_by=country");
    eventually("a click from London", SEEN_LIMIT, async || {
        click(
            &customer,
            "hello",
            &[("user-agent", PERSON), ("x-forwarded-for", LONDON)],
        )
        .await;
        let answer = customer.get(&format!("/v1/stats?{countries}")).await;
        let found = by(&answer, "country")
            .iter()
            .any(|(country, ..)| country == "GB");
        found.then_some(()).ok_or(answer.to_string())
    })
    .await;
}

/// Own lists change without a restart, and what was counted stays; a full run applies them, and networks that are excluded
/// later, to what was taken before.
#[tokio::test]
async fn own_lists_and_later_exclusions_change_what_was_only_if_somebody_wants_it() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("lists.toml"));
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write(
        "[[bots]]\nname = \"acme\"\nagents = [\"AcmeMonitor/\"]\n[channels]\nsocial = [\"forum.example\"]\n",
    );
    let lists = ["--lists", file.to_str().unwrap()];
    let (server, customer) = installation(&data, &lists).await;
    let acme = format!("{PERSON} AcmeMonitor/2");
    let (home, office) = ("203.0.113.9", "198.51.100.7");
    let from = |agent, ip| {
        [
            ("user-agent", agent),
            ("x-forwarded-for", ip),
            ("referer", "https://forum.example/"),
        ]
    };
    click(&customer, "hello", &from(&acme, home)).await;
    click(&customer, "hello", &from(PERSON, home)).await;
    click(&customer, "hello", &from(PERSON, office)).await;
    both(&customer, "channel", &[("social", 2, 1)]).await;
    write("people = 3");
    eventually("health to tell of the lists", SEEN_LIMIT, async || {
        let health = health(&server).await;
        let warning = health["warnings"]["lists"].as_str();
        let said = warning.is_some_and(|warning| warning.contains("stays in use"));
        said.then_some(()).ok_or(health.to_string())
    })
    .await;
    write("[[people]]\nname = \"acme\"\nagents = [\"AcmeMonitor/\"]\n");
    eventually("the new lists", SEEN_LIMIT, async || {
        let health = health(&server).await;
        health["warnings"]["lists"]
            .is_null()
            .then_some(())
            .ok_or(health.to_string())
    })
    .await;
    click(&customer, "hello", &from(&acme, home)).await;
    both(
        &customer,
        "channel",
        &[("referral", 1, 0), ("social", 2, 1)],
    )
    .await;
    let settings = json!({"settings": {"excluded_networks": ["198.51.100.0/24"]}});
    customer.patch("/v1/account", &settings).await;
    let command = [&["batch", "run", "--full", "--stage", "--json"][..], &lists].concat();
    let staged: Value = serde_json::from_str(&told(&data, &command).await).unwrap();
    let why = staged["rows"][0]["why"].to_string();
    assert!(
        why.contains("excluded") && why.contains("list:acme"),
        "{staged}"
    );
    told(&data, &[&["batch", "publish"][..], &lists].concat()).await;
    // The office is out, the monitor in, and the forum is nothing that the lists know.
    let query = format!("{COUNTED}&group_by=channel");
    let fits = |answer: &Value| by(answer, "channel") == [("referral".to_owned(), 3, 1)];
    customer.wait_for_stats(&query, fits).await;
}
