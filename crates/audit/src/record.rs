//! What is remembered of audits, so that the next one reads only what is new: the ledger `audits`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use storage::{
    env::Env,
    ledger::{Appended, Ledger, LedgerError},
    store::Store,
};

use crate::report::{Audit, Finding, Kind};

/// Name of the ledger.
const LEDGER: &str = "audits";
/// Losses that are remembered one by one.
const MAX_LOST: usize = 1_000;

/// What one audit leaves for the next.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Record {
    /// Everything that this manifest covers was read and agrees, but for what is `lost`.
    pub agreed: u64,
    /// Values of the events that count of those, micro-units modulo 2^64; `None` in records from before they were
    /// looked at.
    #[serde(default)]
    pub value_micros: Option<i64>,
    /// The manifest that was looked at.
    pub manifest: u64,
    /// How much differs.
    pub findings: u64,
    /// What differs, in one line.
    pub complaint: Option<String>,
    /// Events that are lost for good, as their seals say: they stay findings, and need not be
    /// looked for again.
    pub lost: Vec<Finding>,
}

/// The newest record; the default before the first audit.
pub(crate) async fn latest(store: &Store) -> Result<Record, LedgerError> {
    let entry = Ledger::new(Arc::clone(store), LEDGER).latest().await?;
    Ok(entry.map(|e| e.body).unwrap_or_default())
}

/// Follows the newest record.
pub struct Records(Ledger);

impl Records {
    /// The records in `store`.
    pub fn new(store: Store) -> Self {
        Self(Ledger::new(store, LEDGER))
    }

    /// Number of the newest record, 0 if there is none: one look-up when nothing is new.
    pub async fn newest(&self) -> Result<u64, LedgerError> {
        self.0.newest().await
    }

    /// Record `n`.
    pub async fn get(&self, n: u64) -> Result<Option<Record>, LedgerError> {
        Ok(self.0.entry(n).await?.map(|e| e.body))
    }
}

/// Remembers an audit. If somebody else's was recorded meanwhile that one stands: it is as good.
pub async fn remember(env: &Env, audit: &Audit) -> Result<(), LedgerError> {
    let ledger = Ledger::new(Arc::clone(&env.store), LEDGER);
    let newest = ledger.newest().await?;
    let record = Record::of(audit);
    let appended = ledger.append(newest + 1, &record, env.stamp()).await?;
    if appended == Appended::Conflict {
        tracing::info!("another audit was recorded at the same time");
    }
    Ok(())
}

impl Record {
    /// What `audit` leaves. After a difference nothing new is taken for granted, so that it is
    /// found again until it is gone; an audit of everything that finds one forgets all.
    fn of(audit: &Audit) -> Self {
        let lost = audit.findings.iter().filter(|f| f.kind == Kind::Lost);
        let lost: Vec<Finding> = lost.take(MAX_LOST).cloned().collect();
        let clean = audit.findings.iter().all(|f| f.kind == Kind::Lost);
        let (agreed, value) = match clean {
            true => (audit.manifest, audit.value_micros),
            false => (audit.checked_before, audit.value_micros_before),
        };
        Self {
            agreed,
            value_micros: Some(value),
            manifest: audit.manifest,
            findings: audit.findings.len() as u64,
            complaint: audit.complaint(),
            lost,
        }
    }
}
