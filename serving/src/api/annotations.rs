//! Annotations: what happened when, for whoever looks at a curve.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use catalog::{Annotation, CatalogError, Change};
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use http::StatusCode;
use model::{EntityId, random::new_row_id};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::Problem;

use super::{
    auth::{Creator, Reader, Writer},
    body::{Body, Given},
    costs,
    entries::{self, Entry},
    once::Sent,
    page::Page,
    params::{Params, Segment},
    preconditions::IfMatch,
};
use crate::{
    api_types::{AnnotationView, List},
    app::App,
    openapi::refusals::{self, Again, Commit, Key, Name, Nothing, Query, Refusals, Stale},
    stats::calendar::start_of_day,
};

/// What clients set of an annotation.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnnotationBody {
    /// When it happened, or began: RFC 3339, or a day in the account's time zone. Needed.
    #[schema(value_type = Option<String>, example = "2026-01-02T09:30:00Z")]
    #[serde(default)]
    from: Given<String>,
    /// Before when it ended; null: it is of a moment.
    #[schema(value_type = Option<String>, example = "2026-01-02T11:00:00Z")]
    #[serde(default)]
    to: Given<String>,
    /// What happened. Needed.
    #[schema(value_type = Option<String>, example = "Newsletter sent")]
    #[serde(default)]
    text: Given<Box<str>>,
    /// The id of a link, pixel, goal or campaign that it is about; null: all of the account.
    #[schema(value_type = Option<String>, example = json!(null))]
    #[serde(default)]
    object: Given<EntityId>,
}

/// Which annotations are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AnnotationsQuery {
    /// Rows of the page.
    #[param(minimum = 1, maximum = 1000, default = 100, example = 100)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before; without it the first page is given.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// Only those of which something is then or later: RFC 3339, or a day in the account's time zone.
    #[param(example = "2026-01-01")]
    start: Option<String>,
    /// Only those that begin before.
    #[param(example = "2026-01-08")]
    end: Option<String>,
    /// Only those about this object, and those about all of the account.
    #[param(value_type = Option<String>, example = "lnk_0000000000005")]
    object: Option<EntityId>,
}

impl AnnotationBody {
    /// Sets the fields that are given.
    fn change(&self, row: &mut Annotation, zone: Tz) -> Result<(), CatalogError> {
        match &self.from {
            Given::Absent if row.from >= 0 => {}
            Given::Absent | Given::Null => {
                return Err(CatalogError::invalid("from", "is required"));
            }
            Given::Value(text) => row.from = minute("from", text, zone)?,
        }
        let to = |text: &String| minute("to", text, zone).map(Some);
        self.to.set_with(&mut row.to, to)?;
        self.text.set(&mut row.text);
        match self.object {
            Given::Absent => {}
            Given::Null => row.object = None,
            Given::Value(object) => row.object = Some(object),
        }
        Ok(())
    }
}

/// A unix minute.
fn minute(field: &'static str, text: &str, zone: Tz) -> Result<i64, CatalogError> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.timestamp().div_euclid(60));
    let day = || {
        text.parse::<NaiveDate>()
            .ok()
            .and_then(|day| start_of_day(day, zone))
    };
    let why = "must be RFC 3339, such as 2026-11-22T10:15:00Z, or a date";
    time.ok()
        .or_else(day)
        .ok_or_else(|| CatalogError::invalid(field, why))
}

fn zone(state: &catalog::State, account: EntityId) -> Tz {
    costs::zone(&costs::settings(state, account))
}

impl Entry for Annotation {
    type View = AnnotationView;
    const PATH: &'static str = "annotations";

    fn find<'a>(state: &'a catalog::State, account: EntityId, id: &str) -> Option<&'a Arc<Self>> {
        state.annotation(account, id)
    }

    fn all(state: &catalog::State, account: EntityId) -> impl Iterator<Item = &Arc<Self>> {
        state.annotations_of(account)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn view(&self, _: &catalog::State) -> AnnotationView {
        AnnotationView::new(self)
    }

    fn put(self) -> Change {
        Change::PutAnnotation(self)
    }

    fn delete(account: EntityId, id: Box<str>) -> Change {
        Change::DeleteAnnotation { account, id }
    }
}

