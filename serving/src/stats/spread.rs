//! How an amount is spread over clicks. Pure.
//!
//! Clicks stand in a row: by bucket, and within a bucket by the name of their part. The first `n` of all `N` clicks
//! cost `amount * n / N`, rounded down, and what a cell costs is the difference between what all up to it and all
//! before it cost. So cells add up to the amount exactly, none is further than a millionth from its part, and a bucket
//! costs the same however it is split.

use std::collections::BTreeMap;

/// Which clicks: those of a group, or (`None`, first) those that are in none, or in one that is not asked about.
pub(super) type Part = Option<Box<str>>;

/// Clicks within a period, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Clicks {
    /// Those before what is asked about.
    pub before: i64,
    /// What is asked about, by bucket and part.
    pub cells: BTreeMap<(usize, Part), i64>,
    /// Those after it.
    pub after: i64,
}

impl Clicks {
    /// Adds some to a cell.
    pub(super) fn add(&mut self, bucket: usize, part: Part, clicks: i64) {
        if clicks > 0 {
            let cell = self.cells.entry((bucket, part)).or_default();
            *cell = cell.saturating_add(clicks);
        }
    }

    /// All of them.
    pub(super) fn total(&self) -> i64 {
        let all = self.cells.values().chain([&self.before, &self.after]);
        all.fold(0, |sum, clicks| sum.saturating_add(*clicks))
    }

    /// What each cell costs of `micros`, in their order; `None`: there are no clicks to spread them over.
    pub(super) fn shares(
        &self,
        micros: i128,
    ) -> Option<impl Iterator<Item = (usize, &Part, i128)>> {
        let total = self.total();
        // Prices are below 2^63 and clicks are, too: their product fits.
        let upto = move |clicks: i64| micros.saturating_mul(clicks.into()) / i128::from(total);
        let mut clicks = self.before;
        let cells = self.cells.iter().map(move |((bucket, part), more)| {
            let before = upto(clicks);
            clicks = clicks.saturating_add(*more);
            (*bucket, part, upto(clicks) - before)
        });
        (total > 0).then_some(cells)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn of(cells: &[(usize, u8, i64)], before: i64, after: i64) -> Clicks {
        let mut clicks = Clicks {
            before,
            after,
            ..Clicks::default()
        };
        for (bucket, part, more) in cells {
            let part = (*part > 0).then(|| part.to_string().into());
            clicks.add(*bucket, part, *more);
        }
        clicks
    }

    fn shares(clicks: &Clicks, micros: i128) -> Vec<((usize, Part), i128)> {
        let shares = clicks.shares(micros).into_iter().flatten();
        shares
            .map(|(bucket, part, share)| ((bucket, part.clone()), share))
            .collect()
    }

    fn cells() -> impl Strategy<Value = Vec<(usize, u8, i64)>> {
        vec((0..6_usize, 0..5_u8, 0..1_000_000_i64), 0..40)
    }

    #[test]
    fn ten_cents_for_three_clicks() {
        let clicks = of(&[(0, 1, 1), (0, 2, 1), (1, 1, 1)], 0, 0);
        let shares: Vec<i128> = shares(&clicks, 100_000).iter().map(|(_, s)| *s).collect();
        assert_eq!(shares, [33_333, 33_333, 33_334]);
    }

    #[test]
    fn nothing_is_spread_over_nobody() {
        assert!(Clicks::default().shares(5).is_none());
        assert!(of(&[], 1, 0).shares(5).unwrap().next().is_none());
    }

    proptest! {
        #[test]
        fn shares_add_up_and_each_is_its_part(
            cells in cells(), before in 0..1_000_000_i64, after in 0..1_000_000_i64, micros in 0..=i64::MAX,
        ) {
            let (clicks, micros) = (of(&cells, before, after), i128::from(micros));
            let total = i128::from(clicks.total());
            let shares = shares(&clicks, micros);
            for (cell, share) in &shares {
                let exact = micros * i128::from(clicks.cells[cell]);
                prop_assert!(*share >= 0 && (share * total - exact).abs() < total);
            }
            let whole = of(&cells, 0, 0);
            let sum: i128 = self::shares(&whole, micros).iter().map(|(_, share)| share).sum();
            prop_assert_eq!(sum, if whole.total() > 0 { micros } else { 0 });
            // A question about a part of the period, and those about what is before and after it, are all of it.
            let others = [of(&[(0, 0, before)], 0, after + whole.total()), of(&[(0, 0, after)], before + whole.total(), 0)];
            let others: i128 = others.iter().flat_map(|c| self::shares(c, micros)).map(|(_, share)| share).sum();
            let own: i128 = shares.iter().map(|(_, share)| share).sum();
            prop_assert_eq!(own + others, if total > 0 { micros } else { 0 });
        }

        #[test]
        fn nothing_depends_on_the_order(cells in cells(), micros in 0..=i64::MAX) {
            let mut turned = cells.clone();
            turned.reverse();
            prop_assert_eq!(
                shares(&of(&cells, 0, 0), micros.into()),
                shares(&of(&turned, 0, 0), micros.into())
            );
        }

        #[test]
        fn a_bucket_costs_the_same_however_it_is_split(cells in cells(), before in 0..9_i64, micros in 0..=i64::MAX) {
            let unsplit: Vec<_> = cells.iter().map(|(bucket, _, more)| (*bucket, 0, *more)).collect();
            let mut split: BTreeMap<usize, i128> = BTreeMap::new();
            for ((bucket, _), share) in shares(&of(&cells, before, 3), micros.into()) {
                *split.entry(bucket).or_default() += share;
            }
            let whole = shares(&of(&unsplit, before, 3), micros.into());
            let whole: BTreeMap<usize, i128> = whole.into_iter().map(|((b, _), share)| (b, share)).collect();
            prop_assert_eq!(split, whole);
        }
    }
}
