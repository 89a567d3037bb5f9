use handover::{duplicates::Duplicate, manifest::File};
use model::{Covered, Epoch, LogId, SegmentNo, Seq};
use storage::store;

use super::*;

const LOG: LogId = LogId(7);
const DAY_MS: i64 = 86_400_000;

fn id(seq: u64) -> EventId {
    EventId {
        log: LOG,
        seq: Seq(seq),
    }
}

fn keyed(seq: u64, key: &str, day: i64, unchecked: bool) -> Keyed {
    Keyed {
        account: 1,
        key: sender_keys::old_hash(key),
        event: id(seq),
        occurred_ms: 0,
        received_ms: day * DAY_MS,
        unchecked,
        said: None,
    }
}

/// What is found where events 1 to 9 are covered, these have keys, and these pairs are left out,
/// the second for the first.
async fn found(rows: &[Keyed], pairs: &[(u64, u64)]) -> Vec<String> {
    let store = store::open("memory://").unwrap();
    let bytes = sender_keys::encode(rows).unwrap();
    let file = |rows: usize| File {
        name: "some".into(),
        rows: rows as u64,
        bytes: bytes.len() as u64,
    };
    let mut manifest = Manifest {
        sender_keys: vec![SenderKeysFile {
            file: file(rows.len()),
            last_ms: 0,
            unchecked: rows.iter().filter(|row| row.unchecked).count() as u64,
        }],
        duplicates: (!pairs.is_empty()).then(|| file(pairs.len())),
        ..Manifest::default()
    };
    let covered = Covered {
        epoch: Epoch(1),
        seq: Seq(9),
        segment: SegmentNo(1),
    };
    manifest.horizon.0.insert(LOG, covered);
    let path = ObjectKey::Keys {
        name: "some".into(),
    }
    .path();
    store::create(&store, &path, bytes).await.unwrap();
    let duplicate = |(of, event): &(u64, u64)| Duplicate {
        event: id(*event),
        of: id(*of),
        account: 1,
        occurred_ms: 0,
    };
    let duplicates = pairs.iter().map(duplicate).map(|d| (d.event, d)).collect();
    let wrong = wrong(&store, &manifest, &duplicates).await.unwrap();
    let text = |(event, why): (Option<EventId>, String)| match event {
        Some(event) => format!("{}: {why}", event.seq),
        None => why,
    };
    wrong.into_iter().map(text).collect()
}

#[tokio::test]
async fn what_is_left_out_rightly_is_no_finding() {
    let three = [
        keyed(1, "a", 1, false),
        keyed(2, "a", 2, true),
        keyed(3, "b", 2, true),
    ];
    assert_eq!(found(&three, &[(1, 2)]).await, Vec::<String>::new());
    // Checked both, or too far apart: they are two.
    let two = [keyed(1, "a", 1, false), keyed(2, "a", 2, false)];
    assert_eq!(found(&two, &[]).await, Vec::<String>::new());
    let late = [keyed(1, "a", 1, false), keyed(2, "a", 40, true)];
    assert_eq!(found(&late, &[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_key_that_is_counted_twice_is_found_once() {
    let one = [keyed(1, "a", 1, false), keyed(2, "a", 2, true)];
    let both = [keyed(1, "a", 1, true), keyed(2, "a", 2, true)];
    for rows in [one, both] {
        let found = found(&rows, &[]).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("both are counted"), "{found:?}");
    }
}

#[tokio::test]
async fn what_is_left_out_wrongly_is_found() {
    let other = [keyed(1, "a", 1, false), keyed(2, "b", 2, true)];
    let told = found(&other, &[(1, 2)]).await;
    assert!(
        told.len() == 1 && told[0].contains("has another key"),
        "{told:?}"
    );
    let sure = [keyed(1, "a", 1, false), keyed(2, "a", 2, false)];
    let told = found(&sure, &[(1, 2)]).await;
    assert!(
        told.len() == 1 && told[0].contains("was checked"),
        "{told:?}"
    );
    let three = [1, 2, 3].map(|seq| keyed(seq, "a", 1, true));
    let told = found(&three, &[(1, 2), (2, 3)]).await;
    assert!(
        told.len() == 1 && told[0].contains("left out too"),
        "{told:?}"
    );
    let told = found(&[], &[(1, 12)]).await;
    assert!(
        told.len() == 1 && told[0].contains("not covered"),
        "{told:?}"
    );
}