/// Notes what happened
#[utoipa::path(
    post, path = "/v1/annotations", tag = "Annotations",
    request_body = AnnotationBody,
    responses(
        (status = 201, description = "As it was noted.", body = AnnotationView),
        Refusals<(Key, refusals::Body, Commit, Again)>,
    ),
    security(("key" = ["create"])),
)]
pub(crate) async fn create_annotation(
    State(app): State<Arc<App>>,
    Creator(caller): Creator,
    Sent { body, once }: Sent<AnnotationBody>,
) -> Result<Response, Problem> {
    let blank = Annotation {
        id: new_row_id("ann_", &*app.env.random).into(),
        account: caller.account,
        from: -1,
        to: None,
        text: Box::default(),
        object: None,
        created_ms: app.env.clock.now_ms(),
    };
    let make = |state: &catalog::State| {
        let mut made = blank.clone();
        body.change(&mut made, zone(state, caller.account))?;
        Ok(made)
    };
    entries::create(&app, &caller, once.as_ref(), make).await
}

/// Lists annotations, in the order of their ids
#[utoipa::path(
    get, path = "/v1/annotations", tag = "Annotations",
    params(AnnotationsQuery),
    responses(
        (status = 200, description = "A page of them.", body = List<AnnotationView>),
        Refusals<(Key, Query)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_annotations(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Params(asked): Params<AnnotationsQuery>,
) -> Result<Json<List<AnnotationView>>, Problem> {
    let page = Page::new(asked.limit, asked.cursor.clone());
    let zone = app.catalog.read(|state| zone(state, caller.account));
    let read = |field: &'static str, text: &Option<String>, usual: i64| match text {
        Some(text) => minute(field, text, zone)
            .map_err(|error| Problem::bad_request("invalid_query", error.to_string())),
        None => Ok(usual),
    };
    let (start, end) = (
        read("start", &asked.start, 0)?,
        read("end", &asked.end, i64::MAX)?,
    );
    let is_about = |row: &Annotation| match (asked.object, row.object) {
        (Some(wanted), Some(object)) => wanted == object,
        _ => true,
    };
    let fits = |row: &Annotation| row.overlaps(start, end) && is_about(row);
    entries::list(&app, caller.account, &page, fits)
}

/// Shows an annotation
#[utoipa::path(
    get, path = "/v1/annotations/{id}", tag = "Annotations",
    params(("id" = String, Path, description = "Its id.", example = "ann_0000000000004")),
    responses(
        (status = 200, description = "As it is.", body = AnnotationView),
        Refusals<(Key, Name, Nothing)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn read_annotation(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<Json<AnnotationView>, Problem> {
    entries::read::<Annotation>(&app, caller.account, &id)
}

/// Changes the fields of an annotation that are given; null brings back the default
#[utoipa::path(
    patch, path = "/v1/annotations/{id}", tag = "Annotations",
    params(("id" = String, Path, description = "Its id.", example = "ann_0000000000004")),
    request_body = AnnotationBody,
    responses(
        (status = 200, description = "As it is now.", body = AnnotationView),
        Refusals<(Key, Name, refusals::Body, Commit, Stale)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn change_annotation(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    if_match: IfMatch,
    Body(body): Body<AnnotationBody>,
) -> Result<Json<AnnotationView>, Problem> {
    let change = |state: &catalog::State, old: &Annotation| {
        let mut new = old.clone();
        body.change(&mut new, zone(state, caller.account))?;
        Ok(new)
    };
    entries::change(&app, &caller, &id, &if_match, change).await
}

/// Takes an annotation away
#[utoipa::path(
    delete, path = "/v1/annotations/{id}", tag = "Annotations",
    params(("id" = String, Path, description = "Its id.", example = "ann_0000000000004")),
    responses(
        (status = 204, description = "It is taken away."),
        Refusals<(Key, Name, Commit, Stale)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn delete_annotation(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    entries::delete::<Annotation>(&app, &caller, &id, &if_match).await
}
