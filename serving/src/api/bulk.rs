//! Many links in one request and one commit: made, changed, put by the account's own ids, deleted. What is refused does
//! not hold up the others.

mod items;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    response::Response,
};
use catalog::{CatalogError, Change, Link, Reply};
use http::StatusCode;
use model::{EntityId, EntityKind, random::new_id};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use web::Problem;

use self::items::{FromText, Item, ItemId, LinkChange, parse};
use super::{
    auth::{Caller, Creator, Writer},
    body,
    failure::{code, problem},
    links::{self, LinkBody},
    objects::{ChangeContext, Resource},
    once::{self, Doer, Once},
    params::Params,
};
use crate::{
    api_types::{BulkAnswer, Done, Refused},
    app::App,
    openapi::refusals::{Again, Body, Busy, Commit, Key, Many, Query, Refusals, TooMany},
    rooms::{Crowded, LARGE_BODIES, Place},
};

/// Largest body, bytes.
const MAX_BODY: usize = 16 << 20;
/// What the body may be.
const TYPES: [&str; 3] = [
    "application/json",
    "application/x-ndjson",
    "application/jsonl",
];

/// Whether it is done, or only said what would be.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PutQuery {
    /// True: nothing is changed; the answer says what would become of each. Ids of links that would be made are others
    /// each time.
    #[param(example = false)]
    dry_run: bool,
}

/// Makes many links in one commit
///
/// Up to 10,000: a JSON array, or one JSON object a line. A link that is refused does not hold up the others.
#[utoipa::path(
    post, path = "/v1/links/bulk", tag = "Links",
    request_body(
        content((Vec<LinkBody> = "application/json"), (LinkBody = "application/x-ndjson")),
    ),
    responses(
        (status = 200, description = "What became of each.", body = BulkAnswer),
        Refusals<(Key, Body, Many, Commit, (Busy, TooMany, Again))>,
    ),
    security(("key" = ["create"])),
)]
pub(crate) async fn create_many_links(
    State(app): State<Arc<App>>,
    Creator(caller): Creator,
    request: Request,
) -> Result<Response, Problem> {
    let received = read::<LinkBody>(&app, &caller, request).await?;
    let mut make_one =
        |body: &LinkBody, context: &mut ChangeContext<'_>| make(body, context, &app, &caller);
    let decide = |state: &catalog::State| {
        let mut answer = BulkAnswer::default();
        let changes = answer.decide(state, &app, &received.items, &mut make_one);
        let reply = Reply {
            status: StatusCode::OK.as_u16(),
            location: None,
            body: json!(answer),
            salt: None,
        };
        Ok((changes, reply))
    };
    let (doer, once, count) = (
        Doer::from(&caller),
        received.once.as_ref(),
        received.items.len(),
    );
    once::answer(&app, &doer, once, count, decide).await
}

