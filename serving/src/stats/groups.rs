//! The groups of an answer: which are shown, in what order, and their rows. Pure.

use std::collections::{BTreeMap, HashMap};

use model::Counts;

use super::{merge::Merged, metric::Metric, money::Money, query::Query};

/// The groups of an answer in their order, cut by the limit. All others together come last.
pub(super) struct Groups<'a> {
    pub names: Vec<&'a str>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(query: &Query, merged: &'a Merged, money: &Money) -> Self {
        if query.group.is_none() {
            return Self { names: vec![""] };
        }
        let mut sums: BTreeMap<&str, Counts> = BTreeMap::new();
        for ((_, name), counts) in &merged.groups {
            *sums.entry(name).or_default() += *counts;
        }
        let weight = |name: &str, counts: Counts| {
            query
                .order
                .map_or(0, |(metric, _)| match metric.is_money() {
                    true => money.weight(metric, name),
                    false => sum(query, metric, counts).into(),
                })
        };
        let mut names: Vec<(&str, i128)> = sums
            .into_iter()
            .filter(|(_, counts)| shown(query, counts))
            .map(|(name, counts)| (name, weight(name, counts)))
            .collect();
        let descending = query.order.is_some_and(|(_, descending)| descending);
        names.sort_by(|a, b| {
            let by_weight = match descending {
                true => b.1.cmp(&a.1),
                false => a.1.cmp(&b.1),
            };
            by_weight.then(a.0.cmp(b.0))
        });
        names.truncate(query.limit);
        let names = names.into_iter().map(|(name, _)| name).collect();
        Self { names }
    }

    /// Counts by bucket and by the group's place in `names`; one place further are the others.
    /// Filled with zeros over time, but not over time and groups together.
    pub(super) fn rows(&self, query: &Query, merged: &Merged) -> BTreeMap<(usize, usize), Counts> {
        let ranks = self.names.iter().enumerate();
        let ranks: HashMap<&str, usize> = ranks.map(|(rank, name)| (*name, rank)).collect();
        let mut rows = BTreeMap::new();
        if query.group.is_none() {
            rows.extend((0..query.buckets.len()).map(|bucket| ((bucket, 0), Counts::default())));
        }
        for ((bucket, name), counts) in &merged.groups {
            let rank = ranks.get(&**name).copied().unwrap_or(self.names.len());
            *rows.entry((*bucket, rank)).or_default() += *counts;
        }
        for (bucket, counts) in &merged.rest {
            *rows.entry((*bucket, self.names.len())).or_default() += *counts;
        }
        rows.retain(|_, counts| query.group.is_none() || shown(query, counts));
        rows
    }
}

/// Whether a group is worth a row.
fn shown(query: &Query, counts: &Counts) -> bool {
    let mut metrics = query.metrics.iter();
    metrics.any(|metric| metric.is_rate_or_money() || sum(query, *metric, *counts) != 0)
}

/// A metric that is a sum of counts.
pub(super) fn sum(query: &Query, metric: Metric, counts: Counts) -> i64 {
    let measures = metric.measures(query.exclude_bots).iter();
    measures.map(|measure| counts.get(*measure)).sum()
}
