//! Segments: filters that have a name. A question takes them by it.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use catalog::{Change, SavedSegment, share::Filters};
use http::StatusCode;
use model::{EntityId, random::new_row_id};
use serde::Deserialize;
use utoipa::ToSchema;
use web::Problem;

use super::{
    auth::{Creator, Reader, Writer},
    body::{Body, Given},
    entries::{self, Entry},
    once::Sent,
    page::Page,
    params::{Params, Segment},
    preconditions::IfMatch,
    shares,
};
use crate::{
    api_types::{List, SegmentView},
    app::App,
    openapi::refusals::{self, Again, Commit, Filter, Key, Name, Nothing, Query, Refusals, Stale},
    stats::{StatsQuery, filters},
};

/// What clients set of a segment.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentBody {
    /// How it is called, unique in the account. Needed.
    #[schema(value_type = Option<String>, example = "French mail")]
    #[serde(default)]
    name: Given<Box<str>>,
    /// Its filters, as in the query of `/v1/stats`, joined with `&`. Objects may be named, and are kept by their ids. Needed.
    #[schema(value_type = Option<String>, example = "country=FR&utm_medium=email")]
    #[serde(default)]
    filters: Given<String>,
}

impl SegmentBody {
    /// The filters that are given, as they are kept.
    fn filters(&self, app: &App, account: EntityId) -> Result<Option<Filters>, Problem> {
        match &self.filters {
            Given::Value(text) => shares::read(app, account, text).map(Some),
            Given::Null => Ok(Some(Filters::default())),
            Given::Absent => Ok(None),
        }
    }

    /// The segment with the fields that are given.
    fn change(&self, mut row: SavedSegment, filters: Option<Filters>) -> SavedSegment {
        self.name.set(&mut row.name);
        row.filters = filters.unwrap_or(row.filters);
        row
    }
}

impl Entry for SavedSegment {
    type View = SegmentView;
    const PATH: &'static str = "segments";

    fn find<'a>(state: &'a catalog::State, account: EntityId, id: &str) -> Option<&'a Arc<Self>> {
        state.segment(account, id)
    }

    fn all(state: &catalog::State, account: EntityId) -> impl Iterator<Item = &Arc<Self>> {
        state.segments_of(account)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn view(&self, _: &catalog::State) -> SegmentView {
        SegmentView::new(self)
    }

    fn put(self) -> Change {
        Change::PutSegment(self)
    }

    fn delete(account: EntityId, id: Box<str>) -> Change {
        Change::DeleteSegment { account, id }
    }
}

/// What is asked, within the segment that it names.
pub(super) fn join(
    app: &App,
    account: EntityId,
    mut asked: StatsQuery,
) -> Result<StatsQuery, Problem> {
    let Some(name) = asked.segment.take() else {
        return Ok(asked);
    };
    let find = |state: &catalog::State| {
        let by_id = state.segment(account, &name);
        let by_name = || state.segments_of(account).find(|row| *row.name == *name);
        by_id.or_else(by_name).cloned()
    };
    let nothing = || {
        let name: String = name.chars().take(80).collect();
        Problem::not_found(format!("there is no segment `{name}`"))
    };
    let found = app.catalog.read(find).ok_or_else(nothing)?;
    for (name, value) in &found.filters {
        // A filter that nobody knows any more must not widen what is asked.
        let unknown = || Problem::internal("a filter of a segment is not known");
        let name = filters::name(name).ok_or_else(unknown)?;
        asked.within.push((name, value.to_string()));
    }
    Ok(asked)
}

/// Saves filters under a name
///
/// `segment=` with its name or id in a question to `/v1/stats`, `/v1/live` or `/v1/events` adds them to those of the question.
#[utoipa::path(
    post, path = "/v1/segments", tag = "Segments",
    request_body = SegmentBody,
    responses(
        (status = 201, description = "As it was saved.", body = SegmentView),
        Refusals<(Key, refusals::Body, Commit, Again, Filter)>,
    ),
    security(("key" = ["create"])),
)]
pub(crate) async fn create_segment(
    State(app): State<Arc<App>>,
    Creator(caller): Creator,
    Sent { body, once }: Sent<SegmentBody>,
) -> Result<Response, Problem> {
    let blank = SavedSegment {
        id: new_row_id("seg_", &*app.env.random).into(),
        account: caller.account,
        name: Box::default(),
        filters: Box::default(),
        created_ms: app.env.clock.now_ms(),
    };
    let made = body.change(blank, body.filters(&app, caller.account)?);
    entries::create(&app, &caller, once.as_ref(), |_| Ok(made.clone())).await
}

/// Lists segments, in the order of their ids
#[utoipa::path(
    get, path = "/v1/segments", tag = "Segments",
    params(Page),
    responses(
        (status = 200, description = "A page of them.", body = List<SegmentView>),
        Refusals<(Key, Query)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_segments(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Params(page): Params<Page>,
) -> Result<Json<List<SegmentView>>, Problem> {
    entries::list(&app, caller.account, &page, |_: &SavedSegment| true)
}

/// Shows a segment
#[utoipa::path(
    get, path = "/v1/segments/{id}", tag = "Segments",
    params(("id" = String, Path, description = "Its id.", example = "seg_0000000000004")),
    responses(
        (status = 200, description = "As it is.", body = SegmentView),
        Refusals<(Key, Name, Nothing)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn read_segment(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<Json<SegmentView>, Problem> {
    entries::read::<SavedSegment>(&app, caller.account, &id)
}

/// Changes the fields of a segment that are given
#[utoipa::path(
    patch, path = "/v1/segments/{id}", tag = "Segments",
    params(("id" = String, Path, description = "Its id.", example = "seg_0000000000004")),
    request_body = SegmentBody,
    responses(
        (status = 200, description = "As it is now.", body = SegmentView),
        Refusals<(Key, Name, refusals::Body, Commit, (Stale, Filter))>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn change_segment(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    if_match: IfMatch,
    Body(body): Body<SegmentBody>,
) -> Result<Json<SegmentView>, Problem> {
    let filters = body.filters(&app, caller.account)?;
    let change = |_: &_, old: &SavedSegment| Ok(body.change(old.clone(), filters.clone()));
    entries::change(&app, &caller, &id, &if_match, change).await
}

/// Takes a segment away
#[utoipa::path(
    delete, path = "/v1/segments/{id}", tag = "Segments",
    params(("id" = String, Path, description = "Its id.", example = "seg_0000000000004")),
    responses(
        (status = 204, description = "It is taken away."),
        Refusals<(Key, Name, Commit, Stale)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn delete_segment(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    entries::delete::<SavedSegment>(&app, &caller, &id, &if_match).await
}
