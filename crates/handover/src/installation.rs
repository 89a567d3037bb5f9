//! What is decided once for a whole installation, and what its roles ask of each other.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use storage::{
    env::Env,
    ledger::{Appended, Ledger, LedgerError},
    store::Store,
};

/// Tries when others append at the same time.
const TRIES: usize = 20;

/// Entry 1 of the ledger `installation`. It holds a secret: the store must not be public.
#[derive(Clone, Serialize, Deserialize)]
struct Installation {
    visitor_key: [u8; 32],
    /// No event was ever recorded with a key that does not say of which goal it is.
    #[serde(default)]
    scoped_keys: bool,
}

/// Whether senders' keys from before they had scopes may be about; an installation that nobody has
/// begun yet has none.
pub async fn has_old_keys(store: &Store) -> Result<bool, LedgerError> {
    let ledger = Ledger::new(Arc::clone(store), "installation");
    let entry = ledger.entry::<Installation>(1).await?;
    Ok(entry.is_some_and(|entry| !entry.body.scoped_keys))
}

/// The key that visitors are hashed with; made by whoever asks first.
pub async fn visitor_key(env: &Env) -> Result<[u8; 32], LedgerError> {
    let ledger = Ledger::new(Arc::clone(&env.store), "installation");
    if let Some(entry) = ledger.entry::<Installation>(1).await? {
        return Ok(entry.body.visitor_key);
    }
    let mut visitor_key = [0; 32];
    env.random.fill(&mut visitor_key);
    let new = Installation {
        visitor_key,
        scoped_keys: true,
    };
    if ledger.append(1, &new, env.stamp()).await? == Appended::Yes {
        return Ok(visitor_key);
    }
    let theirs = ledger.entry::<Installation>(1).await?;
    Ok(theirs.map_or(visitor_key, |entry| entry.body.visitor_key))
}

/// What roles are asked to do, as entries of the ledger `control`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Every collector closes its epoch.
    CloseEpochs,
}

/// The ledger `control`.
pub struct Control(Ledger);

impl Control {
    /// The requests in `store`.
    pub fn new(store: Store) -> Self {
        Self(Ledger::new(store, "control"))
    }

    /// Number of the newest request; 0 if there never was one.
    pub async fn newest(&self) -> Result<u64, LedgerError> {
        self.0.newest().await
    }

    /// Requests after number `n`, with the number of the last one.
    pub async fn after(&self, n: u64) -> Result<(u64, Vec<Request>), LedgerError> {
        let entries = self.0.entries_after::<Request>(n, 100).await?;
        let last = entries.last().map_or(n, |e| e.n);
        Ok((last, entries.into_iter().map(|e| e.body).collect()))
    }

    /// Asks; returns the request's number.
    pub async fn ask(&self, request: Request, env: &Env) -> Result<u64, LedgerError> {
        for _ in 0..TRIES {
            let n = self.0.newest().await? + 1;
            if self.0.append(n, &request, env.stamp()).await? == Appended::Yes {
                return Ok(n);
            }
        }
        // Others asked meanwhile, TRIES times: whatever they asked came after us.
        self.0.newest().await
    }
}
