//! A stranger's file, replayed to a real collector: what it says is counted, once, and what is wrong with it is told.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::{
    http::Customer,
    process::{self, Server},
};

const ROWS: usize = 3_000;
const AGENT: &str = "Mozilla/5.0 (X11) Firefox/128.0";
const CLICKS: &str = "metrics=clicks&start=2024-01-05&end=2024-01-06";

/// Rows with a link that is not there, one that is cut off, and a quote that is not closed.
fn csv() -> String {
    let row = |n: usize| match n {
        100 => format!("nowhere,2024-01-05T10:00:00Z,{AGENT}\n"),
        200 => "hello,2024-01-05T10:00:00Z\n".to_owned(),
        300 => format!("hello,2024-01-05T10:00:00Z,\"{AGENT}\n"),
        n => {
            let (minute, second) = (n / 60, n % 60);
            format!("hello,2024-01-05T10:{minute:02}:{second:02}Z,{AGENT}\n")
        }
    };
    "Link,Timestamp,User Agent\n".to_owned() + &(1..=ROWS).map(row).collect::<String>()
}

/// Replays a file; its exit code, and what it printed.
async fn replay(folder: &Path, customer: &Customer, file: &str, more: &[&str]) -> (i32, Value) {
    let always = [
        "replay",
        file,
        "--to",
        &customer.collector,
        "--key",
        &customer.key,
        "--json",
    ];
    let arguments = [&always[..], more].concat();
    let output = process::run(folder, &arguments).await;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let told = serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{e}: {printed}{log}"));
    (output.status.code().unwrap(), told)
}

fn counts(told: &Value) -> [&Value; 3] {
    ["accepted", "duplicates", "rejected"].map(|count| &told[count])
}

#[tokio::test]
async fn a_file_counts_once_and_no_line_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "hello", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    fs::write(folder.path().join("clicks.csv"), csv()).unwrap();
    let good = ROWS - 3;

    let (code, told) = replay(folder.path(), &customer, "clicks.csv", &["--streams", "2"]).await;
    assert_eq!(
        (code, counts(&told)),
        (3, [&json!(good), &json!(0), &json!(3)]),
        "{told}"
    );
    assert_eq!(
        told["rejected_by_code"],
        json!({"ragged_row": 1, "unclosed_quote": 1, "unknown_object": 1})
    );
    let (code, told) = replay(folder.path(), &customer, "clicks.csv", &[]).await;
    assert_eq!(
        (code, counts(&told)),
        (3, [&json!(0), &json!(good), &json!(3)]),
        "{told}"
    );

    let rejected = folder.path().join("clicks.csv.rejected");
    let text = fs::read_to_string(&rejected).unwrap();
    assert!(text.contains("# line 101, key "), "{text}");
    let mended = text
        .replace("\nnowhere", "\nhello")
        .replace("00Z\n", &format!("00Z,{AGENT}\n"))
        .replace('"', "");
    fs::write(&rejected, mended).unwrap();
    let rest = ["clicks.csv.rejected", "clicks.csv.rejected"];
    for (file, expected) in rest.into_iter().zip([[3, 0, 0], [0, 3, 0]]) {
        let (code, told) = replay(folder.path(), &customer, file, &[]).await;
        let expected = expected.map(|count| json!(count));
        assert_eq!((code, counts(&told)), (0, expected.each_ref()), "{told}");
    }

    let all = |answer: &Value| answer["totals"]["clicks"] == ROWS;
    customer.wait_for_stats(CLICKS, all).await;
    customer.roll_up().await;
    assert_eq!(customer.stats(CLICKS).await["totals"]["clicks"], ROWS);
}
