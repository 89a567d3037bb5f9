//! Following the manifests.

use std::sync::{Arc, Mutex, PoisonError};

use model::{Bug, planted};
use storage::{
    ledger::{Appended, Ledger, LedgerError, Stamp},
    store::Store,
};

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
}

/// The manifests in a store.
pub struct Manifests {
    /// The ledger they are published in.
    pub ledger: Ledger,
    newest: Mutex<Published>,
}

impl Manifests {
    /// The manifests in `store`.
    pub fn new(store: Store) -> Self {
        Self {
            ledger: Ledger::new(store, manifest::LEDGER),
            newest: Mutex::default(),
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
        self.ledger.append(n, manifest, stamp).await
    }

    /// Manifest `n`.
    pub async fn get(&self, n: u64) -> Result<Option<Published>, LedgerError> {
        let entry = self.ledger.entry::<Manifest>(n).await?;
        Ok(entry.map(|e| Published {
            n: e.n,
            at_ms: e.at_ms,
            manifest: Arc::new(e.body),
        }))
    }
}
