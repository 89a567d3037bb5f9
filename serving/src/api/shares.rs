//! Shares: tokens that show numbers within filters, and nothing else.
//!
//! The filters of a share are added to every question and hold beside those of the question: nothing that is asked takes
//! one away.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use catalog::{Change, Share, share::Filters};
use http::StatusCode;
use model::{
    EntityId, EntityKind,
    random::{hash_secret, new_row_id},
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use web::Problem;

use super::{
    api_keys,
    auth::{Reader, Viewer, Writer},
    entries::{self, Entry},
    failure::problem,
    once::{self, Doer, Place, Sent},
    page::Page,
    params::{Params, Segment},
    preconditions::IfMatch,
    segments,
};
use crate::{
    api_types::{List, NewShare, ShareView},
    app::App,
    openapi::refusals::{
        self, Commit, Filter, Key, Name, Nothing, Query as QueryRefusals, Refusals, SecretAgain,
    },
    stats::{
        Query, StatsQuery,
        filters::{self, Wanted},
    },
};

/// How tokens of shares begin.
const PREFIX: &str = "mrs_";
/// Fields of objects that are for the account's own people.
const INSIDE: [&str; 2] = ["note", "external_id"];
/// Lists of objects that are.
const LISTS_INSIDE: [&str; 2] = ["rules", "allow_ips"];
/// Fields of objects that are about money.
const MONEY: [&str; 2] = ["cost_per_click", "default_value"];

/// A share that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareBody {
    /// For people.
    #[schema(value_type = String, example = "Agency")]
    name: Box<str>,
    /// Filters as in the query of `/v1/stats`, joined with `&`: all of them hold for whatever is asked with the token.
    /// Objects may be named, and are kept by their ids. Without any it shows all numbers of the account.
    #[serde(default)]
    #[schema(example = "link=spring&country=DE,AT")]
    filters: String,
    /// Whether metrics of money are hidden.
    #[serde(default)]
    #[schema(value_type = Option<bool>, example = true)]
    hides_money: bool,
    /// From then on it shows nothing, RFC 3339; null: it has no end.
    #[serde(default)]
    #[schema(example = "2027-01-01T00:00:00Z")]
    expires_at: Option<String>,
}

/// Where the token is in an answer.
const TOKEN: Place = Place {
    field: "token",
    prefix: PREFIX,
    told: once::as_it_is,
};

impl Entry for Share {
    type View = ShareView;
    const PATH: &'static str = "shares";

    fn find<'a>(state: &'a catalog::State, account: EntityId, id: &str) -> Option<&'a Arc<Self>> {
        state.share(account, id)
    }

    fn all(state: &catalog::State, account: EntityId) -> impl Iterator<Item = &Arc<Self>> {
        state.shares_of(account)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn view(&self, _: &catalog::State) -> ShareView {
        ShareView::new(self)
    }

    fn put(self) -> Change {
        Change::PutShare(self)
    }

    fn delete(account: EntityId, id: Box<str>) -> Change {
        Change::DeleteShare { account, id }
    }
}

/// Makes a share: a token that shows numbers to whoever has it
///
/// With it `/v1/stats` and `/v1/live` are answered within its filters, and the objects that it names are shown.
#[utoipa::path(
    post, path = "/v1/shares", tag = "Shares",
    request_body = ShareBody,
    responses(
        (status = 201, description = "The share, and its token.", body = NewShare),
        Refusals<(Key, refusals::Body, Commit, SecretAgain, Filter)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn create_share(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Sent { body, once }: Sent<ShareBody>,
) -> Result<Response, Problem> {
    let token = once::secret(&app, once.as_ref(), PREFIX);
    let expires_ms = body.expires_at.as_deref().map(api_keys::end);
    let share = Share {
        id: new_row_id("shr_", &*app.env.random).into(),
        account: caller.account,
        hash: hash_secret(&token.secret).into(),
        name: body.name,
        filters: read(&app, caller.account, &body.filters)?,
        hides_money: body.hides_money,
        expires_ms: expires_ms.transpose().map_err(problem)?,
        created_ms: app.env.clock.now_ms(),
    };
    let location = format!("/v1/shares/{}", share.id);
    let reply = once::created(location, &ShareView::new(&share));
    let put = vec![Change::PutShare(share)];
    let decide = |_: &catalog::State| Ok((put.clone(), reply.clone()));
    let (doer, told) = (Doer::from(&caller), Some((&token, TOKEN)));
    once::answer_with_secret(&app, &doer, once.as_ref(), 1, told, decide).await
}

/// Filters as they are kept: with the ids of the objects that they name.
pub(super) fn read(app: &App, account: EntityId, text: &str) -> Result<Filters, Problem> {
    let mut read: Vec<(Box<str>, Box<str>)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let Some(name) = filters::name(&name) else {
            let detail = web::unknown("filter", &name, filters::names());
            return Err(Problem::bad_request("invalid_filter", detail));
        };
        if read.iter().any(|(other, _)| **other == *name) {
            let detail = format!("`{name}` is given twice");
            return Err(Problem::bad_request("invalid_filter", detail));
        }
        let mut wanted = Wanted::parse(name, &value)?;
        if filters::kind(name).is_some() {
            let found = app.catalog.read(|state| wanted.resolve(state, account))?;
            wanted.values = found.values;
        }
        read.push((name.into(), wanted.text().into()));
    }
    Ok(read.into())
}

