//! From the merged numbers to the answer of `/v1/stats`.

use std::collections::BTreeMap;

use asking::ALL;
use handover::views::ViewError;
use model::{Awaits, Counts, Cube, Dimension, EntityId, Grain, time};
use web::Problem;

use super::{
    calendar::{self, Interval},
    events::{self, Counted},
    extras::Extras,
    filters::TAG,
    group_by::GroupBy,
    groups::{Groups, sum},
    imported,
    live::{self, Age, Reading},
    merge::Merged,
    metric::Metric,
    money::Amounts,
    period_costs::{self, Costs, Failure},
    query::Query,
    rates::{self, Sums},
    settled::not_whole,
};
use crate::{
    api_types::{Group, GroupName, GroupsOfRow, Numbers, Row, Source, Stats, StatsMeta},
    app::App,
    gaps::gaps,
};

/// Answers `query` about `entity`. A stream, which asks every second, is not told of gaps.
pub(crate) async fn answer(
    app: &App,
    entity: EntityId,
    query: &Query,
    age: Age,
) -> Result<Stats, Problem> {
    let mut answer = counted(app, entity, query, age).await?;
    if age == Age::Now {
        let account = events::owner(app, entity)?;
        answer.meta.gaps = gaps(app, account, (query.start, query.end)).await;
    }
    Ok(answer)
}

async fn counted(app: &App, entity: EntityId, query: &Query, age: Age) -> Result<Stats, Problem> {
    if query.from_events {
        return of_events(app, entity, query, age).await;
    }
    let costs = period_costs::costs(app, entity, query)?;
    // A manifest's files may be gone by the time they are read, if it is very old: read anew.
    for age in [age, Age::Now, Age::Now] {
        let mut reading = live::read_of(app, entity, age).await?;
        let not_whole = not_whole(&reading.published.manifest, query);
        reading.missing.extend(not_whole);
        match build(app, entity, query, (reading, age), &costs).await {
            Ok(answer) => return Ok(answer),
            Err(Failure::Problem(problem)) => return Err(problem),
            Err(Failure::View(error)) => {
                tracing::warn!(%error, "a view could not be read; trying again")
            }
        }
        app.refresh().await?;
    }
    let detail = "the settled numbers cannot be read just now";
    Err(Problem::unavailable("views_unavailable", detail, 2))
}

/// Answers from the events themselves.
async fn of_events(app: &App, entity: EntityId, query: &Query, age: Age) -> Result<Stats, Problem> {
    let mut reading = match &query.as_of {
        Some(token) => events::reading_of(app, entity, token).await?,
        None => live::read_of(app, entity, age).await?,
    };
    let Counted { merged, mut extras } = events::count(app, entity, query, &mut reading).await?;
    extras.money.tidy();
    let all = Sums {
        counts: merged.settled + merged.live,
        amounts: extras.money.total(),
    };
    Ok(Stats {
        results: rows(app, entity, query, &merged, &extras),
        totals: numbers(query, all, extras.visitors(None)),
        comparison: None,
        meta: meta(entity, query, reading, &merged, &extras),
    })
}

async fn build(
    app: &App,
    entity: EntityId,
    query: &Query,
    (mut reading, age): (Reading, Age),
    costs: &Costs,
) -> Result<Stats, Failure> {
    let mut merged = merge(app, entity, query, &reading, query.cube()).await?;
    if query.cube().0.is_sparse() {
        let total = (Dimension::Total, Grain::Quarter);
        merged.add_rest(merge(app, entity, query, &reading, total).await?);
    }
    let mut extras = Extras::default();
    for dimension in query.money() {
        let cube = (dimension, Grain::Quarter);
        let merged = merge(app, entity, query, &reading, cube).await?;
        extras.money.add(dimension, &merged, query);
    }
    let asked = (entity, &reading, age);
    let to = (&merged, &mut extras.money);
    extras.period = period_costs::spread(app, asked, query, costs, to).await?;
    let more = std::mem::take(&mut extras.period.missing).into_iter();
    let more: Vec<_> = more
        .filter(|missing| !reading.missing.contains(missing))
        .collect();
    reading.missing.extend(more);
    extras.money.tidy();
    if query.asks(Metric::UniqueVisitors) {
        extras.count_uniques(app, entity, query, &reading).await?;
    }
    let all = Sums {
        counts: merged.settled + merged.live,
        amounts: extras.money.total(),
    };
    let mut meta = meta(entity, query, reading, &merged, &extras);
    meta.imported = imported::part(app, entity, query).await;
    Ok(Stats {
        results: rows(app, entity, query, &merged, &extras),
        totals: numbers(query, all, extras.visitors(None)),
        comparison: None,
        meta,
    })
}

