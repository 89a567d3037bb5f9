//! Senders' keys at the door: each is used once. What cannot be made sure of is said in the event,
//! and decided by batch.

use std::{
    fmt::Debug,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, future, stream};
use model::{
    Bug, Clock, Event, EventId, planted,
    random::{Randomness, new_nonce},
};
use storage::{
    error::LiveError,
    reservations::{KEEP_MS, Reservations, Reserved},
};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;

use self::asks::Asks;
use crate::old_keys::{OldKeys, Repeats};

/// Keys asked for, or told, at once.
pub(crate) const AT_ONCE: usize = 64;
/// Tries to confirm a key.
const CONFIRM_TRIES: u32 = 3;
/// Keys remembered that could not be confirmed; of more only batch can tell that they repeat.
const MOST_UNCONFIRMED: usize = 100_000;
/// How long the store of keys is asked, and told, about the keys of one request.
const ASK_LIMIT: Duration = Duration::from_secs(5);
const CONFIRM_LIMIT: Duration = Duration::from_secs(2);

/// Senders' keys.
pub struct SenderKeys {
    /// Where they are remembered.
    pub(crate) store: Arc<dyn Reservations>,
    pub(crate) clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
    /// Only where keys from before they had scopes may be about.
    old: Option<OldKeys>,
    known: Mutex<Known>,
    /// How many looks at the generations were begun; the last one that was finished, and what it saw.
    looks: AtomicU64,
    last_look: tokio::sync::Mutex<(u64, Option<String>)>,
    /// Requests that are under way.
    under_way: Mutex<TaskTracker>,
    /// Whether it may be said in the store that the keys of this collector's log are all there.
    claimed: tokio::sync::Mutex<bool>,
}

/// What is known of the store.
#[derive(Default)]
struct Known {
    /// Its generations in which all keys were seen to be there.
    whole: Option<String>,
    /// Keys of recorded events that it could not be told.
    unconfirmed: Vec<(String, EventId)>,
}

/// What the store says of one event's keys.
pub(crate) enum Reservation {
    /// It has none.
    Free,
    /// They are ours.
    Ours(Vec<String>),
    /// They are ours as far as can be seen.
    Unchecked(Vec<String>),
    /// One was used before, by this event if it is known.
    Taken(Option<EventId>),
    /// Another request is recording an event with one of them.
    Pending,
}

/// The keys of one request, until they are confirmed or released.
pub(crate) struct Asked {
    pub(crate) reservations: Vec<Reservation>,
    owner: String,
    /// Whether the store answered all of it.
    answered: bool,
    _under_way: tokio_util::task::task_tracker::TaskTrackerToken,
}

impl SenderKeys {
    /// Keys in `store`.
    pub(crate) fn new(
        store: Arc<dyn Reservations>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Randomness>,
        old: Option<OldKeys>,
    ) -> Self {
        Self {
            store,
            clock,
            random,
            old,
            known: Mutex::default(),
            looks: AtomicU64::new(0),
            last_look: tokio::sync::Mutex::default(),
            under_way: Mutex::default(),
            // The run before may have said so.
            claimed: tokio::sync::Mutex::new(true),
        }
    }

    /// Asks for the keys of a request's events. A key counts as checked only if all keys were
    /// there before it was asked for, and nothing had been forgotten after.
    pub(crate) async fn ask(&self, events: &[Event]) -> Asked {
        let under_way = lock(&self.under_way).token();
        let whole = lock(&self.known).whole.clone();
        let owner = format!("{:032x}", new_nonce(&*self.random));
        let end = Instant::now() + ASK_LIMIT;
        let answered = AtomicBool::new(true);
        let mut asks = Asks::new(events);
        let mut keyed = false;
        let mut round = asks.round();
        while !round.is_empty() {
            keyed = true;
            let (owner, answered) = (&owner, &answered);
            let reservation = |(place, keys): (usize, Vec<String>)| async move {
                let event = &events[place];
                let reserved = self.reservation(event, keys, owner, end, answered);
                (place, reserved.await)
            };
            let mut answers = stream::iter(round.into_iter().map(reservation)).buffered(AT_ONCE);
            while let Some((place, (reservation, taken))) = answers.next().await {
                asks.answer(place, reservation, taken);
            }
            round = asks.round();
        }
        let mut reservations = asks.into_reservations();
        let trusted = planted(Bug::ForgottenKeysTrusted);
        if keyed && !trusted && !self.is_still(whole, end).await {
            for reservation in &mut reservations {
                if let Reservation::Ours(keys) = reservation {
                    *reservation = Reservation::Unchecked(std::mem::take(keys));
                }
            }
        }
        Asked {
            reservations,
            owner,
            answered: answered.into_inner(),
            _under_way: under_way,
        }
    }

