use std::sync::Arc;

use model::{Epoch, SegmentNo, Seq};
use object_store::memory::InMemory;

use super::*;

fn info(log: LogId, predecessor: Option<LogId>) -> LogInfo {
    LogInfo {
        log,
        created_ms: 0,
        predecessor,
        retired_at: None,
        closed: None,
        account: None,
    }
}

/// A collector drained its log while the store was failing, and its next one ended before it could
/// say so. Nobody else will: readers would wait for that collector for ever.
#[tokio::test]
async fn the_log_before_a_salvaged_one_is_said_to_be_retired() {
    let store: Store = Arc::new(InMemory::new());
    let (before, log) = (LogId(1), LogId(2));
    let header = Header {
        log: before,
        number: SegmentNo(1),
        epoch: Epoch(1),
        first_seq: Seq(1),
        previous_seq: Seq(0),
        previous_hash: [0; 32],
    };
    let record = |seq| Record {
        seq,
        epoch: Epoch(1),
        event: model::Event::default(),
    };
    let (bytes, _) = segment::build(&header, &[record(Seq(1)), record(Seq(2))]);
    raw::register_log(&store, &info(before, None))
        .await
        .unwrap();
    raw::put_segment(&store, before, SegmentNo(1), &bytes)
        .await
        .unwrap();
    raw::register_log(&store, &info(log, Some(before)))
        .await
        .unwrap();

    salvage(&store, None, log).await.unwrap();
    let retired = async |log| {
        raw::log_info(&store, log)
            .await
            .unwrap()
            .unwrap()
            .retired_at
    };
    assert_eq!(retired(before).await, Some(Seq(2)));
    assert_eq!(retired(log).await, Some(Seq(0)));
}
