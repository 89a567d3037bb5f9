//! From the merged numbers to the JSON of `/v1/stats`.

use std::collections::{BTreeMap, HashMap};

use handover::views::ViewError;
use model::{Counts, Cube, Dimension, EntityId, Grain, Measure, time};
use serde_json::{Map, Value, json};
use web::Problem;

use super::{
    Sources,
    calendar::{Interval, text},
    live::{Reading, read},
    merge::Merged,
    metric::{Grouping, Metric},
    query::Query,
    uniques::Visitors,
};

/// Answers `query` about `entity`.
pub(super) async fn answer(
    sources: &Sources,
    entity: EntityId,
    query: &Query,
) -> Result<Value, Problem> {
    // A manifest's files may be gone by the time they are read, if it is very old: read anew.
    for _ in 0..3 {
        let reading = read(sources, entity).await?;
        match build(sources, entity, query, &reading).await {
            Ok(answer) => return Ok(answer),
            Err(error) => tracing::warn!(%error, "a view could not be read; trying again"),
        }
        sources.refresh().await?;
    }
    Err(Problem::unavailable(
        "views_unavailable",
        "the settled numbers cannot be read just now",
        2,
    ))
}

async fn build(
    sources: &Sources,
    entity: EntityId,
    query: &Query,
    reading: &Reading,
) -> Result<Value, ViewError> {
    let (dimension, grain) = query.cube();
    let merged = merge(sources, entity, query, reading, dimension, grain).await?;
    let mut extras = Extras::default();
    if query.metrics.contains(&Metric::Value) {
        extras.values = Some(
            merge(
                sources,
                entity,
                query,
                reading,
                Dimension::Currency,
                Grain::Quarter,
            )
            .await?,
        );
    }
    if query.metrics.contains(&Metric::UniqueVisitors) {
        extras
            .count_uniques(sources, entity, query, reading)
            .await?;
    }
    let groups = Groups::new(
        query,
        merged
            .groups
            .iter()
            .map(|((_, name), counts)| (&**name, *counts)),
    );
    let mut results = Vec::new();
    for ((bucket, rank), counts) in groups.rows(query, &merged) {
        let mut row = Map::new();
        if query.interval != Interval::None {
            let start = query.buckets.get(bucket).copied().unwrap_or(query.start);
            row.insert("time".into(), json!(text(start, query.zone)));
        }
        let name = groups.names.get(rank).copied();
        if let Some(group) = query.group {
            label(sources, entity, &mut row, group, name);
        }
        let by_currency = query
            .group
            .is_some_and(|g| g.dimension == Dimension::Currency);
        let not = if by_currency && name.is_none() {
            &groups.names[..]
        } else {
            &[]
        };
        let place = Place {
            bucket: Some(bucket),
            currency: name.filter(|_| by_currency),
            not,
        };
        fill(&mut row, query, counts, place, &extras);
        results.push(Value::Object(row));
    }
    let mut totals = Map::new();
    let all = merged.settled + merged.live;
    fill(
        &mut totals,
        query,
        all,
        Place {
            bucket: None,
            currency: None,
            not: &[],
        },
        &extras,
    );
    Ok(
        json!({"results": results, "totals": totals, "meta": meta(entity, query, reading, &merged, &extras)}),
    )
}

async fn merge(
    sources: &Sources,
    entity: EntityId,
    query: &Query,
    reading: &Reading,
    dimension: Dimension,
    grain: Grain,
) -> Result<Merged, ViewError> {
    let mut merged = Merged::default();
    let Some(cube) = Cube::find(dimension, grain) else {
        return Ok(merged);
    };
    let range = (query.start, query.end);
    for rows in sources
        .settled
        .cube(&reading.published.manifest, cube.name, entity, range)
        .await?
    {
        merged.add_settled(query, &rows);
    }
    for cell in &reading.live.cells {
        merged.add_live(query, cube, cell);
    }
    Ok(merged)
}

/// Numbers that are not sums of one cube's measures.
#[derive(Default)]
struct Extras {
    /// Values by currency.
    values: Option<Merged>,
    uniques: Vec<u64>,
    uniques_total: Option<u64>,
    uniques_error: f64,
}

