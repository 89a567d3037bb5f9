//! What files have.

use std::{fs, io::Write};

use flate2::{Compression, write::GzEncoder};
use replay::{End, Format};
use serde_json::json;

use super::{collector::Collector, given, ndjson, options, replay, replay_told};

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn what_cannot_be_read_or_is_refused_is_told_by_line_and_the_rest_is_sent() {
    let collector = Collector::new();
    let mut text = ndjson(1..=2500);
    text = text.replace("{\"link\":\"l7\"}", "{\"link\":\"l7\"");
    text = text.replace("\"l1500\"", "\"unknown\"");
    let given = given("clicks.ndjson", &text);
    let mut asked = options(&given.file, &collector.url);
    asked.key_prefix = Some("f".into());
    let report = replay(&asked).await.unwrap();
    assert_eq!(report.exit_code(), 3);
    assert_eq!(
        (
            report.totals.accepted,
            report.totals.duplicates,
            report.line
        ),
        (2498, 0, 2500)
    );
    assert_eq!(
        report.totals.rejected,
        [("not_json".to_owned(), 1), ("unknown_object".to_owned(), 1)].into()
    );
    assert!(report.examples[0].starts_with("line 7: not_json: "));
    assert_eq!(
        report.examples[1],
        "line 1500: unknown_object: this account has no link `unknown`"
    );
    let rejected = given.read("clicks.ndjson.rejected");
    let lines: Vec<&str> = rejected.lines().collect();
    assert!(lines[1].starts_with("# line 7, key f-7: not_json: "));
    assert_eq!(lines[2], "{\"link\":\"l7\"");
    assert_eq!(
        lines[3],
        "# line 1500, key f-1500: unknown_object: this account has no link `unknown`"
    );
    assert_eq!(lines[4], "{\"link\":\"unknown\"}");
    let events = collector.events();
    assert_eq!(events.len(), 2498);
    assert_eq!(
        events["f-2500"],
        json!({"idempotency_key": "f-2500", "link": "l2500"})
    );
    assert_eq!(
        collector.authorizations(),
        ["Bearer mr_key".to_owned()].into()
    );

    // Mended and sent, and all of the file once more: each line counts once.
    let mended = rejected
        .replace("\"l7\"", "\"l7\"}")
        .replace("\"unknown\"", "\"l1500\"");
    fs::write(given.folder.path().join("clicks.ndjson.rejected"), mended).unwrap();
    let rejects = options(
        &given.folder.path().join("clicks.ndjson.rejected"),
        &collector.url,
    );
    assert_eq!(replay(&rejects).await.unwrap().totals.accepted, 2);
    fs::write(&given.file, ndjson(1..=2500)).unwrap();
    let again = replay(&asked).await.unwrap();
    assert_eq!(
        (
            again.totals.accepted,
            again.totals.duplicates,
            again.exit_code()
        ),
        (0, 2500, 0)
    );
    assert!(given.read("clicks.ndjson.rejected.old").contains("f-1500"));
}

#[tokio::test]
async fn the_same_file_counts_once_and_one_that_grew_counts_what_is_new() {
    let collector = Collector::new();
    let given = given("clicks.ndjson", ndjson(1..=30));
    let asked = options(&given.file, &collector.url);
    let (report, told) = replay_told(&asked).await;
    assert_eq!(report.unwrap().exit_code(), 0);
    assert!(
        told[0].contains("30 days") && told[0].contains("-LINE"),
        "{told:?}"
    );
    let (report, told) = replay_told(&asked).await;
    assert_eq!(report.unwrap().totals.duplicates, 30);
    assert!(told[1].contains("--resume"), "{told:?}");
    fs::write(&given.file, ndjson(1..=40)).unwrap();
    let report = replay(&asked).await.unwrap();
    assert_eq!((report.totals.accepted, report.totals.duplicates), (10, 30));
    // The name is nothing, the contents are all.
    let copy = given.folder.path().join("copy.ndjson.gz");
    fs::write(&copy, gzip(&ndjson(1..=30))).unwrap();
    let report = replay(&options(&copy, &collector.url)).await.unwrap();
    assert_eq!((report.totals.accepted, report.totals.duplicates), (0, 30));
    assert_eq!(collector.events().len(), 40);
}

#[tokio::test]
async fn a_file_that_was_changed_in_place_is_not_sent_with_new_keys() {
    let collector = Collector::new();
    let text = ndjson(1..=30);
    let given = given("clicks.ndjson", text.replace("\"l9\"}", "\"l9\""));
    let mut asked = options(&given.file, &collector.url);
    let first = replay(&asked).await.unwrap();
    assert_eq!(first.totals.accepted, 29);
    fs::write(&given.file, text).unwrap();
    let refused = replay(&asked).await.unwrap_err().to_string();
    assert!(
        refused.contains(&format!("--key-prefix {}", first.key_prefix)),
        "{refused}"
    );
    assert_eq!(collector.requests(), 1);
    asked.key_prefix = Some(first.key_prefix);
    let report = replay(&asked).await.unwrap();
    assert_eq!((report.totals.accepted, report.totals.duplicates), (1, 29));
}

