//! Counts that other tools made: a labelled part of answers, never added to what is counted here.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
};
use chrono::{DateTime, NaiveDate};
use handover::totals::{self, MOST_ROWS, MOST_SOURCES, Total, Totals};
use http::StatusCode;
use model::EntityId;
use serde::Deserialize;
use storage::object_keys::is_name;
use utoipa::ToSchema;
use web::Problem;

use super::{
    auth::{Reader, Writer},
    body,
    params::Segment,
};
use crate::{
    api_types::{Items, Refused, TotalsTaken, TotalsView},
    app::App,
    openapi::refusals::{Body, Busy, Key, Name, Refusals, Source, StoreDown, TooMany},
    rooms::{Crowded, LARGE_BODIES},
};

/// Largest body, bytes.
const MAX_BODY: usize = 16 << 20;
/// Longest name of a source, bytes.
const MAX_SOURCE: usize = 64;

/// What a source has counted: all of it, each time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TotalsBody {
    /// Until when it had counted, RFC 3339; now unless given.
    #[schema(example = "2026-01-02T03:04:05Z")]
    #[serde(default)]
    as_of: Option<String>,
    /// Up to 100,000 counts.
    rows: Vec<TotalBody>,
}

/// More clicks of one link than anybody has counted.
const MOST_CLICKS: u64 = 1_000_000_000_000;

/// How many clicks a link had.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TotalBody {
    /// The link: its id, its slug, or `ext_` and what the account calls it.
    #[schema(example = "spring")]
    link: String,
    /// On this day; without it in all.
    #[schema(example = "2025-12-31")]
    #[serde(default)]
    day: Option<String>,
    /// Of a count of all: since when the link was there, RFC 3339.
    #[schema(example = "2025-01-02T03:04:05Z")]
    #[serde(default)]
    since: Option<String>,
    /// So many.
    #[schema(example = 1234, maximum = 1_000_000_000_000i64)]
    clicks: u64,
}

/// Puts what another tool has counted in the place of what it had counted before
///
/// Answers show it in `meta.imported`, and add it to nothing.
#[utoipa::path(
    put, path = "/v1/imported-totals/{source}", tag = "Numbers",
    params(("source" = String, Path, description = "What the source is called.", example = "bitly")),
    request_body = TotalsBody,
    responses(
        (status = 200, description = "What became of the counts.", body = TotalsTaken),
        Refusals<(Key, Name, Body, StoreDown, (Source, Busy, TooMany))>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn put_totals(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(source): Segment,
    request: Request,
) -> Result<Json<TotalsTaken>, Problem> {
    check_source(&source)?;
    body::content_type(request.headers(), &["application/json"])?;
    let room = app.rooms.large_bodies.enter(caller.account, LARGE_BODIES);
    let _place = room.map_err(|crowded| match crowded {
        Crowded::Account => Problem::too_many("this account sends two large requests already", 1),
        Crowded::Everybody => Problem::unavailable("busy", "too many large requests at once", 1),
    })?;
    let bytes = body::read(request, MAX_BODY).await?;
    let parsed = tokio::task::spawn_blocking(move || body::parse::<TotalsBody>(&bytes)).await;
    let body = parsed.map_err(Problem::internal)??;
    if body.rows.len() > MOST_ROWS {
        let detail = format!("a source has at most {MOST_ROWS} counts; give the rest another name");
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_many",
            detail,
        ));
    }
    if let Some(at) = body.rows.iter().position(|row| row.clicks > MOST_CLICKS) {
        let detail =
            format!("`rows[{at}].clicks` is more than {MOST_CLICKS}, which nobody has counted");
        return Err(Problem::bad_request("invalid", detail));
    }
    let known = totals::of(&app.env.store, caller.account).await?;
    if known.len() >= MOST_SOURCES && !known.iter().any(|totals| totals.source == source) {
        let detail = format!("an account has at most {MOST_SOURCES} sources; delete one");
        return Err(Problem::bad_request("too_many_sources", detail));
    }
    let now_ms = app.env.clock.now_ms();
    let as_of = body
        .as_of
        .as_deref()
        .map(|text| time("as_of", text))
        .transpose();
    let as_of_ms = as_of
        .map_err(|detail| Problem::bad_request("invalid", detail))?
        .unwrap_or(now_ms);
    let (rows, answer) = understood(&app, caller.account, &body.rows);
    let account = caller.account;
    let totals = Totals {
        account,
        source,
        as_of_ms,
        rows,
    };
    totals::put(&app.env.store, &totals).await?;
    app.imported.forget(account).await;
    Ok(Json(answer))
}