    async fn is_still(&self, whole: Option<String>, end: Instant) -> bool {
        // Then there is nothing to compare the generations with.
        if whole.is_none() {
            return false;
        }
        let generations = timeout_at(end, self.generations_from_now_on()).await;
        generations.is_ok_and(|generations| generations == whole)
    }

    /// The generations of the store, looked at after this was called: many who wait share one look.
    async fn generations_from_now_on(&self) -> Option<String> {
        let before = self.looks.load(Ordering::SeqCst);
        let mut last = self.last_look.lock().await;
        if last.0 <= before {
            let number = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
            *last = (number, self.store.generations(false).await.ok());
        }
        last.1.clone()
    }

    /// What the store says of an event's keys, if it does so by `end`; and which of them was used before, if one
    /// was and that is known.
    async fn reservation(
        &self,
        event: &Event,
        keys: Vec<String>,
        owner: &str,
        end: Instant,
        answered: &AtomicBool,
    ) -> (Reservation, Option<String>) {
        let (mut ours, mut is_sure) = (Vec::with_capacity(keys.len()), true);
        for key in &keys {
            let asking = self.store.reserve(key, owner, self.clock.now_ms());
            let not_ours = match timeout_at(end, asking).await {
                Ok(Ok(Reserved::New)) => {
                    ours.push(key.clone());
                    continue;
                }
                Ok(Ok(Reserved::TakenOver)) => {
                    ours.push(key.clone());
                    is_sure = false;
                    continue;
                }
                // Nobody is told that it is ours: batch decides.
                Ok(Ok(Reserved::Crowded)) => {
                    is_sure = false;
                    match timeout_at(end, self.is_missing()).await {
                        Ok(Ok(())) => continue,
                        failed => return (unanswered(failed, keys, answered), None),
                    }
                }
                Ok(Ok(Reserved::Taken(by))) => Reservation::Taken(Some(by)),
                Ok(Ok(Reserved::Pending)) => Reservation::Pending,
                failed => return (unanswered(failed, keys, answered), None),
            };
            self.release(&ours, owner).await;
            return (not_ours, Some(key.clone()));
        }
        if let Some(old) = &self.old {
            let not_ours = match old.repeats(event, &*self.store, self.clock.now_ms()).await {
                Repeats::No => None,
                Repeats::Event(by) => Some(Reservation::Taken(Some(by))),
                Repeats::Unknown => Some(Reservation::Pending),
            };
            if let Some(not_ours) = not_ours {
                self.release(&ours, owner).await;
                // An old key says nothing of the others of an event.
                return (
                    not_ours,
                    keys.into_iter().next().filter(|_| ours.len() == 1),
                );
            }
        }
        let ours = match is_sure {
            true => Reservation::Ours(ours),
            false => Reservation::Unchecked(ours),
        };
        (ours, None)
    }

    /// Says that these events have these keys. They are recorded: their sender does not wait for a
    /// store that is away, which is told later.
    pub(crate) async fn confirm_all(&self, keys: Vec<(String, EventId)>, asked: &Asked) {
        if !asked.answered {
            return self.confirm_later(keys);
        }
        let told = timeout(CONFIRM_LIMIT, self.confirm_each(keys.clone())).await;
        self.confirm_later(told.unwrap_or(keys));
    }

    /// Tells the store what it could not be told before; whether it knows all of it now.
    pub(crate) async fn confirm_rest(&self) -> bool {
        let rest = std::mem::take(&mut lock(&self.known).unconfirmed);
        let rest = self.confirm_each(rest).await;
        let is_done = rest.is_empty();
        self.confirm_later(rest);
        is_done
    }