impl Extras {
    async fn count_uniques(
        &mut self,
        sources: &Sources,
        entity: EntityId,
        query: &Query,
        reading: &Reading,
    ) -> Result<(), ViewError> {
        let manifest = &reading.published.manifest;
        let range = (query.start, query.end);
        // A month's count lies at its first day, which may be before the range.
        let mut visitors = Visitors::new(
            &sources.settled,
            manifest,
            entity,
            &reading.live.cells,
            range,
        )
        .await?;
        visitors.exclude_bots = query.exclude_bots;
        let ends = query.buckets.iter().skip(1).chain([&query.end]);
        for (start, end) in query.buckets.iter().zip(ends) {
            let uniques = visitors
                .count((*start).max(query.start), (*end).min(query.end))
                .await?;
            self.uniques.push(uniques.count);
            self.uniques_error = self.uniques_error.max(uniques.error());
        }
        let total = visitors.count(query.start, query.end).await?;
        self.uniques_total = Some(total.count);
        self.uniques_error = self.uniques_error.max(total.error());
        Ok(())
    }

    /// The value of a place in the answer: null if it is in several currencies, which do not add up.
    fn value(&self, place: Place<'_>) -> Value {
        let Some(merged) = &self.values else {
            return Value::Null;
        };
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for ((bucket, currency), counts) in &merged.groups {
            if place.holds(*bucket, currency) {
                *sums.entry(currency).or_default() += counts.get(Measure::ValueMicros);
            }
        }
        match sums.len() {
            0 | 1 => money(sums.values().sum()),
            _ => Value::Null,
        }
    }
}

/// Which part of an answer a row is.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// `None`: the whole range.
    bucket: Option<usize>,
    /// Of an answer by currency, the row's currency.
    currency: Option<&'a str>,
    /// Of an answer by currency, those that have rows of their own and are not this one's.
    not: &'a [&'a str],
}

impl Place<'_> {
    fn holds(&self, bucket: usize, currency: &str) -> bool {
        self.bucket.is_none_or(|b| b == bucket)
            && self.currency.is_none_or(|c| c == currency)
            && !self.not.contains(&currency)
    }
}

/// A decimal text: JSON numbers would lose digits.
fn money(micros: i64) -> Value {
    let sign = if micros < 0 { "-" } else { "" };
    let all = micros.unsigned_abs();
    let part = format!("{:06}", all % 1_000_000);
    let part = part.trim_end_matches('0');
    Value::String(format!("{sign}{}.{part:0<2}", all / 1_000_000))
}

fn fill(
    row: &mut Map<String, Value>,
    query: &Query,
    counts: Counts,
    place: Place<'_>,
    extras: &Extras,
) {
    for metric in &query.metrics {
        let value = match metric {
            Metric::Value => extras.value(place),
            Metric::UniqueVisitors => match place.bucket {
                Some(bucket) => json!(extras.uniques.get(bucket)),
                None => json!(extras.uniques_total),
            },
            _ => json!(sum(query, *metric, counts)),
        };
        row.insert(metric.name().into(), value);
    }
}

fn sum(query: &Query, metric: Metric, counts: Counts) -> i64 {
    metric
        .measures(query.exclude_bots)
        .iter()
        .map(|m| counts.get(*m))
        .sum()
}

/// The groups of an answer in their order, cut by the limit. All others together come last.
struct Groups<'a> {
    names: Vec<&'a str>,
}

