//! Epochs whose loss somebody has admitted: batch takes of them what can be read, and goes on.

use std::collections::BTreeSet;

use model::{Epoch, LogId};
use serde::{Deserialize, Serialize};
use storage::{
    env::Env,
    ledger::{Appended, Ledger, LedgerError},
    store::Store,
};

/// How often it is tried again because somebody else was faster.
const TRIES: u32 = 8;
/// Entries read at once.
const CHUNK: usize = 1_000;

/// An epoch that is given up. It stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skip {
    /// The log.
    pub log: LogId,
    /// The epoch.
    pub epoch: Epoch,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skips(BTreeSet<Skip>);

impl Skips {
    /// Those of a store.
    pub async fn read(store: &Store) -> Result<Self, LedgerError> {
        let ledger = Ledger::new(store.clone(), "skips");
        let (mut skips, mut n) = (BTreeSet::new(), 0);
        loop {
            let entries = ledger.entries_after::<Skip>(n, CHUNK).await?;
            let Some(last) = entries.last() else {
                return Ok(Self(skips));
            };
            n = last.n;
            skips.extend(entries.into_iter().map(|entry| entry.body));
        }
    }

    /// Gives an epoch up.
    pub async fn add(env: &Env, skip: Skip) -> Result<(), LedgerError> {
        let ledger = Ledger::new(env.store.clone(), "skips");
        let mut conflict = None;
        for _ in 0..TRIES {
            if Self::read(&env.store).await?.contains(skip.log, skip.epoch) {
                return Ok(());
            }
            let n = ledger.newest().await? + 1;
            if ledger.append(n, &skip, env.stamp()).await? == Appended::Yes {
                return Ok(());
            }
            conflict = Some(n);
        }
        Err(ledger.damaged(
            conflict.unwrap_or(0),
            "others appended first, again and again; try again".into(),
        ))
    }

    /// Whether an epoch is given up.
    pub fn contains(&self, log: LogId, epoch: Epoch) -> bool {
        self.0.contains(&Skip { log, epoch })
    }
}
