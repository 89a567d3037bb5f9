//! What is made of sums: rates, the numbers of a row, and what groups are sorted by. Pure.

use model::{Counts, money_text};

use super::{
    groups::sum,
    metric::Metric,
    money::{Amounts, single, told},
    query::Query,
};
use crate::api_types::Numbers;

/// Of one part of an answer: what was counted, and its money.
#[derive(Clone, Copy)]
pub(super) struct Sums<'a> {
    pub counts: Counts,
    pub amounts: &'a Amounts,
}

/// Rates are sorted in millionths of millionths.
const FINE: i128 = 1_000_000_000_000;

/// Sets what is made of money, and rates.
pub(super) fn set(numbers: &mut Numbers, query: &Query, sums: Sums<'_>) {
    for metric in query.metrics.iter().copied() {
        let rate = || {
            let (part, of) = ratio(query, metric, sums)?;
            Some(part as f64 / of as f64)
        };
        let each = || {
            let (part, of) = ratio(query, metric, sums)?;
            Some(money_text(rounded(part, of)))
        };
        match metric {
            Metric::Value => (numbers.value, numbers.values) = told(&sums.amounts.values),
            Metric::Cost => (numbers.cost, numbers.costs) = told(&sums.amounts.costs),
            Metric::Profit => (numbers.profit, numbers.profits) = told(&sums.amounts.profit()),
            Metric::Ctr => numbers.ctr = Some(rate()),
            Metric::Cr => numbers.cr = Some(rate()),
            Metric::Roi => numbers.roi = Some(rate()),
            Metric::Epc => numbers.epc = Some(each()),
            Metric::Aov => numbers.aov = Some(each()),
            _ => {}
        }
    }
}

/// What a group is sorted by; `None`, which comes last: a rate that is null.
pub(super) fn weight(query: &Query, metric: Metric, sums: Sums<'_>) -> Option<i128> {
    if metric.is_rate() {
        let (part, of) = ratio(query, metric, sums)?;
        return Some(part.saturating_mul(FINE) / of);
    }
    Some(match metric.is_money() {
        true => sums.amounts.mixed(metric),
        false => sum(query, metric, sums.counts).into(),
    })
}

/// What a rate divides, and by what, which is more than nought; money in millionths. `None`: it is null.
fn ratio(query: &Query, metric: Metric, sums: Sums<'_>) -> Option<(i128, i128)> {
    let count = |metric| Some(i128::from(sum(query, metric, sums.counts)));
    let value = || single(&sums.amounts.values);
    let (part, of) = match metric {
        Metric::Ctr => (count(Metric::Clicks), count(Metric::Views)),
        Metric::Cr => (count(Metric::Conversions), count(Metric::Clicks)),
        Metric::Epc => (value(), count(Metric::Clicks)),
        Metric::Aov => (value(), count(Metric::Conversions)),
        Metric::Roi if sums.amounts.currencies() <= 1 => {
            (single(&sums.amounts.profit()), single(&sums.amounts.costs))
        }
        _ => (None, None),
    };
    part.zip(of).filter(|(_, of)| *of > 0)
}

/// Half away from nought.
fn rounded(sum: i128, of: i128) -> i128 {
    let half = if sum < 0 { -(of / 2) } else { of / 2 };
    (sum + half) / of
}

#[cfg(test)]
mod tests {
    use model::Measure;

    use super::*;
    use crate::stats::StatsQuery;

    fn counts(measures: &[(Measure, i64)]) -> Counts {
        let mut counts = Counts::default();
        for (measure, count) in measures {
            counts += Counts::of_events(*measure, *count);
        }
        counts
    }

    #[test]
    fn rates_are_of_the_numbers_beside_them() {
        let counts = counts(&[
            (Measure::Clicks, 4),
            (Measure::BotClicks, 6),
            (Measure::Views, 8),
            (Measure::BotViews, 12),
            (Measure::Conversions, 2),
        ]);
        let amounts = Amounts {
            values: [("EUR".into(), 20_000_000)].into(),
            costs: [("EUR".into(), 8_000_000)].into(),
        };
        for (bots, cr, epc) in [("true", 0.5, "5.00"), ("false", 0.2, "2.00")] {
            let text = format!("metrics=ctr,cr,epc,aov,roi&exclude_bots={bots}");
            let query = StatsQuery::parse(&text).unwrap();
            let query = query.understand(&Default::default(), 0).unwrap();
            let sums = Sums {
                counts,
                amounts: &amounts,
            };
            let mut numbers = Numbers::default();
            set(&mut numbers, &query, sums);
            let expected = Numbers {
                ctr: Some(Some(0.5)),
                cr: Some(Some(cr)),
                epc: Some(Some(epc.into())),
                aov: Some(Some("10.00".into())),
                roi: Some(Some(1.5)),
                ..Numbers::default()
            };
            assert_eq!(numbers, expected, "exclude_bots={bots}");
        }
    }

    #[test]
    fn what_each_brings_is_rounded() {
        assert_eq!([rounded(10, 4), rounded(-10, 4), rounded(9, 4)], [3, -3, 2]);
    }
}
