//! The audit and the receipts, as an operator and a customer ask for them; and that the audit
//! fails when it must.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{
    eventually,
    http::{Customer, answer},
    process::{Server, run, run_ok},
};

const LIMIT: Duration = Duration::from_secs(60);
/// Segments are shipped soon; epochs end when a test wants it.
const FLAGS: [&str; 2] = ["--segment-interval", "200ms"];
const EVENT_ID: &str = "millrace-event-id";

struct Site {
    server: Server,
    customer: Customer,
    link: String,
    pixel: String,
    goal: String,
}

impl Site {
    async fn new(folder: &Path) -> Self {
        Self::with(folder, &FLAGS).await
    }

    async fn with(folder: &Path, flags: &[&str]) -> Self {
        let mut server = Server::up(folder, flags);
        server.start().await;
        let customer = Customer::of(&server).await;
        let pixel = customer.create("pixels", &json!({"name": "pixel"})).await;
        let goal = json!({"name": "goal", "currency": "EUR"});
        let goal = customer.create("goals", &goal).await;
        let link = json!({"slug": "link", "destination": "https://example.com/"});
        let link = customer.create("links", &link).await;
        Self {
            server,
            customer,
            link,
            pixel,
            goal,
        }
    }

    /// The event id that a door acknowledges with.
    async fn knock(&self, path: &str) -> String {
        let url = format!("{}{path}", self.customer.collector);
        let response = self.customer.http.get(url).send().await.unwrap();
        let id = response.headers().get(EVENT_ID);
        id.expect("an acknowledged event")
            .to_str()
            .unwrap()
            .to_owned()
    }

    /// One event through each door, and two that are refused: their types and ids.
    async fn through_all_doors(&self, key: &str) -> Vec<(&'static str, String)> {
        let mut ids = vec![
            ("click", self.knock("/link").await),
            ("view", self.knock(&format!("/p/{}.gif", self.pixel)).await),
            (
                "conversion",
                self.knock(&format!("/c/{}?transaction_id={key}", self.goal))
                    .await,
            ),
        ];
        let events = json!([
            {"type": "click", "link": "link"},
            {"type": "click", "link": "nowhere"},
            {"type": "view", "pixel": self.pixel},
            {"type": "click", "link": "link", "occurred_at": -1},
            {"type": "conversion", "goal": self.goal, "value": "12.50"},
        ]);
        let url = format!("{}/v1/events", self.customer.collector);
        let request = self.customer.http.post(url).bearer_auth(&self.customer.key);
        let told = answer("the events", request.json(&events).send().await.unwrap()).await;
        assert_eq!(
            (&told["accepted"], told["rejected"].as_array().map(Vec::len)),
            (&json!(3), Some(2))
        );
        let first = told["first_event_id"].as_str().unwrap();
        let (log, seq) = first.rsplit_once('-').unwrap();
        let seq: u64 = seq.parse().unwrap();
        let kinds = ["click", "view", "conversion"];
        ids.extend(
            (seq..)
                .zip(kinds)
                .map(|(seq, kind)| (kind, format!("{log}-{seq}"))),
        );
        ids
    }

    /// Waits until the receipt of each event has this state and is counted by this layer.
    async fn wait_for_receipts(&self, ids: &[(&str, String)], state: &str, by: &str) {
        for (kind, id) in ids {
            let receipt = eventually("a receipt", LIMIT, async || {
                let url = format!("{}/v1/events/{id}", self.customer.api);
                let request = self.customer.http.get(url).bearer_auth(&self.customer.key);
                let response = request.send().await.map_err(|e| e.to_string())?;
                let receipt: Value = response.json().await.map_err(|e| e.to_string())?;
                let there = receipt["state"] == state && receipt["counted"]["by"] == by;
                if there {
                    Ok(receipt)
                } else {
                    Err(receipt.to_string())
                }
            })
            .await;
            assert_eq!(
                (&receipt["type"], &receipt["event_id"]),
                (&json!(kind), &json!(id))
            );
            assert_eq!(receipt["counted"]["complete"], true, "{receipt}");
            let segment = receipt["stored"]["segment"].as_str().unwrap();
            assert!(
                self.store().join(segment).exists(),
                "{segment} must be in the store"
            );
            let object = match *kind {
                "click" => ("link", &self.link),
                "view" => ("pixel", &self.pixel),
                _ => ("goal", &self.goal),
            };
            assert_eq!(receipt[object.0], json!(object.1));
        }
    }

