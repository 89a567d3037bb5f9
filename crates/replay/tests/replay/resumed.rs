//! A replay that dies at any moment, and is resumed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use replay::{Options, Tell, Told};
use tokio_util::sync::CancellationToken;

use super::{
    collector::{Collector, Meets},
    given, options, replay,
};

const LINES: u64 = 9_300;

/// Lines of which some cannot be read and some are refused.
fn lines() -> String {
    let line = |n| match n {
        n if n % 700 == 0 => format!("{{\"link\":\"l{n}\"\n"),
        n if n % 900 == 0 => "{\"link\":\"unknown\"}\n".into(),
        n => format!("{{\"link\":\"l{n}\"}}\n"),
    };
    (1..=LINES).map(line).collect()
}

fn bad() -> u64 {
    (1..=LINES).filter(|n| n % 700 == 0 || n % 900 == 0).count() as u64
}

/// Runs it until the collector has recorded something in silence, then lets it die.
async fn killed(asked: &Options, collector: &Collector) {
    let silent: Tell = Arc::new(|_: Told| {});
    let asked = asked.clone();
    let task =
        tokio::spawn(async move { replay::run(asked, silent, &CancellationToken::new()).await });
    collector.heard().await;
    task.abort();
    assert!(task.await.is_err_and(|e| e.is_cancelled()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_is_counted_once_wherever_it_dies() {
    for (streams, dies_at) in [(1, 1), (1, 4), (1, 10), (3, 2), (3, 5), (4, 9), (8, 8)] {
        let alive = Arc::new(AtomicBool::new(false));
        let lives = Arc::clone(&alive);
        let collector = Collector::scripted(move |n| match lives.load(Ordering::Relaxed) {
            false if n == dies_at => Meets::RecordedInSilence,
            false if n > dies_at => Meets::Silence,
            _ => Meets::Answer,
        });
        let given = given("clicks.ndjson", lines());
        let mut asked = options(&given.file, &collector.url);
        asked.streams = streams;
        asked.key_prefix = Some("f".into());
        killed(&asked, &collector).await;
        alive.store(true, Ordering::Relaxed);
        asked.resume = true;
        let report = replay(&asked).await.unwrap();
        let what = format!("{streams} streams, dies at request {dies_at}: {report:?}");
        assert_eq!((report.exit_code(), report.line), (3, LINES), "{what}");
        let counted = report.totals.accepted + report.totals.duplicates;
        assert_eq!(
            (counted, report.totals.all_rejected()),
            (LINES - bad(), bad()),
            "{what}"
        );
        let events = collector.events();
        assert_eq!(events.len() as u64, LINES - bad(), "{what}");
        for n in (1..=LINES).filter(|n| n % 700 != 0 && n % 900 != 0) {
            assert_eq!(events[&format!("f-{n}")]["link"], format!("l{n}"), "{what}");
        }
        let rejected = given.read("clicks.ndjson.rejected");
        let told: Vec<u64> = rejected
            .lines()
            .filter_map(|l| l.strip_prefix("# line ")?.split(',').next()?.parse().ok())
            .collect();
        let expected: Vec<u64> = (1..=LINES)
            .filter(|n| n % 700 == 0 || n % 900 == 0)
            .collect();
        assert_eq!(told, expected, "{what}");
    }
}

#[tokio::test]
async fn what_was_answered_is_not_sent_again() {
    let collector = Collector::scripted(|n| match n {
        4 => Meets::Status(403, "", "{}"),
        _ => Meets::Answer,
    });
    let given = given("clicks.ndjson", lines());
    let mut asked = options(&given.file, &collector.url);
    assert_eq!(replay(&asked).await.unwrap().exit_code(), 1);
    asked.resume = true;
    let report = replay(&asked).await.unwrap();
    assert_eq!((report.totals.duplicates, report.line), (0, LINES));
    assert_eq!(report.totals.accepted, LINES - bad());
    // Done: there is nothing to go on with.
    let requests = collector.requests();
    let report = replay(&asked).await.unwrap();
    assert_eq!(
        (report.line, report.totals.accepted),
        (LINES, LINES - bad())
    );
    assert_eq!(collector.requests(), requests);
}

#[tokio::test]
async fn a_file_is_resumed_as_it_was_begun_or_not_at_all() {
    let collector = Collector::new();
    let given = given("clicks.ndjson", lines());
    let mut asked = options(&given.file, &collector.url);
    asked.resume = true;
    // Where there is nothing to resume it begins.
    assert_eq!(replay(&asked).await.unwrap().line, LINES);
    let other = Collector::new();
    let mut elsewhere = options(&given.file, &other.url);
    elsewhere.resume = true;
    let refused = replay(&elsewhere).await.unwrap_err().to_string();
    assert!(refused.contains("--to"), "{refused}");
    std::fs::write(&given.file, lines().replace("\"l5\"", "\"l6\"")).unwrap();
    let refused = replay(&asked).await.unwrap_err().to_string();
    assert!(refused.contains("not what it was"), "{refused}");
    assert_eq!(other.requests(), 0);
}
