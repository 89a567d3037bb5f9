//! What visitors are hashed with: a random salt for each date, made ahead, and destroyed two days after it.
//! From then on nobody can tell an address from a number, whoever gets hold of the store, the disk, or
//! both (ADR 15).
//!
//! A salt is an object `salts/{date}.json`, created once: whoever is first decides. It is encrypted with a key
//! made of the installation's secret, which is never in the store.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use enrich::{NamedKey, Salt};
use futures::TryStreamExt;
use model::{
    random::Randomness,
    time::{self, day_text},
};
use object_store::ObjectStoreExt;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use storage::{
    env::Env,
    object_keys::{ObjectKey, folders},
    store::{self, Store, StoreError},
};

use crate::installation;

/// How many days ahead salts are made: so long a collector goes on without the store.
pub const AHEAD: i64 = 14;
/// Dates before today whose salts are still used: the last time zone ends a date half a day late, and events
/// come late.
const BEHIND: i64 = 2;
/// How long after the end of its date (in UTC) a salt is destroyed, milliseconds.
const KEPT_MS: i64 = 2 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
/// Shortest secret, bytes.
const LEAST_SECRET: usize = 32;

/// Why salts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SaltError {
    /// The secret is too short to be one.
    #[error(
        "the secret (MILLRACE_SECRET) has fewer than {LEAST_SECRET} characters; make one with `openssl rand -hex 32`"
    )]
    Short,
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

/// The secret of an installation. It is never in the store, and never shown.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// The secret that `text` is.
    pub fn new(text: &str) -> Result<Self, SaltError> {
        match text.trim() {
            text if text.len() < LEAST_SECRET => Err(SaltError::Short),
            text => Ok(Self(blake3::derive_key(KEY_CONTEXT, text.as_bytes()))),
        }
    }

    fn named(&self) -> NamedKey {
        NamedKey(blake3::derive_key(NAMED_CONTEXT, &self.0))
    }

    fn cipher(&self) -> LessSafeKey {
        // The key is as long as the cipher wants it.
        let key = UnboundKey::new(&CHACHA20_POLY1305, &self.0);
        LessSafeKey::new(key.unwrap_or_else(|_| unreachable!("a key of 32 bytes")))
    }
}

const KEY_CONTEXT: &str = "millrace 2026-11 key of the salts";
const NAMED_CONTEXT: &str = "millrace 2026-11 key of named visitors";

/// 32 secret bytes, encrypted for one object.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Sealed {
    nonce: [u8; NONCE_LEN],
    sealed: Vec<u8>,
}

impl Sealed {
    /// Bound to its object: a salt moved to another date does not open.
    fn new(plain: &[u8; 32], key: &ObjectKey, secret: &Secret, random: &dyn Randomness) -> Self {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        let name = Aad::from(key.to_string());
        let number = Nonce::assume_unique_for_key(nonce);
        let done = secret
            .cipher()
            .seal_in_place_append_tag(number, name, &mut sealed);
        done.unwrap_or_else(|_| unreachable!("32 bytes can be encrypted"));
        Self { nonce, sealed }
    }

    fn open(&self, key: &ObjectKey, secret: &Secret) -> Result<[u8; 32], SaltError> {
        let mut bytes = self.sealed.clone();
        let name = Aad::from(key.to_string());
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let opened = secret.cipher().open_in_place(nonce, name, &mut bytes);
        let plain = opened.ok().and_then(|plain| plain.as_ref().try_into().ok());
        plain.ok_or_else(|| SaltError::OtherSecret {
            path: key.to_string(),
        })
    }
}

/// The salts of some dates, and what named visitors are hashed with, as they are kept beside a log: encrypted.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    days: BTreeMap<i64, Sealed>,
    named: Option<Sealed>,
}

/// What a collector hashes visitors with.
#[derive(Clone)]
pub struct Salts {
    days: BTreeMap<i64, Salt>,
    named: NamedKey,
}

impl Salts {
    /// Those of dates, in days since 1970-01-01; for tests.
    pub fn new(days: BTreeMap<i64, Salt>, named: NamedKey) -> Self {
        Self { days, named }
    }

    /// The salt of an account's date `day`, or else that of the date on which the event was received, and
    /// whether it is that other one. None is left if the store was away for longer than salts are made ahead.
    pub fn of(&self, day: i64, received: i64) -> Option<(Salt, bool)> {
        let own = self.days.get(&day).map(|salt| (*salt, false));
        own.or_else(|| self.days.get(&received).map(|salt| (*salt, true)))
    }

