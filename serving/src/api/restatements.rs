//! Restatements: what changed of days that were settled.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use chrono::NaiveDate;
use chrono_tz::Tz;
use handover::restatements::{self, Cause, GRACE_MS, Restated, Restatements};
use model::{EntityId, Measure, money::money_text, time::rfc3339};
use serde::Deserialize;
use utoipa::IntoParams;
use web::Problem;

use super::{auth::Reader, costs, params::Params};
use crate::{
    api_types::{List, RestatementView},
    app::App,
    openapi::refusals::{Key, Query, Refusals, StoreDown, TooMany},
    stats::calendar,
};

/// Objects that are read for one page.
const LOOKED_AT: usize = 200;
/// With so many rows a page is full.
const ENOUGH: usize = 500;
/// Longest name of an object.
const MAX_NAME: usize = 64;

/// Which page is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RestatementsQuery {
    /// The `next_cursor` of the page before; without it the newest are given.
    #[serde(alias = "after")]
    cursor: Option<String>,
}

/// Lists what changed of days that were settled, the newest first
///
/// A day is settled two hours after its end in the account's time zone, as soon as batch has taken all until then. What
/// comes later (a late event, a refund, an import) changes it, and is told here by day. After a full recount
/// every day may be another one: `GET /v1/jobs` and the diff of the run say how.
#[utoipa::path(
    get, path = "/v1/restatements", tag = "Numbers",
    params(RestatementsQuery),
    responses(
        (status = 200, description = "A page of them. It may have fewer than others and yet a `next_cursor`.", body = List<RestatementView>),
        Refusals<(Key, Query, StoreDown, TooMany)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_restatements(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Params(asked): Params<RestatementsQuery>,
) -> Result<Json<List<RestatementView>>, Problem> {
    let _turn = app.rooms.questions.wait(caller.account).await?;
    let mut next = match asked.cursor {
        Some(name) => Some(name_of(name)?),
        None => {
            app.look_once().await?;
            app.overview.seen().published.manifest.restated.clone()
        }
    };
    let settings = app
        .catalog
        .read(|state| costs::settings(state, caller.account));
    let zone = costs::zone(&settings);
    let mut items = Vec::new();
    for _ in 0..LOOKED_AT {
        let Some(name) = next.take().filter(|_| items.len() < ENOUGH) else {
            break;
        };
        let Some(told) = restatements::read(&app.env.store, &name).await? else {
            break;
        };
        items.extend(views(&told, caller.account, zone));
        next = told.previous;
    }
    Ok(Json(List {
        items,
        next_cursor: next,
    }))
}

fn name_of(name: String) -> Result<String, Problem> {
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match is_name && !name.is_empty() && name.len() <= MAX_NAME {
        true => Ok(name),
        false => Err(Problem::bad_request(
            "invalid_query",
            "`cursor` must be the `next_cursor` of the page before",
        )),
    }
}

/// What one says of an account, by its days.
fn views(told: &Restatements, account: EntityId, zone: Tz) -> Vec<RestatementView> {
    let view = |date, events, values, is_whole| RestatementView {
        at: rfc3339(told.at_ms),
        cause: match told.cause {
            Cause::Late => "late_events",
            Cause::Recount => "recount",
        },
        date,
        changed: events,
        value: values,
        is_whole,
    };
    let mut days: BTreeMap<NaiveDate, (Events, Values)> = BTreeMap::new();
    for row in told.late.of(account.raw) {
        let Some(day) = calendar::date_of(row.minute, zone) else {
            continue;
        };
        let end = day
            .succ_opt()
            .and_then(|next| calendar::start_of_day(next, zone));
        let settled = end.map(|end| end.saturating_mul(60_000).saturating_add(GRACE_MS));
        if settled.is_some_and(|settled| settled <= told.settled_ms) {
            let (events, values) = days.entry(day).or_default();
            add(events, values, row);
        }
    }
    let mut views: Vec<RestatementView> = days
        .into_iter()
        .map(|(day, (events, values))| {
            let values = values.into_iter();
            let values = values.map(|(currency, micros)| (currency, money_text(micros.into())));
            view(Some(day.to_string()), events, values.collect(), true)
        })
        .collect();
    let has_more = told.late.is_cut || told.cause == Cause::Recount;
    if has_more {
        views.push(view(None, BTreeMap::new(), BTreeMap::new(), false));
    }
    views
}

/// By metric, how many more events.
type Events = BTreeMap<&'static str, i64>;
/// By currency, in millionths, how much more value.
type Values = BTreeMap<String, i64>;

fn add(events: &mut Events, values: &mut Values, row: &Restated) {
    for (measure, more) in Measure::COUNTERS.into_iter().zip(&row.events) {
        if *more != 0 && measure != Measure::Changes {
            *events.entry(measure.column()).or_default() += more;
        }
    }
    for (currency, micros) in &row.values {
        *values.entry(currency.clone()).or_default() += micros;
    }
}
