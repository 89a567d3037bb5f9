//! Commands that end by themselves.

use std::{fs, path::Path, time::Duration};

use serde_json::Value;

use crate::support::{
    eventually,
    process::{free_port, millrace, run, run_ok},
};

/// How long a debug build may take to set the demo up.
const SHOWN_LIMIT: Duration = Duration::from_secs(300);
/// How long its numbers may stand still.
const STILL_LIMIT: Duration = Duration::from_secs(30);

/// The number before ` events of the last`.
fn replayed(printed: &str) -> u64 {
    let (before, _) = printed.split_once(" events of the last").unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_demo_counts_what_it_must() {
    let folder = tempfile::tempdir().unwrap();
    let address = || format!("127.0.0.1:{}", free_port());
    let (collector, api) = (address(), address());
    let demo = [
        "demo",
        "--check",
        "--dir",
        "data",
        "--collect-addr",
        &collector,
        "--api-addr",
        &api,
    ];
    let printed = run_ok(folder.path(), &demo).await;
    assert!(printed.contains("All counts are as expected."), "{printed}");
    let sent = replayed(&printed);
    let store = ["--data-dir", "data"];

    let again = run(folder.path(), &demo).await;
    assert!(!again.status.success(), "a folder is not used twice");

    let full = run_ok(
        folder.path(),
        &[&["batch", "run", "--full", "--json"][..], &store].concat(),
    )
    .await;
    let full: Value = serde_json::from_str(&full).unwrap();
    assert_eq!(
        (&full["events"], &full["changed"]),
        (&sent.into(), &Value::Array(vec![])),
        "full = incremental"
    );

    let audit = run_ok(folder.path(), &[&["audit", "--json"][..], &store].concat()).await;
    let audit: Value = serde_json::from_str(&audit).unwrap();
    assert_eq!(
        (&audit["events"], &audit["agrees"]),
        (&sent.into(), &true.into())
    );
    let epochs = audit["epochs"].as_array().unwrap().iter();
    let counted: u64 = epochs.filter_map(|e| e["batch_counted"].as_u64()).sum();
    assert_eq!(counted, sent);

    let sql = "SELECT COUNT(*) AS n FROM events";
    let rows = run_ok(folder.path(), &[&["query", sql][..], &store].concat()).await;
    assert!(rows.contains(&sent.to_string()), "{rows}");
    let drop = run(
        folder.path(),
        &[&["query", "DROP TABLE events"][..], &store].concat(),
    )
    .await;
    assert!(!drop.status.success(), "SQL only reads");

    tamper(&folder.path().join("data/store/raw"));
    let audit = run(folder.path(), &[&["audit"][..], &store].concat()).await;
    assert_eq!(
        audit.status.code(),
        Some(1),
        "a damaged raw object must not pass the audit"
    );
}

#[tokio::test]
async fn the_demo_goes_on_until_it_is_told_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let address = || format!("127.0.0.1:{}", free_port());
    let mut command = millrace();
    command
        .args(["demo", "--dir", "data"])
        .args(["--collect-addr", &address(), "--api-addr", &address()])
        .current_dir(folder.path())
        .stdout(fs::File::create(folder.path().join("printed.txt")).unwrap());
    let mut demo = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let (api, key) = address_with_key(&folder.path().join("printed.txt")).await;
    let today = async || today(&api, &key).await;

    let first = today().await;
    eventually("the numbers to move", STILL_LIMIT, async || {
        let now = today().await;
        if now > first { Ok(()) } else { Err(now) }
    })
    .await;

    let id = demo.id().unwrap().to_string();
    let told = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(told.unwrap().success());
    let ended = tokio::time::timeout(SHOWN_LIMIT, demo.wait()).await;
    assert!(ended.unwrap().unwrap().success(), "Ctrl-C is a good end");
}