/// Changes many links in one commit
///
/// Up to 10,000 objects, each with the `id` of a link (or `ext_` and what the account calls it) and the fields that
/// change; null brings back the default.
#[utoipa::path(
    patch, path = "/v1/links/bulk", tag = "Links",
    request_body(
        content((Vec<LinkChange> = "application/json"), (LinkChange = "application/x-ndjson")),
    ),
    responses(
        (status = 200, description = "What became of each.", body = BulkAnswer),
        Refusals<(Key, Body, Many, Commit, (Busy, TooMany))>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn change_many_links(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    request: Request,
) -> Result<Json<BulkAnswer>, Problem> {
    let received = read::<LinkChange>(&app, &caller, request).await?;
    decide(&app, &caller, &received, |item, context| {
        change(find(&item.id, context, &caller)?, &item.body, context)
    })
    .await
}

/// Makes or changes many links by what the account calls them, in one commit
///
/// Up to 10,000 links, each with its `external_id`: one that has a link changes it, another one makes one. To send the
/// same again does nothing.
#[utoipa::path(
    put, path = "/v1/links/bulk", tag = "Links",
    params(PutQuery),
    request_body(
        content((Vec<LinkBody> = "application/json"), (LinkBody = "application/x-ndjson")),
    ),
    responses(
        (status = 200, description = "What became of each.", body = BulkAnswer),
        Refusals<(Key, Body, Many, Commit, (Query, Busy, TooMany))>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn put_many_links(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Params(PutQuery { dry_run }): Params<PutQuery>,
    request: Request,
) -> Result<Json<BulkAnswer>, Problem> {
    let received = read::<LinkBody>(&app, &caller, request).await?;
    let is_new = |item: &Item<LinkBody>| {
        let named = item.as_ref().ok().and_then(LinkBody::external_id);
        let known = |id: &str| {
            app.catalog
                .read(|s| s.links.called(caller.account, id).is_some())
        };
        named.is_some_and(|id| !known(id))
    };
    let new = received.items.iter().filter(|item| is_new(item)).count();
    let mut decide_one = |body: &LinkBody, context: &mut ChangeContext<'_>| {
        let Some(external_id) = body.external_id() else {
            return Err(CatalogError::invalid("external_id", "is required"));
        };
        match context.state.links.called(caller.account, external_id) {
            Some(link) => change(link, body, context),
            None => make(body, context, &app, &caller),
        }
    };
    if dry_run {
        app.catalog.follow_bell().await.map_err(problem)?;
        let said = |state: &catalog::State| {
            let mut answer = BulkAnswer::default();
            answer.decide(state, &app, &received.items, &mut decide_one);
            Json(answer)
        };
        return Ok(app.catalog.read(said));
    }
    app.may_make(caller.account, new)?;
    decide(&app, &caller, &received, decide_one).await
}

/// Deletes many links in one commit; their numbers stay
///
/// Up to 10,000 ids (or `ext_` and what the account calls a link): a JSON array of texts, or one text a line.
#[utoipa::path(
    delete, path = "/v1/links/bulk", tag = "Links",
    request_body(
        content((Vec<ItemId> = "application/json"), (ItemId = "application/x-ndjson")),
    ),
    responses(
        (status = 200, description = "What became of each.", body = BulkAnswer),
        Refusals<(Key, Body, Many, Commit, (Busy, TooMany))>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn delete_many_links(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    request: Request,
) -> Result<Json<BulkAnswer>, Problem> {
    let received = read::<ItemId>(&app, &caller, request).await?;
    decide(&app, &caller, &received, |item, context| {
        let link = find(&item.0, context, &caller)?;
        match context.touched.contains(&link.id) {
            true => Err(CatalogError::not_found(link.id)),
            false => Ok(Decided::Deleted(Link::clone(link))),
        }
    })
    .await
}

/// What an item comes to.
enum Decided {
    Made(Link),
    Changed(Link),
    /// It is so already.
    Kept(Link),
    Deleted(Link),
}

/// The items of a request, and its place among those that are handled at once: it has it until it is answered.
struct Received<T> {
    items: Vec<Item<T>>,
    once: Option<Once>,
    _place: Place,
}

/// The items of a body, read on a thread that may take its time.
async fn read<T: FromText + Send + 'static>(
    app: &App,
    caller: &Caller,
    request: Request,
) -> Result<Received<T>, Problem> {
    body::content_type(request.headers(), &TYPES)?;
    let room = app.rooms.large_bodies.enter(caller.account, LARGE_BODIES);
    let place = room.map_err(|crowded| match crowded {
        Crowded::Account => Problem::too_many("this account sends two large requests already", 1),
        Crowded::Everybody => Problem::unavailable("busy", "too many large requests at once", 1),
    })?;
    let (bytes, once) = once::taken(request, MAX_BODY).await?;
    let read = tokio::task::spawn_blocking(move || parse::<T>(&bytes)).await;
    Ok(Received {
        items: read.map_err(Problem::internal)??,
        once,
        _place: place,
    })
}

/// Decides each item, and commits what was decided at once.
async fn decide<T>(
    app: &App,
    caller: &Caller,
    received: &Received<T>,
    mut decide_one: impl FnMut(&T, &mut ChangeContext<'_>) -> Result<Decided, CatalogError>,
) -> Result<Json<BulkAnswer>, Problem> {
    let mut answer = BulkAnswer::default();
    let decide = |state: &catalog::State| {
        answer = BulkAnswer::default();
        Ok(answer.decide(state, app, &received.items, &mut decide_one))
    };
    let committed = app.catalog.commit_by(&caller.by(), decide).await;
    committed.map_err(problem)?;
    Ok(Json(answer))
}

impl BulkAnswer {
    /// Decides each item; gives the changes that do it.
    fn decide<T>(
        &mut self,
        state: &catalog::State,
        app: &App,
        items: &[Item<T>],
        decide_one: &mut dyn FnMut(&T, &mut ChangeContext<'_>) -> Result<Decided, CatalogError>,
    ) -> Vec<Change> {
        let mut context = ChangeContext::new(state, &*app.env.random);
        let mut changes = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let decided = match item {
                Ok(item) => decide_one(item, &mut context)
                    .map_err(|error| (code(&error), error.to_string())),
                Err(problem) => Err((problem.code, problem.detail.clone())),
            };
            match decided {
                Ok(decided) => changes.extend(self.take(index, decided, &mut context)),
                Err((code, detail)) => self.rejected.push(Refused {
                    index,
                    code,
                    detail,
                }),
            }
        }
        changes
    }

    /// Says what became of an item, and gives the change that does it.
    fn take(
        &mut self,
        index: usize,
        decided: Decided,
        context: &mut ChangeContext<'_>,
    ) -> Option<Change> {
        let done = |link: &Link| Done {
            index,
            id: link.id,
            slug: link.slug.clone(),
        };
        if let Decided::Made(link) | Decided::Changed(link) = &decided {
            context.take(link);
        }
        if let Decided::Changed(link) | Decided::Kept(link) | Decided::Deleted(link) = &decided {
            context.touched.insert(link.id);
        }
        match decided {
            Decided::Made(link) => {
                self.created.push(done(&link));
                Some(link.put())
            }
            Decided::Changed(link) => {
                self.changed.push(done(&link));
                Some(link.put())
            }
            Decided::Kept(link) => {
                self.changed.push(done(&link));
                self.unchanged.push(index);
                None
            }
            Decided::Deleted(link) => {
                self.deleted.push(done(&link));
                Some(Change::Delete(link.id))
            }
        }
    }
}

fn make(
    body: &LinkBody,
    context: &ChangeContext<'_>,
    app: &App,
    caller: &Caller,
) -> Result<Decided, CatalogError> {
    let id = new_id(EntityKind::Link, context.random);
    let mut link = Link::blank(id, caller.account, app.env.clock.now_ms());
    link.change(body, context)?;
    links::check(&link, None, context)?;
    Ok(Decided::Made(link))
}

fn change(
    old: &Link,
    body: &LinkBody,
    context: &ChangeContext<'_>,
) -> Result<Decided, CatalogError> {
    if context.touched.contains(&old.id) {
        let why = "names a link that is in the same request already";
        return Err(CatalogError::invalid("id", why));
    }
    let mut link = old.clone();
    link.change(body, context)?;
    links::check(&link, Some(old), context)?;
    Ok(match link == *old {
        true => Decided::Kept(link),
        false => Decided::Changed(link),
    })
}

/// The live link of the caller's that is named so.
fn find<'s>(
    text: &str,
    context: &ChangeContext<'s>,
    caller: &Caller,
) -> Result<&'s Link, CatalogError> {
    let links = &context.state.links;
    let id = Link::called(context.state, caller.account, text).or_else(|| text.parse().ok());
    let link = id.and_then(|id: EntityId| links.get(id));
    let own = link.filter(|link| link.account == caller.account && !link.deleted);
    own.map(|link| &**link)
        .ok_or_else(|| CatalogError::not_found(text))
}
