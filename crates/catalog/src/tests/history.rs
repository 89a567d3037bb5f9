//! What entries say of themselves, what is known of answers, and when keys were used.

use super::*;
use crate::answered::{KNOWN_MS, MOST_KNOWN};

/// A catalog, and the clock that it goes by.
async fn with_clock(store: &Store, seed: u64) -> (Catalog, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(1_000_000));
    let env = Env {
        store: store.clone(),
        bell: Bell::default(),
        clock: clock.clone(),
        random: Arc::new(SeededRandom::new(seed)),
    };
    (Catalog::open(env).await.unwrap(), clock)
}

async fn record_of(catalog: &Catalog, n: u64) -> Record {
    let (_, changes) = catalog.entry(n).await.unwrap().unwrap();
    let record = changes.into_iter().find_map(|change| match change {
        Change::Record(record) => Some(*record),
        _ => None,
    });
    record.unwrap()
}

#[tokio::test]
async fn an_entry_says_who_made_it_and_what_was_before() {
    let store = memory();
    let (catalog, _) = with_clock(&store, 1).await;
    commit(&catalog, vec![account(1), account(2)])
        .await
        .unwrap();
    let by = By::Key {
        id: "k".into(),
        name: "shop".into(),
    };
    let first = link(7, 1, "first");
    let put = |link: Link| vec![Change::PutLink(link)];
    for slug in ["first", "second"] {
        catalog
            .commit_by(&by, |_| Ok(put(link(7, 1, slug))))
            .await
            .unwrap();
    }
    commit(&catalog, vec![Change::Delete(first.id)])
        .await
        .unwrap();
    commit(&catalog, put(first.clone())).await.unwrap();
    let made = record_of(&catalog, 2).await;
    assert_eq!(
        (made.n, made.by, &*made.accounts, made.before),
        (2, by, &[account_id(1)][..], vec![])
    );
    assert_eq!(record_of(&catalog, 3).await.before, put(first.clone()));
    let deleted = record_of(&catalog, 4).await;
    assert_eq!(
        (deleted.by, deleted.before),
        (By::Operator, put(link(7, 1, "second")))
    );
    assert_eq!(
        record_of(&catalog, 5).await.before,
        vec![],
        "it was deleted, and is back"
    );
    assert!(catalog.link_by_slug("first", 0).is_some());
    let of = |catalog: &Catalog, owner| {
        catalog.read(|state| state.entries_of(account_id(owner), u64::MAX, 10))
    };
    assert_eq!(
        (of(&catalog, 1), of(&catalog, 2)),
        (vec![5, 4, 3, 2, 1], vec![1])
    );
    let older = catalog.read(|state| state.entries_of(account_id(1), 4, 2));
    assert_eq!(older, [3, 2]);
    let rows = catalog.read(State::rows);
    snapshot::save(&store, 5, rows).await.unwrap();
    let other = open(&store, 2).await;
    assert_eq!(of(&other, 1), of(&catalog, 1));
}

fn answered(name: &str, n: u64, at_ms: i64) -> Change {
    Change::Answered(Box::new(Answered {
        scope: 1,
        name: name.into(),
        request: "r".into(),
        n,
        at_ms,
        reply: Some(Reply {
            status: 201,
            location: None,
            body: serde_json::json!({"id": n}),
            salt: None,
        }),
    }))
}

#[tokio::test]
async fn answers_are_known_for_a_day_and_so_many_of_them() {
    let store = memory();
    let (catalog, _) = with_clock(&store, 1).await;
    commit(&catalog, vec![account(1), answered("a", 1, 10)])
        .await
        .unwrap();
    let n_of = |catalog: &Catalog, name: &str, now_ms| {
        catalog.read(|state| state.answered(1, name, now_ms).map(|known| known.n))
    };
    assert_eq!(n_of(&catalog, "a", 10 + KNOWN_MS - 1), Some(1));
    assert_eq!(n_of(&catalog, "a", 10 + KNOWN_MS), None);
    let of_another = catalog.read(|s| s.answered(2, "a", 10).is_none());
    assert!(of_another, "of another account");
    let (_, changes) = catalog.entry(1).await.unwrap().unwrap();
    assert!(changes.contains(&answered("a", 1, 10)), "with the answer");
    // Used anew later: the older one is forgotten, and not the newer.
    commit(&catalog, vec![answered("a", 2, 10 + KNOWN_MS)])
        .await
        .unwrap();
    assert_eq!(n_of(&catalog, "a", 10 + KNOWN_MS), Some(2));
    for part in 0..2 {
        let names = (0..MOST_KNOWN / 2).map(|i| answered(&format!("{part}-{i}"), 3, 20 + KNOWN_MS));
        let names: Vec<Change> = names.collect();
        commit(&catalog, names).await.unwrap();
    }
    assert_eq!(n_of(&catalog, "a", 20 + KNOWN_MS), None, "too many since");
    assert_eq!(n_of(&catalog, "0-0", 20 + KNOWN_MS), Some(3));
    let rows = catalog.read(State::rows);
    let bytes = snapshot::encode(4, &rows).unwrap();
    let read = snapshot::decode(4, &bytes).unwrap();
    assert_eq!(read.rows().len(), rows.len());
    assert!(read.answered(1, "0-0", 20 + KNOWN_MS).is_some());
}

#[tokio::test]
async fn keys_end_are_replaced_and_say_when_they_were_used() {
    let store = memory();
    let (catalog, clock) = with_clock(&store, 1).await;
    let first = ApiKey {
        expires_ms: Some(10_000_000),
        ..key("k", 1, "mr_one")
    };
    commit(&catalog, vec![account(1), Change::PutKey(first.clone())])
        .await
        .unwrap();
    let opens = |secret| catalog.key(secret).is_some();
    let used = |catalog: &Catalog| catalog.read(|state| state.last_used("k"));
    assert_eq!(used(&catalog), None);
    assert!(opens("mr_one"));
    assert_eq!(used(&catalog), Some(16), "in the minute of the clock");
    let strange = key("k", 1, "mr_other");
    commit(&catalog, vec![Change::PutKey(strange)])
        .await
        .unwrap_err();
    let second = ApiKey {
        hash: random::hash_secret("mr_two").into(),
        replaced: Some(Replaced {
            hash: first.hash.clone(),
            until_ms: 2_000_000,
        }),
        ..first.clone()
    };
    commit(&catalog, vec![Change::PutKey(second)])
        .await
        .unwrap();
    assert!(opens("mr_one") && opens("mr_two"));
    clock.set(2_000_000);
    assert!(!opens("mr_one") && opens("mr_two"));
    let entries = || catalog.read(|state| state.n);
    let before = entries();
    catalog.store_uses().await.unwrap();
    assert_eq!(entries(), before, "it is not an hour old");
    clock.set(9_000_000);
    assert!(opens("mr_two"));
    catalog.store_uses().await.unwrap();
    catalog.store_uses().await.unwrap();
    assert_eq!(entries(), before + 1, "once");
    assert_eq!(used(&open(&store, 2).await), Some(150), "others know it");
    clock.set(10_000_000);
    assert!(!opens("mr_two"), "it has ended");
    commit(&catalog, vec![Change::RevokeKey("k".into())])
        .await
        .unwrap();
    clock.set(9_000_000);
    assert!(!opens("mr_two"));
}
