//! The cubes: every number that is kept. They are defined in the table of dimensions.

use serde::{Deserialize, Serialize};

pub use crate::dimension::CUBES;
use crate::{counts::Measure, dimension::Dimension, event::Event, id::EntityKind, time};

/// Width of a cube's buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grain {
    /// One minute.
    Minute,
    /// Fifteen minutes: the offset of every time zone is a multiple.
    Quarter,
}

impl Grain {
    /// Minutes in a bucket.
    pub fn minutes(self) -> i64 {
        match self {
            Grain::Minute => 1,
            Grain::Quarter => 15,
        }
    }
}

/// One definition of what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cube {
    /// Number in stored cells; never reused.
    pub id: u32,
    /// Name of the view and of its folder.
    pub name: &'static str,
    /// What it is split by.
    pub dimension: Dimension,
    /// How wide its buckets are.
    pub grain: Grain,
}

impl Cube {
    /// Whether the cube is kept for entities of this kind.
    pub fn is_for(&self, kind: EntityKind) -> bool {
        self.dimension.is_for(kind)
    }

    /// The bucket (unix minute) of an event in this cube.
    pub fn bucket(&self, event: &Event) -> i64 {
        time::floor(time::minute_of(event.occurred_ms), self.grain.minutes())
    }

    /// The cube of this dimension and grain.
    pub fn find(dimension: Dimension, grain: Grain) -> Option<&'static Cube> {
        CUBES
            .iter()
            .find(|c| c.dimension == dimension && c.grain == grain)
    }
}

/// Views of the cubes that there were before manifests said which of them count everything.
pub const FIRST_VIEWS: [&str; 10] = [
    "minute", "total", "country", "browser", "os", "device", "referrer", "object", "currency",
    "campaign",
];

/// Which cubes and measures a live cell counts. Both are only ever added to and never get an old
/// number again, so that a later fold has a greater version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FoldVersion(pub u64);

impl FoldVersion {
    /// The fold from before cells named theirs.
    pub const FIRST: Self = Self::of(10, 6);
    /// The fold of this program.
    pub const OURS: Self = Self::of(last_id(CUBES), Measure::ALL.len());

    const fn of(last_cube: u32, measures: usize) -> Self {
        Self((last_cube as u64) << 8 | measures as u64)
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
        assert!(FoldVersion::of(10, 6) < FoldVersion::of(10, 7));
        assert!(FoldVersion::of(10, 7) < FoldVersion::of(11, 7));
        assert!(FoldVersion::FIRST <= FoldVersion::OURS);
        let first = CUBES.iter().filter(|c| c.id <= 10).map(|c| c.name);
        assert!(first.eq(FIRST_VIEWS), "what was stored says these names");
    }
}
