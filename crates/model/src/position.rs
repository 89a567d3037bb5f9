//! Positions within a log. Each is a type of its own, so that an event's number cannot be taken for
//! an epoch's, nor a special value for a position.

use std::{
    fmt,
    num::{NonZeroU64, ParseIntError},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! position {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// Before the first one.
            pub const ZERO: Self = Self(0);
            /// The first one.
            pub const FIRST: Self = Self(1);

            /// The one after it. No log lives to see the end of the numbers: there it stays.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            /// The one before it; before the first one comes [`Self::ZERO`], and nothing before that.
            #[must_use]
            pub fn previous(self) -> Self {
                Self(self.0.saturating_sub(1))
            }

            /// All from this one to `last`, both included.
            pub fn to(self, last: Self) -> impl DoubleEndedIterator<Item = Self> + Clone {
                (self.0..=last.0).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                text.parse().map(Self)
            }
        }
    };
}

position! {
    /// Number of an event within its log, from 1, without gaps, never used twice. Zero is the place
    /// before the first event.
    Seq
}
position! {
    /// Number of an epoch within its log, from 1. Zero is no epoch: nothing is covered yet.
    Epoch
}
position! {
    /// Number of a segment within its log, from 1. Zero is no segment.
    SegmentNo
}

impl Seq {
    /// How many events there are after this one, up to `last`.
    pub fn until(self, last: Self) -> u64 {
        last.0.saturating_sub(self.0)
    }
}

/// Number of a log's fence, from 1. A log that nobody ended has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fence(NonZeroU64);

impl Fence {
    /// The first one, and as yet the only one that a log can have.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// The fence of a number as it is stored: 0 stands for none.
    pub fn of(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// The number as it is stored: 0 for none.
    pub fn number(fence: Option<Self>) -> u64 {
        fence.map_or(0, |fence| fence.0.get())
    }
}

/// `Option<Fence>` as a number, 0 for none: `#[serde(with = "model::position::fence_number")]`.
pub mod fence_number {
    use super::*;

    /// Writes the number.
    pub fn serialize<S: Serializer>(
        fence: &Option<Fence>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(Fence::number(*fence))
    }

    /// Reads the number.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Fence>, D::Error> {
        u64::deserialize(deserializer).map(Fence::of)
    }
}

/// Where the stream of a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// This was the last event, so far.
    Open(Seq),
    /// It was ended by a salvage, and takes no more.
    Closed,
}

impl Tail {
    /// The last event, if the stream goes on.
    pub fn open(self) -> Option<Seq> {
        match self {
            Tail::Open(seq) => Some(seq),
            Tail::Closed => None,
        }
    }
}

/// The last event of a log that was ever shown: until cells hold it they are a part.
///
/// Stored as a number, the largest one for [`Target::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub enum Target {
    /// The live store was lost, and the collector has yet to say what it holds.
    Unknown,
    /// This event, or an earlier one.
    Upto(Seq),
}

impl Target {
    /// One of two: an unknown one says nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Target::Unknown, known) | (known, Target::Unknown) => known,
            (Target::Upto(a), Target::Upto(b)) => Target::Upto(a.max(b)),
        }
    }
}

impl From<u64> for Target {
    fn from(number: u64) -> Self {
        match number {
            u64::MAX => Target::Unknown,
            seq => Target::Upto(Seq(seq)),
        }
    }
}

impl From<Target> for u64 {
    fn from(target: Target) -> Self {
        match target {
            Target::Unknown => u64::MAX,
            Target::Upto(seq) => seq.0,
        }
    }
}

/// From the first to the last, both included. Stored as a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(
    from = "(T, T)",
    into = "(T, T)",
    bound(serialize = "T: Serialize + Clone")
)]
pub struct Span<T> {
    /// The first one.
    pub first: T,
    /// The last one.
    pub last: T,
}

impl Span<Seq> {
    /// Every event of it, in order.
    pub fn seqs(self) -> impl DoubleEndedIterator<Item = Seq> + Clone {
        self.first.to(self.last)
    }

    /// How many events it spans.
    pub fn count(&self) -> u64 {
        self.first.previous().until(self.last)
    }

    /// Whether it holds `seq`.
    pub fn contains(&self, seq: Seq) -> bool {
        (self.first..=self.last).contains(&seq)
    }
}

impl<T> From<(T, T)> for Span<T> {
    fn from((first, last): (T, T)) -> Self {
        Self { first, last }
    }
}

impl<T> From<Span<T>> for (T, T) {
    fn from(span: Span<T>) -> Self {
        (span.first, span.last)
    }
}

/// An epoch and the last event before it: where a fold of it begins. Stored as a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "(Epoch, Seq)", into = "(Epoch, Seq)")]
pub struct EpochStart {
    /// The epoch.
    pub epoch: Epoch,
    /// The last event before it.
    pub after: Seq,
}

impl From<(Epoch, Seq)> for EpochStart {
    fn from((epoch, after): (Epoch, Seq)) -> Self {
        Self { epoch, after }
    }
}

impl From<EpochStart> for (Epoch, Seq) {
    fn from(start: EpochStart) -> Self {
        (start.epoch, start.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stay_within_the_numbers() {
        assert_eq!(Seq::ZERO.next(), Seq::FIRST);
        assert_eq!(Seq(u64::MAX).next(), Seq(u64::MAX));
        assert_eq!(Epoch::ZERO.previous(), Epoch::ZERO);
        assert_eq!(Seq(3).until(Seq(5)), 2);
        assert_eq!(Seq(5).until(Seq(3)), 0);
        let all: Vec<_> = SegmentNo(2).to(SegmentNo(4)).collect();
        assert_eq!(all, [2, 3, 4].map(SegmentNo));
        assert_eq!(Seq(2).to(Seq(1)).count(), 0);
    }

    #[test]
    fn what_is_stored_is_what_was_stored_when_these_were_numbers() {
        let json = |target: Target| serde_json::to_string(&target).unwrap();
        assert_eq!(json(Target::Unknown), u64::MAX.to_string());
        assert_eq!(json(Target::Upto(Seq(7))), "7");
        let start = EpochStart {
            epoch: Epoch(3),
            after: Seq(9),
        };
        assert_eq!(serde_json::to_string(&start).unwrap(), "[3,9]");
        assert_eq!(serde_json::from_str::<EpochStart>("[3,9]").unwrap(), start);
        let span = Span::from((Seq(1), Seq(2)));
        assert_eq!(serde_json::to_string(&span).unwrap(), "[1,2]");
        assert_eq!(serde_json::to_string(&Seq(4)).unwrap(), "4");
    }

    #[test]
    fn an_unknown_target_says_nothing() {
        let upto = |n| Target::Upto(Seq(n));
        assert_eq!(Target::Unknown.or(upto(3)), upto(3));
        assert_eq!(upto(4).or(Target::Unknown), upto(4));
        assert_eq!(upto(4).or(upto(3)), upto(4));
        assert_eq!(Target::Unknown.or(Target::Unknown), Target::Unknown);
    }

    #[test]
    fn no_fence_is_nought() {
        assert_eq!(Fence::of(0), None);
        assert_eq!(Fence::number(Fence::of(5)), 5);
        assert!(None < Some(Fence::FIRST));
    }
}
