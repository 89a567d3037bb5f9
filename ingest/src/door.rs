//! What all doors share: the catalog, the log, and the one way to record events.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, stream};
use ipnet::IpNet;
use model::{Clock, EntityId, Event, EventId};
use storage::{
    catalog::{AccountSettings, Catalog},
    reservations::{Reservations, Reserved},
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    log::AppendError,
    rejected::Rejected,
    session::Current,
    sighting::{Lens, Sighting, Target},
    tallies::Tallies,
};

/// Reservations asked for at once by one request.
const AT_ONCE: usize = 64;
/// Tries to confirm a reservation.
const CONFIRM_TRIES: u32 = 3;
/// How long the reservation store is asked, and told, about the keys of one request.
const ASK_LIMIT: Duration = Duration::from_secs(5);
const CONFIRM_LIMIT: Duration = Duration::from_secs(10);
/// Requests of `/v1/events` handled at once; more are told to come back.
const HANDLED_AT_ONCE: usize = 16;
/// Bodies that have arrived, in part or in full, KiB.
const BODIES_KIB: usize = 160 * 1024;

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is in the log, under this name.
    Accepted(EventId),
    /// Its key was used before, by this event if it is known.
    Duplicate(Option<EventId>),
    /// Its key is being used by another request just now.
    Pending,
}

/// The collector's doors.
pub struct Door {
    /// Links, pixels, goals, keys.
    pub catalog: Catalog,
    /// Where events go.
    pub log: Current,
    /// What makes an event of a sighting.
    pub lens: Lens,
    /// Senders' keys.
    pub reservations: Arc<dyn Reservations>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Refused events.
    pub rejected: Rejected,
    /// How much was turned away.
    pub tallies: Arc<Tallies>,
    /// Room for bodies, in KiB.
    pub bodies: Semaphore,
    /// Turns of large requests.
    pub handled: Semaphore,
}

impl Door {
    /// What [`Door::bodies`] and [`Door::handled`] should be.
    pub fn room() -> (Semaphore, Semaphore) {
        (Semaphore::new(BODIES_KIB), Semaphore::new(HANDLED_AT_ONCE))
    }

    /// The event of a sighting.
    pub fn event(&self, target: Target, seen: Sighting) -> Event {
        let account = self.catalog.account(target.account);
        let settings = account.as_ref().map(|a| &a.settings);
        self.lens.event(
            target,
            settings.unwrap_or(&AccountSettings::default()),
            seen,
        )
    }

    /// Records one event without a key. Cheap to give up: an event that was written although the
    /// client went away is counted, which is right.
    pub async fn record_one(&self, event: Event) -> Result<EventId, AppendError> {
        let (bytes, account) = (size_of_event(&event), event.account_id());
        let log = self.log.log();
        let range = log
            .append(vec![event], bytes)
            .await
            .inspect_err(|e| self.tallies.unrecorded(account, e.reason(), 1))?;
        Ok(EventId {
            log: log.id(),
            seq: *range.start(),
        })
    }

    /// Records events, each key at most once. Runs to its end even if the caller goes away, so
    /// that no key stays reserved for an event that was written.
    pub async fn record(
        self: &Arc<Self>,
        events: Vec<Event>,
    ) -> Result<Vec<Recorded>, AppendError> {
        let door = Arc::clone(self);
        let task = tokio::spawn(async move { door.record_to_the_end(events).await });
        task.await.unwrap_or(Err(AppendError::Closed))
    }

