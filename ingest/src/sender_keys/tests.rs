use std::sync::OnceLock;

use async_trait::async_trait;
use futures::FutureExt;
use handover::sender_keys;
use model::{LogId, ManualClock, Seq, random::SeededRandom};
use storage::reservations::MemoryReservations;

use super::*;

fn keys(store: Arc<dyn Reservations>) -> Arc<SenderKeys> {
    let clock = Arc::new(ManualClock::new(1_700_000_000_000));
    Arc::new(SenderKeys::new(
        store,
        clock,
        Arc::new(SeededRandom::new(1)),
        None,
    ))
}

fn events(keys: &[&str]) -> Vec<Event> {
    let event = |key: &&str| Event {
        account: 1,
        idempotency_key: (!key.is_empty()).then(|| key.to_string()),
        ..Event::default()
    };
    keys.iter().map(event).collect()
}

async fn told(keys: &SenderKeys, asked: &[&str]) -> Vec<&'static str> {
    told_of(keys, &events(asked)).await
}

async fn told_of(keys: &SenderKeys, asked: &[Event]) -> Vec<&'static str> {
    let asked = keys.ask(asked).await;
    let word = |reservation: &Reservation| match reservation {
        Reservation::Free => "free",
        Reservation::Ours(_) => "ours",
        Reservation::Unchecked(_) => "unchecked",
        Reservation::Taken(_) => "taken",
        Reservation::Pending => "pending",
    };
    asked.reservations.iter().map(word).collect()
}

#[tokio::test]
async fn a_key_is_checked_only_while_all_keys_are_there() {
    let store = Arc::new(MemoryReservations::default());
    let keys = keys(store.clone());
    let first = told(&keys, &["a", "", "a"]).await;
    assert_eq!(first, ["unchecked", "free", "taken"], "nobody looked yet");
    keys.set_whole(Some(store.generations(true).await.unwrap()));
    assert_eq!(told(&keys, &["b"]).await, ["ours"]);
    assert_eq!(told(&keys, &["b", "c"]).await, ["pending", "ours"]);
    let id = EventId {
        log: LogId(1),
        seq: Seq(1),
    };
    let hash = sender_keys::hashes(&events(&["b"])[0]).next().unwrap();
    let name = sender_keys::name(1, &hash);
    assert!(keys.confirm(&name, id, KEEP_MS).await.unwrap());
    assert_eq!(told(&keys, &["b"]).await, ["taken"]);
    store.flush();
    assert_eq!(told(&keys, &["b"]).await, ["unchecked"], "it was forgotten");
}

fn conversion(goal: u64, transaction: Option<&str>, idempotency: Option<&str>) -> Event {
    Event {
        account: 1,
        object: goal,
        transaction_id: transaction.map(str::to_owned),
        idempotency_key: idempotency.map(str::to_owned),
        ..Event::default()
    }
}

#[tokio::test]
async fn a_transaction_belongs_to_its_goal_and_an_idempotency_key_to_its_account() {
    let store = Arc::new(MemoryReservations::default());
    let keys = keys(store.clone());
    keys.set_whole(Some(store.generations(true).await.unwrap()));
    let distinct = [
        conversion(1, Some("o1"), None),
        conversion(2, Some("o1"), None),
        conversion(1, None, Some("o1")),
        Event {
            account: 2,
            ..conversion(3, None, Some("o1"))
        },
    ];
    assert_eq!(told_of(&keys, &distinct).await, ["ours"; 4]);
    let again = conversion(9, None, Some("o1"));
    assert_eq!(told_of(&keys, &[again]).await, ["pending"], "one account");
}

#[tokio::test]
async fn an_event_with_two_keys_repeats_by_either_and_takes_both_or_none() {
    let store = Arc::new(MemoryReservations::default());
    let keys = keys(store.clone());
    keys.set_whole(Some(store.generations(true).await.unwrap()));
    let id = EventId {
        log: LogId(1),
        seq: Seq(1),
    };
    let first = conversion(1, Some("o1"), None);
    let hash = sender_keys::hashes(&first).next().unwrap();
    let name = sender_keys::name(1, &hash);
    assert!(keys.confirm(&name, id, KEEP_MS).await.unwrap());
    let both = conversion(1, Some("o1"), Some("k"));
    let other = conversion(1, None, Some("k"));
    let asked = [both, other.clone()];
    // The first is not recorded, so that the second repeats nothing.
    assert_eq!(told_of(&keys, &asked).await, ["taken", "ours"]);
    let again = told_of(&keys, &[other]).await;
    assert_eq!(again, ["pending"], "another request has it now");
}

