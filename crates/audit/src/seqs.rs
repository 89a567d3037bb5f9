//! Numbers of events, as ranges. Pure.

use std::fmt;

use model::{Seq, Span};
use serde::{Deserialize, Serialize};

/// Ranges shown of one list; the rest is said to exist.
const SHOWN: usize = 8;
/// Ranges kept of one list.
const KEPT: usize = 1_000;

/// Numbers in order, as ranges with both ends. Of more than a thousand ranges the last one
/// reaches over all that follow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seqs(Vec<Span<Seq>>);

impl Seqs {
    /// One range; empty if it ends before it begins.
    pub fn range(first: Seq, last: Seq) -> Self {
        let mut all = Self::default();
        all.push(first, last);
        all
    }

    /// Adds a range that begins after all others.
    pub fn push(&mut self, first: Seq, last: Seq) {
        if last < first {
            return;
        }
        let full = self.0.len() >= KEPT;
        match self.0.last_mut() {
            Some(end) if full || end.last.next() >= first => end.last = end.last.max(last),
            _ => self.0.push(Span { first, last }),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many numbers.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|span| span.count()).sum()
    }

    /// The ranges.
    pub fn ranges(&self) -> &[Span<Seq>] {
        &self.0
    }

    /// What is in `all` and not in `some`; both in order, each number any number of times.
    pub(crate) fn difference(all: &[Seq], some: &[Seq]) -> Self {
        let (mut left, mut rest) = (Self::default(), some);
        for seq in all {
            let skip = rest.iter().take_while(|other| *other < seq).count();
            rest = &rest[skip..];
            match rest.split_first() {
                Some((other, after)) if other == seq => rest = after,
                _ => left.push(*seq, *seq),
            }
        }
        left
    }
}

impl fmt::Display for Seqs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Span { first, last }) in self.0.iter().take(SHOWN).enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}-{last}")?,
            }
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more ranges"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_and_are_told_apart() {
        let mut seqs = Seqs::default();
        for (first, last) in [(1, 3), (4, 4), (9, 9), (12, 11), (20, 22)] {
            seqs.push(Seq(first), Seq(last));
        }
        assert_eq!(seqs.to_string(), "1-4, 9, 20-22");
        assert_eq!(seqs.count(), 8);
        assert!(Seqs::range(Seq(5), Seq(4)).is_empty());
    }

    #[test]
    fn a_difference_names_what_is_missing_and_what_is_there_twice() {
        assert_eq!(
            Seqs::difference(&[Seq(1), Seq(2), Seq(3), Seq(4)], &[Seq(1), Seq(4)]).to_string(),
            "2-3"
        );
        assert_eq!(
            Seqs::difference(&[Seq(1), Seq(2), Seq(2), Seq(3)], &[Seq(1), Seq(2), Seq(3)])
                .to_string(),
            "2"
        );
        assert!(Seqs::difference(&[Seq(5)], &[Seq(4), Seq(5), Seq(6)]).is_empty());
    }

    #[test]
    fn a_list_is_bounded_and_loses_nothing() {
        let mut seqs = Seqs::default();
        (0..2 * KEPT as u64).for_each(|i| seqs.push(Seq(2 * i), Seq(2 * i)));
        assert_eq!(seqs.ranges().len(), KEPT);
        assert_eq!(
            seqs.ranges().last().map(|r| r.last),
            Some(Seq(4 * KEPT as u64 - 2))
        );
        assert!(seqs.to_string().ends_with("more ranges"));
    }
}