    fn store(&self) -> PathBuf {
        self.server.folder.join("store")
    }

    async fn get_as_operator(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.customer.api);
        let request = self
            .customer
            .http
            .get(url)
            .bearer_auth(&self.customer.operator);
        answer(path, request.send().await.unwrap()).await
    }

    /// Waits until the audit of the installation agrees and `enough`.
    async fn wait_for_audit(&self, enough: impl Fn(&Value) -> bool) -> Value {
        eventually("the audit", LIMIT, async || {
            let audit = self.get_as_operator("/v1/audit").await;
            assert_eq!(audit["agrees"], true, "{}", audit["findings"]);
            if enough(&audit) {
                Ok(audit)
            } else {
                Err(audit.to_string())
            }
        })
        .await
    }

    /// Runs the job now; gives its run.
    async fn audit_job(&self) -> Value {
        let url = format!("{}/v1/jobs/audit/runs?wait=true", self.customer.api);
        let request = self
            .customer
            .http
            .post(url)
            .bearer_auth(&self.customer.operator);
        answer("the job", request.send().await.unwrap()).await
    }

    /// Waits until the newest run of the job `audit` that nobody asked for by name is `ok`.
    async fn wait_for_audit_after_rollup(&self, runs: usize) {
        eventually("the audit after the rollup", LIMIT, async || {
            let all = self.get_as_operator("/v1/jobs/audit/runs").await;
            let ok = all["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|run| run["state"] == "ok");
            if ok.count() >= runs {
                Ok(())
            } else {
                Err(all.to_string())
            }
        })
        .await;
    }

    /// Waits until the alarm metric is this.
    async fn wait_for_alarm(&self, expected: impl Fn(f64) -> bool) {
        eventually("the alarm", LIMIT, async || {
            let url = format!("{}/metrics", self.server.operator);
            let response = self
                .customer
                .http
                .get(url)
                .send()
                .await
                .map_err(|e| e.to_string())?;
            let text = response.text().await.map_err(|e| e.to_string())?;
            let line = text
                .lines()
                .find_map(|l| l.strip_prefix("millrace_audit_mismatches "));
            let value: f64 = line.ok_or("no such metric")?.parse().unwrap();
            if expected(value) {
                Ok(())
            } else {
                Err(value.to_string())
            }
        })
        .await;
    }
}

/// The sum of one number over all epochs of an audit.
fn sum(audit: &Value, number: &str) -> u64 {
    let epochs = audit["epochs"].as_array().unwrap().iter();
    epochs.filter_map(|epoch| epoch[number].as_u64()).sum()
}

