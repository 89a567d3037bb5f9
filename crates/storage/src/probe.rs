//! Whether an object store keeps what everything here rests on: of several that create one object at once one
//! succeeds, and what is written is seen at once. Stores differ in that, also from version to version.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, future::join_all, stream::BoxStream};
use model::{
    Clock,
    random::{Randomness, new_nonce},
};
use object_store::{ObjectMeta, ObjectStoreExt, path::Path};

use crate::{
    object_keys::{ObjectKey, folders},
    store::{self, Created, Outcome, Store, StoreError},
};

#[cfg(test)]
mod tests;
mod ways;

pub use self::ways::{Ways, ways};

/// Objects that are raced for, and how many race for each. The first race opens the connections.
const RACES: u64 = 6;
const CREATORS: usize = 8;
/// How often one that creates alone tries.
const TRIES: u32 = 4;
/// What a probe that died has left is deleted after so long.
const LEFT: Duration = Duration::from_secs(3600);
/// So many of these at once.
const LEFT_AT_ONCE: usize = 1_000;

/// What a store that passed said besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// How far this machine's clock is ahead of the store's, milliseconds, to about a second.
    pub ahead_ms: i64,
}

/// Why a store did not pass.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It cannot be used: events would be lost or counted twice.
    #[error("the object store cannot be used: {0}; use another store, or another version of it")]
    Unfit(String),
    /// It did not answer as it should, which may be different next time.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn unfit<T>(why: impl Into<String>) -> Result<T, ProbeError> {
    Err(ProbeError::Unfit(why.into()))
}

/// Probes a store, reached in one way or in several. What it writes lies under `probe/` and is deleted.
pub async fn probe(
    ways: &Ways,
    clock: &dyn Clock,
    random: &dyn Randomness,
) -> Result<Proof, ProbeError> {
    let Some(store) = ways.stores.first() else {
        return unfit("there is no way to it");
    };
    let run = format!("{:032x}", new_nonce(random));
    let probe = Probe {
        ways: &ways.stores,
        is_ordered: ways.is_ordered,
        store,
        run,
    };
    let proof = probe.all(clock).await;
    // Only what the next probe would delete.
    let _ = probe.clean().await;
    proof
}

struct Probe<'a> {
    ways: &'a [Store],
    is_ordered: bool,
    store: &'a Store,
    run: String,
}

