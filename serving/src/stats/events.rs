//! Numbers that no cube holds: counted from the events themselves, settled and live alike, so that they are as exact.

use std::sync::Arc;

use asking::{ALL, AskError, Filter, Moment, Selection, Sums, SumsAsked, Tags};
use handover::{
    manifests::Published,
    reading::{self, Missing, Why},
};
use model::{EntityId, EntityKind, LogId, Seq};
use web::Problem;

use super::{
    calendar,
    extras::Extras,
    filters::{self, TAG},
    incomplete,
    live::Reading,
    merge::Merged,
    metric::Metric,
    period_costs::{self, events::Unspread},
    query::{Query, bad},
};
use crate::app::App;

/// So long after it was followed by another a moment's manifest may be asked about, milliseconds. Its files are kept for an hour.
const KEPT_MS: i64 = 45 * 60_000;
/// Between the names of two groups.
pub(super) const BETWEEN: char = '\u{1f}';

/// What was counted.
pub(super) struct Counted {
    pub merged: Merged,
    pub extras: Extras,
}

/// What was paid in periods for what a question is about, spread over events, unless it cannot be.
async fn period_costs(
    asked: &period_costs::events::Asked<'_>,
    names: &Names,
    counted: &mut Counted,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let (app, query) = (asked.app, asked.query);
    let costs = period_costs::costs(app, asked.entity, query)?;
    if costs.is_empty() {
        return Ok(());
    }
    let extras = &mut counted.extras;
    let spread = match period_costs::events::can_be_spread(query) {
        true => period_costs::events::spread(asked, &costs).await,
        false => Err(Unspread::LeftOut),
    };
    let (rows, part) = match spread {
        Ok(spread) => spread,
        Err(Unspread::Refused(problem)) => return Err(problem),
        Err(Unspread::LeftOut) => {
            extras.period.rough = true;
            reading.missing.push(Missing {
                log: None,
                why: Why::PeriodCosts,
            });
            return Ok(());
        }
    };
    for row in rows {
        let groups = match query.is_grouped() {
            true => names.of(&row.groups),
            false => Vec::new(),
        };
        extras.money.add_row(&groups, &row);
    }
    extras.period = part;
    Ok(())
}

/// Counts the events of an account that a question is about, as of what was read.
pub(super) async fn count(
    app: &App,
    entity: EntityId,
    query: &Query,
    reading: &mut Reading,
) -> Result<Counted, Problem> {
    let account = owner(app, entity)?;
    let filters = filters_of(app, account, entity, query)?;
    let names = Names::new(app, account, query);
    let asked = |moment| SumsAsked {
        tags: names.tags.clone(),
        selection: Selection {
            account: account.raw,
            moment,
            minutes: (query.start, query.end),
            filters: filters.clone(),
        },
        groups: query.columns.clone(),
        buckets: buckets(query),
        offset: {
            let zone = query.zone;
            Arc::new(move |minute| calendar::offset(minute, zone))
        },
        money: query.asks_value() || query.asks_cost(),
        visitors: query
            .asks(Metric::UniqueVisitors)
            .then_some(!query.exclude_bots),
    };
    let mut counts = moment(reading);
    let sums = match app.events.sums(asked(counts.clone())).await {
        Ok(sums) => sums,
        // The settled part is true, and said to be a part.
        Err(error @ (AskError::LiveIsFull(_) | AskError::Behind(_))) if query.as_of.is_none() => {
            tracing::warn!(%error, "live events are left out of an answer");
            reading.missing.push(Missing {
                log: None,
                why: Why::LiveEvents,
            });
            counts.upto.clear();
            let sums = app.events.sums(asked(counts.clone())).await;
            sums.map_err(problem)?
        }
        Err(error) => return Err(problem(error)),
    };
    let mut counted = counted(&names, query, sums);
    let asked = period_costs::events::Asked {
        app,
        entity,
        query,
        filters: &filters,
        moment: &counts,
    };
    period_costs(&asked, &names, &mut counted, reading).await?;
    Ok(counted)
}

/// What an answer counts.
pub(crate) fn moment(reading: &Reading) -> Moment {
    Moment {
        published: reading.published.clone(),
        upto: reading.live.as_of.clone(),
    }
}

