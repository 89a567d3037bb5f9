//! What the rollup works with.

use std::sync::Arc;

use enrich::Rules;
use handover::manifests::Manifests;
use storage::env::Env;

pub use super::error::RollupError;
use super::{STEP, engine::Engine, task::TASK};

/// What the rollup works with.
pub struct RollupDeps {
    /// Object store, time, randomness.
    pub env: Env,
    /// Where views are published.
    pub manifests: Manifests,
    /// Enrichment.
    pub rules: Arc<Rules>,
    /// Who does the work.
    pub engine: Arc<dyn Engine>,
}

impl RollupDeps {
    /// Events of one step, and one epoch's more: enough that all who work have something to do.
    pub(super) fn step(&self) -> u64 {
        STEP.max(2 * TASK * self.engine.at_once() as u64)
    }
}
