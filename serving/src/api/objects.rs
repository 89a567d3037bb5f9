//! Creating, reading, changing and deleting: the same for links, pixels, goals and campaigns.

use std::{collections::HashSet, sync::Arc};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use catalog::{CatalogError, Change, EXTERNAL, Link, Row, Table};
use http::StatusCode;
use model::{
    EntityId,
    random::{Randomness, new_id, new_slug},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use web::Problem;

use super::{
    auth::{Caller, Viewer},
    body::Given,
    failure::problem,
    once::{self, Doer, Once},
    preconditions::{IfMatch, refused},
    shares,
};
use crate::app::App;

/// Most bytes of options in the links of one request: they are one entry of the ledger.
const MAX_OPTIONS: usize = 32 << 20;
/// How often another slug is tried when one is taken.
const SLUG_TRIES: usize = 20;

/// A kind of object, as the API has it.
pub(crate) trait Resource: Row + PartialEq + Send + Sync + 'static {
    /// Its word in addresses.
    const PATH: &'static str;
    /// The fields that clients set.
    type Body: DeserializeOwned + Send + Sync;
    /// As clients see it.
    type View: Serialize + Send;
    /// One without content.
    fn blank(id: EntityId, account: EntityId, created_ms: i64) -> Self;
    /// Sets the fields that are given.
    fn change(
        &mut self,
        body: &Self::Body,
        context: &ChangeContext<'_>,
    ) -> Result<(), CatalogError>;
    /// As clients see it.
    fn view(&self, app: &App) -> Self::View;
    /// The change that stores it.
    fn put(self) -> Change;
    /// Where they are.
    fn table(state: &catalog::State) -> &Table<Self>;
    /// The texts that it is found by.
    fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name())
    }
    /// What else it is found by.
    fn place(&self) -> Place<'_>;
    /// Whether accounts give them ids of their own.
    const ARE_CALLED: bool = false;
    /// The one that `account` calls so, where accounts give ids.
    fn called(_state: &catalog::State, _account: EntityId, _text: &str) -> Option<EntityId> {
        None
    }
}

/// What a row is found by beside its texts.
#[derive(Debug, Default)]
pub(crate) struct Place<'a> {
    /// The domain that a link answers at.
    pub domain: Option<&'a str>,
    /// Whether a link is archived.
    pub is_archived: bool,
    /// Unix milliseconds.
    pub created_ms: i64,
}

/// What a change is made amid.
pub(crate) struct ChangeContext<'a> {
    /// The catalog.
    pub state: &'a catalog::State,
    /// Randomness.
    pub random: &'a dyn Randomness,
    /// Where links of the same request answer already: see [`address`].
    pub used: HashSet<Box<str>>,
    /// The same of what the account calls its links.
    pub called: HashSet<Box<str>>,
    /// Links that it has changed or deleted already.
    pub touched: HashSet<EntityId>,
    /// How many links it makes, how many slugs it gives up, and how many bytes of options it stores.
    made: u64,
    renamed: u64,
    bytes: usize,
}

impl<'a> ChangeContext<'a> {
    /// A context in which nothing has been used.
    pub(super) fn new(state: &'a catalog::State, random: &'a dyn Randomness) -> Self {
        Self {
            state,
            random,
            used: HashSet::new(),
            called: HashSet::new(),
            touched: HashSet::new(),
            made: 0,
            renamed: 0,
            bytes: 0,
        }
    }

    /// Whether a new link of `account` may answer at `slug`.
    pub(super) fn is_free(&self, domain: Option<&str>, slug: &str, account: EntityId) -> bool {
        let is_used = || self.used.contains(&*address(domain, slug));
        self.state.is_slug_free(domain, slug, account) && !is_used()
    }

    /// Whether `account` may call this link so.
    pub(super) fn is_external_id_free(&self, account: EntityId, name: &str, id: EntityId) -> bool {
        let stored = self.state.links.called(account, name);
        stored.is_none_or(|link| link.id == id) && !self.called.contains(name)
    }

    /// Whether the account may have one more link, or this one another slug, beside what the request has done before.
    pub(super) fn check_quotas(&self, link: &Link, old: Option<&Link>) -> Result<(), CatalogError> {
        let quotas = self.state.quotas(link.account);
        if self.bytes.saturating_add(link.options_bytes()) > MAX_OPTIONS {
            let why = format!("must be at most {} MiB in one request", MAX_OPTIONS >> 20);
            return Err(CatalogError::invalid("rules", why));
        }
        match old {
            None => quotas.check(self.state, &self.state.links, link, self.made),
            Some(old) if self.gives_up(old, link) => {
                quotas.check_renamed(self.state, link.account, self.renamed + 1)
            }
            Some(_) => Ok(()),
        }
    }

    fn gives_up(&self, old: &Link, link: &Link) -> bool {
        let is_own = old.domain().is_some();
        !is_own && !old.answers_as(link) && !self.state.has_given_up(&old.slug, link.account)
    }

    /// The request makes or changes this link.
    pub(super) fn take(&mut self, link: &Link) {
        self.used.insert(address(link.domain(), &link.slug));
        self.called.extend(link.external_id().map(Box::from));
        self.bytes += link.options_bytes();
        match self.state.links.get(link.id) {
            None => self.made += 1,
            Some(old) => self.renamed += u64::from(self.gives_up(old, link)),
        }
    }

