use model::{Epoch, LogId, SegmentNo, random::SeededRandom};
use tokio::time::{Instant, advance};

use super::*;
use crate::{counted::Counted, testing::faulty_store::FaultyStore};

const EVERY: Duration = Duration::from_secs(1);

/// A process on `store`: what it writes through, its bell, and what it looks at.
fn process(store: &Store, seed: u64) -> (Store, Bell, Look) {
    let (store, bell) = Bell::over(Arc::clone(store), Arc::new(SeededRandom::new(seed)));
    let look = Look::new(bell.clone(), EVERY);
    (store, bell, look)
}

fn keep(bell: &Bell) -> tokio::task::JoinHandle<()> {
    let bell = bell.clone();
    tokio::spawn(async move { bell.keep().await })
}

async fn write(store: &Store, n: u64) {
    let ledger = "catalog".to_owned();
    let path = ObjectKey::Ledger { ledger, n }.path();
    let _ = store::create(store, &path, "new".into()).await;
}

/// Looks once, and then until the bell is silent.
async fn look(look: &Look) {
    loop {
        look.done(look.begin());
        let since = Instant::now();
        look.due().await;
        if since.elapsed() >= SELDOM {
            look.done(look.begin());
            return;
        }
    }
}

/// How long nothing is due.
async fn silence(look: &Look) -> Duration {
    let since = Instant::now();
    look.due().await;
    since.elapsed()
}

#[tokio::test(start_paused = true)]
async fn without_a_bell_it_is_looked_as_often_as_may_be() {
    let look = Look::new(Bell::default(), EVERY);
    assert!(look.is_due(), "at first");
    for _ in 0..3 {
        look.done(look.begin());
        assert!(!look.is_due());
        assert_eq!(silence(&look).await, EVERY);
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_failed_is_due_again() {
    let store = store::open("memory://").unwrap();
    let (_, bell, watched) = process(&store, 1);
    let kept = keep(&bell);
    look(&watched).await;
    let _ = watched.begin();
    assert_eq!(silence(&watched).await, EVERY);
    kept.abort();
}

#[tokio::test(start_paused = true)]
async fn what_one_writes_the_other_looks_at_within_a_second() {
    let store = store::open("memory://").unwrap();
    let (one, bell, own) = process(&store, 1);
    let (_, other, watched) = process(&store, 2);
    let kept = [keep(&bell), keep(&other)];
    look(&watched).await;
    look(&own).await;
    watched.done(watched.begin());
    for n in 1..10 {
        advance(EVERY * 2).await;
        assert!(!watched.is_due() && !own.is_due());
        write(&one, n).await;
        assert!(own.is_due(), "its own write is known at once");
        own.done(own.begin());
        assert!(silence(&watched).await <= LISTEN + GAP);
        look(&watched).await;
        look(&own).await;
        watched.done(watched.begin());
    }
    kept.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn silence_costs_one_request_a_second_and_nothing_is_forgotten_for_long() {
    let counted = Counted::new(store::open("memory://").unwrap());
    let store: Store = counted.clone();
    let (_, bell, watched) = process(&store, 1);
    let kept = keep(&bell);
    look(&watched).await;
    let before = counted.requests();
    // Written by a program that knows no bell.
    write(&store, 1).await;
    assert_eq!(silence(&watched).await, SELDOM);
    let asked = counted.requests() - before;
    assert!((29..=31).contains(&asked.gets), "{asked:?}");
    assert_eq!((asked.heads, asked.lists, asked.puts), (0, 0, 1));
    kept.abort();
}

#[tokio::test(start_paused = true)]
async fn a_ring_that_failed_is_made_again() {
    let store = store::open("memory://").unwrap();
    // The write, and two rings that fail, one of them after all done.
    let faulty: Store = FaultyStore::new(Arc::clone(&store), b".x!..");
    let (one, bell, _) = process(&faulty, 1);
    let (_, other, watched) = process(&store, 2);
    let kept = [keep(&bell), keep(&other)];
    look(&watched).await;
    write(&one, 1).await;
    assert!(silence(&watched).await <= GAP + AGAIN + LISTEN);
    let own = || bell.0.own.load(Ordering::SeqCst);
    while bell.0.told.load(Ordering::SeqCst) < own() {
        advance(AGAIN).await;
        tokio::task::yield_now().await;
    }
    kept.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn whoever_ends_right_after_a_write_has_rung() {
    let store = store::open("memory://").unwrap();
    let (_, other, watched) = process(&store, 2);
    let kept = keep(&other);
    look(&watched).await;
    let (command, ..) = process(&store, 1);
    write(&command, 1).await;
    drop(command);
    assert!(silence(&watched).await <= LISTEN);
    kept.abort();
}

#[tokio::test(start_paused = true)]
async fn only_what_others_follow_rings() {
    let store = store::open("memory://").unwrap();
    let (rung, bell, _) = process(&store, 1);
    let log = LogId(1);
    let epoch = Epoch::FIRST;
    let segment = SegmentNo::FIRST;
    for (key, rings) in [
        (ObjectKey::Log { log }, true),
        (ObjectKey::Fence { log }, true),
        (ObjectKey::Seal { log, epoch }, true),
        (ObjectKey::Raw { log, segment }, false),
        (ObjectKey::Tally { log }, false),
    ] {
        let before = bell.strokes();
        store::replace(&rung, &key.path(), "x".into())
            .await
            .unwrap();
        assert_eq!(bell.strokes() > before, rings, "{key}");
    }
    let before = bell.strokes();
    write(&rung, 1).await;
    write(&rung, 1).await;
    assert_eq!(bell.strokes(), before + 2, "also what may have failed");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_hear_looks_all_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    let store = store::open(&format!("file://{}", root.display())).unwrap();
    let (_, bell, watched) = process(&store, 1);
    let mut last = None;
    let rope = bell.0.rope.as_ref().unwrap();
    bell.listen_once(rope, &mut last).await;
    watched.done(watched.begin());
    assert_eq!(silence(&watched).await, SELDOM);
    watched.done(watched.begin());
    std::fs::remove_dir_all(&root).unwrap();
    std::fs::write(&root, "").unwrap();
    bell.listen_once(rope, &mut last).await;
    for _ in 0..3 {
        assert_eq!(silence(&watched).await, EVERY);
        watched.done(watched.begin());
    }
    std::fs::remove_file(&root).unwrap();
    std::fs::create_dir(&root).unwrap();
    bell.listen_once(rope, &mut last).await;
    assert_eq!(silence(&watched).await, EVERY, "once, for what was missed");
    watched.done(watched.begin());
    assert_eq!(silence(&watched).await, SELDOM);
}
