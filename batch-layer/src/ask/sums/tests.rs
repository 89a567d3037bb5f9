//! Sums of what a rollup has written, with more and with less memory.

use std::collections::BTreeMap;

use asking::{ALL, Column, Moment};
use enrich::Rules;
use handover::manifests::Manifests;
use model::{Event, EventKind, LogId};
use testing::{Installation, Log};

use super::*;
use crate::{Limits, Local, Mode, RollupDeps, ask::lake::Lake, run};

const NOW_MS: i64 = 1_772_409_600_000;
const VISITORS: u64 = 20_000;
const ACCOUNT: u64 = 1;

fn click(n: u64) -> Event {
    Event {
        kind: EventKind::Click as i32,
        // Every tenth is somebody else's.
        account: ACCOUNT + u64::from(n.is_multiple_of(10)),
        object: 10,
        occurred_ms: NOW_MS + n as i64,
        received_ms: NOW_MS + n as i64,
        country: ["DE", "AT"][n as usize % 2].into(),
        visitor: 1 + n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % u64::MAX,
        ..Event::default()
    }
}

async fn asker(events: impl Iterator<Item = Event>, memory: usize) -> (Asker, Moment) {
    let installation = Installation::new(NOW_MS);
    let mut log = Log::new(LogId(7));
    installation.register(log.id).await;
    events.for_each(|event| log.accept(event));
    log.seal(&installation.env.store).await;
    let deps = RollupDeps {
        manifests: Manifests::new(Arc::clone(&installation.env.store)),
        env: installation.env.clone(),
        rules: Arc::new(Rules::new().unwrap()),
        door_rules: None,
        accounts: None,
        engine: Arc::new(Local),
        limits: Limits::default(),
    };
    assert!(run(&deps, Mode::Incremental).await.unwrap().published);
    let mut asker = Asker::new(&deps, installation.stream.clone(), 0).unwrap();
    asker.lake = Lake::open(Arc::clone(&deps.env.store), memory, (0, None)).unwrap();
    let published = deps.manifests.latest().await.unwrap();
    let moment = Moment {
        published,
        upto: BTreeMap::new(),
    };
    (asker, moment)
}

async fn asked(
    events: impl Iterator<Item = Event>,
    group: &str,
    memory: usize,
) -> Result<Sums, AskError> {
    let (asker, moment) = asker(events, memory).await;
    let first = time::minute_of(NOW_MS);
    let asked = SumsAsked {
        selection: Selection {
            account: ACCOUNT,
            moment,
            minutes: (first, first + time::DAY),
            filters: Vec::new(),
        },
        groups: vec![Column::named(group).unwrap()],
        tags: None,
        buckets: Arc::new(|_| 0),
        offset: Arc::new(|_| 0),
        money: true,
        visitors: Some(false),
    };
    sums(&asker, asked).await
}

/// Clicks and distinct visitors by group.
fn told(sums: &Sums) -> BTreeMap<String, (i64, u64)> {
    let rows = sums.rows.iter();
    let rows = rows.map(|row| (row.groups.concat(), (row.counts.events[0], 0)));
    let mut told: BTreeMap<String, (i64, u64)> = rows.collect();
    for row in sums.visitors_of_rows.iter().filter(|row| row.bucket != ALL) {
        told.entry(row.groups.concat()).or_default().1 += row.visitors;
    }
    told
}

#[tokio::test]
async fn visitors_that_do_not_fit_are_counted_in_parts() {
    let of = async |memory| {
        asked((0..VISITORS).map(click), "country", memory)
            .await
            .unwrap()
    };
    let whole = of(1 << 30).await;
    // Of every ten of them one, with an even number, is another account's.
    let expected = [
        ("AT".into(), (10_000, 10_000)),
        ("DE".into(), (8_000, 8_000)),
    ];
    assert_eq!(told(&whole), expected.into());
    assert_eq!(whole.visitors, [(0, 18_000), (ALL, 18_000)].into());
    let in_parts = of(600_000).await;
    assert_eq!(told(&in_parts), told(&whole));
    assert_eq!(in_parts.visitors, whole.visitors);
}

/// Networks are numbers, and some have none; files have events that repeat others, which are not counted.
#[tokio::test]
async fn what_repeats_another_event_is_in_no_sum() {
    let keyed = |n: u64| Event {
        idempotency_key: Some(n.to_string()),
        unchecked: true,
        asn: (n % 4 != 1).then_some(64_500 + (n % 4) as u32),
        ..click(n)
    };
    let again = |n: u64| Event {
        received_ms: NOW_MS + 1_000 + n as i64,
        ..keyed(n)
    };
    let events = (0..40).map(keyed).chain((1..6).map(again));
    let sums = asked(events, "asn", 1 << 30).await.unwrap();
    let expected = [("", 10), ("64500", 8), ("64502", 8), ("64503", 10)];
    let expected = expected.map(|(asn, count)| (asn.to_owned(), (count, count as u64)));
    assert_eq!(told(&sums), expected.into());
}

#[tokio::test]
async fn what_does_not_fit_at_all_is_refused() {
    let refused = asked((0..VISITORS).map(click), "country", 4_000).await;
    let Err(AskError::TooMuch(why)) = refused else {
        panic!("{refused:?}");
    };
    assert!(why.contains("ask for a shorter range"), "{why}");
}
