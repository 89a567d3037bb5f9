//! Numbers that are not sums of one cube's measures: money, and distinct visitors.

use std::{collections::BTreeMap, panic::resume_unwind};

use handover::views::ViewError;
use model::{EntityId, time};

use super::{live::Reading, merge::Merged, query::Query, uniques::Visitors};
use crate::app::App;

#[derive(Default)]
pub(super) struct Extras {
    /// Values, if they were asked for.
    pub values: Values,
    /// Distinct visitors by bucket.
    pub uniques: Vec<u64>,
    /// Those of the whole range.
    pub uniques_total: Option<u64>,
    /// Relative standard error of the worst of them.
    pub uniques_error: f64,
    /// Whether one of them may count somebody twice, or somebody of a moment before or after.
    pub uniques_rough: bool,
}

/// Values by currency, in millionths; nought is left out: it is nought in every currency.
#[derive(Default)]
pub(super) struct Values {
    buckets: BTreeMap<usize, ByCurrency>,
    total: ByCurrency,
}

type ByCurrency = BTreeMap<Box<str>, i128>;

impl Values {
    /// The values of the cube of currencies. Added up once: an answer has thousands of buckets.
    pub(super) fn of(merged: &Merged) -> Self {
        let mut values = Self::default();
        for ((bucket, currency), counts) in &merged.groups {
            let bucket = values.buckets.entry(*bucket).or_default();
            for sums in [bucket, &mut values.total] {
                *sums.entry(currency.clone()).or_default() += counts.micros;
            }
        }
        let all = values.buckets.values_mut().chain([&mut values.total]);
        all.for_each(|sums| sums.retain(|_, micros| *micros != 0));
        values
    }

    fn at(&self, bucket: Option<usize>) -> Option<&ByCurrency> {
        match bucket {
            Some(bucket) => self.buckets.get(&bucket),
            None => Some(&self.total),
        }
    }
}

impl Extras {
    pub(super) async fn count_uniques(
        &mut self,
        app: &App,
        entity: EntityId,
        query: &Query,
        reading: &Reading,
    ) -> Result<(), ViewError> {
        // Where a date went back for an hour, that hour is the day's before, with the minute that it began with.
        let start = |start: &i64| {
            let stray = query.strays.iter().find(|stray| stray.0 >= *start);
            let near = stray.filter(|(from, _)| from - start < time::HOUR);
            near.map_or(*start, |(_, to)| *to)
        };
        let starts: Vec<i64> = query.buckets.iter().map(start).collect();
        let ends = starts.iter().skip(1).chain([&query.end]);
        let buckets = starts.iter().zip(ends);
        let within =
            |(start, end): (&i64, &i64)| ((*start).max(query.start), (*end).min(query.end));
        let whole = (query.start, query.end);
        let ranges = buckets.map(within).chain([whole]);
        let asked: Vec<(i64, i64)> = ranges.collect();
        let mut visitors = Visitors::new(asked.clone(), query.exclude_bots);
        let manifest = &reading.published.manifest;
        let settled = &app.settled;
        settled
            .visits(manifest, entity, whole, &mut visitors)
            .await?;
        visitors.add_live(&reading.live.cells);
        // It may sort millions.
        let counts = tokio::task::spawn_blocking(|| visitors.count()).await;
        let mut counts = counts.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        let errors = counts.iter().map(|uniques| uniques.error);
        self.uniques_error = errors.fold(self.uniques_error, f64::max);
        let hourly = |(start, end): &(i64, i64)| {
            let between = start.rem_euclid(time::HOUR) != 0 || end.rem_euclid(time::HOUR) != 0;
            between && *start < manifest.hourly_before
        };
        let rough = counts.iter().any(|uniques| uniques.rough);
        self.uniques_rough = rough
            || query.cuts_quarters()
            || asked
                .iter()
                .any(|range| hourly(range) || query.home.parts(query.zone, range.0, range.1));
        self.uniques_total = counts.pop().map(|total| total.count);
        self.uniques = counts.iter().map(|uniques| uniques.count).collect();
        Ok(())
    }

    /// Distinct visitors of a place in the answer.
    pub(super) fn visitors(&self, place: Place<'_>) -> Option<u64> {
        match place.bucket {
            Some(bucket) => self.uniques.get(bucket).copied(),
            None => self.uniques_total,
        }
    }

    /// The value of a place in the answer; where it is in several currencies, which do not add up, what
    /// it is in each.
    pub(super) fn value(&self, place: Place<'_>) -> Result<String, BTreeMap<String, String>> {
        let sums = self.values.at(place.bucket).into_iter().flatten();
        let sums = sums.map(|(currency, micros)| (&**currency, *micros));
        let sums: Vec<(&str, i128)> = sums.filter(|(c, _)| place.holds(c)).collect();
        match sums[..] {
            [] => Ok(money(0)),
            [(_, micros)] => Ok(money(micros)),
            _ => {
                let written =
                    |(currency, micros): &(&str, i128)| ((*currency).to_owned(), money(*micros));
                Err(sums.iter().map(written).collect())
            }
        }
    }
}

/// Which part of an answer a row is.
#[derive(Clone, Copy, Default)]
pub(super) struct Place<'a> {
    /// `None`: the whole range.
    pub bucket: Option<usize>,
    /// Of an answer by currency, the row's currency.
    pub currency: Option<&'a str>,
    /// Of an answer by currency, those that have rows of their own and are not this one's.
    pub not: &'a [&'a str],
}

impl Place<'_> {
    fn holds(&self, currency: &str) -> bool {
        self.currency.is_none_or(|c| c == currency) && !self.not.contains(&currency)
    }
}

/// A decimal text: JSON numbers would lose digits.
fn money(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let all = micros.unsigned_abs();
    let part = format!("{:06}", all % 1_000_000);
    let part = part.trim_end_matches('0');
    format!("{sign}{}.{part:0<2}", all / 1_000_000)
}
