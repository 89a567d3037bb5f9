//! Creating, reading, changing and deleting: the same for links, pixels, goals and campaigns.

use std::{collections::HashSet, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use catalog::{CatalogError, Change, Row, Table};
use http::{StatusCode, header};
use model::{
    EntityId,
    random::{Randomness, new_id, new_slug},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use web::Problem;

use super::{
    Api,
    auth::{Reader, Writer},
    body::{Body, Given},
    failure::problem,
    page::{self, Page},
    params::{Params, Segment},
};

/// How often another slug is tried when one is taken.
const SLUG_TRIES: usize = 20;

/// A kind of object, as the API has it.
pub(super) trait Resource: Row + PartialEq + Send + Sync + 'static {
    /// Its word in addresses.
    const PATH: &'static str;
    /// The fields that clients set.
    type Body: DeserializeOwned + Send + Sync;
    /// One without content.
    fn blank(id: EntityId, account: EntityId, created_ms: i64) -> Self;
    /// Sets the fields that are given.
    fn change(
        &mut self,
        body: &Self::Body,
        context: &ChangeContext<'_>,
    ) -> Result<(), CatalogError>;
    /// As clients see it.
    fn view(&self, api: &Api) -> Value;
    /// The change that stores it.
    fn put(self) -> Change;
    /// Where they are.
    fn table(state: &catalog::State) -> &Table<Self>;
}

/// What a change is made amid.
pub(super) struct ChangeContext<'a> {
    /// The catalog.
    pub state: &'a catalog::State,
    /// Randomness.
    pub random: &'a dyn Randomness,
    /// Slugs that the same request has used already.
    pub used: HashSet<Box<str>>,
}

impl<'a> ChangeContext<'a> {
    /// A context in which nothing has been used.
    pub(super) fn new(state: &'a catalog::State, random: &'a dyn Randomness) -> Self {
        Self {
            state,
            random,
            used: HashSet::new(),
        }
    }

    /// Whether no live link answers at `slug`.
    pub(super) fn is_free(&self, slug: &str) -> bool {
        self.state.links.named(0, slug).is_none() && !self.used.contains(slug)
    }

    /// A slug that is free.
    pub(super) fn new_slug(&self) -> Result<Box<str>, CatalogError> {
        let mut slugs = (0..SLUG_TRIES).map(|_| new_slug(self.random));
        let slug = slugs.find(|slug| self.is_free(slug));
        slug.map(String::into_boxed_str)
            .ok_or(CatalogError::Contended {
                tries: SLUG_TRIES as u32,
            })
    }

    /// Sets the campaign, given by id or by name.
    pub(super) fn set_campaign(
        &self,
        target: &mut Option<EntityId>,
        given: &Given<String>,
        account: EntityId,
    ) -> Result<(), CatalogError> {
        given.set_with(target, |text| {
            let campaigns = &self.state.campaigns;
            let own = |id| {
                campaigns
                    .get(id)
                    .filter(|c| c.account == account && !c.deleted)
            };
            let by_id = text.parse().ok().and_then(own);
            let campaign = by_id.or_else(|| campaigns.named(account.raw, text));
            let unknown = || {
                CatalogError::invalid(
                    "campaign",
                    "must be the id or the name of a campaign of this account",
                )
            };
            campaign.map(|c| Some(c.id)).ok_or_else(unknown)
        })
    }
}

/// The routes of one kind.
pub(super) fn routes<T: Resource>() -> Router<Arc<Api>> {
    let one = get(read::<T>).patch(change::<T>).delete(delete::<T>);
    Router::new()
        .route(
            &format!("/v1/{}", T::PATH),
            get(list::<T>).post(create::<T>),
        )
        .route(&format!("/v1/{}/{{id}}", T::PATH), one)
}

async fn create<T: Resource>(
    State(api): State<Arc<Api>>,
    Writer(caller): Writer,
    Body(body): Body<T::Body>,
) -> Result<Response, Problem> {
    let blank = T::blank(
        new_id(T::KIND, &*api.random),
        caller.account,
        api.clock.now_ms(),
    );
    let mut made = blank.clone();
    let decide = |state: &catalog::State| {
        made = blank.clone();
        made.change(&body, &ChangeContext::new(state, &*api.random))?;
        Ok(vec![made.clone().put()])
    };
    api.catalog.commit(decide).await.map_err(problem)?;
    let location = format!("/v1/{}/{}", T::PATH, made.id());
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(made.view(&api)),
    )
        .into_response())
}

async fn list<T: Resource>(
    State(api): State<Arc<Api>>,
    Reader(caller): Reader,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let limit = page.limit()?;
    let after = page.after(|text| text.parse().ok().filter(|id: &EntityId| id.kind == T::KIND))?;
    let rows = api
        .catalog
        .read(|state| T::table(state).of(caller.account, after, limit + 1));
    Ok(Json(page::answer(
        rows,
        limit,
        |row| row.id().to_string(),
        |row| row.view(&api),
    )))
}

async fn read<T: Resource>(
    State(api): State<Arc<Api>>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<Json<Value>, Problem> {
    let id = parse_id(&id)?;
    let row = api
        .catalog
        .read(|state| own::<T>(state, caller.account, id).cloned());
    row.map(|row| Json(row.view(&api))).map_err(problem)
}

async fn change<T: Resource>(
    State(api): State<Arc<Api>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    Body(body): Body<T::Body>,
) -> Result<Json<Value>, Problem> {
    let id = parse_id(&id)?;
    let mut view = Value::Null;
    let decide = |state: &catalog::State| {
        let old = own::<T>(state, caller.account, id)?;
        let mut new = T::clone(old);
        new.change(&body, &ChangeContext::new(state, &*api.random))?;
        view = new.view(&api);
        Ok(if new == **old {
            Vec::new()
        } else {
            vec![new.put()]
        })
    };
    api.catalog.commit(decide).await.map_err(problem)?;
    Ok(Json(view))
}

async fn delete<T: Resource>(
    State(api): State<Arc<Api>>,
    Writer(caller): Writer,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    let id = parse_id(&id)?;
    let decide = |state: &catalog::State| {
        own::<T>(state, caller.account, id).map(|row| vec![Change::Delete(row.id())])
    };
    api.catalog.commit(decide).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The live row `id` of `account`. Nobody is told of rows of others.
fn own<T: Resource>(
    state: &catalog::State,
    account: EntityId,
    id: EntityId,
) -> Result<&Arc<T>, CatalogError> {
    let row = T::table(state)
        .get(id)
        .filter(|row| row.account() == account && !row.deleted());
    row.ok_or_else(|| CatalogError::not_found(id))
}

fn parse_id(text: &str) -> Result<EntityId, Problem> {
    text.parse()
        .map_err(|error: model::IdError| Problem::bad_request("invalid_id", error.to_string()))
}