    /// Confirms keys; gives those that could not be.
    async fn confirm_each(&self, keys: Vec<(String, EventId)>) -> Vec<(String, EventId)> {
        let confirm = |(key, id): (String, EventId)| async move {
            let told = match self.confirm(&key, id, KEEP_MS).await {
                Ok(false) => self.is_missing().await,
                told => told.map(drop),
            };
            told.is_err().then_some((key, id))
        };
        let failed = stream::iter(keys).map(confirm).buffer_unordered(AT_ONCE);
        failed.filter_map(future::ready).collect().await
    }

    /// Until then not all keys are there.
    fn confirm_later(&self, keys: Vec<(String, EventId)>) {
        if keys.is_empty() {
            return;
        }
        let mut known = lock(&self.known);
        known.whole = None;
        let room = MOST_UNCONFIRMED.saturating_sub(known.unconfirmed.len());
        let lost = keys.len().saturating_sub(room);
        metrics::counter!("millrace_unconfirmed_keys_total").increment(lost as u64);
        known.unconfirmed.extend(keys.into_iter().take(room));
    }

    /// Says that `id` has `key`, which is remembered for `keep_ms` from now; `false` if there is no room for it.
    pub(crate) async fn confirm(
        &self,
        key: &str,
        id: EventId,
        keep_ms: i64,
    ) -> Result<bool, LiveError> {
        let mut attempt = 0;
        loop {
            let now_ms = self.clock.now_ms();
            let error = match self.store.confirm(key, id, keep_ms, now_ms).await {
                Ok(is_remembered) => return Ok(is_remembered),
                Err(error) => error,
            };
            attempt += 1;
            tracing::warn!(%error, attempt, "a key could not be confirmed");
            if attempt == CONFIRM_TRIES {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(25 << attempt)).await;
        }
    }

    /// Says before a key counts that the store has no room for: not all keys are there any more. Who trusts
    /// that they are would take a repetition of its event for a new one, and for a checked one.
    async fn is_missing(&self) -> Result<(), LiveError> {
        let mut claimed = self.claimed.lock().await;
        if *claimed {
            self.store.forget().await?;
            *claimed = false;
        }
        Ok(())
    }

    /// This collector begins to put its keys back: one that is missing from now on changes the generations.
    pub(crate) async fn begin_own(&self) {
        *self.claimed.lock().await = true;
    }

    /// Gives keys back that no event was recorded with. One that cannot be given back is taken
    /// over later.
    pub(crate) async fn release_all<'a>(
        &self,
        keys: impl Iterator<Item = &'a String>,
        asked: &Asked,
    ) {
        let release = stream::iter(keys).for_each_concurrent(AT_ONCE, |key| async move {
            self.release(std::slice::from_ref(key), &asked.owner).await;
        });
        let _ = timeout(CONFIRM_LIMIT, release).await;
    }

    async fn release(&self, keys: &[String], owner: &str) {
        for key in keys {
            let now_ms = self.clock.now_ms();
            if let Err(error) = self.store.release(key, owner, now_ms).await {
                tracing::warn!(%error, "a key stays reserved for a while");
            }
        }
    }

    /// Notes in which generations of the store all keys are there; whether they are.
    pub(crate) fn set_whole(&self, generations: Option<String>) -> bool {
        let mut known = lock(&self.known);
        known.whole = generations.filter(|_| known.unconfirmed.is_empty());
        known.whole.is_some()
    }

    /// Whether all keys are known to be there in these generations.
    pub(crate) fn is_whole_in(&self, generations: &str) -> bool {
        lock(&self.known).whole.as_deref() == Some(generations)
    }

    /// Waits for the end of all requests that are under way now.
    pub(crate) async fn let_pass(&self) {
        let before = std::mem::take(&mut *lock(&self.under_way));
        before.close();
        before.wait().await;
    }
}

/// The store did not say whether it has these keys.
fn unanswered(why: impl Debug, keys: Vec<String>, answered: &AtomicBool) -> Reservation {
    if answered.swap(false, Ordering::Relaxed) {
        tracing::warn!(?why, "keys could not be checked; their events are marked");
    }
    Reservation::Unchecked(keys)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

mod asks;
pub(crate) mod quota;
#[cfg(test)]
mod tests;
