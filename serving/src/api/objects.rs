//! Creating, reading, changing and deleting: the same for links, pixels, goals and campaigns.

use std::{collections::HashSet, sync::Arc};

use axum::Json;
use catalog::{CatalogError, Change, EXTERNAL, Link, Row, Table, quotas::Quotas};
use http::{HeaderName, StatusCode, header};
use model::{
    EntityId,
    random::{Randomness, new_id, new_slug},
};
use serde::{Serialize, de::DeserializeOwned};
use web::Problem;

use super::{
    auth::Caller,
    body::Given,
    failure::problem,
    page::{self, Page},
};
use crate::{api_types::List, app::App};

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
    type View: Serialize;
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
    /// Whether accounts give them ids of their own.
    const ARE_CALLED: bool = false;
    /// The one that `account` calls so, where accounts give ids.
    fn called(_state: &catalog::State, _account: EntityId, _text: &str) -> Option<EntityId> {
        None
    }
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
        let account = self.state.account(link.account);
        let quotas = account.map_or_else(Quotas::default, |account| account.quotas);
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

/// An object that was made, and where it is.
pub(crate) type Made<V> = (StatusCode, [(HeaderName, String); 1], Json<V>);

pub(super) async fn create<T: Resource>(
    app: &App,
    caller: &Caller,
    body: &T::Body,
) -> Result<Made<T::View>, Problem> {
    app.may_make(caller.account, 1)?;
    let id = new_id(T::KIND, &*app.env.random);
    let blank = T::blank(id, caller.account, app.env.clock.now_ms());
    let mut made = blank.clone();
    let decide = |state: &catalog::State| {
        made = blank.clone();
        made.change(body, &ChangeContext::new(state, &*app.env.random))?;
        Ok(vec![made.clone().put()])
    };
    app.catalog.commit(decide).await.map_err(problem)?;
    let location = format!("/v1/{}/{}", T::PATH, made.id());
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::CREATED, headers, Json(made.view(app))))
}

pub(super) fn list<T: Resource>(
    app: &App,
    caller: &Caller,
    page: &Page,
) -> Result<List<T::View>, Problem> {
    let limit = page.limit()?;
    let after = page.after(|text| text.parse().ok().filter(|id: &EntityId| id.kind == T::KIND))?;
    let catalog = &app.catalog;
    let rows = catalog.read(|state| T::table(state).of(caller.account, after, limit + 1));
    let id = |row: &Arc<T>| row.id().to_string();
    Ok(page::answer(rows, limit, id, |row| row.view(app)))
}

pub(super) fn read<T: Resource>(app: &App, caller: &Caller, id: &str) -> Result<T::View, Problem> {
    find::<T>(app, caller, id).map(|row| row.view(app))
}

/// The live row that an address names.
pub(super) fn find<T: Resource>(app: &App, caller: &Caller, id: &str) -> Result<Arc<T>, Problem> {
    let find = |state: &catalog::State| {
        let id = resolve::<T>(state, caller.account, id)?;
        own::<T>(state, caller.account, id)
            .cloned()
            .map_err(problem)
    };
    app.catalog.read(find)
}

pub(super) async fn change<T: Resource>(
    app: &App,
    caller: &Caller,
    id: &str,
    body: &T::Body,
) -> Result<T::View, Problem> {
    let id = app
        .catalog
        .read(|state| resolve::<T>(state, caller.account, id))?;
    let mut changed = None;
    let decide = |state: &catalog::State| {
        let old = own::<T>(state, caller.account, id)?;
        let mut new = T::clone(old);
        new.change(body, &ChangeContext::new(state, &*app.env.random))?;
        changed = Some(new.clone());
        Ok(match new == **old {
            true => Vec::new(),
            false => vec![new.put()],
        })
    };
    app.catalog.commit(decide).await.map_err(problem)?;
    let changed = changed.ok_or_else(|| Problem::internal("a change decided nothing"))?;
    Ok(changed.view(app))
}

pub(super) async fn delete<T: Resource>(
    app: &App,
    caller: &Caller,
    id: &str,
) -> Result<StatusCode, Problem> {
    let id = app
        .catalog
        .read(|state| resolve::<T>(state, caller.account, id))?;
    let decide = |state: &catalog::State| {
        own::<T>(state, caller.account, id).map(|row| vec![Change::Delete(row.id())])
    };
    app.catalog.commit(decide).await.map_err(problem)?;
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
