//! A ledger: numbered, create-only objects. What must be atomic is one entry.
//!
//! Entries are numbered 1, 2, 3 … without gaps and are never changed or deleted.

mod error;

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    object_keys::{ObjectKey, folders},
    store::{self, Created, Store, StoreError},
};

pub use error::LedgerError;

/// How often an append with an unknown outcome is repeated before it is given up.
const TRIES: u32 = 4;
/// Pause before the first repetition; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// No ledger will ever have so many entries: what has a higher number is not one.
const MOST: u64 = 1 << 48;
/// How many entries are read at once.
const READ_AHEAD: usize = 16;

/// Who appends, and when. The nonce must be random: it tells our entry from another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Random.
    pub nonce: u128,
    /// Unix milliseconds; for people to read, never decides anything.
    pub at_ms: i64,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// Its number, from 1.
    pub n: u64,
    /// Unix milliseconds by the writer's clock.
    pub at_ms: i64,
    /// What was decided.
    pub body: T,
}

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is entry `n`, exactly once.
    Yes,
    /// Somebody else's is entry `n`: read it and decide again.
    Conflict,
}

#[derive(Serialize, Deserialize)]
struct Stored<T> {
    nonce: String,
    at_ms: i64,
    body: T,
}

#[derive(Deserialize)]
struct StoredNonce {
    nonce: String,
}

/// A named ledger in a store. Share it: it remembers which entries are known to exist.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
    name: String,
    known: AtomicU64,
    /// Whether its history was listed: an empty ledger is not listed again and again.
    listed: AtomicBool,
}

impl Ledger {
    /// The ledger `name` of `store`; nothing is read yet.
    pub fn new(store: Store, name: &str) -> Self {
        let name = name.to_string();
        Self {
            store,
            name,
            known: AtomicU64::new(0),
            listed: AtomicBool::new(false),
        }
    }

    /// Remembers that entry `n` exists, so that nobody looks before it.
    pub fn know(&self, n: u64) {
        self.known.fetch_max(n, Ordering::Relaxed);
    }

