//! What visitors are hashed with: a random salt for each date, and for each month, made ahead, and destroyed two
//! days after it. From then on nobody can tell an address from a number, whoever gets hold of the store, the disk, or
//! both (ADR 15).
//!
//! A salt is an object `salts/{date}.json` or `salts/{month}.json`, created once: whoever is first decides. It is encrypted with a key
//! made of the installation's secret, which is never in the store.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use enrich::{NamedKey, Salt};
use futures::TryStreamExt;
use model::{Memory, VisitorPeriod, random::Randomness, time};
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};
use storage::{
    env::Env,
    object_keys::{ObjectKey, folders},
    store::{self, Store, StoreError},
};

use self::sealed::Sealed;
use crate::installation;

mod sealed;

pub use sealed::Secret;

/// How many days ahead salts are made: so long a collector goes on without the store.
pub const AHEAD: i64 = 14;
/// Dates before today whose salts are still used: the last time zone ends a date half a day late, and events
/// come late.
const BEHIND: i64 = 2;
/// How long after the end of its period (in UTC) a salt is destroyed, milliseconds.
const KEPT_MS: i64 = 2 * DAY_MS;
/// How far the clock of who destroys salts may be ahead of the store's, milliseconds.
const MOST_AHEAD_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Why salts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SaltError {
    /// The secret is too short to be one.
    #[error(
        "the secret (MILLRACE_SECRET) has fewer than {least} characters; make one with `openssl rand -hex 32`"
    )]
    Short {
        /// So many it must have.
        least: usize,
    },
    /// The secret is another one than that of the installation.
    #[error(
        "`{path}` was encrypted with another secret: give all collectors of an installation the same MILLRACE_SECRET, or the file `secret` of the first one's data folder"
    )]
    OtherSecret {
        /// The object.
        path: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger of the installation failed.
    #[error(transparent)]
    Ledger(#[from] storage::ledger::LedgerError),
}

/// The salts of some periods, and what named visitors are hashed with, as they are kept beside a log: encrypted.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// By date.
    days: BTreeMap<i64, Sealed>,
    /// By month; copies from before have none.
    #[serde(default)]
    months: BTreeMap<i64, Sealed>,
    named: Option<Sealed>,
}

/// What a collector hashes visitors with.
#[derive(Clone)]
pub struct Salts {
    periods: BTreeMap<VisitorPeriod, Salt>,
    named: NamedKey,
}

impl Salts {
    /// Those of some periods; for tests.
    pub fn new(periods: BTreeMap<VisitorPeriod, Salt>, named: NamedKey) -> Self {
        Self { periods, named }
    }

    /// The salt of a period of an account's calendar while its time is not over, or else that of the month or date on
    /// which the event was received, and whether it is that other one. None is left if the store was away for longer
    /// than salts are made ahead.
    pub fn of(&self, period: VisitorPeriod, received: i64) -> Option<(Salt, bool)> {
        let own = self.periods.get(&period);
        let own = own.filter(|_| !is_over(period, received * DAY_MS));
        let other = |memory| self.periods.get(&VisitorPeriod::of(memory, received));
        let foreign = || other(period.memory()).or_else(|| other(Memory::Day));
        own.map(|salt| (*salt, false))
            .or_else(|| foreign().map(|salt| (*salt, true)))
    }

    /// Forgets those whose time is over.
    pub fn forget_old(&mut self, now_ms: i64) {
        self.periods.retain(|period, _| !is_over(*period, now_ms));
    }

    /// What named visitors are hashed with.
    pub fn named(&self) -> NamedKey {
        self.named
    }
}

