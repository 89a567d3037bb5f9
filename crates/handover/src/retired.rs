//! The logs that are retired, in one object: whoever starts need not read each of them.
//!
//! An entry of the ledger `retired` names all that were known to its writer. It only saves work: what
//! it does not name is read from `logs/`, and which logs there are is always seen there.

use serde::{Deserialize, Serialize};
use storage::{
    env::Env,
    ledger::{Ledger, LedgerError},
    store::{Store, StoreError},
};

use crate::{directory::Directory, raw::LogInfo};

const LEDGER: &str = "retired";
/// A new entry is due after so many more logs.
const EVERY: usize = 16;

#[derive(Serialize, Deserialize)]
struct Retired {
    logs: Vec<LogInfo>,
}

/// The retired logs that the newest entry names; none if it is damaged, since each can be read.
pub(crate) async fn read(store: &Store) -> Result<Vec<LogInfo>, StoreError> {
    match Ledger::new(store.clone(), LEDGER).latest::<Retired>().await {
        Ok(entry) => {
            let logs = entry.map_or_else(Vec::new, |entry| entry.body.logs);
            Ok(logs
                .into_iter()
                .filter(|info| info.retired_at.is_some())
                .collect())
        }
        Err(LedgerError::Store { source, .. })
            if !matches!(*source, StoreError::Damaged { .. }) =>
        {
            Err(*source)
        }
        Err(error) => {
            tracing::warn!(%error, "retired logs are read one by one");
            Ok(Vec::new())
        }
    }
}

/// Writes down which logs are retired, if enough are that no entry names. Of two that do so at once
/// one is enough, and if nobody can, nothing is lost but time.
pub async fn keep(env: &Env, directory: &Directory) {
    if let Err(error) = try_keep(env, directory).await {
        tracing::warn!(%error, "retired logs could not be written down in one object");
    }
}

async fn try_keep(env: &Env, directory: &Directory) -> Result<(), LedgerError> {
    let known: Vec<&LogInfo> = directory.retired().collect();
    if known.len() < EVERY {
        return Ok(());
    }
    let ledger = Ledger::new(env.store.clone(), LEDGER);
    let n = ledger.newest().await?;
    // A damaged entry names none.
    let named = ledger.entry::<Retired>(n).await.ok().flatten();
    let named = named.map_or(0, |entry| entry.body.logs.len());
    if known.len() >= named + EVERY {
        let logs = known.into_iter().cloned().collect();
        ledger.append(n + 1, &Retired { logs }, env.stamp()).await?;
    }
    Ok(())
}
