//! Distinct visitors: who was there per hour, exact counts per hour, day and month, and sketches
//! where the sets are large.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use chrono::{Datelike, Months, NaiveDate};
use datafusion::arrow::{
    array::{
        Array, ArrayRef, AsArray, BinaryBuilder, RecordBatch, StringArray, StringBuilder,
        TimestampMillisecondBuilder, UInt64Builder,
    },
    compute::cast,
    datatypes::{DataType, Int64Type, UInt64Type},
};
use futures::TryStreamExt;
use handover::{
    manifest::Manifest,
    views::{MONTH_UNIQUES, UNIQUES, VISITORS, uniques_schema, visitors_schema},
};
use model::{VisitorSet, time, visitors::EXACT_LIMIT};

use super::{
    aggregate::{Fresh, old_files, session, store_days},
    deps::{RollupDeps, RollupError},
    sql,
    write::{DayFiles, Writer},
};
use crate::engine;

/// Rewrites the views of visitors that the fresh events touch.
pub(super) async fn write(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    fresh: &Fresh,
    manifest: &mut Manifest,
) -> Result<(), RollupError> {
    let old = old_files(manifest, VISITORS, fresh.keys().copied());
    let context = session(deps, fresh, &old, manifest).await?;
    let mut visitors = DayFiles::new(visitors_schema());
    let mut uniques = DayFiles::new(uniques_schema());
    let mut counter = Counter::default();
    let mut rows = context
        .sql(&sql::visitors(!old.is_empty()))
        .await?
        .execute_stream()
        .await?;
    while let Some(batch) = rows.try_next().await? {
        visitors.write(&batch)?;
        counter.add(&batch)?;
        if counter.done.len() > 10_000 {
            uniques.write(&counter.take()?)?;
        }
    }
    counter.close_entity();
    uniques.write(&counter.take()?)?;
    store_days(writer, VISITORS, visitors, manifest).await?;
    store_days(writer, UNIQUES, uniques, manifest).await?;
    let months: BTreeSet<i64> = fresh.keys().filter_map(|day| month_start(*day)).collect();
    for month in months {
        write_month(deps, writer, month, manifest).await?;
    }
    Ok(())
}

async fn write_month(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    start: i64,
    manifest: &mut Manifest,
) -> Result<(), RollupError> {
    let end = next_month(start).unwrap_or(start + 31);
    let days = old_files(manifest, VISITORS, start..end);
    if days.is_empty() {
        return Ok(());
    }
    let context = engine::context(&deps.env.store)?;
    engine::register(&context, sql::OLD, &days).await?;
    let query = sql::month_uniques(start * time::DAY * 60_000);
    let mut files = DayFiles::new(uniques_schema());
    let mut rows = context.sql(&query).await?.execute_stream().await?;
    while let Some(batch) = rows.try_next().await? {
        files.write(&batch)?;
    }
    store_days(writer, MONTH_UNIQUES, files, manifest).await
}

fn date(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(day + 719_163).ok()?)
}

/// First day of the month of `day`; both since 1970-01-01.
fn month_start(day: i64) -> Option<i64> {
    Some(day - i64::from(date(day)?.day0()))
}

fn next_month(start: i64) -> Option<i64> {
    let next = date(start)?.checked_add_months(Months::new(1))?;
    Some(i64::from(next.num_days_from_ce()) - 719_163)
}

/// Counts distinct visitors of rows sorted by day, entity and hour.
#[derive(Default)]
struct Counter {
    entity: String,
    day: i64,
    hours: Vec<(i64, Visitors)>,
    done: Vec<UniqueRow>,
}

#[derive(Default)]
struct Visitors {
    people: HashSet<u64>,
    bots: HashSet<u64>,
}

struct UniqueRow {
    entity: String,
    grain: &'static str,
    ms: i64,
    people: u64,
    everyone: u64,
    sketches: Option<(Vec<u8>, Vec<u8>)>,
}

