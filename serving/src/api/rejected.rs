//! Refused events: what collectors would not take, and why.

use std::sync::Arc;

use axum::{Json, extract::State};
use handover::rejected::{self, Place};
use serde::Deserialize;
use utoipa::IntoParams;
use web::Problem;

use super::{auth::Reader, params::Params};
use crate::{
    api_types::{List, RejectedView},
    app::App,
    openapi::refusals::{Key, Query, Refusals, StoreDown, TooMany},
};

/// Events of a page unless asked otherwise, and at most.
const USUAL: usize = 50;
const MOST: usize = 1_000;

/// Which page is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RejectedQuery {
    /// Events of the page.
    #[param(minimum = 1, maximum = 1000, default = 50, example = 50)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before; without it the newest are given.
    #[serde(alias = "after")]
    cursor: Option<String>,
}

/// Lists events that were refused, the newest first
///
/// They are kept for a month, as far as there is room: 16 MiB a day of each account and collector. So are refused postbacks; of
/// those that anybody could have sent 60 a minute. `POST /v1/rejected/{id}/replay` at the collectors takes one of them again,
/// mended if need be.
#[utoipa::path(
    get, path = "/v1/rejected", tag = "Events",
    params(RejectedQuery),
    responses(
        (status = 200, description = "A page of them.", body = List<RejectedView>),
        Refusals<(Key, Query, StoreDown, TooMany)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_rejected(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Params(asked): Params<RejectedQuery>,
) -> Result<Json<List<RejectedView>>, Problem> {
    let wrong = |what: String| Problem::bad_request("invalid_query", what);
    let limit = asked.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(wrong(format!("`limit` must be from 1 to {MOST}")));
    }
    let before = asked.cursor.as_deref().map(|text| {
        let detail = "`cursor` must be the `next_cursor` of the page before";
        Place::parse(text).ok_or_else(|| wrong(detail.into()))
    });
    let before = before.transpose()?;
    let _turn = app.turn(caller.account).await?;
    let store = &app.env.store;
    let mut found = rejected::newest(store, caller.account, before.as_ref(), limit + 1).await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| has_more);
    Ok(Json(List {
        next_cursor: last.map(|event| event.id.clone()),
        items: found.into_iter().map(RejectedView::from).collect(),
    }))
}
