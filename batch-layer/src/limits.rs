//! What batch work may take: bounds that do not depend on how much there is.

use std::path::PathBuf;

/// What batch work may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Memory of the process, about, bytes.
    pub memory: u64,
    /// Folder on a disk for what sorts and aggregates do not hold in memory; the system's, if none is given.
    pub spill_dir: Option<PathBuf>,
    /// Events that are published at once, and one epoch's more.
    pub step: u64,
}

const MB: u64 = 1 << 20;

/// What a process takes without any events.
const BASE: u64 = 200 * MB;
/// What an event takes while it is enriched, sorted, written and counted, in all copies that there are at once.
const PER_EVENT: u64 = 9 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 1024 * MB,
            spill_dir: None,
            step: 500_000,
        }
    }
}

impl Limits {
    /// Events of one task, about. More than the most make larger runs, but no faster ones.
    pub(crate) fn task(&self) -> u64 {
        (self.memory.saturating_sub(BASE) / PER_EVENT).clamp(5_000, 100_000)
    }

    /// Memory of one merge, bytes: its fan-in is bounded, and so is what each run holds.
    pub(crate) fn merge(&self) -> usize {
        (self.memory / 4).clamp(64 * MB, 256 * MB) as usize
    }

    /// Memory of one query, bytes; beyond it sorts and aggregates go to files.
    pub fn query(&self) -> usize {
        (self.memory / 2).max(64 * MB) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_at_once_follows_the_memory() {
        let of = |memory| Limits {
            memory: memory * MB,
            ..Limits::default()
        };
        assert_eq!(of(64).task(), 5_000);
        assert!((10_000..40_000).contains(&of(512).task()));
        assert_eq!(of(4_096).task(), 100_000);
        assert_eq!((of(100).merge(), of(4_096).merge()), (64 << 20, 256 << 20));
    }
}
