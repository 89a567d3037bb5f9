//! How much one account may have: what all accounts of an installation share is not one's to fill.

use model::id::{EntityId, EntityKind};
use serde::{Deserialize, Serialize};

use super::{error::CatalogError, state::State, types::Row};

/// How much an account may have, where the operator has not said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quotas {
    /// Links that are not deleted.
    pub links: u64,
    /// Pixels, goals and campaigns that are not deleted, of each kind.
    pub others: u64,
    /// API keys, revoked ones too.
    pub keys: u64,
    /// New objects in an hour, of all kinds together; each process counts for itself.
    pub new_an_hour: u64,
    /// Domains.
    pub domains: u64,
    /// Costs of periods.
    pub costs: u64,
    /// Keys of its senders in 30 days: transactions, and idempotency keys; each collector counts for itself.
    pub sender_keys: u64,
    /// Requests to the API in a minute; each process counts for itself.
    pub requests_a_minute: u64,
    /// Annotations.
    pub annotations: u64,
    /// Segments.
    pub segments: u64,
    /// Shares.
    pub shares: u64,
    /// Webhooks and postbacks.
    pub webhooks: u64,
    /// Days for which its events may be kept, whatever it has set itself. `None`: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_events_days: Option<u32>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            links: 100_000,
            others: 10_000,
            keys: 100,
            new_an_hour: 10_000,
            domains: 100,
            costs: 10_000,
            sender_keys: 10_000_000,
            requests_a_minute: 600,
            annotations: 10_000,
            segments: 1_000,
            shares: 1_000,
            webhooks: 20,
            keep_events_days: None,
        }
    }
}

/// For each object that may be live, so many deleted ones are remembered, and so many slugs that are given up.
const TOMBSTONES: u64 = 10;

impl Quotas {
    /// Whether the operator has said nothing else.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    fn of(&self, kind: EntityKind) -> u64 {
        match kind {
            EntityKind::Link => self.links,
            _ => self.others,
        }
    }

    /// Whether `row` may be added to what its account has, and what was `added` before it in the same batch.
    pub fn check<T: Row>(
        &self,
        state: &State,
        table: &super::Table<T>,
        row: &T,
        added: u64,
    ) -> Result<(), CatalogError> {
        if !state.is_shared() {
            return Ok(());
        }
        let most = self.of(T::KIND);
        let (live, ever) = table.counts(row.account());
        let fits = live + added < most && ever + added < most.saturating_mul(TOMBSTONES);
        match fits {
            true => Ok(()),
            false => Err(CatalogError::Quota {
                what: T::KIND.plural(),
                max: most,
            }),
        }
    }

    /// Whether a link of `account` may get another slug, which makes `renamed` that it gives up in this batch.
    pub fn check_renamed(
        &self,
        state: &State,
        account: EntityId,
        renamed: u64,
    ) -> Result<(), CatalogError> {
        let max = self.links.saturating_mul(TOMBSTONES);
        match !state.is_shared() || state.given_up_of(account) + renamed <= max {
            true => Ok(()),
            false => Err(CatalogError::Slugs { max }),
        }
    }
}