#[tokio::test]
async fn accepted_is_stored_is_counted_live_and_by_batch() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::new(folder.path()).await;
    let first = site.through_all_doors("one").await;
    site.wait_for_receipts(&first, "stored", "live").await;
    let audit = site
        .wait_for_audit(|audit| sum(audit, "live_counted") == 6)
        .await;
    assert_eq!(
        (sum(&audit, "accepted"), sum(&audit, "stored")),
        (6, 6),
        "{audit}"
    );
    assert_eq!(audit["epochs"][0]["sealed"], false);
    run_ok(folder.path(), &["audit", "--data-dir", "."]).await;

    site.customer.roll_up().await;
    site.wait_for_audit_after_rollup(1).await;
    site.wait_for_receipts(&first, "settled", "batch").await;
    let audit = site
        .wait_for_audit(|audit| audit["checked_before"] == 1)
        .await;
    assert_eq!(audit["events"], 6);

    // What is new is looked at beside what was found to agree.
    let second = site.through_all_doors("two").await;
    site.wait_for_receipts(&second, "stored", "live").await;
    let audit = site
        .wait_for_audit(|audit| sum(audit, "live_counted") == 6)
        .await;
    assert_eq!(audit["logs"][0]["last_seq_before"], 6, "{audit}");

    // Over a clean end: another log, another memory.
    site.server.terminate().await;
    site.server.start().await;
    let third = site.through_all_doors("three").await;
    site.wait_for_receipts(&third, "stored", "live").await;
    site.wait_for_receipts(&second, "sealed", "live").await;
    let audit = site
        .wait_for_audit(|audit| sum(audit, "live_counted") == 12)
        .await;
    assert_eq!(sum(&audit, "stored"), 12, "{audit}");
    let turned = json!({"unknown_object": 3, "invalid_time": 3});
    site.wait_for_audit(|audit| audit["rejected"] == turned)
        .await;

    // Over a kill: the same log carries on.
    site.server.kill();
    site.server.start().await;
    let fourth = site.through_all_doors("four").await;
    site.wait_for_receipts(&fourth, "stored", "live").await;
    site.wait_for_audit(|audit| sum(audit, "live_counted") == 18)
        .await;
    site.customer.roll_up().await;
    site.wait_for_audit_after_rollup(2).await;
    for ids in [&first, &second, &third, &fourth] {
        site.wait_for_receipts(ids, "settled", "batch").await;
    }
    let full = site.get_as_operator("/v1/audit?full=true").await;
    assert_eq!(
        (&full["agrees"], &full["events"]),
        (&json!(true), &json!(24)),
        "{full}"
    );
    for number in ["accepted", "stored", "batch_counted"] {
        assert_eq!(sum(&full, number), 24, "{number}: {full}");
    }
    own_part(&site, &first).await;
}

#[tokio::test]
async fn what_could_not_be_recorded_is_told_by_reason() {
    let folder = tempfile::tempdir().unwrap();
    let full = ["--max-log-bytes", "1"];
    let mut site = Site::with(folder.path(), &full).await;
    let url = format!("{}/link", site.customer.collector);
    let click = async || {
        let response = site.customer.http.get(&url).send().await.unwrap();
        assert_eq!(response.status(), 302, "the redirect stays up");
        response.headers().get(EVENT_ID).is_some()
    };
    // An empty log takes something first.
    eventually("the log to be full", LIMIT, async || {
        (!click().await).then_some(()).ok_or("it takes events")
    })
    .await;
    for _ in 0..3 {
        assert!(!click().await, "it is full");
    }
    let unrecorded = json!({"log_full": 4});
    let told = |audit: &Value| audit["unrecorded"] == unrecorded;
    let audit = site.wait_for_audit(told).await;
    assert_eq!(audit["logs"][0]["unrecorded"], unrecorded, "{audit}");
    assert!(audit["turned_away_as_of"].is_string());
    // A collector that ends says it at once; the next one does not forget it.
    site.customer.http.get(&url).send().await.unwrap();
    site.server.terminate().await;
    site.server.start().await;
    site.wait_for_audit(|audit| audit["unrecorded"]["log_full"] == 5)
        .await;
    let mine = site.customer.get("/v1/audit").await;
    assert_eq!(mine["unrecorded"], json!({"log_full": 5}), "{mine}");
}

/// What an account sees of the audit, and that another sees nothing of it.
async fn own_part(site: &Site, ids: &[(&str, String)]) {
    let mine = site.customer.get("/v1/audit").await;
    let settled = (&mine["settled"]["stored"], &mine["settled"]["counted"]);
    assert_eq!(
        (&mine["agrees"], settled),
        (&json!(true), (&json!(24), &json!(24))),
        "{mine}"
    );
    let stranger = Customer::of(&site.server).await;
    let theirs = stranger.get("/v1/audit").await;
    assert_eq!(
        (&theirs["settled"]["stored"], &theirs["rejected"]),
        (&json!(0), &json!({})),
        "{theirs}"
    );
    let url = format!("{}/v1/events/{}", stranger.api, ids[0].1);
    let response = stranger
        .http
        .get(url)
        .bearer_auth(&stranger.key)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 404);
}

