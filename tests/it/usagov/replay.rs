//! Sending the recorded clicks through the front door.

use std::{fs::File, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::expected::{Click, FOLDER};
use crate::support::{data, http::Customer, process};

/// Links in one request.
const LINKS_AT_ONCE: usize = 4_000;
/// Where links lead whose recorded destination is none of ours, such as ftp.
const FALLBACK: &str = "https://example.com/";

/// The name under which a recorded link is created.
pub fn slug(link: &str) -> String {
    link.replace('/', "~")
}

#[derive(Deserialize)]
struct Link {
    link: String,
    long_url: String,
}

/// Creates every recorded link.
pub async fn create_links(customer: &Customer) {
    let links: Vec<Link> = data::rows(&format!("{FOLDER}/links.csv.gz"));
    let bodies: Vec<Value> = links
        .iter()
        .map(|l| json!({"slug": slug(&l.link), "destination": l.long_url}))
        .collect();
    let mut refused = Vec::new();
    for part in bodies.chunks(LINKS_AT_ONCE) {
        let answer = customer.post("/v1/links/bulk", &json!(part)).await;
        let indexes = answer["rejected"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["index"].as_u64().unwrap() as usize);
        refused.extend(indexes.map(|i| part[i].clone()));
    }
    assert!(
        refused.len() < 30,
        "{} destinations were refused: {refused:?}",
        refused.len()
    );
    for body in &mut refused {
        body["destination"] = json!(FALLBACK);
    }
    let answer = customer.post("/v1/links/bulk", &json!(refused)).await;
    assert_eq!(answer["rejected"], json!([]));
    customer
        .wait_for_link(&slug(&links.last().unwrap().link))
        .await;
}

/// Sends `clicks` with the product's own command, `streams` requests at once.
pub async fn replay(folder: &Path, customer: &Customer, clicks: &[Click], streams: usize) {
    let file = tempfile::Builder::new()
        .suffix(".ndjson.gz")
        .tempfile_in(folder)
        .unwrap();
    write(file.as_file(), clicks);
    let (path, streams) = (file.path().to_str().unwrap(), streams.to_string());
    let arguments = [
        "replay",
        path,
        "--to",
        &customer.collector,
        "--key",
        &customer.key,
        "--streams",
        &streams,
        "--json",
    ];
    let told: Value = serde_json::from_str(&process::run_ok(folder, &arguments).await).unwrap();
    let counts = ["accepted", "duplicates", "rejected", "skipped"].map(|count| &told[count]);
    let expected = [clicks.len(), 0, 0, 0].map(|count| json!(count));
    assert_eq!(counts, expected.each_ref(), "{told}");
}

fn write(file: &File, clicks: &[Click]) {
    let mut packer = GzEncoder::new(file, Compression::fast());
    for click in clicks {
        let event = json!({
            "type": "click",
            "link": slug(&click.link()),
            "occurred_at": click.ts * 1000,
            "ip": click.ip,
            "user_agent": click.user_agent,
            "referrer": click.referer,
            "accept_language": click.accept_language,
        });
        writeln!(packer, "{event}").unwrap();
    }
    packer.finish().unwrap();
}
