use model::{EntityKind, Horizon};

use super::*;
use crate::{directory::Directory, sealed, skips::Skips};

const NOW: i64 = 1_767_323_045_000;

fn account(raw: u64) -> EntityId {
    EntityId::new(EntityKind::Account, raw)
}

fn import(contents: &str) -> ImportId {
    ImportId {
        account: account(1),
        name: "name".into(),
        contents: contents.into(),
    }
}

fn events(count: u64, received_ms: i64) -> Vec<Event> {
    let event = |n| Event {
        account: 1,
        object: n,
        received_ms,
        ..Event::default()
    };
    (1..=count).map(event).collect()
}

async fn begun(store: &Store, import: &ImportId, now_ms: i64) -> Begun {
    match import.begin(store, now_ms).await.unwrap() {
        Standing::Begun(begun) => begun,
        Standing::Done(done) => panic!("{done:?}"),
    }
}

/// Writes segments of these lengths.
async fn write(store: &Store, import: &ImportId, begun: &Begun, lengths: &[u64]) -> Writer {
    let mut writer = Writer::new(store.clone(), import, begun);
    for length in lengths {
        let put = writer.put(events(*length, begun.begun_ms)).await.unwrap();
        assert_eq!(put, Put::Stored);
    }
    writer
}

async fn logs(store: &Store) -> Vec<LogInfo> {
    let mut directory = Directory::default();
    directory.refresh(store).await.unwrap();
    directory.logs().cloned().collect()
}

/// Events that batch would take.
async fn taken(store: &Store) -> u64 {
    let mut directory = Directory::default();
    directory.refresh(store).await.unwrap();
    let (horizon, skips) = (Horizon::default(), Skips::default());
    let seals = sealed::beyond(store, &directory, &horizon, |_| None, &skips, u64::MAX).await;
    seals.unwrap().iter().map(|seal| seal.count).sum()
}

#[tokio::test]
async fn nobody_knows_of_it_before_all_of_it_is_there() {
    let store = store::open("memory://").unwrap();
    let import = import("a");
    let begun = begun(&store, &import, NOW).await;
    let writer = write(&store, &import, &begun, &[3, 2]).await;
    assert_eq!((logs(&store).await, taken(&store).await), (vec![], 0));
    let written = writer.seal().await.unwrap().unwrap();
    assert_eq!((logs(&store).await, taken(&store).await), (vec![], 0));
    let done = import.finish(&store, &begun, written).await.unwrap();
    let known = logs(&store).await;
    assert_eq!(known.len(), 1);
    assert_eq!(
        (known[0].log, known[0].retired_at),
        (done.log, Some(Seq(5)))
    );
    assert!(known[0].concerns(account(1)) && !known[0].concerns(account(2)));
    assert_eq!(taken(&store).await, 5);
    let again = import.begin(&store, NOW + 5).await.unwrap();
    assert_eq!(again, Standing::Done(done));
}

#[tokio::test]
async fn who_begins_again_finds_what_is_there() {
    let store = store::open("memory://").unwrap();
    let import = import("a");
    let first = begun(&store, &import, NOW).await;
    let cut_off = write(&store, &import, &first, &[3, 2]).await;
    drop(cut_off);
    let second = begun(&store, &import, NOW + 60_000).await;
    assert_eq!(second, first, "the same log, the same time");
    let writer = write(&store, &import, &second, &[3, 2, 4]).await;
    assert_eq!((writer.found(), writer.events()), (2, 9));
    let written = writer.seal().await.unwrap().unwrap();
    import.finish(&store, &second, written).await.unwrap();
    assert_eq!(taken(&store).await, 9);
}

#[tokio::test]
async fn other_bytes_make_another_attempt_and_one_counts() {
    let store = store::open("memory://").unwrap();
    let import = import("a");
    let first = begun(&store, &import, NOW).await;
    let of_first = write(&store, &import, &first, &[3, 2]).await;
    let mut writer = Writer::new(store.clone(), &import, &first);
    assert_eq!(writer.put(events(4, NOW)).await.unwrap(), Put::Other);
    let shorter = write(&store, &import, &first, &[3]).await;
    assert_eq!(
        shorter.seal().await.unwrap(),
        None,
        "there is more than it has"
    );
    let second = import.begin_again(&store, &first, NOW + 1).await.unwrap();
    let written = write(&store, &import, &second, &[4])
        .await
        .seal()
        .await
        .unwrap()
        .unwrap();
    let done = import.finish(&store, &second, written).await.unwrap();
    assert_eq!((logs(&store).await.len(), taken(&store).await), (1, 4));
    // The one that was slower comes to its end, too.
    let late = of_first.seal().await;
    if let Ok(Some(late)) = late {
        let told = import.finish(&store, &first, late).await.unwrap();
        assert_eq!(told, done);
    }
    assert_eq!((logs(&store).await.len(), taken(&store).await), (1, 4));
}

#[tokio::test]
async fn an_old_attempt_is_left_and_its_objects_go() {
    let store = store::open("memory://").unwrap();
    let import = import("a");
    let first = begun(&store, &import, NOW).await;
    write(&store, &import, &first, &[3]).await;
    let second = begun(&store, &import, NOW + GOOD_FOR_MS).await;
    assert_ne!(import.log(&second), import.log(&first));
    let written = write(&store, &import, &second, &[3])
        .await
        .seal()
        .await
        .unwrap()
        .unwrap();
    import.finish(&store, &second, written).await.unwrap();
    let left = raw::newest_segment(&store, import.log(&first), SegmentNo::FIRST).await;
    assert_eq!(left.unwrap(), None);
    assert_eq!(taken(&store).await, 3);
}

#[tokio::test]
async fn what_is_not_known_yet_is_made_known_and_other_contents_are_told() {
    let store = store::open("memory://").unwrap();
    let import_a = import("a");
    let begun = begun(&store, &import_a, NOW).await;
    let written = write(&store, &import_a, &begun, &[3])
        .await
        .seal()
        .await
        .unwrap()
        .unwrap();
    let done = import_a.finish(&store, &begun, written).await.unwrap();
    let path = ObjectKey::Log { log: done.log }.path();
    // As if it had died just before, or the object were damaged.
    store.delete(&path).await.unwrap();
    assert_eq!(taken(&store).await, 0);
    import_a.begin(&store, NOW).await.unwrap();
    assert_eq!(taken(&store).await, 3);
    store::replace(&store, &path, "{".into()).await.unwrap();
    import_a.begin(&store, NOW).await.unwrap();
    assert_eq!(logs(&store).await[0].account, Some(account(1)));
    let other = import("b").begin(&store, NOW).await.unwrap_err();
    assert!(matches!(other, ImportError::OtherContents));
}

#[tokio::test]
async fn a_name_is_the_accounts_own() {
    let store = store::open("memory://").unwrap();
    for raw in [1, 2] {
        let import = ImportId {
            account: account(raw),
            ..import("a")
        };
        let begun = begun(&store, &import, NOW).await;
        let written = write(&store, &import, &begun, &[3])
            .await
            .seal()
            .await
            .unwrap()
            .unwrap();
        import.finish(&store, &begun, written).await.unwrap();
    }
    let owners: Vec<Option<EntityId>> =
        logs(&store).await.iter().map(|info| info.account).collect();
    assert!(owners.contains(&Some(account(1))) && owners.contains(&Some(account(2))));
}