#[tokio::test]
async fn of_a_packed_file_that_is_cut_off_what_was_read_is_sent() {
    let collector = Collector::new();
    let text = ndjson(1..=20_000);
    let packed = gzip(&text);
    let given = given("clicks.ndjson.gz", &packed[..packed.len() / 2]);
    let asked = options(&given.file, &collector.url);
    let report = replay(&asked).await.unwrap();
    assert!(matches!(report.end, End::Broken(_)), "{report:?}");
    assert_eq!(report.exit_code(), 1);
    let read = report.totals.accepted;
    assert!(
        (1..20_000).contains(&read) && report.line == read,
        "{report:?}"
    );
    assert_eq!(report.totals.all_rejected(), 0, "half a line is none");
    fs::write(&given.file, &packed).unwrap();
    let mut resumed = asked.clone();
    resumed.resume = true;
    for asked in [resumed, asked] {
        let report = replay(&asked).await.unwrap();
        assert_eq!((report.exit_code(), report.line), (0, 20_000));
        assert_eq!(collector.events().len(), 20_000);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_what_it_is_said_to_be_is_refused_before_anything_is_sent() {
    let collector = Collector::new();
    for (name, contents, word) in [
        ("a.csv", "link,ts\na,1\n", "`ts`, is no field"),
        (
            "a.csv",
            "link,timestmp\na,1\n",
            "did you mean `occurred_at`",
        ),
        ("a.json", "[{\"link\":\"a\"}]", "jq -c"),
        ("a.ndjson", "PK\x03\x04....", "ZIP"),
    ] {
        let given = given(name, contents);
        let refused = replay(&options(&given.file, &collector.url))
            .await
            .unwrap_err();
        assert!(format!("{refused:#}").contains(word), "{refused:#}");
    }
    for to in ["localhost:8080", "http://u:p@localhost"] {
        let given = given("a.ndjson", ndjson(1..=1));
        assert!(replay(&options(&given.file, to)).await.is_err());
    }
    assert_eq!(collector.requests(), 0);
}

#[tokio::test]
async fn columns_times_and_delimiters_are_understood() {
    let collector = Collector::new();
    let text = "\u{feff}Seq;Link;Timestamp;Payout;Order ID;Goal\r\n1;a;1431849903000;;;\r\n2;;2015-05-17T10:05:03Z;2.5;o1;g\r\n";
    let given = given("a.csv", text);
    let mut asked = options(&given.file, &collector.url);
    asked.leave_out = vec!["Seq".into()];
    asked.key_prefix = Some("f".into());
    assert_eq!(replay(&asked).await.unwrap().exit_code(), 0);
    assert_eq!(
        collector.events(),
        [
            ("f-2".to_owned(), json!({"idempotency_key": "f-2", "link": "a", "occurred_at": 1_431_849_903_000_i64})),
            ("o1".to_owned(), json!({"transaction_id": "o1", "goal": "g", "value": "2.5", "occurred_at": "2015-05-17T10:05:03Z"})),
        ]
        .into()
    );
}

#[tokio::test]
async fn a_format_that_is_not_the_files_is_told() {
    let collector = Collector::new();
    let given = given("a.ndjson", ndjson(1..=3));
    let mut asked = options(&given.file, &collector.url);
    asked.format = Some(Format::Combined);
    let report = replay(&asked).await.unwrap();
    assert_eq!((report.exit_code(), report.totals.all_rejected()), (3, 3));
    assert!(report.problems().join("\n").contains("--format"));
}

#[tokio::test]
async fn where_nothing_can_be_kept_lines_are_sent_all_the_same() {
    let collector = Collector::new();
    let given = given("a.log", ndjson(1..=3) + "{\n");
    let mut asked = options(&given.file, &collector.url);
    asked.rejects = Some(given.folder.path().join("no/rejects"));
    asked.progress = Some(given.folder.path().join("no/progress"));
    let (report, told) = replay_told(&asked).await;
    let report = report.unwrap();
    assert_eq!((report.totals.accepted, report.exit_code()), (3, 3));
    assert_eq!(report.rejects, None);
    assert!(told.iter().any(|t| t.contains("--progress")), "{told:?}");
    assert!(told.iter().any(|t| t.contains("--rejects")), "{told:?}");
}
