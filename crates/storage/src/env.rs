//! What all work on an installation stands on, in one bundle.

use std::sync::Arc;

use model::{Clock, Randomness, random::new_nonce};

use crate::{bell::Bell, ledger::Stamp, store::Store};

/// Where objects lie, what time it is, and where chance comes from. Cheap to clone.
#[derive(Clone)]
pub struct Env {
    /// Object store.
    pub store: Store,
    /// Rings when something is written to it that others follow.
    pub bell: Bell,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
}

impl Env {
    /// A new stamp for a ledger entry.
    pub fn stamp(&self) -> Stamp {
        Stamp {
            nonce: new_nonce(&*self.random),
            at_ms: self.clock.now_ms(),
        }
    }
}