    /// Number of the newest entry, 0 if there is none. One look-up when nothing is new. The
    /// history is listed once at most.
    pub async fn newest(&self) -> Result<u64, LedgerError> {
        let known = self.known.load(Ordering::Relaxed);
        let start = if known == 0 && !self.listed.load(Ordering::Relaxed) {
            let listed = self.listed().await?;
            self.listed.store(true, Ordering::Relaxed);
            listed
        } else {
            known
        };
        // There are no gaps, so the end is found by doubling steps, then halving them.
        let (mut low, mut step) = (start, 1);
        while self.exists(low + step).await? {
            low += step;
            step *= 2;
        }
        let mut high = low + step;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.exists(middle).await? {
                true => low = middle,
                false => high = middle,
            }
        }
        self.know(low);
        Ok(low)
    }

    /// The newest entry.
    pub async fn latest<T: DeserializeOwned>(&self) -> Result<Option<Entry<T>>, LedgerError> {
        match self.newest().await? {
            0 => Ok(None),
            n => self.entry(n).await,
        }
    }

    /// Entry `n`.
    pub async fn entry<T: DeserializeOwned>(
        &self,
        n: u64,
    ) -> Result<Option<Entry<T>>, LedgerError> {
        let Some(bytes) = self.read(n).await? else {
            return Ok(None);
        };
        let stored: Stored<T> = self.decode(n, &bytes)?;
        Ok(Some(Entry {
            n,
            at_ms: stored.at_ms,
            body: stored.body,
        }))
    }

    /// The entries from `n + 1`, at most `limit` of them, in order.
    pub async fn entries_after<T: DeserializeOwned>(
        &self,
        n: u64,
        limit: usize,
    ) -> Result<Vec<Entry<T>>, LedgerError> {
        self.know(n);
        let newest = self.newest().await?;
        let last = newest.min(n.saturating_add(limit as u64));
        let entries = futures::stream::iter(n + 1..=last)
            .map(|n| async move { self.entry(n).await?.ok_or_else(|| self.lost(n)) })
            .buffered(READ_AHEAD);
        entries.try_collect().await
    }

    /// Appends `body` as entry `n`, which must be the one after an entry the caller has read.
    pub async fn append<T: Serialize>(
        &self,
        n: u64,
        body: &T,
        stamp: Stamp,
    ) -> Result<Appended, LedgerError> {
        if n == 0 || (n - 1 > self.known.load(Ordering::Relaxed) && !self.exists(n - 1).await?) {
            let ledger = self.name.clone();
            return Err(LedgerError::Gap { ledger, n });
        }
        let nonce = format!("{:032x}", stamp.nonce);
        let at_ms = stamp.at_ms;
        let stored = Stored { nonce, at_ms, body };
        let bytes = serde_json::to_vec(&stored).map_err(|source| LedgerError::Encode {
            ledger: self.name.clone(),
            n,
            source,
        })?;
        let appended = self.put(n, Bytes::from(bytes), &stored.nonce).await?;
        self.know(n);
        Ok(appended)
    }

    /// Repeats the PUT until it is known whose entry `n` is. Repeating is harmless: the bytes are
    /// the same and only one entry can ever have this number.
    async fn put(&self, n: u64, bytes: Bytes, nonce: &str) -> Result<Appended, LedgerError> {
        let path = self.path(n);
        let mut pause = FIRST_PAUSE;
        for left in (0..TRIES).rev() {
            match store::create(&self.store, &path, bytes.clone()).await {
                Ok(Created::New) => return Ok(Appended::Yes),
                Ok(Created::Exists) => match self.owner(n).await {
                    Ok(owner) if owner == nonce => return Ok(Appended::Yes),
                    Ok(_) => return Ok(Appended::Conflict),
                    Err(error) if left == 0 => return Err(error),
                    Err(_) => {}
                },
                Err(source) if left == 0 => {
                    let ledger = self.name.clone();
                    let source = Box::new(source);
                    return Err(LedgerError::Unknown { ledger, n, source });
                }
                Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Err(self.lost(n))
    }

    async fn owner(&self, n: u64) -> Result<String, LedgerError> {
        let bytes = self.read(n).await?.ok_or_else(|| self.lost(n))?;
        Ok(self.decode::<StoredNonce>(n, &bytes)?.nonce)
    }

    async fn listed(&self) -> Result<u64, LedgerError> {
        let folder = folders::ledger(&self.name);
        let numbers = self
            .store
            .list(Some(&folder))
            .try_filter_map(|meta| async move {
                Ok(match ObjectKey::parse(&meta.location) {
                    Ok(ObjectKey::Ledger { n, .. }) => Some(n).filter(|n| *n < MOST),
                    _ => None,
                })
            });
        numbers
            .try_fold(0, |newest, n| async move { Ok(newest.max(n)) })
            .await
            .map_err(|source| self.failed(StoreError::request("list", &folder, source)))
    }

    async fn exists(&self, n: u64) -> Result<bool, LedgerError> {
        let found = store::exists(&self.store, &self.path(n)).await;
        found.map_err(|source| self.failed(source))
    }

    async fn read(&self, n: u64) -> Result<Option<Bytes>, LedgerError> {
        let read = store::read(&self.store, &self.path(n)).await;
        read.map_err(|source| self.failed(source))
    }

    fn decode<T: DeserializeOwned>(&self, n: u64, bytes: &[u8]) -> Result<T, LedgerError> {
        serde_json::from_slice(bytes).map_err(|e| self.damaged(n, e.to_string()))
    }

    fn path(&self, n: u64) -> Path {
        let ledger = self.name.clone();
        ObjectKey::Ledger { ledger, n }.path()
    }

    fn failed(&self, source: StoreError) -> LedgerError {
        let ledger = self.name.clone();
        let source = Box::new(source);
        LedgerError::Store { ledger, source }
    }

    /// Entry `n` is not what it must be.
    pub fn damaged(&self, n: u64, why: String) -> LedgerError {
        let path = self.path(n);
        self.failed(StoreError::Damaged { path, why })
    }

    /// Entry `n` is missing, and must not be.
    pub fn lost(&self, n: u64) -> LedgerError {
        self.damaged(n, "it was there and is gone".into())
    }
}

#[cfg(test)]
mod tests;
