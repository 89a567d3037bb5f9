//! Values of conversions and costs of clicks, by bucket, group and currency; and what is made of them. Pure.

use std::collections::BTreeMap;

use model::{Counts, Dimension, Measure, dimension::MoneyValue, money_text};

use super::{merge::Merged, metric::Metric, query::Query};
use crate::api_types::Numbers;

/// Sums in millionths by currency; nought is left out: it is nought in every currency.
type ByCurrency = BTreeMap<Box<str>, i128>;

/// Money of an answer.
#[derive(Default)]
pub(super) struct Money {
    values: Sums,
    costs: Sums,
}

/// By bucket and group, and of all. Added up once: an answer has thousands of buckets.
#[derive(Default)]
struct Sums {
    rows: BTreeMap<(usize, Box<str>), ByCurrency>,
    total: ByCurrency,
}

impl Sums {
    fn add(&mut self, bucket: usize, group: &str, currency: &str, micros: i128) {
        let row = self.rows.entry((bucket, group.into())).or_default();
        for sums in [row, &mut self.total] {
            let sum = sums.entry(currency.into()).or_default();
            *sum = sum.saturating_add(micros);
        }
    }

    fn tidy(&mut self) {
        let all = self.rows.values_mut().chain([&mut self.total]);
        all.for_each(|sums| sums.retain(|_, micros| *micros != 0));
        self.rows.retain(|_, sums| !sums.is_empty());
    }

    /// What is at a place, by currency.
    fn at(&self, place: Place<'_>) -> ByCurrency {
        let Some(bucket) = place.bucket else {
            return self.total.clone();
        };
        let mut all = ByCurrency::new();
        let rows = self
            .rows
            .range((bucket, "".into())..(bucket + 1, "".into()));
        for (_, sums) in rows.filter(|((_, group), _)| place.holds(group)) {
            for (currency, micros) in sums {
                *all.entry(currency.clone()).or_default() += micros;
            }
        }
        all.retain(|_, micros| *micros != 0);
        all
    }

    /// What a group has in all buckets and currencies together: for sorting alone.
    fn weight(&self, group: &str) -> i128 {
        let rows = self.rows.iter().filter(|((_, of), _)| &**of == group);
        rows.flat_map(|(_, sums)| sums.values()).sum()
    }
}

/// Which part of an answer a row is.
#[derive(Clone, Copy, Default)]
pub(super) struct Place<'a> {
    /// `None`: the whole range.
    pub bucket: Option<usize>,
    /// The row's group; `None`: of all, or of those that have no row of their own.
    pub group: Option<&'a str>,
    /// Those that have rows of their own and are not this one's.
    pub not: &'a [&'a str],
}

impl Place<'_> {
    fn holds(&self, group: &str) -> bool {
        self.group.is_none_or(|own| own == group) && !self.not.contains(&group)
    }
}

impl Money {
    /// Adds a cube that keeps money.
    pub(super) fn add(&mut self, dimension: Dimension, merged: &Merged, query: &Query) {
        for ((bucket, value), counts) in &merged.groups {
            match dimension {
                Dimension::Currency => {
                    let group = if query.group.is_some() { value } else { "" };
                    self.values.add(*bucket, group, value, counts.micros);
                }
                Dimension::Cost => self.costs.add(*bucket, "", value, counts.micros),
                _ => {
                    let Some(money) = MoneyValue::parse(value) else {
                        continue;
                    };
                    let sums = if money.is_value {
                        &mut self.values
                    } else {
                        &mut self.costs
                    };
                    sums.add(*bucket, money.of, money.currency, counts.micros);
                }
            }
        }
        self.values.tidy();
        self.costs.tidy();
    }

    /// What groups are sorted by.
    pub(super) fn weight(&self, metric: Metric, group: &str) -> i128 {
        match metric {
            Metric::Cost => self.costs.weight(group),
            Metric::Profit => self.values.weight(group) - self.costs.weight(group),
            _ => self.values.weight(group),
        }
    }