    /// What named visitors are hashed with.
    pub fn named(&self) -> NamedKey {
        self.named
    }
}

/// The salts of the dates around now: those that are missing are made. An installation from before salts keeps
/// the numbers of the days on which it moves over; its permanent key is erased then.
pub async fn keep(env: &Env, secret: &Secret) -> Result<(Salts, Kept), SaltError> {
    let today = time::day_of(time::minute_of(env.clock.now_ms()));
    let permanent = installation::permanent_key(&env.store).await?;
    let mut kept = Kept {
        days: BTreeMap::new(),
        named: None,
    };
    for day in today - BEHIND..=today + AHEAD {
        let moving = permanent.filter(|_| day <= today + 1);
        let plain = match moving {
            Some(key) => Salt::of_permanent_key(&key, day).0,
            None => random_bytes(&*env.random),
        };
        let key = ObjectKey::Salt { day };
        let sealed = create(env, secret, &key, &plain).await?;
        kept.days.insert(day, sealed);
    }
    kept.named = match permanent {
        Some(key) => {
            let named = NamedKey::of_permanent_key(&key).0;
            Some(create(env, secret, &ObjectKey::NamedKey, &named).await?)
        }
        None => read(&env.store, &ObjectKey::NamedKey).await?,
    };
    let salts = kept.open(secret)?;
    if permanent.is_some() {
        installation::erase_permanent_key(&env.store).await?;
        tracing::info!(
            "the permanent key of visitors is erased; each date has a salt of its own now"
        );
    }
    Ok((salts, kept))
}

impl Kept {
    /// What they are, if the secret is theirs.
    pub fn open(&self, secret: &Secret) -> Result<Salts, SaltError> {
        let days = self.days.iter().map(|(day, sealed)| {
            let plain = sealed.open(&ObjectKey::Salt { day: *day }, secret)?;
            Ok((*day, Salt(plain)))
        });
        let named = match &self.named {
            Some(sealed) => NamedKey(sealed.open(&ObjectKey::NamedKey, secret)?),
            None => secret.named(),
        };
        let days: Result<_, SaltError> = days.collect();
        Ok(Salts { days: days?, named })
    }

    /// Without those whose time is over.
    pub fn without_old(mut self, now_ms: i64) -> Self {
        self.days.retain(|day, _| !is_over(*day, now_ms));
        self
    }
}

/// Whether the salt of a date is to be destroyed.
fn is_over(day: i64, now_ms: i64) -> bool {
    (day + 1) * DAY_MS + KEPT_MS <= now_ms
}

/// What became of salts whose time is over.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// So many were deleted.
    pub deleted: usize,
    /// Dates whose salt could not be deleted, and why.
    pub left: Vec<(String, String)>,
}

/// Deletes the salts whose time is over.
pub async fn destroy_old(env: &Env) -> Result<Destroyed, StoreError> {
    let now_ms = env.clock.now_ms();
    let mut destroyed = Destroyed::default();
    for day in listed(&env.store).await? {
        if !is_over(day, now_ms) {
            continue;
        }
        let path = ObjectKey::Salt { day }.path();
        match env.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => destroyed.deleted += 1,
            Err(error) => {
                let date = day_text(day).unwrap_or_default();
                destroyed.left.push((date, error.to_string()));
            }
        }
    }
    Ok(destroyed)
}