impl Visitors {
    fn row(&self, entity: &str, grain: &'static str, ms: i64) -> UniqueRow {
        let both = self.people.intersection(&self.bots).count();
        let everyone = self.people.len() + self.bots.len() - both;
        let sketch = |set: &HashSet<u64>| {
            set.iter()
                .copied()
                .collect::<VisitorSet>()
                .to_sketch_bytes()
        };
        let sketches = (everyone > EXACT_LIMIT).then(|| (sketch(&self.people), sketch(&self.bots)));
        UniqueRow {
            entity: entity.to_owned(),
            grain,
            ms,
            people: self.people.len() as u64,
            everyone: everyone as u64,
            sketches,
        }
    }
}

impl Counter {
    fn add(&mut self, batch: &RecordBatch) -> Result<(), RollupError> {
        let entities = cast(batch.column(0), &DataType::Utf8)?;
        let entities: &StringArray = entities.as_string();
        let times = cast(batch.column(1), &DataType::Int64)?;
        let times = times.as_primitive::<Int64Type>();
        let bots = batch.column(2).as_boolean();
        let visitors = batch.column(3).as_primitive::<UInt64Type>();
        for row in 0..batch.num_rows() {
            let (entity, hour) = (entities.value(row), times.value(row));
            let day = time::day_of(time::minute_of(hour));
            if entity != self.entity || day != self.day {
                self.close_entity();
                (self.entity, self.day) = (entity.to_owned(), day);
            }
            if self.hours.last().is_none_or(|(last, _)| *last != hour) {
                self.hours.push((hour, Visitors::default()));
            }
            if let Some((_, sets)) = self.hours.last_mut() {
                let set = if bots.value(row) {
                    &mut sets.bots
                } else {
                    &mut sets.people
                };
                set.insert(visitors.value(row));
            }
        }
        Ok(())
    }

    /// Everything of one entity's day has been seen.
    fn close_entity(&mut self) {
        let hours = std::mem::take(&mut self.hours);
        if hours.is_empty() {
            return;
        }
        let mut day = Visitors::default();
        for (_, sets) in &hours {
            day.people.extend(&sets.people);
            day.bots.extend(&sets.bots);
        }
        self.done
            .push(day.row(&self.entity, "day", self.day * time::DAY * 60_000));
        self.done.extend(
            hours
                .iter()
                .map(|(hour, sets)| sets.row(&self.entity, "hour", *hour)),
        );
    }

    fn take(&mut self) -> Result<RecordBatch, RollupError> {
        let (mut entity, mut grain) = (StringBuilder::new(), StringBuilder::new());
        let mut at = TimestampMillisecondBuilder::new().with_timezone("UTC");
        let (mut people, mut everyone) = (UInt64Builder::new(), UInt64Builder::new());
        let (mut people_sketch, mut bots_sketch) = (BinaryBuilder::new(), BinaryBuilder::new());
        for row in self.done.drain(..) {
            entity.append_value(row.entity);
            grain.append_value(row.grain);
            at.append_value(row.ms);
            people.append_value(row.people);
            everyone.append_value(row.everyone);
            let (p, b) = row.sketches.unzip();
            people_sketch.append_option(p);
            bots_sketch.append_option(b);
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(entity.finish()),
            Arc::new(grain.finish()),
            Arc::new(at.finish()),
            Arc::new(people.finish()),
            Arc::new(everyone.finish()),
            Arc::new(people_sketch.finish()),
            Arc::new(bots_sketch.finish()),
        ];
        debug_assert!(columns.iter().all(|c| c.len() == columns[0].len()));
        Ok(RecordBatch::try_new(uniques_schema(), columns)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_on_their_first_day() {
        let day = |text: &str| time::parse_day(text).unwrap();
        assert_eq!(month_start(day("2013-02-28")), Some(day("2013-02-01")));
        assert_eq!(next_month(day("2013-02-01")), Some(day("2013-03-01")));
        assert_eq!(next_month(day("2012-12-01")), Some(day("2013-01-01")));
    }
}