    /// Sets what is made of money, and rates, of a place with these counts.
    pub(super) fn set(
        &self,
        numbers: &mut Numbers,
        query: &Query,
        place: Place<'_>,
        counts: Counts,
    ) {
        let asks = |metric| query.asks(metric);
        let (value, cost) = (self.values.at(place), self.costs.at(place));
        if asks(Metric::Value) {
            (numbers.value, numbers.values) = told(&value);
        }
        if asks(Metric::Cost) {
            (numbers.cost, numbers.costs) = told(&cost);
        }
        let profit = less(&value, &cost);
        if asks(Metric::Profit) {
            (numbers.profit, numbers.profits) = told(&profit);
        }
        let count = |measure| counts.get(measure);
        let rate = |part: i64, of: i64| (of > 0).then(|| part as f64 / of as f64);
        if asks(Metric::Ctr) {
            numbers.ctr = Some(rate(count(Measure::Clicks), count(Measure::Views)));
        }
        if asks(Metric::Cr) {
            numbers.cr = Some(rate(count(Measure::Conversions), count(Measure::Clicks)));
        }
        let each = |of: i64| {
            let value = single(&value).filter(|_| of > 0)?;
            Some(money_text(rounded(value, of.into())))
        };
        if asks(Metric::Epc) {
            numbers.epc = Some(each(count(Measure::Clicks)));
        }
        if asks(Metric::Aov) {
            numbers.aov = Some(each(count(Measure::Conversions)));
        }
        if asks(Metric::Roi) {
            let profit = single(&profit).filter(|_| currencies(&value, &cost) <= 1);
            let cost = single(&cost).filter(|cost| *cost > 0);
            numbers.roi = Some(
                profit
                    .zip(cost)
                    .map(|(profit, cost)| profit as f64 / cost as f64),
            );
        }
    }
}

/// One sum, or those of several currencies, which do not add up.
fn told(sums: &ByCurrency) -> (Option<Option<String>>, Option<BTreeMap<String, String>>) {
    match single(sums) {
        Some(micros) => (Some(Some(money_text(micros))), None),
        None => {
            let sums = sums.iter();
            let written =
                sums.map(|(currency, micros)| (String::from(&**currency), money_text(*micros)));
            (Some(None), Some(written.collect()))
        }
    }
}

/// The sum, if it is in one currency.
fn single(sums: &ByCurrency) -> Option<i128> {
    let mut all = sums.values();
    match (all.next(), all.next()) {
        (None, _) => Some(0),
        (Some(micros), None) => Some(*micros),
        _ => None,
    }
}

/// Values less costs, in each currency of either.
fn less(values: &ByCurrency, costs: &ByCurrency) -> ByCurrency {
    let mut left = values.clone();
    for (currency, micros) in costs {
        *left.entry(currency.clone()).or_default() -= micros;
    }
    left
}

fn currencies(one: &ByCurrency, other: &ByCurrency) -> usize {
    let more = other.keys().filter(|currency| !one.contains_key(*currency));
    one.len() + more.count()
}

/// Half away from nought.
fn rounded(sum: i128, of: i128) -> i128 {
    let half = if sum < 0 { -(of / 2) } else { of / 2 };
    (sum + half) / of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(pairs: &[(&str, i128)]) -> ByCurrency {
        pairs
            .iter()
            .map(|(currency, micros)| ((*currency).into(), *micros))
            .collect()
    }

    #[test]
    fn currencies_do_not_add_up() {
        assert_eq!(told(&sums(&[])).0, Some(Some("0.00".into())));
        assert_eq!(
            told(&sums(&[("EUR", 1_500_000)])).0,
            Some(Some("1.50".into()))
        );
        let (one, each) = told(&sums(&[("EUR", 1_000_000), ("USD", 2_000_000)]));
        assert_eq!((one, each.map(|each| each.len())), (Some(None), Some(2)));
        let profit = less(&sums(&[("EUR", 5)]), &sums(&[("USD", 2)]));
        assert_eq!(profit, sums(&[("EUR", 5), ("USD", -2)]));
        assert_eq!(currencies(&sums(&[("EUR", 5)]), &sums(&[("USD", 2)])), 2);
    }

    #[test]
    fn what_each_brings_is_rounded() {
        assert_eq!([rounded(10, 4), rounded(-10, 4), rounded(9, 4)], [3, -3, 2]);
    }
}