async fn listed(store: &Store) -> Result<Vec<i64>, StoreError> {
    let folder = folders::salts();
    let all: Vec<_> = store
        .list(Some(&folder))
        .try_collect()
        .await
        .map_err(|source| StoreError::request("list", &folder, source))?;
    let day = |meta: &object_store::ObjectMeta| match ObjectKey::parse(&meta.location) {
        Ok(ObjectKey::Salt { day }) => Some(day),
        _ => None,
    };
    Ok(all.iter().filter_map(day).collect())
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

/// The object under `key`: what is there, or `plain`, encrypted, if nothing is.
async fn create(
    env: &Env,
    secret: &Secret,
    key: &ObjectKey,
    plain: &[u8; 32],
) -> Result<Sealed, SaltError> {
    if let Some(there) = read(&env.store, key).await? {
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
        match (read(&env.store, key).await?, created) {
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
mod tests {
    use std::sync::Arc;

    use model::{ManualClock, random::SeededRandom};

    use super::*;

    const TODAY: i64 = 20_000;

    struct Site {
        env: Env,
        clock: Arc<ManualClock>,
    }

    impl Site {
        fn new() -> Self {
            let clock = Arc::new(ManualClock::new(TODAY * DAY_MS + 1_000));
            let env = Env {
                store: store::open("memory://").unwrap(),
                bell: storage::bell::Bell::default(),
                clock: Arc::clone(&clock) as _,
                random: Arc::new(SeededRandom::new(1)),
            };
            Self { env, clock }
        }
    }

    fn secret(letter: &str) -> Secret {
        Secret::new(&letter.repeat(32)).unwrap()
    }

    async fn stored(site: &Site) -> String {
        let all: Vec<_> = site.env.store.list(None).try_collect().await.unwrap();
        let mut text = String::new();
        for meta in all {
            let bytes = store::read(&site.env.store, &meta.location).await.unwrap();
            text += &format!("{}: {:?}\n", meta.location, bytes.unwrap());
        }
        text
    }

    #[tokio::test]
    async fn salts_are_made_ahead_once_and_destroyed_in_time() {
        let site = Site::new();
        let (first, kept) = keep(&site.env, &secret("a")).await.unwrap();
        let (again, _) = keep(&site.env, &secret("a")).await.unwrap();
        for day in TODAY - BEHIND..=TODAY + AHEAD {
            assert!(first.of(day, 0) == again.of(day, 0), "one for all");
            assert!(first.of(day, 0) != first.of(day + 1, 0), "one for each");
        }
        assert!(first.of(TODAY + AHEAD + 1, 0).is_none());
        let (own, other) = (first.of(TODAY, 0), first.of(17_000, TODAY));
        assert!(own.unwrap().0 == other.unwrap().0);
        assert_eq!((own.unwrap().1, other.unwrap().1), (false, true));
        assert!(kept.open(&secret("a")).unwrap().of(TODAY, 0) == own);
        // A date and two days later.
        let end = (TODAY + 1) * DAY_MS + KEPT_MS;
        site.clock.set(end - 1);
        let two = Destroyed {
            deleted: 2,
            left: vec![],
        };
        assert_eq!(
            destroy_old(&site.env).await.unwrap(),
            two,
            "those before today"
        );
        assert!(
            !kept
                .clone()
                .without_old(end - 1)
                .open(&secret("a"))
                .unwrap()
                .days
                .is_empty()
        );
        site.clock.set(end);
        let one = Destroyed {
            deleted: 1,
            left: vec![],
        };
        assert_eq!(destroy_old(&site.env).await.unwrap(), one);
        assert!(!stored(&site).await.contains(&day_text(TODAY).unwrap()));
        let left = kept.without_old(end).open(&secret("a")).unwrap();
        assert!(left.of(TODAY, 0).is_none() && left.of(TODAY + 1, 0).is_some());
    }

    #[tokio::test]
    async fn another_secret_opens_nothing_and_makes_nothing() {
        let site = Site::new();
        keep(&site.env, &secret("a")).await.unwrap();
        let before = stored(&site).await;
        let error = keep(&site.env, &secret("b")).await.err().unwrap();
        assert!(matches!(error, SaltError::OtherSecret { .. }), "{error}");
        assert_eq!(stored(&site).await, before);
        assert!(Secret::new("short").is_err());
        // Moved to another date it does not open either.
        let from = ObjectKey::Salt { day: TODAY }.path();
        let to = ObjectKey::Salt { day: TODAY + 1 }.path();
        site.env.store.copy(&from, &to).await.unwrap();
        assert!(keep(&site.env, &secret("a")).await.is_err());
    }

    #[tokio::test]
    async fn who_moves_over_keeps_the_numbers_of_the_day_and_loses_the_key() {
        let site = Site::new();
        let key = [9; 32];
        installation::begin_as_before(&site.env, key).await;
        let (salts, _) = keep(&site.env, &secret("a")).await.unwrap();
        for day in TODAY - BEHIND..=TODAY + 1 {
            assert!(salts.of(day, 0).unwrap().0 == Salt::of_permanent_key(&key, day));
        }
        let later = salts.of(TODAY + 2, 0).unwrap().0;
        assert!(
            later != Salt::of_permanent_key(&key, TODAY + 2),
            "from then on"
        );
        assert!(salts.named() == NamedKey::of_permanent_key(&key));
        let (again, _) = keep(&site.env, &secret("a")).await.unwrap();
        assert!(again.named() == salts.named() && again.of(TODAY, 0) == salts.of(TODAY, 0));
        let text = stored(&site).await;
        assert!(!text.contains("9,9,9,9"), "{text}");
        assert!(!text.contains("visitor_key"), "{text}");
    }
}