/// The parts of the address that signs in by itself, once it is printed.
async fn address_with_key(printed: &Path) -> (String, String) {
    eventually("the demo's address", SHOWN_LIMIT, async || {
        let text = fs::read_to_string(printed).unwrap();
        let address = text.lines().find_map(|l| l.strip_prefix("Dashboard   "));
        let parts = address.and_then(|a| a.split_once("/#key="));
        parts
            .map(|(api, key)| (api.to_owned(), key.trim().to_owned()))
            .ok_or(text)
    })
    .await
}

/// Everything counted today.
async fn today(api: &str, key: &str) -> u64 {
    let metrics = ["clicks", "bot_clicks", "views", "conversions"];
    let url = format!(
        "{api}/v1/stats?range=today&interval=none&metrics={}",
        metrics.join(",")
    );
    let request = reqwest::Client::new().get(url).bearer_auth(key);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let counts = metrics.iter().map(|m| answer["totals"][m].as_u64());
    counts.map(|count| count.unwrap()).sum()
}

/// Flips a bit in the first raw object.
fn tamper(raw: &Path) {
    let log = fs::read_dir(raw).unwrap().next().unwrap().unwrap().path();
    let object = fs::read_dir(log).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&object).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(object, bytes).unwrap();
}

#[tokio::test]
async fn keys_are_shown_once_and_work() {
    let folder = tempfile::tempdir().unwrap();
    let made = run_ok(
        folder.path(),
        &["key", "create", "--name", "site", "--json"],
    )
    .await;
    let made: Value = serde_json::from_str(&made).unwrap();
    let account = made["account"].as_str().unwrap();
    assert!(made["api_key"].as_str().unwrap().starts_with("mr_"));
    let second = run_ok(
        folder.path(),
        &[
            "key",
            "create",
            "--account",
            account,
            "--scopes",
            "read",
            "--json",
        ],
    )
    .await;
    assert_eq!(
        serde_json::from_str::<Value>(&second).unwrap()["account"],
        account
    );
    let nobody = run(
        folder.path(),
        &["key", "create", "--account", "acc_0000000000000"],
    )
    .await;
    assert!(!nobody.status.success());
}

#[tokio::test]
async fn any_csv_can_be_forecast() {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = "series,time,value\n".to_owned();
    for hour in 0..24 * 14 {
        let time = chrono::DateTime::from_timestamp(1_700_000_400 + hour * 3600, 0).unwrap();
        csv += &format!("visits,{},{}\n", time.to_rfc3339(), 100 + 10 * (hour % 24));
    }
    fs::write(folder.path().join("in.csv"), csv).unwrap();
    let out = run_ok(
        folder.path(),
        &["forecast", "in.csv", "--horizon", "24", "--season", "24"],
    )
    .await;
    let mut lines = out.lines();
    assert_eq!(
        lines.next(),
        Some("series,time,forecast,lower_80,upper_80,lower_95,upper_95,model")
    );
    assert_eq!(lines.count(), 24);
    fs::write(
        folder.path().join("bad.csv"),
        "series,time,value\na,2024-01-01,one\n",
    )
    .unwrap();
    let bad = run(
        folder.path(),
        &["forecast", "bad.csv", "--horizon", "2", "--season", "7"],
    )
    .await;
    assert!(!bad.status.success());
    assert!(
        String::from_utf8_lossy(&bad.stderr).contains("line 2"),
        "{bad:?}"
    );
}

/// The figures themselves are printed, not asserted; only that they were worked out on all series.
#[tokio::test]
async fn forecasts_are_scored_on_the_m4_competition() {
    if std::env::var_os("MILLRACE_FULL").is_none() {
        return; // A debug build takes minutes; `cargo test -p batch-layer` scores a few series.
    }
    testing::needs_data!("series-m4-hourly");
    let folder = testing::data("series-m4-hourly");
    let printed = run_ok(Path::new("."), &["m4", folder.to_str().unwrap()]).await;
    println!("{printed}");
    assert!(printed.contains("OWA"), "{printed}");
}