/// What a cube says, settled and live.
async fn merge(
    app: &App,
    entity: EntityId,
    query: &Query,
    reading: &Reading,
    (dimension, grain): (Dimension, Grain),
) -> Result<Merged, ViewError> {
    let mut merged = Merged::default();
    let Some(cube) = Cube::find(dimension, grain) else {
        return Ok(merged);
    };
    let (manifest, range) = (&reading.published.manifest, (query.start, query.end));
    for rows in app.settled.cube(manifest, cube, entity, range).await? {
        merged.add_settled(query, &rows);
    }
    for cell in &reading.live.cells {
        merged.add_live(query, cube, cell);
    }
    Ok(merged)
}

fn rows(app: &App, entity: EntityId, query: &Query, merged: &Merged, extras: &Extras) -> Vec<Row> {
    let of_groups = &extras.uniques_of_groups;
    let visitors_of = |name: &str| {
        let in_all = of_groups.get(&(ALL as usize, name.into()));
        in_all.copied().unwrap_or_default()
    };
    let groups = Groups::new(query, merged, &extras.money, visitors_of);
    let rows = groups.rows(query, merged, &extras.money).into_iter();
    let row = |((bucket, rank), (counts, amounts)): ((usize, usize), (Counts, Amounts))| {
        let name = groups.names.get(rank).copied();
        let amounts = &amounts;
        let sums = Sums { counts, amounts };
        let start = query.buckets.get(bucket).copied().unwrap_or(query.start);
        Row {
            time: (query.interval != Interval::None)
                .then(|| calendar::name(start, query.interval, query.zone)),
            groups: GroupsOfRow(groups_of(app, entity, query, name)),
            numbers: numbers(query, sums, visitors(query, extras, bucket, name)),
        }
    };
    rows.map(row).collect()
}

/// Distinct visitors of a row; of all groups beyond the limit nobody knows: they do not add up.
fn visitors(query: &Query, extras: &Extras, bucket: usize, name: Option<&str>) -> Option<u64> {
    if !query.is_grouped() {
        return extras.visitors(Some(bucket));
    }
    let of_groups = &extras.uniques_of_groups;
    of_groups.get(&(bucket, name?.into())).copied()
}

/// How the groups of a row are called; `name` is `None` for all groups beyond the limit.
fn groups_of(app: &App, entity: EntityId, query: &Query, name: Option<&str>) -> Vec<Group> {
    let mut names = name.map(|name| name.split(events::BETWEEN));
    let columns = query.columns.iter();
    columns
        .map(|by| Group {
            by: by.name,
            name: group_name(
                app,
                entity,
                by.name,
                names.as_mut().map(|names| names.next().unwrap_or_default()),
            ),
        })
        .collect()
}

fn group_name(app: &App, entity: EntityId, by: &str, name: Option<&str>) -> GroupName {
    let name = match name {
        None => return GroupName::Other,
        Some("") => return GroupName::None,
        Some(name) => name,
    };
    if !matches!(by, "link" | "pixel" | "goal" | "campaign") {
        return GroupName::Value(name.into());
    }
    let describe = |id| app.catalog.describe(id);
    let described = name.parse::<EntityId>().ok().and_then(describe);
    let owner = describe(entity).map(|entity| entity.account);
    match described.filter(|object| Some(object.account) == owner) {
        Some(object) => GroupName::Object(name.into(), object.name),
        None => GroupName::Value(name.into()),
    }
}

