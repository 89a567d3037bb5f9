//! Sets of visitors: exact while small, a sketch when they grow.

use datasketches::{
    error::Error as SketchError,
    hll::{HllSketch, HllType, HllUnion},
};

/// Stands among the visitors for: some of these numbers were made with the salt of another date or month, so that a
/// visitor may be counted twice. It is nobody.
pub const FOREIGN: u64 = u64::MAX;
/// Sets up to this size are exact in live cells.
pub const EXACT_LIMIT: usize = 4096;
/// log2 of the number of registers: 16,384, relative standard error 1.04 / sqrt(16,384) = 0.8 %
/// (Flajolet et al., HyperLogLog, 2007).
pub const LG_K: u8 = 14;
/// Relative standard error of a sketch.
pub const STANDARD_ERROR: f64 = 0.0082;

/// A set of visitor numbers that merges with others, whatever their form.
#[derive(Debug, Clone)]
pub enum VisitorSet {
    /// Every member, in order.
    Exact(Vec<u64>),
    /// Apache DataSketches HLL over the members' 8 little-endian bytes.
    Sketch(Box<HllSketch>),
}

impl Default for VisitorSet {
    fn default() -> Self {
        Self::Exact(Vec::new())
    }
}

impl PartialEq for VisitorSet {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) => a == b,
            (Self::Sketch(a), Self::Sketch(b)) => a.composite_estimate() == b.composite_estimate(),
            _ => false,
        }
    }
}

impl VisitorSet {
    /// Adds one visitor; beyond `limit` members the set becomes a sketch.
    pub fn insert(&mut self, visitor: u64, limit: usize) {
        match self {
            Self::Exact(set) => {
                if let Err(place) = set.binary_search(&visitor) {
                    set.insert(place, visitor);
                }
                if set.len() > limit {
                    *self = Self::Sketch(Box::new(sketch_of(set.iter().copied())));
                }
            }
            Self::Sketch(sketch) => update(sketch, visitor),
        }
    }

    /// Adds visitors that are in order, each once; beyond `limit` members the set becomes a sketch.
    pub fn extend_sorted(&mut self, visitors: &[u64], limit: usize) {
        match self {
            Self::Exact(set) => {
                merge_sorted(set, visitors);
                if set.len() > limit {
                    *self = Self::Sketch(Box::new(sketch_of(set.iter().copied())));
                }
            }
            Self::Sketch(sketch) => visitors.iter().for_each(|v| update(sketch, *v)),
        }
    }

    /// Adds all of `other`; beyond `limit` members the set becomes a sketch.
    pub fn merge(&mut self, other: &VisitorSet, limit: usize) {
        match other {
            Self::Exact(set) => self.extend_sorted(set, limit),
            Self::Sketch(theirs) => {
                let mut union = new_union();
                match self {
                    Self::Exact(set) => union.update(&sketch_of(set.iter().copied())),
                    Self::Sketch(mine) => union.update(mine),
                }
                union.update(theirs);
                *self = Self::Sketch(Box::new(union.to_sketch(HllType::Hll8)));
            }
        }
    }

    /// How many distinct visitors, rounded, and whether that is exact.
    pub fn count(&self) -> (u64, bool) {
        match self {
            Self::Exact(set) => (set.len() as u64, true),
            // Not the sketch's HIP estimate: it depends on the order of arrival.
            Self::Sketch(sketch) => (sketch.composite_estimate().round() as u64, false),
        }
    }

    /// Whether there is nobody in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Exact(set) => set.is_empty(),
            Self::Sketch(sketch) => sketch.is_empty(),
        }
    }

    /// The sketch of this set in DataSketches' own format.
    pub fn to_sketch_bytes(&self) -> Vec<u8> {
        match self {
            Self::Exact(set) => sketch_of(set.iter().copied()).serialize(),
            Self::Sketch(sketch) => sketch.serialize(),
        }
    }

    /// Reads what [`VisitorSet::to_sketch_bytes`] (or any DataSketches library) wrote.
    pub fn from_sketch_bytes(bytes: &[u8]) -> Result<Self, SketchError> {
        HllSketch::deserialize(bytes).map(|sketch| Self::Sketch(Box::new(sketch)))
    }
}