/// Lists what other tools have counted
#[utoipa::path(
    get, path = "/v1/imported-totals", tag = "Numbers",
    responses(
        (status = 200, description = "All sources.", body = Items<TotalsView>),
        Refusals<(Key, StoreDown)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_totals(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
) -> Result<Json<Items<TotalsView>>, Problem> {
    let all = totals::of(&app.env.store, caller.account).await?;
    let items = all.iter().map(TotalsView::from).collect();
    Ok(Json(Items { items }))
}

/// Forgets what another tool has counted
#[utoipa::path(
    delete, path = "/v1/imported-totals/{source}", tag = "Numbers",
    params(("source" = String, Path, description = "What the source is called.", example = "bitly")),
    responses(
        (status = 204, description = "It is forgotten."),
        Refusals<(Key, Name, StoreDown, Source)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn delete_totals(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(source): Segment,
) -> Result<StatusCode, Problem> {
    check_source(&source)?;
    totals::delete(&app.env.store, caller.account, &source).await?;
    app.imported.forget(caller.account).await;
    Ok(StatusCode::NO_CONTENT)
}

fn check_source(source: &str) -> Result<(), Problem> {
    match is_name(source) && source.len() <= MAX_SOURCE {
        true => Ok(()),
        false => {
            let detail = "a source is 1 to 64 letters, digits, `.`, `_` or `-`, such as bitly";
            Err(Problem::bad_request("invalid_source", detail))
        }
    }
}

/// The counts of the account's links, and what became of each. Two of the same link and day are one.
fn understood(app: &App, account: EntityId, bodies: &[TotalBody]) -> (Vec<Total>, TotalsTaken) {
    let mut answer = TotalsTaken::default();
    let mut rows: Vec<Total> = Vec::with_capacity(bodies.len());
    let mut places: HashMap<(EntityId, Option<i64>), usize> = HashMap::new();
    for (index, body) in bodies.iter().enumerate() {
        let row = match total(app, account, body) {
            Ok(row) => row,
            Err((code, detail)) => {
                answer.rejected.push(Refused {
                    index,
                    code,
                    detail,
                });
                continue;
            }
        };
        answer.taken += 1;
        answer.clicks = answer.clicks.saturating_add(row.clicks);
        match places.get(&(row.link, row.day)) {
            Some(place) => rows[*place].clicks = rows[*place].clicks.saturating_add(row.clicks),
            None => {
                places.insert((row.link, row.day), rows.len());
                rows.push(row);
            }
        }
    }
    (rows, answer)
}

fn total(app: &App, account: EntityId, body: &TotalBody) -> Result<Total, (&'static str, String)> {
    let link = app
        .catalog
        .read(|state| state.links.find(account, &body.link).map(|link| link.id));
    let name: String = body.link.chars().take(80).collect();
    let link = link.ok_or_else(|| ("not_found", format!("this account has no link `{name}`")))?;
    let invalid = |detail| ("invalid", detail);
    let day = body.day.as_deref().map(|text| {
        let date = text.parse::<NaiveDate>();
        date.map(|date| date.to_epoch_days().into())
            .map_err(|_| "`day` must be a date such as 2025-12-31".to_owned())
    });
    let since = body.since.as_deref().map(|text| time("since", text));
    Ok(Total {
        link,
        day: day.transpose().map_err(invalid)?,
        since_ms: since.transpose().map_err(invalid)?,
        clicks: body.clicks,
    })
}

fn time(field: &str, text: &str) -> Result<i64, String> {
    let parsed = DateTime::parse_from_rfc3339(text);
    let wrong = |_| format!("`{field}` must be RFC 3339, such as 2026-12-31T23:59:59Z");
    parsed.map(|time| time.timestamp_millis()).map_err(wrong)
}
