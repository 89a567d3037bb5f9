//! Values of conversions and costs of clicks, by bucket, group and currency. Pure.
//!
//! Sums are of cubes by currency alone where there are any, so that they lack nothing, whatever is kept apart by group.

use std::collections::{BTreeMap, HashMap};

use asking::MoneyRow;
use model::{Dimension, dimension::MoneyValue, money_text};

use super::{groups::Ranks, merge::Merged, metric::Metric, query::Query};

/// Sums in millionths by currency; nought is left out: it is nought in every currency.
pub(super) type ByCurrency = BTreeMap<Box<str>, i128>;

/// Money of a part of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    pub values: ByCurrency,
    pub costs: ByCurrency,
}

static NONE: Amounts = Amounts {
    values: ByCurrency::new(),
    costs: ByCurrency::new(),
};

/// Which of the two sums something is added to.
#[derive(Clone, Copy)]
enum Kind {
    Value,
    Cost,
}

impl Amounts {
    fn add(&mut self, kind: Kind, currency: &str, micros: i128) {
        let sums = match kind {
            Kind::Value => &mut self.values,
            Kind::Cost => &mut self.costs,
        };
        add(sums, currency, micros);
    }

    fn put(&mut self, others: &Self) {
        for (sums, more) in [
            (&mut self.values, &others.values),
            (&mut self.costs, &others.costs),
        ] {
            for (currency, micros) in more {
                add(sums, currency, *micros);
            }
        }
    }

    fn take(&mut self, others: &Self) {
        take(&mut self.values, &others.values);
        take(&mut self.costs, &others.costs);
    }

    fn tidy(&mut self) {
        for sums in [&mut self.values, &mut self.costs] {
            sums.retain(|_, micros| *micros != 0);
        }
    }

    fn is_nought(&self) -> bool {
        self.values.is_empty() && self.costs.is_empty()
    }

    /// Values less costs, in each currency of either.
    pub(super) fn profit(&self) -> ByCurrency {
        let mut left = self.values.clone();
        take(&mut left, &self.costs);
        left
    }

    /// In how many currencies it is.
    pub(super) fn currencies(&self) -> usize {
        let more = self.costs.keys();
        let more = more.filter(|currency| !self.values.contains_key(*currency));
        self.values.len() + more.count()
    }

    /// What a metric of sums is, all currencies together: for sorting alone.
    pub(super) fn mixed(&self, metric: Metric) -> i128 {
        let [value, cost] = [&self.values, &self.costs].map(|sums| sums.values().sum::<i128>());
        match metric {
            Metric::Cost => cost,
            Metric::Profit => value.saturating_sub(cost),
            _ => value,
        }
    }
}

/// Money of an answer. Added up once: an answer has thousands of buckets, and more groups.
#[derive(Default)]
pub(super) struct Money {
    groups: HashMap<Box<str>, OfGroup>,
    buckets: BTreeMap<usize, Amounts>,
    total: Amounts,
    /// Whether live cells count not all of it apart.
    has_rest: bool,
    /// Whether all of it is in groups, some of it maybe in several.
    is_grouped: bool,
}

#[derive(Default)]
struct OfGroup {
    buckets: BTreeMap<usize, Amounts>,
    total: Amounts,
}

impl Money {
    /// Adds a cube that keeps money: one of [`Query::money`].
    pub(super) fn add(&mut self, dimension: Dimension, merged: &Merged, query: &Query) {
        self.has_rest |= !merged.rest.is_empty();
        let by_currency = query.by_currency();
        let is_plain = matches!(dimension, Dimension::Currency | Dimension::Cost);
        for ((bucket, value), counts) in &merged.groups {
            let (kind, currency, group) = match dimension {
                Dimension::Currency => (Kind::Value, &**value, by_currency.then_some(&**value)),
                Dimension::Cost => (Kind::Cost, &**value, by_currency.then_some(&**value)),
                _ => match MoneyValue::parse(value) {
                    Some(money) if money.is_value => (Kind::Value, money.currency, Some(money.of)),
                    Some(money) => (Kind::Cost, money.currency, Some(money.of)),
                    None => continue,
                },
            };
            let is_asked = match kind {
                Kind::Value => query.asks_value(),
                Kind::Cost => query.asks_cost(),
            };
            if !is_asked {
                continue;
            }
            if let Some(group) = group {
                self.add_group(group, *bucket, (kind, currency, counts.micros));
            }
            if is_plain || !query.has_plain_money() {
                let of_bucket = self.buckets.entry(*bucket).or_default();
                for sums in [of_bucket, &mut self.total] {
                    sums.add(kind, currency, counts.micros);
                }
            }
        }
    }

