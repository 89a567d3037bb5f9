//! What the rollup works with.

use std::{collections::BTreeMap, sync::Arc};

use enrich::Rules;
use handover::manifests::Manifests;
use storage::env::Env;

pub use super::error::RollupError;
use super::{door_rules::DoorRules, engine::Engine};
use crate::limits::Limits;

/// Days that accounts keep their events now, by raw number, of those that do not keep them for ever.
pub type KeepDays = Arc<dyn Fn() -> BTreeMap<u64, u32> + Send + Sync>;

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
    /// How long accounts keep their events. Without it, nothing more expires than has.
    pub keep_days: Option<KeepDays>,
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
