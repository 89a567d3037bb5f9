//! Following the manifests.

mod short;

use std::sync::{Arc, Mutex, PoisonError};

use model::{Bug, planted};
use storage::{
    ledger::{Appended, Ledger, LedgerError, Stamp},
    store::Store,
};

pub use self::short::Since;
use crate::manifest::{self, Manifest};

/// A manifest with its number. Number 0 is the empty one before the first.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// Its number.
    pub n: u64,
    /// When it was published, unix milliseconds by the publisher's clock.
    pub at_ms: i64,
    /// What it says.
    pub manifest: Arc<Manifest>,
    /// The manifest beside which it is stored: its own number if it is stored whole.
    whole: u64,
}

/// The manifests in a store.
pub struct Manifests {
    /// The ledger they are published in.
    pub ledger: Ledger,
    newest: Mutex<Published>,
    /// The last one that was read of those that are stored whole.
    whole: Mutex<Option<Published>>,
}

impl Manifests {
    /// The manifests in `store`.
    pub fn new(store: Store) -> Self {
        Self::in_ledger(store, manifest::LEDGER)
    }

    /// Manifests that are kept in another ledger of `store`: they are not published.
    pub fn in_ledger(store: Store, ledger: &str) -> Self {
        Self {
            ledger: Ledger::new(store, ledger),
            newest: Mutex::default(),
            whole: Mutex::default(),
        }
    }

    /// The newest one as last seen.
    pub fn seen(&self) -> Published {
        self.newest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The newest one; reads it only if it is new.
    pub async fn latest(&self) -> Result<Published, LedgerError> {
        let seen = self.seen();
        let newest = self.ledger.newest().await?;
        if newest <= seen.n {
            return Ok(seen);
        }
        let Some(published) = self.get(newest).await? else {
            return Ok(seen);
        };
        let mut kept = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if published.n > kept.n {
            *kept = published;
        }
        Ok(kept.clone())
    }

    /// Publishes what follows `current`; [`Appended::Conflict`] if somebody else did so first.
    pub async fn publish(
        &self,
        current: &Published,
        manifest: &Manifest,
        stamp: Stamp,
    ) -> Result<Appended, LedgerError> {
        let mut n = current.n + 1;
        if planted(Bug::PublishOverOthers) {
            n = self.ledger.newest().await? + 1;
        }
        let stored = self.stored(current, manifest.clone()).await?;
        self.ledger.append(n, &stored, stamp).await
    }

    /// What is stored of a manifest: see [`short`].
    async fn stored(&self, current: &Published, new: Manifest) -> Result<Manifest, LedgerError> {
        let (new, base) = (short::sorted(new), current.whole);
        let due = current.n == 0 || current.n + 1 - base >= short::EVERY;
        if due || planted(Bug::PublishOverOthers) {
            return Ok(new);
        }
        Ok(match self.stored_whole(base).await? {
            Some(whole) => short::short(new, base, (*whole.manifest).clone()),
            None => new,
        })
    }

    /// Manifest `n`.
    pub async fn get(&self, n: u64) -> Result<Option<Published>, LedgerError> {
        let Some(entry) = self.ledger.entry::<Manifest>(n).await? else {
            return Ok(None);
        };
        let (at_ms, stored) = (entry.at_ms, entry.body);
        let base = stored.since.as_ref().map(|since| since.manifest);
        let manifest = match base {
            None => stored,
            Some(base) => {
                let whole = self.stored_whole(base).await?;
                let whole = whole.ok_or_else(|| self.ledger.lost(base))?;
                short::whole(stored, (*whole.manifest).clone())
            }
        };
        Ok(Some(Published {
            n,
            at_ms,
            manifest: Arc::new(manifest),
            whole: base.unwrap_or(n),
        }))
    }

    /// Manifest `n`, which is stored whole; read once.
    async fn stored_whole(&self, n: u64) -> Result<Option<Published>, LedgerError> {
        let kept = || self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(whole) = kept().clone().filter(|whole| whole.n == n) {
            return Ok(Some(whole));
        }
        let Some(entry) = self.ledger.entry::<Manifest>(n).await? else {
            return Ok(None);
        };
        if entry.body.since.is_some() {
            let why = "others are to be read beside it, and it is not stored whole";
            return Err(self.ledger.damaged(n, why.into()));
        }
        let whole = Published {
            n,
            at_ms: entry.at_ms,
            manifest: Arc::new(entry.body),
            whole: n,
        };
        *kept() = Some(whole.clone());
        Ok(Some(whole))
    }
}

#[cfg(test)]
mod tests;
