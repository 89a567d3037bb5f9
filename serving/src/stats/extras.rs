//! Numbers that are not sums of one cube's measures: distinct visitors; of money see [`super::money`].

use std::{collections::HashMap, panic::resume_unwind};

use handover::views::ViewError;
use model::{EntityId, time};

use super::{
    live::Reading, money::Money, period_costs::PeriodPart, query::Query, uniques::Visitors,
};
use crate::app::App;

#[derive(Default)]
pub(super) struct Extras {
    /// Values and costs, if they were asked for.
    pub money: Money,
    /// What of it was paid in periods.
    pub period: PeriodPart,
    /// Distinct visitors by bucket.
    pub uniques: Vec<u64>,
    /// The same by bucket and group, where they can be told apart, from events; in all buckets at [`asking::ALL`].
    pub uniques_of_groups: HashMap<(usize, Box<str>), u64>,
    /// Those of the whole range.
    pub uniques_total: Option<u64>,
    /// Relative standard error of the worst of them.
    pub uniques_error: f64,
    /// Whether one of them may count somebody twice, or somebody of a moment before or after.
    pub uniques_rough: bool,
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

    /// Distinct visitors of a bucket, or of the whole range.
    pub(super) fn visitors(&self, bucket: Option<usize>) -> Option<u64> {
        match bucket {
            Some(bucket) => self.uniques.get(bucket).copied(),
            None => self.uniques_total,
        }
    }
}
