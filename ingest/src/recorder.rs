//! What all doors share: the catalog, the log, and the one way to record events.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use catalog::{AccountSettings, Catalog};
use model::{Clock, EntityId, Event, EventId};
use tokio::{runtime::Handle, sync::Semaphore};

use crate::{
    client_address::TrustedProxies,
    conversions::lookup::EventLookup,
    log::AppendError,
    max_clicks::MaxClicks,
    rejected::Rejected,
    request_facts::{EventBuilder, RequestFacts, Target},
    room::{Holder, Room},
    sender_keys::{Asked, Reservation, SenderKeys, quota::Used},
    session::Current,
    tallies::Tallies,
    unknown_slugs::UnknownSlugs,
};

/// Requests of `/v1/events` handled at once; more are told to come back.
const HANDLED_AT_ONCE: usize = 16;
/// Bodies that have arrived, in part or in full, KiB.
const BODIES_KIB: usize = 160 * 1024;

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is in the log, under this name; whether its keys could not be checked.
    Accepted(EventId, bool),
    /// Its key was used before, by this event if it is known.
    Duplicate(Option<EventId>),
    /// Its key is being used by another request just now.
    Pending,
    /// Its account has used as many keys as it may.
    TooManyKeys,
}

/// Code of [`Recorded::TooManyKeys`].
pub(crate) const TOO_MANY_KEYS: &str = "too_many_keys";

/// What a sender is told of it.
pub(crate) fn too_many_keys() -> String {
    "this account has used as many transaction_ids and idempotency_keys as it may in 30 days; ask the operator for more"
        .into()
}

/// The collector's doors.
pub struct EventRecorder {
    /// Links, pixels, goals, keys.
    pub catalog: Catalog,
    /// Where events go.
    pub log: Current,
    /// What makes an event of request facts.
    pub builder: EventBuilder,
    /// Senders' keys.
    pub keys: Arc<SenderKeys>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who is believed on whose behalf a request is made.
    pub trusted_proxies: TrustedProxies,
    /// The host at which links answer; `None`: at any.
    pub host: Option<String>,
    /// Where visitors reach links, for the codes of these.
    pub public_url: String,
    /// How long a visitor waits for the disk.
    pub patience: Duration,
    /// Counts choices: it decides between the variants of a link for visitors without a number.
    pub turn: AtomicU64,
    /// Turns of drawing codes.
    pub drawings: Arc<Semaphore>,
    /// Refused events.
    pub rejected: Rejected,
    /// How much was turned away.
    pub tallies: Arc<Tallies>,
    /// Room for bodies, in KiB.
    pub bodies: Room,
    /// Turns of large requests.
    pub handled: Room,
    /// The process's threads: those of the doors have redirects to answer, and are not to be whose connections to
    /// Redis run there.
    pub pool: Handle,
    /// Senders' keys that accounts used.
    pub(crate) used_keys: Used,
    /// Who asks for links that there are not.
    pub(crate) unknown_slugs: UnknownSlugs,
    /// Which links have had their clicks.
    pub(crate) max_clicks: MaxClicks,
    /// Where events are found that were recorded before.
    pub(crate) lookup: Arc<EventLookup>,
}

impl EventRecorder {
    /// What [`EventRecorder::bodies`] and [`EventRecorder::handled`] should be.
    pub fn rooms() -> (Room, Room) {
        let handled = Room::new("requests", HANDLED_AT_ONCE);
        (Room::new("bodies", BODIES_KIB), handled)
    }

    /// Who takes room for a request: nobody apart where there is one account alone.
    pub(crate) fn holders(&self, account: EntityId, seen: &RequestFacts) -> Vec<Holder> {
        match self.catalog.read(catalog::State::is_shared) {
            true => Holder::of(account, seen.ip),
            false => Vec::new(),
        }
    }

    /// Whether an account may do nothing now: see [`catalog::Suspension`].
    pub(crate) fn is_suspended(&self, account: EntityId) -> bool {
        self.catalog.read(|state| state.is_suspended(account))
    }

    /// Refuses what an account asks that may do nothing now.
    pub(crate) fn refuse_suspended(&self, account: EntityId) -> Result<(), web::Problem> {
        match self
            .catalog
            .account(account)
            .and_then(|account| account.suspended.clone())
        {
            Some(suspended) => Err(web::Problem::suspended(&suspended.reason)),
            None => Ok(()),
        }
    }

    /// The event of request facts.
    pub fn event(&self, target: Target, seen: RequestFacts) -> Event {
        let account = self.catalog.account(target.account);
        let settings = account.as_ref().map(|a| &a.settings);
        self.builder.event(
            target,
            settings.unwrap_or(&AccountSettings::default()),
            seen,
        )
    }

    /// Records one event without a key, for a visitor who waits for a redirect or an image: no longer than
    /// [`EventRecorder::patience`]. Cheap to give up: an event that was written although the client went
    /// away, or was told nothing of it, is counted, which is right.
    pub async fn record_one(&self, event: Event) -> Result<EventId, AppendError> {
        let (bytes, account) = (size_of_event(&event), event.account_id());
        let log = self.log.log();
        let range = within(self.patience, log.append(vec![event], bytes))
            .await
            .inspect_err(|e| self.tallies.unrecorded(account, e.reason(), 1))?;
        Ok(EventId {
            log: log.id(),
            seq: range.first,
        })
    }

    /// Records events, each key at most once. Runs to its end even if the caller goes away, so
    /// that no key stays reserved for an event that was written.
    pub async fn record(
        self: &Arc<Self>,
        events: Vec<Event>,
    ) -> Result<Vec<Recorded>, AppendError> {
        let recorder = Arc::clone(self);
        let work = async move { recorder.record_to_the_end(events).await };
        let task = self.pool.spawn(work);
        task.await.unwrap_or(Err(AppendError::Disk))
    }