    fn add_group(&mut self, group: &str, bucket: usize, added: (Kind, &str, i128)) {
        let (kind, currency, micros) = added;
        if !self.groups.contains_key(group) {
            self.groups.insert(group.into(), OfGroup::default());
        }
        if let Some(of) = self.groups.get_mut(group) {
            let of_bucket = of.buckets.entry(bucket).or_default();
            for sums in [of_bucket, &mut of.total] {
                sums.add(kind, currency, micros);
            }
        }
    }

    /// Adds money that was counted from events: to its groups, and once to all there is.
    pub(super) fn add_row(&mut self, groups: &[Box<str>], row: &MoneyRow) {
        let kind = match row.is_value {
            true => Kind::Value,
            false => Kind::Cost,
        };
        let bucket = row.bucket as usize;
        self.is_grouped |= !groups.is_empty();
        for group in groups {
            self.add_group(group, bucket, (kind, &row.currency, row.micros));
        }
        let of_bucket = self.buckets.entry(bucket).or_default();
        for sums in [of_bucket, &mut self.total] {
            sums.add(kind, &row.currency, row.micros);
        }
    }

    /// Adds what was paid otherwise than click by click: to its group, if it is in one, and to all there is.
    pub(super) fn add_cost(
        &mut self,
        group: Option<&str>,
        bucket: usize,
        currency: &str,
        micros: i128,
    ) {
        if let Some(group) = group {
            self.add_group(group, bucket, (Kind::Cost, currency, micros));
        }
        let of_bucket = self.buckets.entry(bucket).or_default();
        for sums in [of_bucket, &mut self.total] {
            sums.add(Kind::Cost, currency, micros);
        }
    }

    /// Leaves out what is nought, once everything is added.
    pub(super) fn tidy(&mut self) {
        for of in self.groups.values_mut() {
            of.buckets.values_mut().for_each(Amounts::tidy);
            of.buckets.retain(|_, amounts| !amounts.is_nought());
            of.total.tidy();
        }
        self.buckets.values_mut().for_each(Amounts::tidy);
        self.total.tidy();
    }

    /// Whether all of it is in its group.
    pub(super) fn is_apart(&self) -> bool {
        !self.has_rest
    }

    /// Names of the groups that have some.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().map(|name| &**name)
    }

    /// Of the whole range.
    pub(super) fn total(&self) -> &Amounts {
        &self.total
    }

    /// Of a bucket.
    pub(super) fn of_bucket(&self, bucket: usize) -> &Amounts {
        self.buckets.get(&bucket).unwrap_or(&NONE)
    }

    /// Of a group in the whole range.
    pub(super) fn of_group(&self, group: &str) -> &Amounts {
        self.groups.get(group).map_or(&NONE, |of| &of.total)
    }

    /// By bucket and the group's place among those that are shown; one place further is what is in none of them.
    pub(super) fn rows(&self, shown: &Ranks<'_>) -> HashMap<(usize, usize), Amounts> {
        let mut rows: HashMap<(usize, usize), Amounts> = HashMap::new();
        for (group, rank) in shown {
            let of_group = self.groups.get(*group).map(|of| &of.buckets);
            for (bucket, amounts) in of_group.into_iter().flatten() {
                rows.insert((*bucket, *rank), amounts.clone());
            }
        }
        let others = match self.is_grouped {
            true => self.of_others(shown),
            false => self.left_of_all(shown),
        };
        for (bucket, mut amounts) in others {
            amounts.tidy();
            if !amounts.is_nought() {
                rows.insert((bucket, shown.len()), amounts);
            }
        }
        rows
    }

    /// By bucket what the groups have that are not shown.
    fn of_others(&self, shown: &Ranks<'_>) -> BTreeMap<usize, Amounts> {
        let mut others: BTreeMap<usize, Amounts> = BTreeMap::new();
        let groups = self.groups.iter();
        for (_, of) in groups.filter(|(group, _)| !shown.contains_key(&***group)) {
            for (bucket, amounts) in &of.buckets {
                others.entry(*bucket).or_default().put(amounts);
            }
        }
        others
    }

    /// By bucket what is left of all there is without the groups that are shown: not all of it is told by groups.
    fn left_of_all(&self, shown: &Ranks<'_>) -> BTreeMap<usize, Amounts> {
        let mut others = self.buckets.clone();
        for group in shown.keys() {
            let of_group = self.groups.get(*group).map(|of| &of.buckets);
            for (bucket, amounts) in of_group.into_iter().flatten() {
                others.entry(*bucket).or_default().take(amounts);
            }
        }
        others
    }
}