/// What a failure means to whoever asked.
pub(crate) fn problem(error: AskError) -> Problem {
    match error {
        AskError::TooMuch(why) => {
            Problem::new(http::StatusCode::UNPROCESSABLE_ENTITY, "too_much", why)
        }
        AskError::Expired(_) => {
            let status = http::StatusCode::UNPROCESSABLE_ENTITY;
            Problem::new(status, "events_expired", error.to_string())
        }
        AskError::Sql(why) => bad("invalid_sql", why),
        AskError::Busy => Problem::unavailable("busy", error.to_string(), 10),
        AskError::TakenBack => Problem::conflict("cancelled", error.to_string()),
        AskError::LiveIsFull(_) | AskError::Behind(_) => {
            Problem::unavailable("events_unavailable", error.to_string(), 2)
        }
        AskError::Failed(why) => {
            tracing::warn!(error = why, "events cannot be read");
            let detail = "the events cannot be read just now";
            Problem::unavailable("events_unavailable", detail, 2)
        }
    }
}

/// The account of what is asked about.
pub(super) fn owner(app: &App, entity: EntityId) -> Result<EntityId, Problem> {
    let described = match entity.kind {
        EntityKind::Account => return Ok(entity),
        _ => app.catalog.describe(entity),
    };
    let account = described.map(|known| known.account);
    account.ok_or_else(|| Problem::not_found("there is no such link, pixel, goal or campaign"))
}

pub(crate) fn filters_of(
    app: &App,
    account: EntityId,
    entity: EntityId,
    query: &Query,
) -> Result<Vec<Filter>, Problem> {
    let resolve = |state: &catalog::State| {
        let each = query.filters.iter();
        each.map(|filter| filter.resolve(state, account))
            .collect::<Result<Vec<_>, _>>()
    };
    let mut filters = app.catalog.read(resolve)?;
    if entity != account
        && let Some(column) = filters::column(entity.kind.name())
    {
        filters.push(Filter {
            column,
            is_not: false,
            values: vec![entity.to_string()],
        });
    }
    Ok(filters)
}

fn buckets(query: &Query) -> asking::Buckets {
    let query = query.clone();
    Arc::new(move |minute| u32::try_from(query.bucket(minute)).unwrap_or(ALL))
}

fn counted(names: &Names, query: &Query, sums: Sums) -> Counted {
    let mut merged = Merged::default();
    let mut extras = Extras::default();
    for row in &sums.rows {
        merged.settled += row.settled;
        let mut live = row.counts;
        live = live.without(&row.settled);
        merged.live += live;
        for name in names.of(&row.groups) {
            let place = (row.bucket as usize, name.clone());
            *merged.groups.entry(place).or_default() += row.counts;
        }
    }
    for row in &sums.visitors_of_rows {
        let place = (row.bucket as usize, joined(&row.groups));
        extras.uniques_of_groups.insert(place, row.visitors);
    }
    for row in &sums.money {
        let groups = names.of(&row.groups);
        let groups = match query.is_grouped() {
            true => groups,
            false => Vec::new(),
        };
        let is_asked = if row.is_value {
            query.asks_value()
        } else {
            query.asks_cost()
        };
        if is_asked {
            extras.money.add_row(&groups, row);
        }
    }
    if query.asks(Metric::UniqueVisitors) {
        let of = |bucket: u32| sums.visitors.get(&bucket).copied().unwrap_or(0);
        extras.uniques = (0..query.buckets.len()).map(|at| of(at as u32)).collect();
        extras.uniques_total = Some(of(ALL));
        extras.uniques_rough = query.home.parts(query.zone, query.start, query.end);
    }
    Counted { merged, extras }
}

/// What groups are called in the answer: several tags of one link are several groups.
struct Names {
    tags: Option<Arc<Tags>>,
}

impl Names {
    fn new(app: &App, account: EntityId, query: &Query) -> Self {
        let place = query.columns.iter().position(|column| column.name == TAG);
        let tags = place.map(|column| {
            let links = app
                .catalog
                .read(|state| state.links.of(account, None, usize::MAX));
            let tagged = links.iter().filter(|link| !link.tags.is_empty());
            let of_links = tagged.map(|link| {
                let tags = link.tags.iter().map(|tag| (**tag).into()).collect();
                (link.id.to_string(), tags)
            });
            Arc::new(Tags {
                column,
                of_links: of_links.collect(),
            })
        });
        Self { tags }
    }

