use std::sync::OnceLock;

use async_trait::async_trait;
use futures::FutureExt;
use model::{LogId, ManualClock, Seq, random::SeededRandom};
use storage::reservations::MemoryReservations;

use super::*;

fn keys(store: Arc<dyn Reservations>) -> Arc<SenderKeys> {
    let clock = Arc::new(ManualClock::new(1_700_000_000_000));
    Arc::new(SenderKeys::new(
        store,
        clock,
        Arc::new(SeededRandom::new(1)),
    ))
}

fn events(keys: &[&str]) -> Vec<Event> {
    let event = |key: &&str| Event {
        account: 1,
        key: (!key.is_empty()).then(|| key.to_string()),
        ..Event::default()
    };
    keys.iter().map(event).collect()
}

async fn told(keys: &SenderKeys, asked: &[&str]) -> Vec<&'static str> {
    let asked = keys.ask(&events(asked)).await;
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
    let name = sender_keys::name(1, &sender_keys::hash("b"));
    keys.confirm(&name, id, KEEP_MS).await.unwrap();
    assert_eq!(told(&keys, &["b"]).await, ["taken"]);
    store.flush();
    assert_eq!(told(&keys, &["b"]).await, ["unchecked"], "it was forgotten");
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

    async fn confirm(&self, _: &str, _: EventId, _: i64, _: i64) -> Result<(), LiveError> {
        Ok(())
    }

    async fn release(&self, _: &str, _: &str) -> Result<(), LiveError> {
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
