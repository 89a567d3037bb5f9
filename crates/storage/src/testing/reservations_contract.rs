//! What every [`Reservations`] must do.

use model::{EventId, LogId, Seq};

use crate::reservations::{KEEP_MS, PENDING_MS, Reservations, Reserved};

fn event(seq: u64) -> EventId {
    EventId {
        log: LogId(3),
        seq: Seq(seq),
    }
}

/// Runs the whole suite on an empty store, at the time `now`. `age` makes a pending key old, if the time it is asked
/// at does not; `flush` makes it lose everything.
pub async fn run<F: AsyncFnOnce()>(
    reservations: &dyn Reservations,
    now: i64,
    age: impl AsyncFn(&str),
    flush: F,
) {
    a_key_is_taken_once(reservations, now).await;
    only_its_owner_gives_a_key_back(reservations, now).await;
    a_forgotten_key_is_taken_over(reservations, now, age).await;
    keys_expire(reservations, now).await;
    generations_tell_a_flush(reservations, flush).await;
}

async fn a_key_is_taken_once(all: &dyn Reservations, now: i64) {
    let reserve = async |owner| all.reserve("once", owner, now).await.unwrap();
    assert_eq!(reserve("a").await, Reserved::New);
    assert_eq!(reserve("b").await, Reserved::Pending);
    assert_eq!(reserve("a").await, Reserved::TakenOver, "sent twice");
    all.confirm("once", event(1), KEEP_MS, now).await.unwrap();
    assert_eq!(reserve("b").await, Reserved::Taken(event(1)));
    all.release("once", "a", now).await.unwrap();
    assert_eq!(reserve("b").await, Reserved::Taken(event(1)), "it is used");
}

async fn only_its_owner_gives_a_key_back(all: &dyn Reservations, now: i64) {
    let reserve = async |owner| all.reserve("back", owner, now).await.unwrap();
    assert_eq!(reserve("a").await, Reserved::New);
    all.release("back", "b", now).await.unwrap();
    assert_eq!(reserve("b").await, Reserved::Pending);
    all.release("back", "a", now).await.unwrap();
    assert_eq!(reserve("b").await, Reserved::New);
}

async fn a_forgotten_key_is_taken_over(all: &dyn Reservations, now: i64, age: impl AsyncFn(&str)) {
    let reserve = async |owner, at| all.reserve("over", owner, at).await.unwrap();
    assert_eq!(reserve("a", now).await, Reserved::New);
    age("over").await;
    assert_eq!(reserve("b", now + PENDING_MS).await, Reserved::TakenOver);
    assert_eq!(reserve("c", now + PENDING_MS).await, Reserved::Pending);
    all.release("over", "a", now).await.unwrap();
    let after = reserve("c", now + PENDING_MS).await;
    assert_eq!(after, Reserved::Pending, "it is another's now");
}

async fn keys_expire(all: &dyn Reservations, now: i64) {
    assert!(all.confirm("old", event(2), 0, now).await.unwrap());
    let old = all.reserve("old", "a", now).await.unwrap();
    assert_eq!(old, Reserved::New, "it was remembered long enough");
}

async fn generations_tell_a_flush<F: AsyncFnOnce()>(all: &dyn Reservations, flush: F) {
    let before = all.generations(true).await.unwrap();
    assert_eq!(all.generations(false).await.unwrap(), before);
    assert_eq!(all.whole().await.unwrap(), None);
    assert_eq!(all.own(LogId(3)).await.unwrap(), None);
    all.put_own(LogId(3), &before).await.unwrap();
    all.put_whole(&before).await.unwrap();
    assert_eq!(all.own(LogId(3)).await.unwrap(), Some(before.clone()));
    assert_eq!(all.own(LogId(4)).await.unwrap(), None);
    assert_eq!(all.whole().await.unwrap(), Some(before.clone()));
    assert!(all.take_turn().await.unwrap());
    all.forget().await.unwrap();
    let forgotten = all.generations(true).await.unwrap();
    assert_ne!(forgotten, before, "no key is checked against the old ones");
    assert_eq!(all.generations(false).await.unwrap(), forgotten);
    flush().await;
    assert_ne!(all.generations(false).await.unwrap(), before);
    assert_ne!(all.generations(true).await.unwrap(), before);
    assert_ne!(all.whole().await.unwrap(), Some(before));
}
