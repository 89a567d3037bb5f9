//! Clicks of people of one entity, by quarter of an hour and by what a cube splits them by: settled and live together.

use std::collections::BTreeMap;

use handover::{
    reading::{Missing, Why},
    views::ViewError,
};
use model::{Counts, Cube, Dimension, EntityId, Grain, Measure};

use super::{
    live::Reading,
    query::Query,
    spread::{Clicks, Part},
};
use crate::app::App;

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    quarters: BTreeMap<i64, BTreeMap<Part, i64>>,
    /// Whether live cells count not all of it apart.
    pub has_rest: bool,
}

impl Timeline {
    /// What `reading` and its manifest count in the unix minutes of `range`. Of cubes that do not know all of the past
    /// `missing` is told.
    pub(super) async fn read(
        app: &App,
        (entity, reading): (EntityId, &Reading),
        dimension: Dimension,
        range: (i64, i64),
        missing: &mut Vec<Missing>,
    ) -> Result<Self, ViewError> {
        let mut own = Self::read_cube(app, (entity, reading), dimension, range, missing).await?;
        if dimension.is_sparse() {
            let total = Dimension::Total;
            let all = Self::read_cube(app, (entity, reading), total, range, missing).await?;
            own.add_rest(&all);
        }
        Ok(own)
    }

    async fn read_cube(
        app: &App,
        (entity, reading): (EntityId, &Reading),
        dimension: Dimension,
        range: (i64, i64),
        missing: &mut Vec<Missing>,
    ) -> Result<Self, ViewError> {
        let mut timeline = Self::default();
        let Some(cube) = Cube::find(dimension, Grain::Quarter) else {
            return Ok(timeline);
        };
        let manifest = &reading.published.manifest;
        let lacking = Missing {
            log: None,
            why: Why::NotWhole(cube.name),
        };
        if !manifest.is_whole(cube) && !missing.contains(&lacking) {
            missing.push(lacking);
        }
        let within = |minute: i64| (range.0..range.1).contains(&minute);
        for rows in app.settled.cube(manifest, cube, entity, range).await? {
            for row in rows.iter().filter(|row| within(row.bucket)) {
                timeline.add(row.bucket, Some(&row.value), &row.counts);
            }
        }
        for cell in &reading.live.cells {
            for (minute, value, counts) in cell.rows(cube).filter(|row| within(row.0)) {
                timeline.add(minute, Some(value), counts);
            }
            for (minute, counts) in cell.rest(cube).filter(|row| within(row.0)) {
                timeline.has_rest = true;
                timeline.add(minute, None, counts);
            }
        }
        Ok(timeline)
    }

    fn add(&mut self, minute: i64, part: Option<&str>, counts: &Counts) {
        let clicks = counts.get(Measure::Clicks);
        if clicks > 0 {
            let parts = self.quarters.entry(minute).or_default();
            *parts.entry(part.map(Box::from)).or_default() += clicks;
        }
    }

    /// Adds what is left of `all` as that which has no value.
    fn add_rest(&mut self, all: &Self) {
        for (minute, parts) in &all.quarters {
            let all: i64 = parts.values().sum();
            let own = self.quarters.entry(*minute).or_default();
            let left = all - own.values().sum::<i64>();
            if left > 0 {
                *own.entry(Some(Box::default())).or_default() += left;
            }
        }
    }

    /// Takes for the parts of each quarter what others have of it, which is never more than there is: what is left has
    /// no value.
    pub(super) fn split_by<'a>(
        &mut self,
        parts: impl Iterator<Item = (&'a str, &'a Timeline, &'a str)>,
    ) {
        let parts: Vec<_> = parts.collect();
        for (minute, own) in &mut self.quarters {
            let mut left: i64 = own.values().sum();
            own.clear();
            for (name, timeline, value) in &parts {
                let clicks = timeline.at(*minute, value).min(left);
                if clicks > 0 {
                    left -= clicks;
                    *own.entry(Some((*name).into())).or_default() += clicks;
                }
            }
            if left > 0 {
                own.insert(Some(Box::default()), left);
            }
        }
    }

    fn at(&self, minute: i64, value: &str) -> i64 {
        let parts = self.quarters.get(&minute);
        let clicks = parts.and_then(|parts| parts.get(&Some(value.into())));
        clicks.copied().unwrap_or(0)
    }

    /// Whether all clicks of `period` that are asked about are in `value` of `other`.
    pub(super) fn is_all_in(&self, other: &Self, value: &str, period: (i64, i64)) -> bool {
        let mut quarters = self.quarters.range(period.0..period.1);
        quarters.all(|(minute, parts)| parts.values().sum::<i64>() == other.at(*minute, value))
    }

    /// Whether it has any of `value` within a period.
    pub(super) fn has(&self, value: &str, period: (i64, i64)) -> bool {
        let mut quarters = self.quarters.range(period.0..period.1);
        let value = Some(value.into());
        quarters.any(|(_, parts)| parts.contains_key(&value))
    }

    /// The clicks of a period as a question sees them, with the parts that `part` makes of values.
    pub(super) fn clicks(
        &self,
        query: &Query,
        period: (i64, i64),
        part: impl Fn(&Part) -> Part,
    ) -> Clicks {
        let mut clicks = Clicks::default();
        for (minute, parts) in self.quarters.range(period.0..period.1) {
            let sum = || parts.values().sum::<i64>();
            if *minute < query.start {
                clicks.before += sum();
            } else if *minute >= query.end {
                clicks.after += sum();
            } else {
                let bucket = query.bucket(*minute);
                for (value, more) in parts {
                    clicks.add(bucket, part(value), *more);
                }
            }
        }
        clicks
    }
}
