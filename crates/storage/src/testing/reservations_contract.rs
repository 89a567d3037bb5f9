//! What every [`Reservations`] must do.

use model::{EventId, LogId, Seq};

use crate::reservations::{KEEP_MS, PENDING_MS, Reservations, Reserved};

const NOW: i64 = 1_700_000_000_000;

fn event(seq: u64) -> EventId {
    EventId {
        log: LogId(3),
        seq: Seq(seq),
    }
}

/// Runs the whole suite on an empty store. `age` makes a pending key old, if the time it is asked
/// at does not; `flush` makes it lose everything.
pub async fn run<F: AsyncFnOnce()>(
    reservations: &dyn Reservations,
    age: impl AsyncFn(&str),
    flush: F,
) {
    a_key_is_taken_once(reservations).await;
    only_its_owner_gives_a_key_back(reservations).await;
    a_forgotten_key_is_taken_over(reservations, age).await;
    keys_expire(reservations).await;
    generations_tell_a_flush(reservations, flush).await;
}

async fn a_key_is_taken_once(all: &dyn Reservations) {
    let reserve = async |owner| all.reserve("once", owner, NOW).await.unwrap();
    assert_eq!(reserve("a").await, Reserved::New);
    assert_eq!(reserve("b").await, Reserved::Pending);
    assert_eq!(reserve("a").await, Reserved::TakenOver, "sent twice");
    all.confirm("once", event(1), KEEP_MS, NOW).await.unwrap();
    assert_eq!(reserve("b").await, Reserved::Taken(event(1)));
    all.release("once", "a").await.unwrap();
    assert_eq!(reserve("b").await, Reserved::Taken(event(1)), "it is used");
}

async fn only_its_owner_gives_a_key_back(all: &dyn Reservations) {
    let reserve = async |owner| all.reserve("back", owner, NOW).await.unwrap();
    assert_eq!(reserve("a").await, Reserved::New);
    all.release("back", "b").await.unwrap();
    assert_eq!(reserve("b").await, Reserved::Pending);
    all.release("back", "a").await.unwrap();
    assert_eq!(reserve("b").await, Reserved::New);
}

async fn a_forgotten_key_is_taken_over(all: &dyn Reservations, age: impl AsyncFn(&str)) {
    let reserve = async |owner, at| all.reserve("over", owner, at).await.unwrap();
    assert_eq!(reserve("a", NOW).await, Reserved::New);
    age("over").await;
    assert_eq!(reserve("b", NOW + PENDING_MS).await, Reserved::TakenOver);
    assert_eq!(reserve("c", NOW + PENDING_MS).await, Reserved::Pending);
    all.release("over", "a").await.unwrap();
    let after = reserve("c", NOW + PENDING_MS).await;
    assert_eq!(after, Reserved::Pending, "it is another's now");
}

async fn keys_expire(all: &dyn Reservations) {
    all.confirm("old", event(2), 0, NOW).await.unwrap();
    let old = all.reserve("old", "a", NOW).await.unwrap();
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
    flush().await;
    assert_ne!(all.generations(false).await.unwrap(), before);
    assert_ne!(all.generations(true).await.unwrap(), before);
    assert_ne!(all.whole().await.unwrap(), Some(before));
}