fn numbers(query: &Query, sums: Sums<'_>, visitors: Option<u64>) -> Numbers {
    let mut numbers = Numbers::default();
    for metric in &query.metrics {
        match metric {
            Metric::UniqueVisitors => numbers.unique_visitors = visitors,
            metric => numbers.set_sum(*metric, sum(query, *metric, sums.counts)),
        }
    }
    rates::set(&mut numbers, query, sums);
    numbers
}

/// The sums of one layer, of the metrics that are sums.
fn part(query: &Query, counts: Counts) -> Numbers {
    let mut numbers = Numbers::default();
    for metric in &query.metrics {
        numbers.set_sum(*metric, sum(query, *metric, counts));
    }
    numbers
}

/// Whether batch may yet move conversions between the groups that are asked for, or into what is filtered by.
fn awaits_batch(query: &Query, reading: &Reading) -> bool {
    let awaits = reading.live.awaits;
    let filtered = query.filters.iter().map(|filter| filter.name);
    let names = query
        .columns
        .iter()
        .map(|column| column.name)
        .chain(filtered);
    let mut dimensions = names.map(|name| GroupBy::named(name).map(GroupBy::dimension));
    // What no cube is kept by is of the click, too.
    awaits != Awaits::Nothing
        && dimensions.any(|by| by.is_none_or(|by| by.is_decided_by_batch(awaits)))
}

fn meta(
    entity: EntityId,
    query: &Query,
    reading: Reading,
    merged: &Merged,
    extras: &Extras,
) -> StatsMeta {
    let error = extras.uniques_error;
    let sure = error == 0.0 && !extras.uniques_rough;
    let awaits_batch = awaits_batch(query, &reading);
    let exact = |metric: &Metric| match metric {
        Metric::UniqueVisitors => sure,
        // What is not counted apart is in no group of its own yet, and a quarter of an hour in one bucket.
        metric => {
            let by_quarters = query.group.is_some() || metric.is_money();
            let is_apart = !metric.is_money() || extras.money.is_apart();
            let is_apart = is_apart && merged.rest.is_empty();
            let is_apart = is_apart && !(metric.has_cost() && extras.period.rough);
            let is_decided = !(metric.is_of_conversions() && awaits_batch);
            let is_apart = is_apart && is_decided;
            is_apart && !(by_quarters && query.cuts_quarters())
        }
    };
    let settled_ms = reading.published.manifest.settled_ms;
    let metrics = query.metrics.iter();
    StatsMeta {
        manifest: reading.published.n,
        settled_through: (settled_ms > 0).then(|| time::rfc3339(settled_ms)),
        live_lag_ms: reading.live.lag_ms,
        complete: reading.missing.is_empty(),
        missing: reading.missing.clone(),
        gaps: None,
        unchecked: reading.live.unchecked.then_some(true),
        as_of: events::token(&events::moment(&reading), &reading.missing),
        counted_upto: reading.live.as_of.clone(),
        source: match query.from_events {
            true => Source::Events,
            false => Source::Cube,
        },
        overlapping: (query.columns.iter().any(|column| column.name == TAG)).then_some(true),
        settled: part(query, merged.settled),
        live: part(query, merged.live),
        imported: None,
        period_costs: extras.period.told(),
        exact: metrics
            .map(|metric| (metric.name(), exact(metric)))
            .collect(),
        standard_error: match error > 0.0 {
            true => BTreeMap::from([(Metric::UniqueVisitors.name(), error)]),
            false => BTreeMap::new(),
        },
        unique_visitors: query
            .asks(Metric::UniqueVisitors)
            .then(|| query.home.told(query.start, query.end)),
        query: query.told(entity),
    }
}
