//! Recorded files of the world.

use std::{collections::BTreeMap, fs::File, io::Read};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use testing::{data, needs_data};

use super::{collector::Collector, given, options, replay};

const WEBLOG: &str = "weblog-elastic-apache";
const CLICKS: &str = "clicks-usagov-2013";

fn text(name: &str) -> String {
    let mut text = String::new();
    let mut unpacker = MultiGzDecoder::new(File::open(data(name)).unwrap());
    unpacker.read_to_string(&mut text).unwrap();
    text
}

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

fn field<'a>(event: &'a Value, name: &str) -> &'a str {
    event[name].as_str().unwrap_or_default()
}

/// Escapes of bytes above 127 as the log has them.
fn readable(text: &str) -> String {
    let mut readable = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        readable.push_str(&rest[..at]);
        let byte = u8::from_str_radix(&rest[at + 2..at + 4], 16).unwrap();
        readable.push(char::from(byte));
        rest = &rest[at + 4..];
    }
    readable + rest
}

#[tokio::test]
async fn a_real_web_log() {
    needs_data!(WEBLOG);
    let collector = Collector::new();
    let given = given("access.log", text(&format!("{WEBLOG}/apache_logs.gz")));
    let mut asked = options(&given.file, &collector.url);
    asked.key_prefix = Some("w".into());
    asked.streams = 2;
    let report = replay(&asked).await.unwrap();
    // The one line that is cut off.
    assert_eq!(report.exit_code(), 3);
    assert_eq!(
        report.totals.rejected,
        [("not_combined".to_owned(), 1)].into()
    );
    assert!(
        report.examples[0].starts_with("line 8899: "),
        "{:?}",
        report.examples
    );
    let events = collector.events();
    let expected = rows(&text(&format!("{WEBLOG}/events.csv.gz")));
    let is_click = |row: &&BTreeMap<String, String>| {
        let status: u16 = row["status"].parse().unwrap();
        row["method"] == "GET" && (200..400).contains(&status) && row["path"] != "/"
    };
    let clicks: Vec<_> = expected.iter().filter(is_click).collect();
    assert_eq!(events.len(), clicks.len());
    assert_eq!(
        report.totals.all_skipped() as usize,
        expected.len() - clicks.len()
    );
    for row in clicks {
        let event = &events[&format!("w-{}", row["line"])];
        let seconds: i64 = row["ts"].parse().unwrap();
        assert_eq!(event["occurred_at"], seconds * 1000);
        assert_eq!(field(event, "ip"), row["ip"]);
        assert_eq!(field(event, "user_agent"), row["user_agent"]);
        assert_eq!(field(event, "referrer"), readable(&row["referer"]));
        assert_eq!(
            field(event, "link").replace('~', "%7E"),
            row["path"].trim_matches('/').replace('~', "%7E")
        );
    }
}

#[tokio::test]
async fn real_clicks_as_csv() {
    needs_data!(CLICKS);
    let collector = Collector::new();
    let recorded = text(&format!("{CLICKS}/events.csv.gz"));
    let (header, rest) = recorded.split_once('\n').unwrap();
    let named = header
        .replace("code", "link")
        .replace("ip_derived", "ip")
        .replace("referer", "Referrer");
    let given = given("clicks.csv", format!("{named}\n{rest}"));
    let mut asked = options(&given.file, &collector.url);
    asked.key_prefix = Some("c".into());
    asked.streams = 2;
    let columns = [
        "seq",
        "slice",
        "ts",
        "host",
        "long_url",
        "country_recorded",
        "known_user",
    ];
    asked.leave_out = columns.map(str::to_owned).into();
    let report = replay(&asked).await.unwrap();
    assert_eq!(
        (report.exit_code(), report.totals.accepted),
        (0, 108_022),
        "{report:?}"
    );
    let events = collector.events();
    for (i, row) in rows(&recorded).iter().enumerate() {
        let event = &events[&format!("c-{}", i + 2)];
        for (name, column) in [
            ("link", "code"),
            ("ip", "ip_derived"),
            ("user_agent", "user_agent"),
            ("referrer", "referer"),
            ("accept_language", "accept_language"),
        ] {
            assert_eq!(field(event, name), row[column], "line {}", i + 2);
        }
    }
}
