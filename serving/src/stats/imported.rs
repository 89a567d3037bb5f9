//! What other tools counted of what is asked about: a part of its own of the answer.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{Days, NaiveDate};
use handover::totals::{self, Total, Totals};
use model::{EntityId, EntityKind, time};
use moka::future::Cache;
use storage::store::{Store, StoreError};

use super::{
    calendar::{self, Interval, start_of_day},
    metric::Metric,
    query::Query,
};
use crate::{
    api_types::{Imported, ImportedBucket},
    app::App,
};

/// How long it is remembered what an account's sources counted: so late another process sees new counts.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Counts in memory, of all accounts, about: 40 bytes each.
const MOST_ROWS: u64 = 2_000_000;

/// What sources have counted, by account.
pub(crate) struct ImportedTotals {
    known: Cache<EntityId, Arc<Vec<Totals>>>,
}

impl Default for ImportedTotals {
    fn default() -> Self {
        let weight = |_: &EntityId, all: &Arc<Vec<Totals>>| {
            let rows: usize = all.iter().map(|totals| totals.rows.len()).sum();
            u32::try_from(rows + 1).unwrap_or(u32::MAX)
        };
        Self {
            known: Cache::builder()
                .max_capacity(MOST_ROWS)
                .weigher(weight)
                .time_to_live(REMEMBERED)
                .build(),
        }
    }
}

impl ImportedTotals {
    /// Something new was counted.
    pub(crate) async fn forget(&self, account: EntityId) {
        self.known.invalidate(&account).await;
    }

    async fn of(
        &self,
        store: &Store,
        account: EntityId,
    ) -> Result<Arc<Vec<Totals>>, Arc<StoreError>> {
        let read = async { totals::of(store, account).await.map(Arc::new) };
        self.known.try_get_with(account, read).await
    }
}

/// What sources counted of `entity`; nothing if they know nothing of it, or no clicks are asked for.
pub(super) async fn part(app: &App, entity: EntityId, query: &Query) -> Option<Imported> {
    if !query.asks(Metric::Clicks) {
        return None;
    }
    let account = match entity.kind {
        EntityKind::Account => entity,
        EntityKind::Link | EntityKind::Campaign => app.catalog.describe(entity)?.account,
        _ => return None,
    };
    match app.imported.of(&app.env.store, account).await {
        Ok(all) => {
            let of_entity = |total: &Total| match entity.kind {
                EntityKind::Link => total.link == entity,
                EntityKind::Campaign => {
                    let link = app.catalog.link(total.link);
                    link.and_then(|link| link.campaign) == Some(entity)
                }
                _ => true,
            };
            sum(&all, query, of_entity)
        }
        Err(error) => {
            tracing::warn!(%error, "what other tools counted cannot be read");
            Some(Imported {
                unavailable: true,
                ..Imported::default()
            })
        }
    }
}

/// Where a count lies, seen from a question.
enum Place {
    /// Within it; in this bucket, if in one alone.
    In(Option<usize>),
    /// It reaches beyond it.
    Beyond,
    /// It is of another time altogether.
    Elsewhere,
}

/// Adds up what lies within the question. Pure.
fn sum(all: &[Totals], query: &Query, of_entity: impl Fn(&Total) -> bool) -> Option<Imported> {
    let mut imported = Imported::default();
    let mut buckets: BTreeMap<usize, u64> = BTreeMap::new();
    for totals in all {
        let mut known = totals
            .rows
            .iter()
            .filter(|total| of_entity(total))
            .peekable();
        if known.peek().is_some() {
            imported.sources.push(totals.source.clone());
        }
        for total in known {
            let add = |sum: &mut u64| *sum = sum.saturating_add(total.clicks);
            match place(total, totals.as_of_ms, query) {
                Place::In(bucket) => {
                    add(&mut imported.clicks);
                    bucket
                        .into_iter()
                        .for_each(|bucket| add(buckets.entry(bucket).or_default()));
                }
                Place::Beyond => add(&mut imported.beyond),
                Place::Elsewhere => {}
            }
        }
    }
    if query.interval != Interval::None {
        let row = |(bucket, clicks)| {
            let start = query.buckets.get(bucket).copied().unwrap_or(query.start);
            let time = calendar::name(start, query.interval, query.zone);
            ImportedBucket { time, clicks }
        };
        imported.results = buckets.into_iter().map(row).collect();
    }
    (!imported.sources.is_empty()).then_some(imported)
}

fn place(total: &Total, as_of_ms: i64, query: &Query) -> Place {
    let Some(day) = total.day else {
        let since = time::minute_of(total.since_ms.unwrap_or(0));
        let until = time::minute_of(as_of_ms);
        return match query.start <= since && until <= query.end {
            true => Place::In(None),
            false => Place::Beyond,
        };
    };
    match minutes_of(day, query) {
        Some((start, end)) if query.start <= start && end <= query.end => {
            let bucket = query.bucket(start);
            Place::In((bucket == query.bucket(end - 1)).then_some(bucket))
        }
        Some((start, end)) if end <= query.start || query.end <= start => Place::Elsewhere,
        _ => Place::Beyond,
    }
}

/// The minutes of a day of the question's zone.
fn minutes_of(day: i64, query: &Query) -> Option<(i64, i64)> {
    let date = NaiveDate::from_epoch_days(day.try_into().ok()?)?;
    let next = date.checked_add_days(Days::new(1))?;
    Some((
        start_of_day(date, query.zone)?,
        start_of_day(next, query.zone)?,
    ))
}
