//! Distinct visitors of a range: exact wherever that can be had, otherwise a union of sketches.

use std::sync::Arc;

use handover::{
    manifest::Manifest,
    views::{UniquesRow, ViewError},
};
use model::{Cell, EntityId, VisitorSet, time, visitors::STANDARD_ERROR};

use super::settled::Settled;

/// Up to so many visits (visitor and hour) of settled hours are read one by one.
const READ_LIMIT: u64 = 200_000;

/// How many, and how sure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Uniques {
    pub count: u64,
    pub exact: bool,
}

impl Uniques {
    /// Relative standard error.
    pub(crate) fn error(self) -> f64 {
        if self.exact { 0.0 } else { STANDARD_ERROR }
    }
}

/// What is needed to count the visitors of one entity.
pub(crate) struct Visitors<'a> {
    pub settled: &'a Settled,
    pub manifest: &'a Manifest,
    pub entity: EntityId,
    pub cells: &'a [Cell],
    pub exclude_bots: bool,
    rows: Vec<Arc<Vec<UniquesRow>>>,
}

impl<'a> Visitors<'a> {
    /// Reads the settled counts of `range` (unix minutes).
    pub(crate) async fn new(
        settled: &'a Settled,
        manifest: &'a Manifest,
        entity: EntityId,
        cells: &'a [Cell],
        range: (i64, i64),
    ) -> Result<Self, ViewError> {
        let rows = settled.uniques(manifest, entity, range).await?;
        Ok(Self {
            settled,
            manifest,
            entity,
            cells,
            exclude_bots: true,
            rows,
        })
    }

    /// The visitors of `start..end`, which are whole hours.
    pub(crate) async fn count(&self, start: i64, end: i64) -> Result<Uniques, ViewError> {
        let live = self.live(start, end);
        if live.is_empty()
            && let Some(count) = self.whole_bucket(start, end)
        {
            return Ok(Uniques { count, exact: true });
        }
        let hours: Vec<&UniquesRow> = self
            .grain("hour")
            .filter(|r| (start..end).contains(&r.bucket))
            .collect();
        let visits: u64 = hours.iter().map(|r| r.everyone).sum();
        let mut all = live;
        if visits <= READ_LIMIT {
            self.add_visitors(&mut all, start, end).await?;
        } else {
            self.add_sketches(&mut all, &hours, start, end).await?;
        }
        let (count, exact) = all.count();
        Ok(Uniques { count, exact })
    }

    fn grain(&self, grain: &'static str) -> impl Iterator<Item = &UniquesRow> {
        self.rows
            .iter()
            .flat_map(|rows| rows.iter())
            .filter(move |r| &*r.grain == grain)
    }

    /// The exact count of a whole UTC hour, day or month.
    fn whole_bucket(&self, start: i64, end: i64) -> Option<u64> {
        let grain = match end - start {
            time::HOUR => "hour",
            time::DAY if start.rem_euclid(time::DAY) == 0 => "day",
            _ if is_month(start, end) => "month",
            _ => return None,
        };
        let row = self.grain(grain).find(|r| r.bucket == start);
        Some(row.map_or(0, |r| {
            if self.exclude_bots {
                r.people
            } else {
                r.everyone
            }
        }))
    }

    fn live(&self, start: i64, end: i64) -> VisitorSet {
        let mut all = VisitorSet::default();
        for (hour, bot, set) in self.cells.iter().flat_map(Cell::visitors) {
            if (start..end).contains(&hour) && !(bot && self.exclude_bots) {
                all.merge(set, usize::MAX);
            }
        }
        all
    }

    async fn add_visitors(
        &self,
        all: &mut VisitorSet,
        start: i64,
        end: i64,
    ) -> Result<(), ViewError> {
        for row in self
            .settled
            .visitors(self.manifest, self.entity, (start, end))
            .await?
        {
            if !(row.bot && self.exclude_bots) {
                all.insert(row.visitor, usize::MAX);
            }
        }
        Ok(())
    }

    /// Whole days by their sketches, the rest by hours; small sets have none and are read.
    async fn add_sketches(
        &self,
        all: &mut VisitorSet,
        hours: &[&UniquesRow],
        start: i64,
        end: i64,
    ) -> Result<(), ViewError> {
        let mut covered = Vec::new();
        for day in self
            .grain("day")
            .filter(|r| r.bucket >= start && r.bucket + time::DAY <= end)
        {
            if self.add_sketch(all, day) {
                covered.push(day.bucket);
            }
        }
        for hour in hours
            .iter()
            .filter(|h| !covered.contains(&time::floor(h.bucket, time::DAY)))
        {
            if !self.add_sketch(all, hour) {
                self.add_visitors(all, hour.bucket, hour.bucket + time::HOUR)
                    .await?;
            }
        }
        Ok(())
    }

    fn add_sketch(&self, all: &mut VisitorSet, row: &UniquesRow) -> bool {
        let Some((people, bots)) = row.sets() else {
            return false;
        };
        all.merge(&people, usize::MAX);
        if !self.exclude_bots {
            all.merge(&bots, usize::MAX);
        }
        true
    }
}

fn is_month(start: i64, end: i64) -> bool {
    use chrono::{Datelike, Months};
    let date =
        |minute: i64| chrono::DateTime::from_timestamp(minute * 60, 0).map(|t| t.naive_utc());
    let (Some(first), Some(last)) = (date(start), date(end)) else {
        return false;
    };
    let midnight = first.time() == chrono::NaiveTime::MIN && last.time() == chrono::NaiveTime::MIN;
    midnight
        && first.day() == 1
        && first.date().checked_add_months(Months::new(1)) == Some(last.date())
}