    fn of(&self, groups: &[String]) -> Vec<Box<str>> {
        match &self.tags {
            Some(tags) => {
                let each = tags.groups(groups);
                each.iter().map(|groups| joined(groups)).collect()
            }
            None => vec![joined(groups)],
        }
    }
}

/// The name of a row's group.
fn joined(groups: &[String]) -> Box<str> {
    groups.join(&BETWEEN.to_string()).into()
}

/// A moment as text: the manifest, of logs that have events beyond it the last that counts, and what is missing.
pub(crate) fn token(moment: &Moment, missing: &[Missing]) -> String {
    let manifest = &moment.published.manifest;
    // What was not settled was left out of the answer.
    let is_settled_alone = missing.iter().any(|it| it.why == Why::LiveEvents);
    let beyond = moment
        .upto
        .iter()
        .filter(|(log, seq)| !is_settled_alone && **seq > manifest.horizon.of(**log).seq);
    let beyond: Vec<String> = beyond.map(|(log, seq)| format!(".{log}-{seq}")).collect();
    let missing = incomplete::written(missing);
    format!("{}{}{missing}", moment.published.n, beyond.concat())
}

/// The moment that a token names, and what was missing of it.
async fn moment_of(app: &App, token: &str) -> Result<(Moment, Vec<Missing>), Problem> {
    let wrong = || {
        let detail = "as_of is the `meta.as_of` of an answer, as it is";
        bad("invalid_as_of", detail)
    };
    let mut reasons = token.split(incomplete::SIGN);
    let mut parts = reasons.next().unwrap_or_default().split('.');
    let missing = incomplete::read(reasons).ok_or_else(wrong)?;
    let n: u64 = parts
        .next()
        .and_then(|n| n.parse().ok())
        .ok_or_else(wrong)?;
    let seen = app.overview.seen();
    if n > seen.published.n {
        return Err(wrong());
    }
    let gone = || {
        let detail = "the files of that moment are gone; moments can be asked about for a quarter of an hour at least";
        Problem::new(http::StatusCode::GONE, "moment_gone", detail)
    };
    let manifests = app.overview.manifests();
    let published: Published = match n == seen.published.n {
        true => seen.published,
        false => {
            // What the next one does not name is kept for an hour after it.
            let next = manifests.get(n + 1).await?.ok_or_else(gone)?;
            if next.at_ms + KEPT_MS < app.env.clock.now_ms() {
                return Err(gone());
            }
            manifests.get(n).await?.ok_or_else(gone)?
        }
    };
    let horizon = &published.manifest.horizon;
    let mut upto: std::collections::BTreeMap<_, _> = horizon
        .0
        .iter()
        .map(|(log, covered)| (*log, covered.seq))
        .collect();
    for part in parts {
        let id: model::EventId = part.parse().map_err(|_| wrong())?;
        upto.insert(id.log, id.seq);
    }
    Ok((Moment { published, upto }, missing))
}

/// What there is to read of a moment that a token names. What was missing of it still is.
pub(crate) async fn reading_of(
    app: &App,
    account: EntityId,
    token: &str,
) -> Result<Reading, Problem> {
    app.look_once().await?;
    let (Moment { published, upto }, missing) = moment_of(app, token).await?;
    // No moment is later than now: nobody waits for events that are still to come.
    let now = super::live::read(app, account).await?;
    let horizon = &published.manifest.horizon;
    let is_past = |(log, seq): (&LogId, &Seq)| {
        let is_live = || now.live.as_of.get(log).is_some_and(|now| seq <= now);
        *seq <= horizon.of(*log).seq || is_live()
    };
    if !upto.iter().all(is_past) {
        let detail = "as_of names a moment that is still to come, or cannot be read just now";
        return Err(bad("invalid_as_of", detail));
    }
    Ok(Reading {
        published,
        live: Arc::new(reading::Reading {
            as_of: upto,
            ..reading::Reading::default()
        }),
        missing,
    })
}