    /// A slug that is free, and was never anybody else's.
    pub(super) fn new_slug(&self, account: EntityId) -> Result<Box<str>, CatalogError> {
        let mut slugs = (0..SLUG_TRIES).map(|_| new_slug(self.random));
        // Free on the installation's own domain is free on those of the account, with hardly an exception.
        let slug = slugs.find(|slug| self.is_free(None, slug, account));
        slug.map(String::into_boxed_str)
            .ok_or(CatalogError::Contended {
                tries: SLUG_TRIES as u32,
            })
    }

    /// Schemes that destinations of `account` may have beside http and https.
    pub(super) fn schemes(&self, account: EntityId) -> &'a [Box<str>] {
        let account = self.state.account(account);
        account.map_or(&[], |account| &account.settings.allowed_schemes)
    }

    /// Sets the campaign, given by id or by name.
    pub(super) fn set_campaign(
        &self,
        target: &mut Option<EntityId>,
        given: &Given<String>,
        account: EntityId,
    ) -> Result<(), CatalogError> {
        given.set_with(target, |text| {
            let campaign = self.state.campaigns.find(account, text);
            let unknown = || {
                CatalogError::invalid(
                    "campaign",
                    "must be the id or the name of a campaign of this account",
                )
            };
            let live = campaign.filter(|campaign| !campaign.deleted);
            live.map(|campaign| Some(campaign.id)).ok_or_else(unknown)
        })
    }
}

/// Where a link answers: a slug, behind the domain that it is of.
fn address(domain: Option<&str>, slug: &str) -> Box<str> {
    match domain {
        Some(domain) => format!("{domain}/{slug}").into(),
        None => slug.into(),
    }
}

pub(super) async fn create<T: Resource>(
    app: &App,
    caller: &Caller,
    body: &T::Body,
    once: Option<&Once>,
) -> Result<Response, Problem> {
    let id = new_id(T::KIND, &*app.env.random);
    let blank = T::blank(id, caller.account, app.env.clock.now_ms());
    let decide = |state: &catalog::State| {
        let mut made = blank.clone();
        made.change(body, &ChangeContext::new(state, &*app.env.random))?;
        let location = format!("/v1/{}/{}", T::PATH, made.id());
        let reply = once::created(location, &made.view(app));
        Ok((vec![made.put()], reply))
    };
    once::answer(app, &Doer::from(caller), once, 1, decide).await
}

/// Shows a row; to those with a share only what that names, and what is meant for others.
pub(super) fn read<T: Resource>(app: &App, viewer: &Viewer, id: &str) -> Result<Response, Problem> {
    let row = find::<T>(app, viewer.account, id)?;
    let view = row.view(app);
    let Some(share) = viewer.share() else {
        return Ok(Json(view).into_response());
    };
    match shares::names(share, row.id()) {
        true => Ok(Json(shares::outside(share, json!(view))).into_response()),
        false => Err(problem(CatalogError::not_found(id))),
    }
}

/// The live row that an address names.
pub(super) fn find<T: Resource>(app: &App, account: EntityId, id: &str) -> Result<Arc<T>, Problem> {
    let find = |state: &catalog::State| {
        let id = resolve::<T>(state, account, id)?;
        own::<T>(state, account, id).cloned().map_err(problem)
    };
    app.catalog.read(find)
}

pub(super) async fn change<T: Resource>(
    app: &App,
    caller: &Caller,
    id: &str,
    if_match: &IfMatch,
    body: &T::Body,
) -> Result<T::View, Problem> {
    let id = app
        .catalog
        .read(|state| resolve::<T>(state, caller.account, id))?;
    let (mut changed, mut stale) = (None, None);
    let decide = |state: &catalog::State| {
        let old = own::<T>(state, caller.account, id)?;
        if_match.check(id, || json!(old.view(app)), &mut stale)?;
        let mut new = T::clone(old);
        new.change(body, &ChangeContext::new(state, &*app.env.random))?;
        changed = Some(new.clone());
        Ok(match new == **old {
            true => Vec::new(),
            false => vec![new.put()],
        })
    };
    let committed = app.catalog.commit_by(&caller.by(), decide).await;
    committed.map_err(|error| refused(error, stale))?;
    let changed = changed.ok_or_else(|| Problem::internal("a change decided nothing"))?;
    Ok(changed.view(app))
}

pub(super) async fn delete<T: Resource>(
    app: &App,
    caller: &Caller,
    id: &str,
    if_match: &IfMatch,
) -> Result<StatusCode, Problem> {
    let id = app
        .catalog
        .read(|state| resolve::<T>(state, caller.account, id))?;
    let mut stale = None;
    let decide = |state: &catalog::State| {
        let row = own::<T>(state, caller.account, id)?;
        if_match.check(id, || json!(row.view(app)), &mut stale)?;
        Ok(vec![Change::Delete(row.id())])
    };
    let committed = app.catalog.commit_by(&caller.by(), decide).await;
    committed.map_err(|error| refused(error, stale))?;
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

/// What an address names: an id, or what the account calls a link.
fn resolve<T: Resource>(
    state: &catalog::State,
    account: EntityId,
    text: &str,
) -> Result<EntityId, Problem> {
    match T::called(state, account, text) {
        Some(id) => Ok(id),
        None if T::ARE_CALLED && text.starts_with(EXTERNAL) => {
            Err(problem(CatalogError::not_found(text)))
        }
        None => parse_id(text),
    }
}

fn parse_id(text: &str) -> Result<EntityId, Problem> {
    text.parse()
        .map_err(|error: model::IdError| Problem::bad_request("invalid_id", error.to_string()))
}
