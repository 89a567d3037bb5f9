//! What an audit has seen of one log.

use handover::raw::{LogInfo, Seal};
use model::Covered;

/// One log, as far as its seals go.
pub(crate) struct Walk {
    pub info: LogInfo,
    pub seals: Vec<Seal>,
    /// What the seals cover together.
    pub end: Covered,
}
