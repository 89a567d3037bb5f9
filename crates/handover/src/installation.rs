//! What is decided once for a whole installation, and what its roles ask of each other.

use std::sync::Arc;

use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};
use storage::{
    env::Env,
    ledger::{Appended, Ledger, LedgerError},
    object_keys::ObjectKey,
    store::{self, Store, StoreError},
};

/// Tries when others append at the same time.
const TRIES: usize = 20;

/// Entry 1 of the ledger `installation`.
#[derive(Clone, Serialize, Deserialize)]
struct Installation {
    /// What visitors were hashed with for ever, in an installation from before salts. It is erased as soon as
    /// there are salts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    visitor_key: Option<[u8; 32]>,
    /// No event was ever recorded with a key that does not say of which goal it is.
    #[serde(default)]
    scoped_keys: bool,
}

const LEDGER: &str = "installation";

async fn read(store: &Store) -> Result<Option<Installation>, LedgerError> {
    let ledger = Ledger::new(Arc::clone(store), LEDGER);
    let entry = ledger.entry::<Installation>(1).await?;
    Ok(entry.map(|entry| entry.body))
}

/// Notes that the installation begins with this version, if nobody has begun it yet.
pub async fn begin(env: &Env) -> Result<(), LedgerError> {
    if read(&env.store).await?.is_none() {
        let new = Installation {
            visitor_key: None,
            scoped_keys: true,
        };
        // Whoever was faster did the same.
        let ledger = Ledger::new(Arc::clone(&env.store), LEDGER);
        ledger.append(1, &new, env.stamp()).await?;
    }
    Ok(())
}

/// Whether senders' keys from before they had scopes may be about; an installation that nobody has
/// begun yet has none.
pub async fn has_old_keys(store: &Store) -> Result<bool, LedgerError> {
    Ok(read(store).await?.is_some_and(|begun| !begun.scoped_keys))
}

/// What visitors were hashed with for ever, if that is still there.
pub(crate) async fn permanent_key(store: &Store) -> Result<Option<[u8; 32]>, LedgerError> {
    Ok(read(store).await?.and_then(|begun| begun.visitor_key))
}

/// Takes the permanent key out of the entry: the one change that is ever made to an entry of a ledger. A
/// program from before salts cannot read the entry then, and does not go on with no key.
pub(crate) async fn erase_permanent_key(store: &Store) -> Result<(), StoreError> {
    let ledger = LEDGER.to_owned();
    let path = ObjectKey::Ledger { ledger, n: 1 }.path();
    let Some(bytes) = store::read(store, &path).await? else {
        return Ok(());
    };
    let damaged = |error: serde_json::Error| StoreError::Damaged {
        path: path.clone(),
        why: error.to_string(),
    };
    let mut entry: serde_json::Value = serde_json::from_slice(&bytes).map_err(damaged)?;
    if let Some(body) = entry["body"].as_object_mut() {
        body.remove("visitor_key");
    }
    let bytes = serde_json::to_vec(&entry).map_err(damaged)?;
    let put = store.put(&path, bytes.into()).await;
    put.map_err(|source| StoreError::request("replace", &path, source))?;
    Ok(())
}

/// Begins an installation as the version before salts did.
#[cfg(test)]
pub(crate) async fn begin_as_before(env: &Env, visitor_key: [u8; 32]) {
    let old = Installation {
        visitor_key: Some(visitor_key),
        scoped_keys: false,
    };
    let ledger = Ledger::new(Arc::clone(&env.store), LEDGER);
    ledger.append(1, &old, env.stamp()).await.unwrap();
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
