//! The cubes: every number that is kept. They are defined in the table of dimensions. Here is which of them a view
//! or a live cell has.

use serde::{Deserialize, Serialize};

use crate::counts::Measure;
pub use crate::dimension::{CUBES, Cube, Grain};

/// Views of the cubes that there were before manifests said which of them count everything.
pub const FIRST_VIEWS: [&str; 10] = [
    "minute", "total", "country", "browser", "os", "device", "referrer", "object", "currency",
    "campaign",
];

/// Of how cells count and are stored, and of the rules that enrich what they count: 1 since values that are too many are
/// not counted apart; 2 since channels, classes of bots and data centres are told by lists of our own.
const REVISION: u64 = 3;

/// Which cubes and measures a live cell counts, and how. Both are only ever added to and never get an old
/// number again, so that a later fold has a greater version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FoldVersion(pub u64);

impl FoldVersion {
    /// The fold from before cells named theirs.
    pub const FIRST: Self = Self::of(0, 10, 6);
    /// The fold of this program.
    pub const OURS: Self = Self::of(REVISION, last_id(CUBES), Measure::ALL.len());

    const fn of(revision: u64, last_cube: u32, measures: usize) -> Self {
        Self(revision << 40 | (last_cube as u64) << 8 | measures as u64)
    }

    /// Whether it is the first one, which is not written down.
    pub fn is_first(&self) -> bool {
        *self == Self::FIRST
    }
}

impl Default for FoldVersion {
    /// What does not name its fold is from before.
    fn default() -> Self {
        Self::FIRST
    }
}

const fn last_id(cubes: &[Cube]) -> u32 {
    match cubes {
        [] => 0,
        [first, rest @ ..] => match last_id(rest) {
            last if last > first.id => last,
            _ => first.id,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_and_names_are_unique() {
        assert_eq!(
            CUBES.iter().map(|c| c.id).collect::<HashSet<_>>().len(),
            CUBES.len()
        );
        assert_eq!(
            CUBES.iter().map(|c| c.name).collect::<HashSet<_>>().len(),
            CUBES.len()
        );
    }

    #[test]
    fn a_later_fold_has_a_greater_version() {
        assert!(FoldVersion::of(0, 10, 6) < FoldVersion::of(0, 10, 7));
        assert!(FoldVersion::of(0, 10, 7) < FoldVersion::of(0, 11, 7));
        assert!(FoldVersion::of(0, 11, 7) < FoldVersion::of(1, 10, 6));
        assert!(FoldVersion::FIRST <= FoldVersion::OURS);
        let first = CUBES.iter().filter(|c| c.id <= 10).map(|c| c.name);
        assert!(first.eq(FIRST_VIEWS), "what was stored says these names");
    }
}
