//! What every object store must do: memory, a folder, S3. All that is atomic rests on it.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use futures::{TryStreamExt, future::join_all};
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, path::Path};

use super::faulty_store::FaultyStore;
use crate::{
    ledger::{Appended, Ledger, LedgerError, Stamp},
    prefixed::Prefixed,
    store::{self, Created, Outcome, Store},
};

/// Runs the whole suite on an empty store.
pub async fn run(store: Store) {
    create_only_tells_new_same_and_different(&store).await;
    of_racing_writers_exactly_one_creates(&store).await;
    what_is_written_is_read_at_once(&store).await;
    lists_are_whole_and_begin_where_asked(&store).await;
    let part = |name: &str| Arc::new(Prefixed::new(Arc::clone(&store), name)) as Store;
    ledger_writers_never_share_an_entry(part("race")).await;
    an_append_whose_answer_was_lost_is_there_exactly_once(part("lost")).await;
    a_lost_answer_to_an_entry_of_another_is_a_conflict(part("theirs")).await;
    giving_up_says_that_the_outcome_is_unknown(part("refused")).await;
}

async fn create_only_tells_new_same_and_different(store: &Store) {
    let path = Path::from("create/a");
    let put = |text: &'static str| store::create_or_same(store, &path, Bytes::from(text));
    assert_eq!(store::read(store, &path).await.unwrap(), None);
    assert_eq!(put("one").await.unwrap(), Outcome::New);
    assert_eq!(put("one").await.unwrap(), Outcome::Same);
    assert_eq!(put("two").await.unwrap(), Outcome::Different);
    let found = store::read(store, &path).await.unwrap();
    assert_eq!(found, Some(Bytes::from("one")));
    assert!(!store::exists(store, &Path::from("create/b")).await.unwrap());
}

async fn of_racing_writers_exactly_one_creates(store: &Store) {
    for round in 0..20 {
        let path = Path::from(format!("race/{round}"));
        let writers = (0..8).map(|writer| {
            let (store, path) = (Arc::clone(store), path.clone());
            let bytes = Bytes::from(format!("writer {writer}"));
            tokio::spawn(async move { (store::create(&store, &path, bytes.clone()).await, bytes) })
        });
        let mut winners = Vec::new();
        for task in join_all(writers).await {
            let (created, bytes) = task.unwrap();
            if created.unwrap() == Created::New {
                winners.push(bytes);
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        let found = store::read(store, &path).await.unwrap();
        assert_eq!(found.as_ref(), winners.first());
    }
}

async fn what_is_written_is_read_at_once(store: &Store) {
    let path = Path::from("again/a");
    for version in 0..20u8 {
        let bytes = Bytes::from(vec![version; 1 + 10_000 * usize::from(version)]);
        let mode = PutMode::Overwrite.into();
        store
            .put_opts(&path, bytes.clone().into(), mode)
            .await
            .unwrap();
        assert_eq!(
            store::read(store, &path).await.unwrap(),
            Some(bytes.clone())
        );
        let meta = store.head(&path).await.unwrap();
        assert_eq!(
            (meta.size, meta.location),
            (bytes.len() as u64, path.clone())
        );
        let end = store.get_range(&path, bytes.len() as u64 - 1..bytes.len() as u64);
        assert_eq!(end.await.unwrap(), [version].as_slice());
    }
    store.delete(&path).await.unwrap();
    assert_eq!(store::read(store, &path).await.unwrap(), None);
    let gone = store.head(&path).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
}

async fn lists_are_whole_and_begin_where_asked(store: &Store) {
    const ALL: usize = 120;
    let (folder, path) = (Path::from("list"), |n| Path::from(format!("list/{n:03}")));
    assert_eq!(names(store, &folder, None).await, BTreeSet::new());
    for n in 0..ALL {
        store.put(&path(n), "x".into()).await.unwrap();
        store
            .put(&Path::from(format!("lists/{n:03}")), "x".into())
            .await
            .unwrap();
    }
    let from = |first: usize| (first..ALL).map(path).collect::<BTreeSet<_>>();
    assert_eq!(names(store, &folder, None).await, from(0));
    for n in [0, 57, ALL - 1] {
        assert_eq!(names(store, &folder, Some(path(n))).await, from(n + 1));
    }
}

async fn names(store: &Store, folder: &Path, after: Option<Path>) -> BTreeSet<Path> {
    let objects = match after {
        Some(after) => store.list_with_offset(Some(folder), &after),
        None => store.list(Some(folder)),
    };
    let names = objects.map_ok(|meta| meta.location).try_collect::<Vec<_>>();
    let names = names.await.unwrap();
    let distinct: BTreeSet<Path> = names.iter().cloned().collect();
    assert_eq!(distinct.len(), names.len(), "something is listed twice");
    distinct
}

async fn ledger_writers_never_share_an_entry(store: Store) {
    const WRITERS: u128 = 6;
    const EACH: usize = 5;
    let writers: Vec<_> = (1..=WRITERS)
        .map(|w| tokio::spawn(append_until_done(Arc::clone(&store), w, EACH)))
        .collect();
    let mut all = BTreeSet::new();
    for (writer, task) in (1u128..).zip(writers) {
        for n in task.await.unwrap() {
            assert!(all.insert(n), "entry {n} was given to two writers");
            let ledger = Ledger::new(Arc::clone(&store), "test");
            let entry = ledger.entry::<u128>(n).await.unwrap().unwrap();
            assert_eq!(entry.body, writer);
        }
    }
    assert_eq!(all, (1..=WRITERS as u64 * EACH as u64).collect());
}

async fn append_until_done(store: Store, writer: u128, count: usize) -> Vec<u64> {
    let ledger = Ledger::new(store, "test");
    let mut won = Vec::new();
    let mut attempt = 0;
    while won.len() < count {
        attempt += 1;
        let n = ledger.newest().await.unwrap() + 1;
        let nonce = stamp(writer << 64 | attempt);
        if ledger.append(n, &writer, nonce).await.unwrap() == Appended::Yes {
            won.push(n);
        }
    }
    won
}

fn stamp(nonce: u128) -> Stamp {
    Stamp { nonce, at_ms: 7 }
}

async fn an_append_whose_answer_was_lost_is_there_exactly_once(store: Store) {
    let store = FaultyStore::new(store, b"!.x.");
    let ledger = Ledger::new(Arc::clone(&store) as Store, "test");
    for n in 1..=6u64 {
        let appended = ledger.append(n, &n, stamp(n.into())).await.unwrap();
        assert_eq!(appended, Appended::Yes);
        assert_eq!(ledger.newest().await.unwrap(), n);
    }
    assert!(store.lists() <= 1, "the history is listed once");
}

async fn a_lost_answer_to_an_entry_of_another_is_a_conflict(store: Store) {
    let ledger = Ledger::new(FaultyStore::new(store, b".x!"), "test");
    ledger.append(1, &"theirs", stamp(1)).await.unwrap();
    let ours = ledger.append(1, &"ours", stamp(2)).await.unwrap();
    assert_eq!(ours, Appended::Conflict);
    let entry = ledger.latest::<String>().await.unwrap().unwrap();
    assert_eq!((entry.n, entry.body.as_str()), (1, "theirs"));
}

async fn giving_up_says_that_the_outcome_is_unknown(store: Store) {
    let ledger = Ledger::new(FaultyStore::new(store, b"x"), "test");
    let error = ledger.append(1, &1, stamp(1)).await.unwrap_err();
    assert!(
        matches!(error, LedgerError::Unknown { n: 1, .. }),
        "{error}"
    );
}
