//! Sums of what a rollup has written, with more and with less memory.

use std::collections::BTreeMap;

use asking::{ALL, Column, Moment};
use datafusion::execution::memory_pool::FairSpillPool;
use enrich::Rules;
use handover::manifests::Manifests;
use model::{Event, EventKind, LogId};
use testing::{Installation, Log};

use super::*;
use crate::{Limits, Local, Mode, RollupDeps, engine, run};

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

async fn asker(memory: usize) -> (Asker, Moment) {
    let installation = Installation::new(NOW_MS);
    let mut log = Log::new(LogId(7));
    installation.register(log.id).await;
    (0..VISITORS).map(click).for_each(|event| log.accept(event));
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
    let pool = Arc::new(FairSpillPool::new(memory));
    asker.runtime = engine::bounded_runtime(&deps, pool, 0).unwrap();
    let published = deps.manifests.latest().await.unwrap();
    let moment = Moment {
        published,
        upto: BTreeMap::new(),
    };
    (asker, moment)
}

async fn asked(memory: usize) -> Result<Sums, AskError> {
    let (asker, moment) = asker(memory).await;
    let first = time::minute_of(NOW_MS);
    let asked = SumsAsked {
        selection: Selection {
            account: ACCOUNT,
            moment,
            minutes: (first, first + time::DAY),
            filters: Vec::new(),
        },
        groups: vec![Column::named("country").unwrap()],
        tags: None,
        buckets: Arc::new(|_| 0),
        offset: Arc::new(|_| 0),
        money: true,
        visitors: Some(false),
    };
    sums(&asker, asked).await
}

#[tokio::test]
async fn visitors_that_do_not_fit_are_counted_in_parts() {
    let whole = asked(1 << 30).await.unwrap();
    // Of every ten of them one, with an even number, is another account's.
    let expected = [("AT", 10_000), ("DE", 8_000)];
    let rows = whole
        .rows
        .iter()
        .map(|row| (row.groups.concat(), row.counts.events[0]));
    let visitors = whole.visitors_of_rows.iter();
    let visitors = visitors.map(|row| (row.groups.concat(), row.visitors as i64));
    let expected = expected.map(|(country, count)| (country.to_owned(), count));
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    assert_eq!(visitors.collect::<BTreeMap<_, _>>(), expected.into());
    assert_eq!(whole.visitors, [(0, 18_000), (ALL, 18_000)].into());
    let in_parts = asked(600_000).await.unwrap();
    assert_eq!(in_parts.rows, whole.rows);
    assert_eq!(in_parts.visitors, whole.visitors);
    let mut of_rows = whole.visitors_of_rows;
    of_rows.sort_by(|a, b| a.groups.cmp(&b.groups));
    assert_eq!(in_parts.visitors_of_rows, of_rows);
}

#[tokio::test]
async fn what_does_not_fit_at_all_is_refused() {
    let refused = asked(4_000).await;
    let Err(AskError::TooMuch(why)) = refused else {
        panic!("{refused:?}");
    };
    assert!(why.contains("ask for a shorter range"), "{why}");
}