/// The salts of the dates and months around now: those that are missing are made. An installation from before salts keeps
/// the numbers of the days on which it moves over; its permanent key is erased then.
pub async fn keep(env: &Env, secret: &Secret) -> Result<(Salts, Kept), SaltError> {
    let today = time::day_of(time::minute_of(env.clock.now_ms()));
    let there = listed(&env.store).await?;
    let permanent = installation::permanent_key(&env.store).await?;
    // Before anything is made: who has another secret makes nothing. The last one is not about to be destroyed.
    if let Some(period) = there.iter().max() {
        read_opened(env, secret, &ObjectKey::Salt { period: *period }).await?;
    }
    let named = match &permanent {
        Some(key) => NamedKey::of_permanent_key(key),
        None => secret.named(),
    };
    let (named, sealed_named) = create(env, secret, &ObjectKey::NamedKey, &named.0).await?;
    let mut salts = Salts::new(BTreeMap::new(), NamedKey(named));
    let mut kept = Kept {
        days: BTreeMap::new(),
        months: BTreeMap::new(),
        named: Some(sealed_named),
    };
    for period in around(today) {
        // A period that began without a salt, or whose salt was destroyed, gets none afterwards: its visitors were
        // given other numbers before.
        let is_first = !there.iter().any(|other| is_begun(*other, period));
        let may_make = is_first || permanent.is_some() || period.first_day() >= today;
        let key = ObjectKey::Salt { period };
        let salt = match (permanent, period) {
            (Some(key), VisitorPeriod::Day(day)) if day <= today + 1 => {
                Salt::of_permanent_key(&key, day).0
            }
            _ => random_bytes(&*env.random),
        };
        let made = match may_make {
            true => Some(create(env, secret, &key, &salt).await?),
            false => read_opened(env, secret, &key).await?,
        };
        if let Some((plain, sealed)) = made {
            salts.periods.insert(period, Salt(plain));
            kept.insert(period, sealed);
        }
    }
    if permanent.is_some() {
        installation::erase_permanent_key(&env.store).await?;
        tracing::info!(
            "the permanent key of visitors is erased; each date has a salt of its own now"
        );
    }
    Ok((salts, kept))
}

/// What visitors that senders name are hashed with, for whoever has the secret and makes no salts.
///
/// # Errors
///
/// The secret is another one, or the store fails.
pub async fn named_key(env: &Env, secret: &Secret) -> Result<NamedKey, SaltError> {
    let opened = read_opened(env, secret, &ObjectKey::NamedKey).await?;
    Ok(opened.map_or_else(|| secret.named(), |(plain, _)| NamedKey(plain)))
}

/// The periods whose salts are needed now, or will be if the store is away for long.
fn around(today: i64) -> impl Iterator<Item = VisitorPeriod> {
    let days = (today - BEHIND..=today + AHEAD).map(VisitorPeriod::Day);
    let month = |day| VisitorPeriod::of(Memory::Month, day);
    let now = month(today);
    let before = Some(month(today - BEHIND)).filter(|before| *before != now);
    // This month first: as soon as another one is there, it is too late for it.
    days.chain([now, month(now.end_day())]).chain(before)
}

/// Whether `other`, which has a salt, tells that `period` had its chance. Months of a time in which nothing ran tell
/// nothing of this one.
fn is_begun(other: VisitorPeriod, period: VisitorPeriod) -> bool {
    let is_late = other.memory() == Memory::Month && other < period;
    other.memory() == period.memory() && !is_late
}

impl Kept {
    fn insert(&mut self, period: VisitorPeriod, sealed: Sealed) {
        match period {
            VisitorPeriod::Day(day) => self.days.insert(day, sealed),
            VisitorPeriod::Month(month) => self.months.insert(month, sealed),
        };
    }

    /// What they are, if the secret is theirs.
    pub fn open(&self, secret: &Secret) -> Result<Salts, SaltError> {
        let days = self
            .days
            .iter()
            .map(|(day, sealed)| (VisitorPeriod::Day(*day), sealed));
        let months = self.months.iter();
        let months = months.map(|(month, sealed)| (VisitorPeriod::Month(*month), sealed));
        let periods = days.chain(months).map(|(period, sealed)| {
            let plain = sealed.open(&ObjectKey::Salt { period }, secret)?;
            Ok((period, Salt(plain)))
        });
        let named = match &self.named {
            Some(sealed) => NamedKey(sealed.open(&ObjectKey::NamedKey, secret)?),
            None => secret.named(),
        };
        let periods: Result<_, SaltError> = periods.collect();
        Ok(Salts {
            periods: periods?,
            named,
        })
    }

    /// Without those whose time is over.
    pub fn without_old(mut self, now_ms: i64) -> Self {
        self.days
            .retain(|day, _| !is_over(VisitorPeriod::Day(*day), now_ms));
        self.months
            .retain(|month, _| !is_over(VisitorPeriod::Month(*month), now_ms));
        self
    }
}

/// Whether the salt of a period is to be destroyed.
fn is_over(period: VisitorPeriod, now_ms: i64) -> bool {
    period
        .end_day()
        .saturating_mul(DAY_MS)
        .saturating_add(KEPT_MS)
        <= now_ms
}

/// What became of salts whose time is over.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// So many were deleted.
    pub deleted: usize,
    /// Dates and months whose salt could not be deleted, and why.
    pub left: Vec<(String, String)>,
}