/// Lists the shares of the account, in the order of their ids
#[utoipa::path(
    get, path = "/v1/shares", tag = "Shares",
    params(Page),
    responses(
        (status = 200, description = "A page of them.", body = List<ShareView>),
        Refusals<(Key, QueryRefusals)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_shares(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Params(page): Params<Page>,
) -> Result<Json<List<ShareView>>, Problem> {
    entries::list(&app, caller.account, &page, |_: &Share| true)
}

/// Shows a share, without its token
#[utoipa::path(
    get, path = "/v1/shares/{id}", tag = "Shares",
    params(("id" = String, Path, description = "Its id.", example = "shr_0000000000004")),
    responses(
        (status = 200, description = "As it is.", body = ShareView),
        Refusals<(Key, Name, Nothing)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn read_share(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<Json<ShareView>, Problem> {
    entries::read::<Share>(&app, caller.account, &id)
}

/// Ends a share: its token shows nothing any more, and streams end
#[utoipa::path(
    delete, path = "/v1/shares/{id}", tag = "Shares",
    params(("id" = String, Path, description = "Its id.", example = "shr_0000000000004")),
    responses(
        (status = 204, description = "It is ended."),
        Refusals<(Key, Name, Commit)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn delete_share(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    entries::delete::<Share>(&app, &caller, &id, &IfMatch::default()).await
}

/// The ids that a share names of a kind, if it is limited to some.
fn named(share: &Share, kind: &'static str) -> Option<Vec<String>> {
    let mut filters = share.filters.iter();
    let (_, value) = filters.find(|(name, _)| **name == *kind)?;
    let wanted = Wanted::parse(kind, value).ok()?;
    (!wanted.is_not).then_some(wanted.values)
}

/// Whether a share names this object.
pub(super) fn names(share: &Share, id: EntityId) -> bool {
    let ids = named(share, id.kind.name());
    ids.is_some_and(|ids| ids.contains(&id.to_string()))
}

/// An object as those outside see it.
pub(super) fn outside(share: &Share, mut view: Value) -> Value {
    let hidden = INSIDE
        .into_iter()
        .chain(MONEY.into_iter().filter(|_| share.hides_money));
    for field in hidden {
        if let Some(value) = view.get_mut(field) {
            *value = Value::Null;
        }
    }
    for field in LISTS_INSIDE {
        if let Some(value) = view.get_mut(field) {
            *value = json!([]);
        }
    }
    view
}

/// What a question makes of a share's filter by objects of a kind: the ids that it asks for, each of which the share
/// names, in place of all of them. `None`: the question's filter stands beside the share's.
///
/// # Errors
///
/// What the share does not name is not for it, whether or not the account has it.
fn narrow(
    app: &App,
    account: EntityId,
    share: &Share,
    kind: EntityKind,
    text: &str,
) -> Result<Option<String>, Problem> {
    let Some(ids) = named(share, kind.name()) else {
        return Ok(None);
    };
    let wanted = Wanted::parse(kind.name(), text)?;
    let mut asked = Vec::new();
    for name in wanted.values.iter().filter(|name| !name.is_empty()) {
        let find = |state: &catalog::State| filters::find(state, account, kind, name);
        let nothing = || Problem::not_found(format!("there is no {} `{name}`", kind.name()));
        let id = app.catalog.read(find).map_err(|_| nothing())?;
        if !ids.contains(&id) {
            return Err(nothing());
        }
        asked.push(id);
    }
    Ok((!wanted.is_not && !asked.is_empty()).then(|| asked.join(",")))
}

/// What is asked, within what is shown to who asks.
pub(crate) fn within(app: &App, viewer: &Viewer, asked: StatsQuery) -> Result<StatsQuery, Problem> {
    let Some(share) = viewer.share() else {
        return segments::join(app, viewer.account, asked);
    };
    let mut asked = asked;
    if asked.segment.is_some() {
        // What an account calls its segments is for its own people.
        return Err(Problem::forbidden("a share asks without segments"));
    }
    let mut narrowed = Vec::new();
    for (kind, text) in asked.take_objects() {
        match narrow(app, viewer.account, share, kind, &text)? {
            Some(ids) => narrowed.push((kind.name(), ids)),
            None => asked.ask_object(kind, text),
        }
    }
    asked.within = share
        .filters
        .iter()
        .filter_map(|(name, value)| {
            let name = filters::name(name)?;
            let own = narrowed.iter().find(|(kind, _)| *kind == name);
            let value = own.map_or_else(|| value.to_string(), |(_, ids)| ids.clone());
            Some((name, value))
        })
        .collect();
    if asked.within.len() != share.filters.len() {
        // A filter that nobody knows any more must not widen what is shown.
        return Err(Problem::internal("a filter of a share is not known"));
    }
    Ok(asked)
}

/// Refuses money to those whom it is hidden from.
pub(crate) fn check_money(viewer: &Viewer, query: &Query) -> Result<(), Problem> {
    let hides = viewer.share().is_some_and(|share| share.hides_money);
    let asks = query.metrics.iter().any(|metric| metric.is_money());
    let groups = query.columns.iter().any(|column| column.name == "currency");
    match hides && (asks || groups) {
        true => Err(Problem::forbidden("this share shows no money")),
        false => Ok(()),
    }
}