impl Probe<'_> {
    fn path(&self, n: u64) -> Path {
        let run = self.run.clone();
        ObjectKey::Probe { run, n }.path()
    }

    async fn all(&self, clock: &dyn Clock) -> Result<Proof, ProbeError> {
        self.creates_once().await?;
        for n in 2..2 + RACES {
            self.race(n).await?;
        }
        self.shows_at_once().await?;
        self.lists_in_order().await?;
        let before = clock.now_ms();
        let path = self.path(3 + RACES);
        store::replace(self.store, &path, Bytes::from_static(b"clock")).await?;
        let after = clock.now_ms();
        let meta = self.store.head(&path).await;
        let meta = meta.map_err(|source| StoreError::request("look at", &path, source))?;
        let theirs = meta.last_modified.timestamp_millis();
        Ok(Proof {
            ahead_ms: before.midpoint(after) - theirs,
        })
    }

    /// One after the other: the second creation is refused, and changes nothing.
    async fn creates_once(&self) -> Result<(), ProbeError> {
        let path = self.path(1);
        let (first, second) = (Bytes::from_static(b"first"), Bytes::from_static(b"second"));
        self.create_alone(&path, first.clone()).await?;
        if store::read(self.store, &path).await?.as_ref() != Some(&first) {
            return unfit("an object was not to be read right after it was written");
        }
        let again = store::create(self.store, &path, second).await?;
        let is_kept = store::read(self.store, &path).await? == Some(first);
        match again {
            Created::Exists if is_kept => Ok(()),
            _ => unfit(
                "a write that creates an object only (`If-None-Match: *`) was done though it was there",
            ),
        }
    }

    /// Creates what nobody else does. Its answer may be lost, or be to come back (409).
    async fn create_alone(&self, path: &Path, content: Bytes) -> Result<(), ProbeError> {
        let mut tries = 1;
        loop {
            match store::create_or_same(self.store, path, content.clone()).await {
                Ok(Outcome::New | Outcome::Same) => return Ok(()),
                Ok(Outcome::Different) => {
                    return unfit("an object that nobody else writes has other content");
                }
                Err(error) if tries == TRIES => return Err(error.into()),
                Err(_) => tries += 1,
            }
        }
    }

    /// Several at once, by all ways.
    async fn race(&self, n: u64) -> Result<(), ProbeError> {
        let path = self.path(n);
        let creators = (0..CREATORS).zip(self.ways.iter().cycle());
        let content = |creator: usize| Bytes::from(format!("creator {creator}"));
        let created = creators.map(|(creator, way)| store::create(way, &path, content(creator)));
        let told: Vec<_> = join_all(created).await;
        let won = |told: &Result<Created, StoreError>| matches!(told, Ok(Created::New));
        let winners: Vec<usize> = (0..CREATORS).filter(|n| won(&told[*n])).collect();
        if winners.len() > 1 {
            return unfit(format!(
                "{} of {CREATORS} that created one object at the same time were told that they did",
                winners.len()
            ));
        }
        let found = match store::read(self.store, &path).await? {
            Some(found) => found,
            // All were told to come back (409): one alone must succeed.
            None if winners.is_empty() => return self.create_alone(&path, content(0)).await,
            None => return unfit("an object was not to be read right after it was written"),
        };
        let theirs = winners
            .first()
            .is_none_or(|winner| found == content(*winner));
        match theirs && (0..CREATORS).any(|creator| found == content(creator)) {
            true => Ok(()),
            false => unfit("who was told to have created an object finds another's content in it"),
        }
    }

    /// What is replaced or deleted is so at once, by all ways.
    async fn shows_at_once(&self) -> Result<(), ProbeError> {
        let path = self.path(2 + RACES);
        for content in ["one", "two", "three"] {
            store::replace(self.store, &path, Bytes::from(content)).await?;
            for way in self.ways {
                if store::read(way, &path).await?.as_deref() != Some(content.as_bytes()) {
                    return unfit("an object was read as it was before it was written");
                }
            }
        }
        let deleted = self.store.delete(&path).await;
        deleted.map_err(|source| StoreError::request("delete", &path, source))?;
        for way in self.ways {
            if store::exists(way, &path).await? {
                return unfit("an object was still there right after it was deleted");
            }
        }
        Ok(())
    }

    async fn lists_in_order(&self) -> Result<(), ProbeError> {
        let expected: Vec<Path> = (1..2 + RACES).map(|n| self.path(n)).collect();
        let folder = folders::probes();
        for way in self.ways {
            if self.listed(way.list(Some(&folder))).await? != expected {
                return unfit("a list lacks what was written before, or is not in order");
            }
            let behind = way.list_with_offset(Some(&folder), &expected[0]);
            if self.listed(behind).await? != expected[1..] {
                return unfit(
                    "a list from one object on (`start-after`) is not of those behind it",
                );
            }
        }
        Ok(())
    }

    /// What this probe wrote, of a list.
    async fn listed(
        &self,
        list: BoxStream<'static, object_store::Result<ObjectMeta>>,
    ) -> Result<Vec<Path>, StoreError> {
        let all: Result<Vec<Path>, _> = list.map_ok(|meta| meta.location).try_collect().await;
        let mut all = all.map_err(|e| StoreError::request("list", &folders::probes(), e))?;
        all.retain(|path| self.is_ours(path));
        if !self.is_ordered {
            all.sort_unstable();
        }
        Ok(all)
    }

    fn is_ours(&self, path: &Path) -> bool {
        let key = ObjectKey::parse(path);
        matches!(key, Ok(ObjectKey::Probe { run, .. }) if run == self.run)
    }

    /// Deletes what this probe wrote, and what one that died left long ago.
    async fn clean(&self) -> Result<(), StoreError> {
        let all: Vec<_> = self
            .store
            .list(Some(&folders::probes()))
            .take(LEFT_AT_ONCE)
            .try_collect()
            .await
            .map_err(|source| StoreError::request("list", &folders::probes(), source))?;
        let newest = all.iter().map(|meta| meta.last_modified).max();
        for meta in all {
            let age = newest.map(|newest| (newest - meta.last_modified).to_std());
            let is_left = age.is_some_and(|age| age.is_ok_and(|age| age > LEFT));
            if is_left || self.is_ours(&meta.location) {
                let path = meta.location;
                let deleted = self.store.delete(&path).await;
                deleted.map_err(|source| StoreError::request("delete", &path, source))?;
            }
        }
        Ok(())
    }
}
