//! Restatements: what changed of days that were settled.

use std::sync::Arc;

use axum::{Json, extract::State};
use catalog::zone::day_of;
use chrono_tz::Tz;
use handover::restatements::{self, Changed, Restatements};
use model::{EntityId, money::money_text, time::rfc3339};
use serde::Deserialize;
use utoipa::IntoParams;
use web::Problem;

use super::{auth::Reader, costs, params::Params};
use crate::{
    api_types::{List, RestatementView},
    app::App,
    openapi::refusals::{Key, Query, Refusals, StoreDown, TooMany},
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
    let _turn = app.turn(caller.account).await?;
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
    let view = |date, changed: Changed, is_whole| RestatementView {
        at: rfc3339(told.at_ms),
        cause: told.cause.name(),
        date,
        changed: changed.events,
        value: changed
            .values
            .into_iter()
            .map(|(currency, micros)| (currency, money_text(micros.into())))
            .collect(),
        is_whole,
    };
    let days = told.by_day(account.raw, |minute| day_of(minute, zone));
    let mut views: Vec<RestatementView> = days
        .into_iter()
        .map(|(day, changed)| view(Some(day.to_string()), changed, true))
        .collect();
    if !told.is_whole() {
        views.push(view(None, Changed::default(), false));
    }
    views
}