/// The only file in a folder and those in it.
fn file_under(folder: &Path) -> PathBuf {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    let last = entries.pop().unwrap();
    if last.is_dir() {
        file_under(&last)
    } else {
        last
    }
}

#[tokio::test]
async fn what_was_tampered_with_is_found_named_and_raises_the_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(folder.path()).await;
    let mut log = String::new();
    for _ in 0..5 {
        let id = site.knock("/link").await;
        log = id.rsplit_once('-').unwrap().0.to_owned();
    }
    site.customer.roll_up().await;
    site.wait_for_audit_after_rollup(1).await;
    site.wait_for_alarm(|findings| findings == 0.0).await;

    let segment = site.store().join(format!("raw/{log}/000000000001.seg"));
    let events = file_under(&site.store().join("events"));
    let view = file_under(&site.store().join("runs"));
    let flip = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    };
    let shorten = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 1);
    let named = format!("log {log} epoch 1 events 1-5");
    for (path, change, said) in [
        (
            &segment,
            Some(&flip as &dyn Fn(&mut Vec<u8>)),
            format!("log {log} epoch 1 events 1"),
        ),
        (&segment, None, format!("log {log} epoch 1 events 1")),
        (&events, None, named),
        (&view, Some(&shorten), "runs".to_owned()),
        (&view, None, "runs".to_owned()),
    ] {
        let whole = fs::read(path).unwrap();
        match change {
            Some(change) => {
                let mut bytes = whole.clone();
                change(&mut bytes);
                fs::write(path, bytes).unwrap();
            }
            None => fs::remove_file(path).unwrap(),
        }
        let audit = run(folder.path(), &["audit", "--full", "--data-dir", "."]).await;
        let printed = String::from_utf8_lossy(&audit.stdout);
        assert_eq!(audit.status.code(), Some(1), "{printed}");
        assert!(
            printed.contains("DIFFERS") && printed.contains(&said),
            "{said}: {printed}"
        );
        site.wait_for_alarm(|findings| findings > 0.0).await;
        // The job finds it again, until it is gone; nobody is turned away for it.
        let run = site.audit_job().await;
        assert_eq!(run["state"], "failed", "{run}");
        let error = run["run"]["detail"]["error"].as_str().unwrap();
        assert!(
            error.contains(&said) || error.contains("events/"),
            "{error}"
        );
        let url = format!("{}/health/ready", site.server.operator);
        let ready = site.customer.http.get(url).send().await.unwrap();
        let ready: Value = ready.json().await.unwrap();
        assert_eq!(
            (&ready["status"], &ready["warnings"]["audit"]),
            (&json!("ready"), &json!(error))
        );
        fs::write(path, whole).unwrap();
        let run = site.audit_job().await;
        assert_eq!(run["state"], "ok", "{run}");
        site.wait_for_alarm(|findings| findings == 0.0).await;
    }
}

/// As each earlier version left it, and as today's rollup takes it over.
#[tokio::test]
async fn what_earlier_versions_stored_agrees() {
    for format in ["format-1", "format-2"] {
        let folder = tempfile::tempdir().unwrap();
        let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/stored");
        copy(
            &stored.join(format).join("store"),
            &folder.path().join("store"),
        );
        let audit = async || run_ok(folder.path(), &["audit", "--full", "--data-dir", "."]).await;
        let before = audit().await;
        assert!(before.contains("everything agrees"), "{format}: {before}");
        run_ok(folder.path(), &["batch", "run", "--data-dir", "."]).await;
        let after = audit().await;
        assert!(after.contains("everything agrees"), "{format}: {after}");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(fs::copy(&path, &to).unwrap()),
        }
    }
}