/// One sum, or those of several currencies, which do not add up.
pub(super) fn told(
    sums: &ByCurrency,
) -> (Option<Option<String>>, Option<BTreeMap<String, String>>) {
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
pub(super) fn single(sums: &ByCurrency) -> Option<i128> {
    let mut all = sums.values();
    match (all.next(), all.next()) {
        (None, _) => Some(0),
        (Some(micros), None) => Some(*micros),
        _ => None,
    }
}

/// Adds to the sum of a currency.
pub(super) fn add(sums: &mut ByCurrency, currency: &str, micros: i128) {
    match sums.get_mut(currency) {
        Some(sum) => *sum = sum.saturating_add(micros),
        None => drop(sums.insert(currency.into(), micros)),
    }
}

/// Leaves of sums what is left without others, in each currency of either.
fn take(sums: &mut ByCurrency, others: &ByCurrency) {
    for (currency, micros) in others {
        add(sums, currency, micros.saturating_neg());
    }
}

#[cfg(test)]
mod tests {
    use model::Counts;

    use super::*;
    use crate::stats::{StatsQuery, groups::Groups};

    fn sums(pairs: &[(&str, i128)]) -> ByCurrency {
        let own = pairs
            .iter()
            .map(|(currency, micros)| ((*currency).into(), *micros));
        own.collect()
    }

    #[test]
    fn currencies_do_not_add_up() {
        assert_eq!(told(&sums(&[])).0, Some(Some("0.00".into())));
        let euros = told(&sums(&[("EUR", 1_500_000)]));
        assert_eq!(euros.0, Some(Some("1.50".into())));
        let (one, each) = told(&sums(&[("EUR", 1_000_000), ("USD", 2_000_000)]));
        assert_eq!((one, each.map(|each| each.len())), (Some(None), Some(2)));
        let amounts = Amounts {
            values: sums(&[("EUR", 5)]),
            costs: sums(&[("USD", 2)]),
        };
        assert_eq!(amounts.profit(), sums(&[("EUR", 5), ("USD", -2)]));
        assert_eq!(amounts.currencies(), 2);
    }

    /// A click of a link with two tags is in both of their rows, and once in all.
    #[test]
    fn money_in_two_groups_leaves_no_rest() {
        let row = |micros| MoneyRow {
            bucket: 0,
            groups: Vec::new(),
            is_value: false,
            currency: "EUR".into(),
            micros,
        };
        let mut money = Money::default();
        money.add_row(&["a".into(), "b".into()], &row(5));
        money.add_row(&["c".into()], &row(7));
        money.tidy();
        let rows = |names: &[&'static str]| {
            let ranks = names.iter().enumerate();
            let ranks: Ranks<'_> = ranks.map(|(rank, name)| (*name, rank)).collect();
            let rows = money.rows(&ranks).into_iter();
            let rows = rows.map(|((_, rank), amounts)| (rank, amounts.mixed(Metric::Cost)));
            rows.collect::<BTreeMap<_, _>>()
        };
        assert_eq!(rows(&["a", "b", "c"]), [(0, 5), (1, 5), (2, 7)].into());
        assert_eq!(rows(&["a"]), [(0, 5), (1, 12)].into());
        assert_eq!(money.total().mixed(Metric::Cost), 12);
    }

    /// With a look at all rows for each of them there would be ten thousand million looks.
    #[test]
    fn a_hundred_thousand_groups_are_sorted_and_cut() {
        const GROUPS: usize = 100_000;
        const SHOWN: usize = 50_000;
        let text = "group_by=campaign&metrics=value,clicks&order=-value&interval=day&limit=50000";
        let query = StatsQuery::parse(text).unwrap();
        let query = query.understand(&Default::default(), 0).unwrap();
        let (mut clicks, mut paid) = (Merged::default(), Merged::default());
        let mut plain = Merged::default();
        for n in 0..GROUPS {
            let (bucket, of) = (n % query.buckets.len(), n.to_string());
            let value = MoneyValue {
                is_value: true,
                currency: "EUR",
                of: &of,
            };
            let counts = Counts {
                micros: n as i128,
                ..Counts::default()
            };
            paid.groups
                .insert((bucket, value.to_string().into()), counts);
            *plain.groups.entry((bucket, "EUR".into())).or_default() += counts;
            clicks.groups.insert((bucket, of.into()), Counts::default());
        }
        let mut money = Money::default();
        money.add(Dimension::CampaignMoney, &paid, &query);
        money.add(Dimension::Currency, &plain, &query);
        money.tidy();
        let groups = Groups::new(&query, &clicks, &money, |_| 0);
        assert_eq!((groups.names.len(), groups.names[0]), (SHOWN, "99999"));
        let mut found = [0, 0];
        for ((_, rank), (_, amounts)) in groups.rows(&query, &clicks, &money) {
            found[usize::from(rank == SHOWN)] += amounts.mixed(Metric::Value);
        }
        let of = |numbers: std::ops::Range<usize>| numbers.sum::<usize>() as i128;
        assert_eq!(found, [of(SHOWN..GROUPS), of(0..SHOWN)]);
        assert_eq!(money.total().mixed(Metric::Value), of(0..GROUPS));
    }
}
