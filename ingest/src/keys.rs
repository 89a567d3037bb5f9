//! Senders' keys at the door: each is used once. What cannot be made sure of is said in the event,
//! and decided by batch.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{StreamExt, stream};
use model::{Clock, Event, EventId};
use storage::{
    catalog::random::{Randomness, new_nonce},
    keys,
    reservations::{KEEP_MS, Reservations, Reserved},
    stream::LiveError,
};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;

/// Keys asked for, or told, at once.
pub(crate) const AT_ONCE: usize = 64;
/// Tries to confirm a key.
const CONFIRM_TRIES: u32 = 3;
/// How long the store of keys is asked, and told, about the keys of one request.
const ASK_LIMIT: Duration = Duration::from_secs(5);
const CONFIRM_LIMIT: Duration = Duration::from_secs(10);

/// Senders' keys.
pub struct Keys {
    /// Where they are remembered.
    pub(crate) store: Arc<dyn Reservations>,
    pub(crate) clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
    /// The state of the store in which all keys were seen to be there.
    whole: Mutex<Option<String>>,
    /// Requests that are under way.
    under_way: Mutex<TaskTracker>,
}

/// What the store says of one event's key.
pub(crate) enum Wish {
    /// It has none.
    Free,
    /// It is ours.
    Ours(String),
    /// It is ours as far as can be seen.
    Unchecked(String),
    /// Used before, by this event if it is known.
    Taken(Option<EventId>),
    /// Another request is recording an event with it.
    Pending,
}

/// The keys of one request, until they are confirmed or released.
pub(crate) struct Asked {
    pub(crate) wishes: Vec<Wish>,
    owner: String,
    _under_way: tokio_util::task::task_tracker::TaskTrackerToken,
}

/// What one event asks.
enum Ask {
    Nothing,
    Key(String),
    /// An earlier event of the same request has the key.
    Again,
}

impl Keys {
    /// Keys in `store`.
    pub(crate) fn new(
        store: Arc<dyn Reservations>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Randomness>,
    ) -> Self {
        Self {
            store,
            clock,
            random,
            whole: Mutex::default(),
            under_way: Mutex::default(),
        }
    }

    /// Asks for the keys of a request's events. A key counts as checked only if all keys were
    /// there before it was asked for, and nothing had been forgotten after.
    pub(crate) async fn ask(&self, events: &[Event]) -> Asked {
        let under_way = lock(&self.under_way).token();
        let whole = lock(&self.whole).clone();
        let owner = format!("{:032x}", new_nonce(&*self.random));
        let asks = asks(events);
        let end = Instant::now() + ASK_LIMIT;
        let keyed = asks.iter().any(|ask| matches!(ask, Ask::Key(_)));
        let wishes = asks.into_iter().map(|ask| self.wish(ask, &owner, end));
        let mut wishes: Vec<Wish> = stream::iter(wishes).buffered(AT_ONCE).collect().await;
        if keyed && !self.is_still(whole, end).await {
            for wish in &mut wishes {
                if let Wish::Ours(key) = wish {
                    *wish = Wish::Unchecked(std::mem::take(key));
                }
            }
        }
        Asked {
            wishes,
            owner,
            _under_way: under_way,
        }
    }

    async fn is_still(&self, whole: Option<String>, end: Instant) -> bool {
        let Some(whole) = whole else { return false };
        let state = timeout_at(end, self.store.state()).await;
        matches!(state, Ok(Ok(state)) if state == whole)
    }

    /// What the store says, if it does so by `end`.
    async fn wish(&self, ask: Ask, owner: &str, end: Instant) -> Wish {
        let key = match ask {
            Ask::Nothing => return Wish::Free,
            Ask::Again => return Wish::Taken(None),
            Ask::Key(key) => key,
        };
        let asking = self.store.reserve(&key, owner, self.clock.now_ms());
        match timeout_at(end, asking).await {
            Ok(Ok(Reserved::New)) => Wish::Ours(key),
            Ok(Ok(Reserved::Taken(by))) => Wish::Taken(Some(by)),
            Ok(Ok(Reserved::Pending)) => Wish::Pending,
            Ok(Ok(Reserved::TakenOver)) | Err(_) => Wish::Unchecked(key),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a key could not be checked; its event is marked");
                Wish::Unchecked(key)
            }
        }
    }

    /// Says that these events have these keys. The events are recorded: their sender does not
    /// wait for a store that is away, and who retries is then taken for unchecked.
    pub(crate) async fn confirm_all(&self, keys: impl Iterator<Item = (&str, EventId)>) {
        let confirm = stream::iter(keys).for_each_concurrent(AT_ONCE, |(key, id)| async move {
            if self.confirm(key, id, KEEP_MS).await.is_err() {
                metrics::counter!("millrace_unconfirmed_keys_total").increment(1);
            }
        });
        if timeout(CONFIRM_LIMIT, confirm).await.is_err() {
            tracing::warn!("not all keys of a request could be confirmed in time");
        }
    }

    /// Says that `id` has `key`, which is remembered for `keep_ms` from now.
    pub(crate) async fn confirm(
        &self,
        key: &str,
        id: EventId,
        keep_ms: i64,
    ) -> Result<(), LiveError> {
        let mut attempt = 0;
        loop {
            let now_ms = self.clock.now_ms();
            let Err(error) = self.store.confirm(key, id, keep_ms, now_ms).await else {
                return Ok(());
            };
            attempt += 1;
            tracing::warn!(%error, attempt, "a key could not be confirmed");
            if attempt == CONFIRM_TRIES {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(25 << attempt)).await;
        }
    }

    /// Gives keys back that no event was recorded with. One that cannot be given back is taken
    /// over later.
    pub(crate) async fn release_all<'a>(
        &self,
        keys: impl Iterator<Item = &'a String>,
        asked: &Asked,
    ) {
        let release = stream::iter(keys).for_each_concurrent(AT_ONCE, |key| async move {
            if let Err(error) = self.store.release(key, &asked.owner).await {
                tracing::warn!(%error, "a key stays reserved for a while");
            }
        });
        let _ = timeout(CONFIRM_LIMIT, release).await;
    }

    /// Notes in which state of the store all keys are there.
    pub(crate) fn set_whole(&self, state: Option<String>) {
        *lock(&self.whole) = state;
    }

    /// Waits for the end of all requests that are under way now.
    pub(crate) async fn let_pass(&self) {
        let before = std::mem::take(&mut *lock(&self.under_way));
        before.close();
        before.wait().await;
    }
}

fn asks(events: &[Event]) -> Vec<Ask> {
    let mut seen = HashSet::new();
    let mut asks = Vec::with_capacity(events.len());
    for event in events {
        asks.push(match event.key.as_deref() {
            None => Ask::Nothing,
            Some(key) if seen.insert((event.account, key)) => {
                Ask::Key(keys::name(event.account, &keys::hash(key)))
            }
            Some(_) => Ask::Again,
        });
    }
    asks
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
