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
use tokio::sync::Semaphore;

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
/// Bodies of `/v1/events` handled at once; more are told to come back.
const BODIES_AT_ONCE: usize = 16;

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
    /// Room for large bodies.
    pub bodies: Semaphore,
}

impl Door {
    /// Room for large bodies, as many as [`Door::bodies`] should have.
    pub fn body_room() -> Semaphore {
        Semaphore::new(BODIES_AT_ONCE)
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
                stream::iter(confirm)
                    .for_each_concurrent(AT_ONCE, |(key, id)| self.confirm(key, id))
                    .await;
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
                release.await;
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
        let wishes = asked.into_iter().map(|asked| self.wish(asked));
        stream::iter(wishes).buffered(AT_ONCE).collect().await
    }

    async fn wish(&self, asked: Asked) -> Wish {
        let key = match asked {
            Asked::Nothing => return Wish::Free,
            Asked::Again => return Wish::Taken(None),
            Asked::Key(key) => key,
        };
        match self.reservations.reserve(&key, self.clock.now_ms()).await {
            Ok(Reserved::New) => Wish::Ours(key),
            Ok(Reserved::Taken(by)) => Wish::Taken(Some(by)),
            Ok(Reserved::Pending) => Wish::Pending,
            Err(error) => {
                tracing::warn!(%error, "a key could not be checked; its event is marked");
                Wish::Unchecked(key)
            }
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
    // What a small event takes in memory beside its texts.
    400 + event.user_agent.len() + event.referrer.len() + event.accept_language.len()
}
