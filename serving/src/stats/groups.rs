//! The groups of an answer: which are shown, in what order, and their rows. Pure.

use std::collections::{BTreeMap, HashMap};

use model::Counts;

use super::{
    merge::Merged,
    metric::Metric,
    money::{Amounts, Money},
    query::Query,
    rates::{self, Sums},
};

/// The place of each group that is shown.
pub(super) type Ranks<'a> = HashMap<&'a str, usize>;

/// The groups of an answer in their order, cut by the limit. All others together come last.
pub(super) struct Groups<'a> {
    pub names: Vec<&'a str>,
}

impl<'a> Groups<'a> {
    /// `visitors`: those of a group in the whole range.
    pub(super) fn new(
        query: &Query,
        merged: &'a Merged,
        money: &'a Money,
        visitors: impl Fn(&str) -> u64,
    ) -> Self {
        if !query.is_grouped() {
            return Self { names: vec![""] };
        }
        let mut sums: BTreeMap<&str, Counts> = BTreeMap::new();
        for ((_, name), counts) in &merged.groups {
            *sums.entry(name).or_default() += *counts;
        }
        // What clicks cost is in currencies, too, that no conversion has.
        if query.by_currency() {
            for name in money.names() {
                sums.entry(name).or_default();
            }
        }
        let weight = |name: &str, counts: Counts| {
            let amounts = money.of_group(name);
            let (metric, _) = query.order?;
            if metric == Metric::UniqueVisitors {
                return Some(visitors(name).into());
            }
            rates::weight(query, metric, Sums { counts, amounts })
        };
        let mut names: Vec<(&str, Option<i128>)> = sums
            .into_iter()
            .filter(|(_, counts)| shown(query, counts))
            .map(|(name, counts)| (name, weight(name, counts)))
            .collect();
        let descending = query.order.is_some_and(|(_, descending)| descending);
        names.sort_by(|a, b| {
            let by_weight = match (a.1, b.1) {
                (Some(a), Some(b)) if descending => b.cmp(&a),
                (Some(a), Some(b)) => a.cmp(&b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            };
            by_weight.then(a.0.cmp(b.0))
        });
        names.truncate(query.limit);
        let names = names.into_iter().map(|(name, _)| name).collect();
        Self { names }
    }

    /// Sums by bucket and the group's place in `names`; one place further are the others.
    /// Filled with zeros over time, but not over time and groups together.
    pub(super) fn rows(
        &self,
        query: &Query,
        merged: &Merged,
        money: &Money,
    ) -> BTreeMap<(usize, usize), (Counts, Amounts)> {
        let mut rows: BTreeMap<(usize, usize), (Counts, Amounts)> = BTreeMap::new();
        if !query.is_grouped() {
            let row = |bucket| {
                let amounts = money.of_bucket(bucket).clone();
                ((bucket, 0), (Counts::default(), amounts))
            };
            rows.extend((0..query.buckets.len()).map(row));
        }
        let ranks = self.names.iter().enumerate();
        let ranks: Ranks<'_> = ranks.map(|(rank, name)| (*name, rank)).collect();
        for ((bucket, name), counts) in &merged.groups {
            let rank = ranks.get(&**name).copied().unwrap_or(self.names.len());
            rows.entry((*bucket, rank)).or_default().0 += *counts;
        }
        for (bucket, counts) in &merged.rest {
            rows.entry((*bucket, self.names.len())).or_default().0 += *counts;
        }
        rows.retain(|_, (counts, _)| !query.is_grouped() || shown(query, counts));
        if query.is_grouped() {
            for (place, amounts) in money.rows(&ranks) {
                rows.entry(place).or_default().1 = amounts;
            }
        }
        rows
    }
}

/// Whether a group is worth a row.
fn shown(query: &Query, counts: &Counts) -> bool {
    let mut metrics = query.metrics.iter();
    let seen = [Metric::Clicks, Metric::Views, Metric::Conversions];
    let is_seen = || seen.iter().any(|metric| sum(query, *metric, *counts) != 0);
    metrics.any(|metric| match metric {
        // Where there was an event there was a visitor.
        Metric::UniqueVisitors => is_seen(),
        metric => metric.is_rate_or_money() || sum(query, *metric, *counts) != 0,
    })
}

/// A metric that is a sum of counts.
pub(super) fn sum(query: &Query, metric: Metric, counts: Counts) -> i64 {
    let measures = metric.measures(query.exclude_bots).iter();
    measures.map(|measure| counts.get(*measure)).sum()
}
