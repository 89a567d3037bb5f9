//! What was counted for audits of accounts, and is kept for a while.

use std::{sync::Arc, time::Duration};

use audit::account::Days;
use model::EntityId;
use moka::future::Cache;
use object_store::path::Path;

use crate::gaps::Tallies;

/// Counts kept: files never change.
const MAX_COUNTS: u64 = 100_000;
/// How old tallies may be when they are shown.
const TALLIES_FOR: Duration = Duration::from_secs(5);

/// What was counted for audits of accounts, and is kept.
pub(crate) struct AccountCounts {
    /// Events of an account in a file, by day.
    pub events: Cache<(Path, EntityId), Arc<Days>>,
    /// What collectors have turned away.
    pub tallies: Cache<(), Arc<Tallies>>,
}

impl Default for AccountCounts {
    fn default() -> Self {
        Self {
            events: Cache::new(MAX_COUNTS),
            tallies: Cache::builder().time_to_live(TALLIES_FOR).build(),
        }
    }
}
