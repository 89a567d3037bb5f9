//! What batch has covered: a vector over logs, not a time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::LogId,
    position::{Epoch, SegmentNo, Seq},
};

/// How far one log is covered. The default covers nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Covered {
    /// Last covered epoch; all lower ones are covered too.
    pub epoch: Epoch,
    /// Last covered event.
    pub seq: Seq,
    /// Last covered segment.
    pub segment: SegmentNo,
}

/// For each log, how far it is covered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Horizon(pub BTreeMap<LogId, Covered>);

impl Horizon {
    /// How far `log` is covered.
    pub fn of(&self, log: LogId) -> Covered {
        self.0.get(&log).copied().unwrap_or_default()
    }
}