    async fn record_to_the_end(&self, events: Vec<Event>) -> Result<Vec<Recorded>, AppendError> {
        let mut results: Vec<Option<Recorded>> = vec![None; events.len()];
        let (mut fresh, mut keys, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let mut asked = self.keys.ask(&events).await;
        let reservations = std::mem::take(&mut asked.reservations);
        let mut left = self.left_keys(&events);
        let mut beyond: Vec<String> = Vec::new();
        for (i, (mut event, reservation)) in events.into_iter().zip(reservations).enumerate() {
            let names = match reservation {
                Reservation::Free => Vec::new(),
                Reservation::Ours(names) => names,
                Reservation::Unchecked(names) => {
                    event.unchecked = true;
                    names
                }
                // Of an event of this request: that one is not recorded.
                Reservation::Taken(None) if !beyond.is_empty() => {
                    results[i] = Some(Recorded::Pending);
                    continue;
                }
                Reservation::Taken(by) => {
                    results[i] = Some(Recorded::Duplicate(by));
                    continue;
                }
                Reservation::Pending => {
                    results[i] = Some(Recorded::Pending);
                    continue;
                }
            };
            match left.checked_sub(names.len() as u64) {
                Some(rest) => left = rest,
                None => {
                    beyond.extend(names);
                    results[i] = Some(Recorded::TooManyKeys);
                    continue;
                }
            }
            fresh.push(event);
            keys.push(names);
            places.push(i);
        }
        self.keys.release_all(beyond.iter(), &asked).await;
        if let Some(event) = fresh.first() {
            let account = event.account;
            let recorded = self.append(fresh, &keys, &asked).await?;
            let used = keys.iter().map(|names| names.len() as u64).sum();
            self.used_keys.add(account, used, self.clock.now_ms());
            for (place, (id, is_unchecked)) in places.into_iter().zip(recorded) {
                results[place] = Some(Recorded::Accepted(id, is_unchecked));
            }
        }
        Ok(results.into_iter().flatten().collect())
    }

    /// How many more keys the account of a request's events may use. That is bounded where others share the
    /// installation.
    fn left_keys(&self, events: &[Event]) -> u64 {
        let Some(event) = events.iter().find(|event| event.has_key()) else {
            return u64::MAX;
        };
        let most = self.catalog.read(|state| {
            let quotas = || state.quotas(event.account_id());
            state.is_shared().then(|| quotas().sender_keys)
        });
        let left = |most| {
            let now_ms = self.clock.now_ms();
            self.used_keys.left(event.account, most, now_ms)
        };
        most.map_or(u64::MAX, left)
    }

    async fn append(
        &self,
        mut events: Vec<Event>,
        keys: &[Vec<String>],
        asked: &Asked,
    ) -> Result<Vec<(EventId, bool)>, AppendError> {
        let bytes = events.iter().map(size_of_event).sum();
        let accounts = per_account(&events);
        let log = self.log.log();
        if !log.shared().is_registered() {
            // Whoever puts keys back does not know of this log.
            let keyed = events.iter_mut().filter(|event| event.has_key());
            keyed.for_each(|event| event.unchecked = true);
        }
        let unchecked: Vec<bool> = events.iter().map(|event| event.unchecked).collect();
        match log.append(events, bytes).await {
            Ok(range) => {
                let ids: Vec<EventId> = range
                    .seqs()
                    .map(|seq| EventId { log: log.id(), seq })
                    .collect();
                let named = keys.iter().zip(&ids);
                let named = named.flat_map(|(keys, id)| keys.iter().map(|key| (key.clone(), *id)));
                self.keys.confirm_all(named.collect(), asked).await;
                Ok(ids.into_iter().zip(unchecked).collect())
            }
            Err(error) => {
                for (account, events) in accounts {
                    self.tallies.unrecorded(account, error.reason(), events);
                }
                // A key whose event may turn up after a restart stays reserved; whoever takes it
                // over later says so.
                if error.is_unwritten() {
                    self.keys.release_all(keys.iter().flatten(), asked).await;
                }
                Err(error)
            }
        }
    }
}

/// What an append came to, if the disk answers in time.
async fn within<T>(
    patience: Duration,
    append: impl Future<Output = Result<T, AppendError>>,
) -> Result<T, AppendError> {
    let done = tokio::time::timeout(patience, append).await;
    done.unwrap_or(Err(AppendError::Slow))
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
    let keys = event.idempotency_key.iter().chain(&event.transaction_id);
    let keys = keys.chain(&event.click_id);
    let headers = [&event.user_agent, &event.referrer, &event.accept_language];
    let chosen = [
        &event.variant,
        &event.rule,
        &event.domain,
        &event.browser,
        &event.os,
    ];
    let texts = headers.into_iter().chain(chosen).chain(keys).chain(lists);
    // What a small event takes in memory beside its texts.
    400 + texts.map(String::len).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_visitor_does_not_wait_for_a_disk_that_hangs() {
        let patience = Duration::from_millis(500);
        let begin = tokio::time::Instant::now();
        let hangs = within::<()>(patience, std::future::pending()).await;
        assert_eq!(hangs, Err(AppendError::Slow));
        assert_eq!(begin.elapsed(), patience);
        assert_eq!(AppendError::Slow.reason(), "slow");
        assert!(!AppendError::Slow.is_unwritten(), "it may come yet");
        let full = async { Err::<(), _>(AppendError::Full) };
        assert_eq!(within(patience, full).await, Err(AppendError::Full));
        assert_eq!(within(patience, async { Ok(7) }).await, Ok(7));
    }
}
