//! What every [`EventStream`] must do.

use std::{sync::Arc, time::Duration};

use model::{Epoch, Event, LogId, Record, Seq, Tail};

use crate::stream::{Appended, Batch, EventStream};

fn batch(previous: u64, last: u64) -> Batch {
    let event = |seq| Event {
        account: seq,
        user_agent: format!("agent {seq}"),
        ..Event::default()
    };
    let records = (previous + 1..=last).map(|seq| Record {
        seq: Seq(seq),
        epoch: Epoch(1 + seq / 10),
        event: event(seq),
    });
    Batch {
        previous: Seq(previous),
        records: Arc::new(records.collect()),
    }
}

const NOW: Duration = Duration::ZERO;

/// Runs the whole suite on an empty stream.
pub async fn run(stream: Arc<dyn EventStream>) {
    empty_and_missing(&*stream).await;
    append_is_idempotent(&*stream).await;
    reads_from_any_place(&*stream).await;
    trim_keeps_the_position(&*stream).await;
    a_closed_stream_takes_nothing_and_can_be_read(&*stream).await;
    a_reader_waits_for_an_event(stream).await;
}

async fn a_closed_stream_takes_nothing_and_can_be_read(stream: &dyn EventStream) {
    for (log, before) in [(LogId(8), 0), (LogId(9), 3)] {
        if before > 0 {
            stream.append(log, &batch(0, before)).await.unwrap();
        }
        stream.close(log).await.unwrap();
        stream.close(log).await.unwrap();
        assert_eq!(stream.last(log).await.unwrap(), Some(Tail::Closed));
        let append = stream.append(log, &batch(before, before + 2)).await;
        assert_eq!(append.unwrap(), Appended::Stale);
        let held = stream.read(log, Seq(0), 10, NOW).await.unwrap();
        let held: Vec<u64> = held.iter().map(|batch| batch.last().0).collect();
        assert_eq!(held, Vec::from_iter((before > 0).then_some(before)));
        stream.trim(log, Seq(before)).await.unwrap();
        assert_eq!(stream.last(log).await.unwrap(), Some(Tail::Closed));
    }
}

async fn empty_and_missing(stream: &dyn EventStream) {
    let log = LogId(1);
    assert_eq!(stream.last(log).await.unwrap(), None);
    assert_eq!(stream.read(log, Seq(0), 10, NOW).await.unwrap(), vec![]);
    stream.trim(log, Seq(100)).await.unwrap();
    assert_eq!(
        stream.last(log).await.unwrap(),
        None,
        "trimming must not make a stream"
    );
}

async fn append_is_idempotent(stream: &dyn EventStream) {
    let log = LogId(2);
    assert_eq!(
        stream.append(log, &batch(0, 3)).await.unwrap(),
        Appended::New
    );
    assert_eq!(
        stream.append(log, &batch(0, 3)).await.unwrap(),
        Appended::Stale
    );
    assert_eq!(
        stream.append(log, &batch(0, 2)).await.unwrap(),
        Appended::Stale
    );
    assert_eq!(
        stream.append(log, &batch(3, 5)).await.unwrap(),
        Appended::New
    );
    assert_eq!(stream.last(log).await.unwrap(), Some(Tail::Open(Seq(5))));
    assert_eq!(
        stream.read(log, Seq(0), 10, NOW).await.unwrap(),
        vec![batch(0, 3), batch(3, 5)]
    );
}

async fn reads_from_any_place(stream: &dyn EventStream) {
    let log = LogId(3);
    for (previous, last) in [(0, 3), (3, 4), (6, 9)] {
        stream.append(log, &batch(previous, last)).await.unwrap();
    }
    assert_eq!(
        stream.read(log, Seq(3), 10, NOW).await.unwrap(),
        vec![batch(3, 4), batch(6, 9)]
    );
    assert_eq!(
        stream.read(log, Seq(2), 1, NOW).await.unwrap(),
        vec![batch(0, 3)],
        "a batch may begin before"
    );
    assert_eq!(stream.read(log, Seq(9), 10, NOW).await.unwrap(), vec![]);
    assert_eq!(
        stream.read(LogId(33), Seq(0), 10, NOW).await.unwrap(),
        vec![],
        "logs are apart"
    );
}

async fn trim_keeps_the_position(stream: &dyn EventStream) {
    let log = LogId(4);
    for (previous, last) in [(0, 3), (3, 6)] {
        stream.append(log, &batch(previous, last)).await.unwrap();
    }
    stream.trim(log, Seq(5)).await.unwrap();
    assert_eq!(
        stream.read(log, Seq(0), 10, NOW).await.unwrap(),
        vec![batch(3, 6)],
        "a batch goes whole or not at all"
    );
    stream.trim(log, Seq(6)).await.unwrap();
    assert_eq!(stream.read(log, Seq(0), 10, NOW).await.unwrap(), vec![]);
    assert_eq!(stream.last(log).await.unwrap(), Some(Tail::Open(Seq(6))));
    assert_eq!(
        stream.append(log, &batch(0, 6)).await.unwrap(),
        Appended::Stale
    );
}

async fn a_reader_waits_for_an_event(stream: Arc<dyn EventStream>) {
    let log = LogId(5);
    let reader = Arc::clone(&stream);
    let waiting =
        tokio::spawn(async move { reader.read(log, Seq(0), 10, Duration::from_secs(30)).await });
    stream.append(log, &batch(0, 1)).await.unwrap();
    let read = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    assert_eq!(
        read.expect("woken by the event").unwrap().unwrap(),
        vec![batch(0, 1)]
    );
    let none = stream
        .read(log, Seq(1), 10, Duration::from_millis(20))
        .await
        .unwrap();
    assert_eq!(none, vec![], "without an event the wait ends");
}