/// Deletes the salts whose time is over. A clock that is ahead would destroy salts that are in use: the store's
/// own clock is asked before.
pub async fn destroy_old(env: &Env) -> Result<Destroyed, DestroyError> {
    let now_ms = env.clock.now_ms();
    let mut destroyed = Destroyed::default();
    let all = listed(&env.store).await?;
    let old: Vec<VisitorPeriod> = all
        .into_iter()
        .filter(|period| is_over(*period, now_ms))
        .collect();
    if old.is_empty() {
        return Ok(destroyed);
    }
    let ahead_ms = now_ms - store_now(env).await?;
    if ahead_ms > MOST_AHEAD_MS {
        return Err(DestroyError::Clock { ahead_ms });
    }
    for period in old {
        let path = ObjectKey::Salt { period }.path();
        match env.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => destroyed.deleted += 1,
            Err(error) => destroyed.left.push((period.to_string(), error.to_string())),
        }
    }
    Ok(destroyed)
}

/// Why no salt was destroyed.
#[derive(Debug, thiserror::Error)]
pub enum DestroyError {
    /// The clock of this machine cannot be believed.
    #[error("this machine's clock is {} minutes ahead of the object store's: set it right", ahead_ms / 60_000)]
    Clock {
        /// So much it is ahead, milliseconds.
        ahead_ms: i64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The time of the store, unix milliseconds: when it wrote what is written now.
pub async fn store_now(env: &Env) -> Result<i64, StoreError> {
    let path = ObjectKey::SaltsClock.path();
    let failed = |source| StoreError::request("write", &path, source);
    env.store
        .put(&path, Bytes::new().into())
        .await
        .map_err(failed)?;
    let meta = env.store.head(&path).await;
    let failed = |source| StoreError::request("look at", &path, source);
    Ok(meta.map_err(failed)?.last_modified.timestamp_millis())
}

async fn listed(store: &Store) -> Result<Vec<VisitorPeriod>, StoreError> {
    let folder = folders::salts();
    let all: Vec<_> = store
        .list(Some(&folder))
        .try_collect()
        .await
        .map_err(|source| StoreError::request("list", &folder, source))?;
    let period = |meta: &object_store::ObjectMeta| match ObjectKey::parse(&meta.location) {
        Ok(ObjectKey::Salt { period }) => Some(period),
        _ => None,
    };
    Ok(all.iter().filter_map(period).collect())
}

async fn read(store: &Store, key: &ObjectKey) -> Result<Option<Sealed>, StoreError> {
    let path = key.path();
    let Some(bytes) = store::read(store, &path).await? else {
        return Ok(None);
    };
    let sealed = serde_json::from_slice(&bytes);
    sealed.map(Some).map_err(|error| StoreError::Damaged {
        path,
        why: error.to_string(),
    })
}

/// What is encrypted under `key`, if anything is there.
async fn read_opened(
    env: &Env,
    secret: &Secret,
    key: &ObjectKey,
) -> Result<Option<([u8; 32], Sealed)>, SaltError> {
    let there = read(&env.store, key).await?;
    let opened = there.map(|sealed| Ok((sealed.open(key, secret)?, sealed)));
    opened.transpose()
}

/// What is encrypted under `key`, or `plain`, if nothing was there.
async fn create(
    env: &Env,
    secret: &Secret,
    key: &ObjectKey,
    plain: &[u8; 32],
) -> Result<([u8; 32], Sealed), SaltError> {
    if let Some(there) = read_opened(env, secret, key).await? {
        return Ok(there);
    }
    let sealed = Sealed::new(plain, key, secret, &*env.random);
    let path = key.path();
    let bytes = serde_json::to_vec(&sealed).map_err(|error| StoreError::Damaged {
        path: path.clone(),
        why: error.to_string(),
    })?;
    for attempt in 1.. {
        let created = store::create(&env.store, &path, Bytes::from(bytes.clone())).await;
        // Somebody else may have been first, or be at it just now: S3 says that as an error.
        match (read_opened(env, secret, key).await?, created) {
            (Some(there), _) => return Ok(there),
            (None, Err(error)) if attempt == CREATE_TRIES => return Err(error.into()),
            (None, Err(_)) => tokio::time::sleep(CREATE_PAUSE).await,
            (None, Ok(_)) => break,
        }
    }
    let why = "it was created just now and is gone".into();
    Err(StoreError::Damaged { path, why }.into())
}

/// How often an object is created that others create at the same time, and the pause between.
const CREATE_TRIES: u32 = 20;
const CREATE_PAUSE: Duration = Duration::from_millis(50);

fn random_bytes(random: &dyn Randomness) -> [u8; 32] {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
