//! A collector that is away, slow, or says no.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use replay::{End, Tell, Totals};
use tokio_util::sync::CancellationToken;

use super::{
    collector::{Collector, Meets},
    given, ndjson, options, replay,
};

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_and_counts_once() {
    for streams in [1, 4] {
        let collector = Collector::scripted(|n| match n {
            2 => Meets::Status(503, "retry-after: 0\r\n", "{\"detail\":\"busy\"}"),
            3 => Meets::LostAnswer,
            5 => Meets::Reset,
            6 => Meets::Status(429, "", ""),
            7 => Meets::Status(502, "", "<html>bad gateway</html>"),
            8 => Meets::Status(504, "", ""),
            9 => Meets::Pending,
            _ => Meets::Answer,
        });
        let given = given("clicks.ndjson", ndjson(1..=7500));
        let mut asked = options(&given.file, &collector.url);
        asked.streams = streams;
        // One request may meet all of it.
        asked.patience.tries = 20;
        let report = replay(&asked).await.unwrap();
        assert_eq!((report.exit_code(), report.line), (0, 7500), "{report:?}");
        assert_eq!(report.totals.accepted + report.totals.duplicates, 7500);
        assert_eq!(
            report.totals.duplicates, 1000,
            "the answer of one request was lost"
        );
        assert_eq!(collector.events().len(), 7500);
        assert_eq!(collector.requests(), 8 + 7);
    }
}

#[tokio::test]
async fn a_collector_says_when_to_ask_again() {
    let collector = Collector::scripted(|n| match n {
        1 => Meets::Status(503, "retry-after: 1\r\n", ""),
        _ => Meets::Answer,
    });
    let given = given("clicks.ndjson", ndjson(1..=10));
    let start = Instant::now();
    let report = replay(&options(&given.file, &collector.url)).await.unwrap();
    assert_eq!(report.totals.accepted, 10);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_clear_no_ends_it_at_once_with_a_sentence() {
    for (status, header, body, word) in [
        (401, "", "{}", "does not know this key"),
        (
            403,
            "",
            "{\"detail\":\"needs the scope write\"}",
            "needs the scope write",
        ),
        (404, "", "", "--to is the address of the collector"),
        (405, "", "", "--to is the address of the collector"),
        (413, "", "", "client_max_body_size"),
        (
            301,
            "location: https://x/v1/events\r\n",
            "",
            "https://x/v1/events",
        ),
        (400, "", "{\"detail\":\"what is this\"}", "what is this"),
        (200, "", "<html>hello</html>", "is no collector"),
        (
            200,
            "",
            "{\"accepted\":1}",
            "1000 events and its answer tells of 1",
        ),
    ] {
        let collector = Collector::scripted(move |n| match n {
            2 => Meets::Status(status, header, body),
            _ => Meets::Answer,
        });
        let given = given("clicks.ndjson", ndjson(1..=3000));
        let report = replay(&options(&given.file, &collector.url)).await.unwrap();
        let End::Failed(why) = &report.end else {
            panic!("{status}: {report:?}");
        };
        assert!(why.contains(word), "{status}: {why}");
        assert_eq!(
            (report.exit_code(), report.line, collector.requests()),
            (1, 1000, 2)
        );
        let said = report.problems().join("\n");
        assert!(
            said.contains("up to 1000") && said.contains("--resume"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_collector_that_stays_away_is_given_up() {
    let collector = Collector::scripted(|_| Meets::Status(503, "", "{\"detail\":\"disk full\"}"));
    let given = given("clicks.ndjson", ndjson(1..=10));
    let report = replay(&options(&given.file, &collector.url)).await.unwrap();
    assert!(
        matches!(&report.end, End::Failed(why) if why.contains("disk full") && why.contains("6 times"))
    );
    assert_eq!(collector.requests(), 6);
    let nobody = replay(&options(&given.file, "http://127.0.0.1:9"))
        .await
        .unwrap();
    assert!(matches!(&nobody.end, End::Failed(why) if why.contains("cannot be reached")));
}

#[tokio::test]
async fn an_interrupt_ends_what_waits() {
    let collector = Collector::scripted(|n| match n {
        3 => Meets::RecordedInSilence,
        _ => Meets::Answer,
    });
    let given = given("clicks.ndjson", ndjson(1..=5000));
    let mut asked = options(&given.file, &collector.url);
    asked.patience.grace = Duration::from_millis(1);
    let stop = CancellationToken::new();
    let interrupt = async {
        collector.heard().await;
        stop.cancel();
    };
    let silent: Tell = Arc::new(|_| {});
    let (report, ()) = tokio::join!(replay::run(asked.clone(), silent, &stop), interrupt);
    let report = report.unwrap();
    assert_eq!((&report.end, report.exit_code()), (&End::Interrupted, 130));
    assert_eq!(report.line, 2000);
    asked.resume = true;
    let report = replay(&asked).await.unwrap();
    let Totals {
        accepted,
        duplicates,
        ..
    } = report.totals;
    assert_eq!((report.line, accepted, duplicates), (5000, 4000, 1000));
    assert_eq!(collector.events().len(), 5000);
}