    async fn record_to_the_end(&self, events: Vec<Event>) -> Result<Vec<Recorded>, AppendError> {
        let mut results: Vec<Option<Recorded>> = vec![None; events.len()];
        let (mut fresh, mut keys, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let reserved = self.reserve(&events).await;
        for (i, (mut event, reserved)) in events.into_iter().zip(reserved).enumerate() {
            match reserved {
                Wish::Free | Wish::Ours(_) | Wish::Unchecked(_) => {
                    event.unchecked = matches!(reserved, Wish::Unchecked(_));
                    fresh.push(event);
                    places.push(i);
                    keys.push(match reserved {
                        // Confirmed afterwards, if the store is back by then: a retry is told.
                        Wish::Ours(key) | Wish::Unchecked(key) => Some(key),
                        _ => None,
                    });
                }
                Wish::Taken(by) => results[i] = Some(Recorded::Duplicate(by)),
                Wish::Pending => results[i] = Some(Recorded::Pending),
            }
        }
        if !fresh.is_empty() {
            let ids = self.append(fresh, &keys).await?;
            for (place, id) in places.into_iter().zip(ids) {
                results[place] = Some(Recorded::Accepted(id));
            }
        }
        Ok(results.into_iter().flatten().collect())
    }

    async fn append(
        &self,
        events: Vec<Event>,
        keys: &[Option<String>],
    ) -> Result<Vec<EventId>, AppendError> {
        let bytes = events.iter().map(size_of_event).sum();
        let accounts = per_account(&events);
        let log = self.log.log();
        match log.append(events, bytes).await {
            Ok(range) => {
                let ids: Vec<EventId> = range.map(|seq| EventId { log: log.id(), seq }).collect();
                let confirm = keys
                    .iter()
                    .zip(&ids)
                    .filter_map(|(k, id)| Some((k.as_deref()?, *id)));
                let confirm = stream::iter(confirm)
                    .for_each_concurrent(AT_ONCE, |(key, id)| self.confirm(key, id));
                // The events are recorded: their sender does not wait for a store that is away.
                if timeout(CONFIRM_LIMIT, confirm).await.is_err() {
                    tracing::warn!("not all keys of a request could be confirmed in time");
                }
                Ok(ids)
            }
            Err(error) => {
                for (account, events) in accounts {
                    self.tallies.unrecorded(account, error.reason(), events);
                }
                let release = stream::iter(keys.iter().flatten());
                let release = release.for_each_concurrent(AT_ONCE, |key| async move {
                    if let Err(error) = self.reservations.release(key).await {
                        tracing::warn!(%error, "a key stays reserved until it expires");
                    }
                });
                // A key that is not released is free when it expires.
                let _ = timeout(CONFIRM_LIMIT, release).await;
                Err(error)
            }
        }
    }

    /// Says that `id` has `key`. If that cannot be said the key becomes free when it expires.
    pub async fn confirm(&self, key: &str, id: EventId) {
        for attempt in 0..CONFIRM_TRIES {
            match self
                .reservations
                .confirm(key, id, self.clock.now_ms())
                .await
            {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, attempt, "a key could not be confirmed"),
            }
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        metrics::counter!("millrace_unconfirmed_keys_total").increment(1);
    }

    async fn reserve(&self, events: &[Event]) -> Vec<Wish> {
        let mut seen = HashSet::new();
        let asked: Vec<Asked> = events
            .iter()
            .map(|event| match event.key.as_deref() {
                None => Asked::Nothing,
                Some(key) if seen.insert((event.account, key)) => {
                    Asked::Key(reservation_key(event.account, key))
                }
                Some(_) => Asked::Again,
            })
            .collect();
        let end = Instant::now() + ASK_LIMIT;
        let wishes = asked.into_iter().map(|asked| self.wish(asked, end));
        stream::iter(wishes).buffered(AT_ONCE).collect().await
    }

    /// What the reservation store says, if it does so by `end`.
    async fn wish(&self, asked: Asked, end: Instant) -> Wish {
        let key = match asked {
            Asked::Nothing => return Wish::Free,
            Asked::Again => return Wish::Taken(None),
            Asked::Key(key) => key,
        };
        let asking = self.reservations.reserve(&key, self.clock.now_ms());
        match timeout_at(end, asking).await {
            Ok(Ok(Reserved::New)) => Wish::Ours(key),
            Ok(Ok(Reserved::Taken(by))) => Wish::Taken(Some(by)),
            Ok(Ok(Reserved::Pending)) => Wish::Pending,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a key could not be checked; its event is marked");
                Wish::Unchecked(key)
            }
            Err(_) => Wish::Unchecked(key),
        }
    }
}

/// What one event asks of the reservation store.
enum Asked {
    Nothing,
    Key(String),
    /// An earlier event of the same request has the key.
    Again,
}

enum Wish {
    Free,
    Ours(String),
    Taken(Option<EventId>),
    Pending,
    Unchecked(String),
}

/// The key of a sender in the reservation store: apart by account, and of bounded length.
pub fn reservation_key(account: u64, key: &str) -> String {
    let hash = blake3::hash(key.as_bytes()).to_hex();
    format!("{account:016x}:{}", &hash[..32])
}

/// How many of the events are whose; those of one request are of one account.
fn per_account(events: &[Event]) -> BTreeMap<EntityId, u64> {
    let mut accounts = BTreeMap::new();
    for event in events {
        *accounts.entry(event.account_id()).or_default() += 1;
    }
    accounts
}

fn size_of_event(event: &Event) -> usize {
    let lists = event.subs.iter().chain(&event.utm);
    let keys = event.key.iter().chain(&event.click_id);
    let texts = [&event.user_agent, &event.referrer, &event.accept_language];
    let texts = texts.into_iter().chain(keys).chain(lists);
    // What a small event takes in memory beside its texts.
    400 + texts.map(String::len).sum::<usize>()
}