impl<'a> Groups<'a> {
    fn new(query: &Query, parts: impl Iterator<Item = (&'a str, Counts)>) -> Self {
        if query.group.is_none() {
            return Self { names: vec![""] };
        }
        let mut sums: BTreeMap<&str, Counts> = BTreeMap::new();
        for (name, counts) in parts {
            *sums.entry(name).or_default() += counts;
        }
        let weight = |counts: Counts| {
            query.order.map_or(0, |(metric, _)| match metric {
                Metric::Value => counts.get(Measure::ValueMicros),
                _ => sum(query, metric, counts),
            })
        };
        let shown = |counts: &Counts| {
            query
                .metrics
                .iter()
                .any(|m| *m == Metric::Value || sum(query, *m, *counts) != 0)
        };
        let mut names: Vec<(&str, i64)> = sums
            .into_iter()
            .filter(|(_, c)| shown(c))
            .map(|(n, c)| (n, weight(c)))
            .collect();
        let descending = query.order.is_some_and(|(_, descending)| descending);
        names.sort_by(|a, b| {
            let by_weight = if descending {
                b.1.cmp(&a.1)
            } else {
                a.1.cmp(&b.1)
            };
            by_weight.then(a.0.cmp(b.0))
        });
        names.truncate(query.limit);
        Self {
            names: names.into_iter().map(|(name, _)| name).collect(),
        }
    }

    /// Counts by bucket and by the group's place in `names`; one place further are the others.
    /// Filled with zeros over time, but not over time and groups together.
    fn rows(&self, query: &Query, merged: &Merged) -> BTreeMap<(usize, usize), Counts> {
        let ranks: HashMap<&str, usize> = self
            .names
            .iter()
            .enumerate()
            .map(|(rank, name)| (*name, rank))
            .collect();
        let mut rows = BTreeMap::new();
        if query.group.is_none() {
            rows.extend((0..query.buckets.len()).map(|bucket| ((bucket, 0), Counts::default())));
        }
        for ((bucket, name), counts) in &merged.groups {
            let rank = ranks.get(&**name).copied().unwrap_or(self.names.len());
            *rows.entry((*bucket, rank)).or_default() += *counts;
        }
        let shown = |counts: &Counts| {
            query.group.is_none()
                || query
                    .metrics
                    .iter()
                    .any(|m| *m == Metric::Value || sum(query, *m, *counts) != 0)
        };
        rows.retain(|_, counts| shown(counts));
        rows
    }
}

/// Names the group of a row; `None`: all groups beyond the limit.
fn label(
    sources: &Sources,
    entity: EntityId,
    row: &mut Map<String, Value>,
    group: Grouping,
    name: Option<&str>,
) {
    let Some(name) = name else {
        row.insert(group.name.into(), json!("other"));
        row.insert("other".into(), json!(true));
        return;
    };
    row.insert(
        group.name.into(),
        if name.is_empty() {
            Value::Null
        } else {
            json!(name)
        },
    );
    if !matches!(group.dimension, Dimension::Object | Dimension::Campaign) {
        return;
    }
    let describe = |id| sources.catalog().describe(id);
    let described = name.parse::<EntityId>().ok().and_then(describe);
    let owner = describe(entity).map(|d| d.account);
    if let Some(described) = described.filter(|d| Some(d.account) == owner) {
        let key = if group.name == "link" { "slug" } else { "name" };
        row.insert(key.into(), json!(described.name));
    }
}

fn meta(
    entity: EntityId,
    query: &Query,
    reading: &Reading,
    merged: &Merged,
    extras: &Extras,
) -> Value {
    let part = |counts: Counts| {
        let additive = query
            .metrics
            .iter()
            .filter(|m| !m.measures(query.exclude_bots).is_empty());
        additive
            .map(|m| (m.name().to_owned(), json!(sum(query, *m, counts))))
            .collect::<Map<_, _>>()
    };
    let exact = |m: &Metric| *m != Metric::UniqueVisitors || extras.uniques_error == 0.0;
    let manifest = &reading.published.manifest;
    let mut meta = json!({
        "manifest": reading.published.n,
        "settled_through": (manifest.settled_ms > 0).then(|| time::rfc3339(manifest.settled_ms)),
        "live_lag_ms": reading.live.lag_ms,
        "complete": reading.live.missing.is_empty(),
        "as_of": reading.live.as_of,
        "settled": part(merged.settled),
        "live": part(merged.live),
        "exact": query.metrics.iter().map(|m| (m.name().to_owned(), json!(exact(m)))).collect::<Map<_, _>>(),
        "query": query.to_json(entity),
    });
    if !reading.live.missing.is_empty() {
        meta["missing"] = json!(reading.live.missing);
    }
    if reading.live.unchecked {
        meta["unchecked"] = json!(true);
    }
    if extras.uniques_error > 0.0 {
        meta["standard_error"] = json!({"unique_visitors": extras.uniques_error});
    }
    meta
}