impl FromIterator<u64> for VisitorSet {
    /// An exact set of any size.
    fn from_iter<I: IntoIterator<Item = u64>>(visitors: I) -> Self {
        let mut visitors: Vec<u64> = visitors.into_iter().collect();
        visitors.sort_unstable();
        visitors.dedup();
        Self::Exact(visitors)
    }
}

/// Adds what is in order to what is in order, from the end, so that each member moves once.
fn merge_sorted(set: &mut Vec<u64>, more: &[u64]) {
    let is_new = |visitor: &&u64| set.binary_search(visitor).is_err();
    let new: Vec<u64> = more.iter().filter(is_new).copied().collect();
    let (mut old, mut left) = (set.len(), new.len());
    set.resize(old + left, 0);
    while left > 0 {
        let is_old = old > 0 && set[old - 1] > new[left - 1];
        let place = old + left - 1;
        match is_old {
            true => {
                set[place] = set[old - 1];
                old -= 1;
            }
            false => {
                set[place] = new[left - 1];
                left -= 1;
            }
        }
    }
}

#[allow(clippy::expect_used)] // LG_K is a constant within [4, 21].
fn new_union() -> HllUnion {
    HllUnion::new(LG_K).expect("LG_K is in range")
}

#[allow(clippy::expect_used)] // LG_K is a constant within [4, 21].
fn sketch_of(visitors: impl Iterator<Item = u64>) -> HllSketch {
    let mut sketch = HllSketch::new(LG_K, HllType::Hll8).expect("LG_K is in range");
    visitors.for_each(|v| update(&mut sketch, v));
    sketch
}

/// Little-endian bytes, so that other languages' libraries hash the same.
fn update(sketch: &mut HllSketch, visitor: u64) {
    sketch.update(datasketches::hash::value::raw_bytes::from_slice(
        &visitor.to_le_bytes(),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scramble(i: u64) -> u64 {
        (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    #[test]
    fn a_sketch_is_within_three_standard_errors() {
        for n in [5_000u64, 20_000, 100_000] {
            let mut set = VisitorSet::default();
            (0..n).for_each(|i| set.insert(scramble(i), EXACT_LIMIT));
            let (count, exact) = set.count();
            assert!(!exact);
            assert!(
                (count as f64 - n as f64).abs() < 3.0 * STANDARD_ERROR * n as f64,
                "{count} for {n}"
            );
        }
    }

    #[test]
    fn sketch_bytes_round_trip() {
        let set: VisitorSet = (0..10_000).map(scramble).collect();
        let back = VisitorSet::from_sketch_bytes(&set.to_sketch_bytes()).unwrap();
        assert!((back.count().0 as f64 / 10_000.0 - 1.0).abs() < 0.025);
    }

    proptest! {
        #[test]
        fn how_a_set_is_split_does_not_matter(members in proptest::collection::vec(0u64..3000, 0..400), cut in 0usize..400, limit in 1usize..300) {
            let cut = cut.min(members.len());
            let mut whole = VisitorSet::default();
            members.iter().for_each(|m| whole.insert(scramble(*m), limit));
            let (mut left, mut right) = (VisitorSet::default(), VisitorSet::default());
            members[..cut].iter().for_each(|m| left.insert(scramble(*m), limit));
            members[cut..].iter().for_each(|m| right.insert(scramble(*m), limit));
            left.merge(&right, limit);
            prop_assert_eq!(left.count(), whole.count());
            if let VisitorSet::Exact(whole) = whole {
                prop_assert!(matches!(left, VisitorSet::Exact(left) if left == whole));
            }
        }
    }
}
