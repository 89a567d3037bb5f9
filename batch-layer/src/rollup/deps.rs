//! What the rollup works with.

use std::sync::Arc;

use enrich::Rules;
use handover::{expiry::Keeps, manifests::Manifests};
use model::EntityId;
use storage::env::Env;

pub use super::error::RollupError;
use super::{door_rules::DoorRules, engine::Engine};
use crate::limits::Limits;

/// What is known of accounts now.
pub trait Accounts: Send + Sync {
    /// How long they keep their events, of those that do not keep them for ever.
    fn keeps(&self) -> Keeps;

    /// All links, pixels, goals and campaigns that an account has, or ever had.
    fn objects(&self, account: EntityId) -> Vec<EntityId>;
}

/// What the rollup works with.
pub struct RollupDeps {
    /// Object store, time, randomness.
    pub env: Env,
    /// Where views are published.
    pub manifests: Manifests,
    /// Enrichment.
    pub rules: Arc<Rules>,
    /// What doors decide by now: a full run that begins applies it to all that is settled. Without it, what the numbers
    /// before were made with.
    pub door_rules: Option<DoorRules>,
    /// Accounts. Without them, nothing more expires than has.
    pub accounts: Option<Arc<dyn Accounts>>,
    /// Who does the work.
    pub engine: Arc<dyn Engine>,
    /// What it may take.
    pub limits: Limits,
}

impl RollupDeps {
    /// Events of one step, and one epoch's more: enough that all who work have something to do.
    pub(super) fn step(&self) -> u64 {
        match self.engine.at_once() as u64 {
            0..=2 => self.limits.step,
            many => self.limits.step.max(2 * many * self.limits.task()),
        }
    }
}