#[tokio::test]
async fn of_many_events_with_keys_in_common_each_key_counts_once() {
    let store = Arc::new(MemoryReservations::default());
    let keys = keys(store.clone());
    keys.set_whole(Some(store.generations(true).await.unwrap()));
    let used = conversion(1, Some("used"), None);
    let hash = sender_keys::hashes(&used).next().unwrap();
    let id = EventId {
        log: LogId(1),
        seq: Seq(1),
    };
    let name = sender_keys::name(1, &hash);
    assert!(keys.confirm(&name, id, KEEP_MS).await.unwrap());
    let of = |transaction: &str, key: &str| conversion(1, Some(transaction), Some(key));
    let asked = [
        of("used", "a"),
        of("x", "a"),
        of("x", "b"),
        of("used", "b"),
        of("y", "b"),
        of("used", "a"),
        of("y", "c"),
    ];
    // The fifth has the key of the third, which is not recorded, since it repeats the second.
    let told = told_of(&keys, &asked).await;
    let expected = ["taken", "ours", "taken", "taken", "ours", "taken", "taken"];
    assert_eq!(told, expected);
    let many = vec![used; 10_000];
    assert!(
        told_of(&keys, &many)
            .await
            .iter()
            .all(|told| *told == "taken")
    );
}

/// Says that all keys are there just after somebody has asked for one.
#[derive(Default)]
struct LateNews {
    store: MemoryReservations,
    keys: OnceLock<Arc<SenderKeys>>,
}

#[async_trait]
impl Reservations for LateNews {
    async fn reserve(&self, key: &str, owner: &str, now_ms: i64) -> Result<Reserved, LiveError> {
        let reserved = self.store.reserve(key, owner, now_ms).await;
        if let Some(keys) = self.keys.get() {
            keys.set_whole(Some(self.store.generations(true).await?));
        }
        reserved
    }

    async fn taken_by(&self, key: &str, now_ms: i64) -> Result<Option<EventId>, LiveError> {
        self.store.taken_by(key, now_ms).await
    }

    async fn confirm(&self, _: &str, _: EventId, _: i64, _: i64) -> Result<bool, LiveError> {
        Ok(true)
    }

    async fn forget(&self) -> Result<(), LiveError> {
        self.store.forget().await
    }

    async fn release(&self, _: &str, _: &str, _: i64) -> Result<(), LiveError> {
        Ok(())
    }

    async fn generations(&self, create: bool) -> Result<String, LiveError> {
        self.store.generations(create).await
    }

    async fn whole(&self) -> Result<Option<String>, LiveError> {
        Ok(None)
    }

    async fn put_whole(&self, _: &str) -> Result<(), LiveError> {
        Ok(())
    }

    async fn own(&self, _: LogId) -> Result<Option<String>, LiveError> {
        Ok(None)
    }

    async fn put_own(&self, _: LogId, _: &str) -> Result<(), LiveError> {
        Ok(())
    }

    async fn take_turn(&self) -> Result<bool, LiveError> {
        Ok(true)
    }
}

#[tokio::test]
async fn that_keys_were_put_back_after_one_was_asked_for_is_too_late() {
    let store = Arc::new(LateNews::default());
    let keys = keys(store.clone());
    store.keys.set(Arc::clone(&keys)).ok().unwrap();
    // The key may have been put back between: it was taken, and not seen to be.
    assert_eq!(told(&keys, &["a"]).await, ["unchecked"]);
    assert_eq!(told(&keys, &["b"]).await, ["ours"]);
}

#[tokio::test]
async fn who_puts_keys_back_waits_for_requests_from_before() {
    let keys = keys(Arc::new(MemoryReservations::default()));
    let before = keys.ask(&events(&["a"])).await;
    let mut passed = Box::pin(keys.let_pass());
    assert!((&mut passed).now_or_never().is_none(), "one is under way");
    let _after = keys.ask(&events(&["b"])).await;
    drop(before);
    passed.await;
}
