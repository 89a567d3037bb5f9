//! Domains of accounts.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use catalog::{By, CatalogError, Change, Domain, domain};
use http::StatusCode;
use model::EntityId;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use web::Problem;

use super::{
    auth::{Caller, Creator, Reach, Reader, Writer},
    body::{Body, Given},
    failure::problem,
    once::{self, Doer, Sent},
    page::{self, Page},
    params::{Params, Segment},
    preconditions::{IfMatch, refused},
};
use crate::{
    api_types::{DomainView, List},
    app::App,
    deps::DomainVerification,
    dns,
    openapi::refusals::{self, Again, Commit, Dns, Key, Name, Nothing, Query, Refusals, Stale},
};

/// A domain that is added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDomainBody {
    /// Its name.
    #[schema(example = "l.shop.example")]
    host: String,
    /// Where those are led who ask for no link; null: they get 404.
    #[schema(value_type = Option<String>, example = "https://shop.example/")]
    #[serde(default)]
    root_url: Given<Box<str>>,
    /// Where those are led whose link there is not; null: they get 404.
    #[schema(value_type = Option<String>, example = "https://shop.example/404")]
    #[serde(default)]
    not_found_url: Given<Box<str>>,
}

/// What clients set of a domain that there is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DomainBody {
    /// Where those are led who ask for no link; null: they get 404.
    #[schema(value_type = Option<String>, example = "https://shop.example/")]
    #[serde(default)]
    root_url: Given<Box<str>>,
    /// Where those are led whose link there is not; null: they get 404.
    #[schema(value_type = Option<String>, example = "https://shop.example/404")]
    #[serde(default)]
    not_found_url: Given<Box<str>>,
}

impl DomainBody {
    fn change(&self, domain: &mut Domain) {
        self.root_url.set(&mut domain.root_url);
        self.not_found_url.set(&mut domain.not_found_url);
    }
}

/// Adds a domain: links may answer at it once it is verified
#[utoipa::path(
    post, path = "/v1/domains", tag = "Domains",
    request_body = NewDomainBody,
    responses(
        (status = 201, description = "As it was added.", body = DomainView),
        Refusals<(Key, refusals::Body, Commit, Again)>,
    ),
    security(("key" = ["create"])),
)]
pub(crate) async fn add_domain(
    State(app): State<Arc<App>>,
    Creator(caller): Creator,
    Sent { body, once }: Sent<NewDomainBody>,
) -> Result<Response, Problem> {
    let host = domain::host(&body.host);
    let host = host.ok_or_else(|| problem(CatalogError::invalid("host", domain::HOST)))?;
    let mut added = Domain {
        host,
        account: caller.account,
        root_url: None,
        not_found_url: None,
        verified: app.domain_verification.by == DomainVerification::None,
        created_ms: app.env.clock.now_ms(),
    };
    body.root_url.set(&mut added.root_url);
    body.not_found_url.set(&mut added.not_found_url);
    if is_own(&app, &added.host) {
        let taken = CatalogError::Taken {
            what: "domain",
            name: added.host.into(),
        };
        return Err(problem(taken));
    }
    // What nobody has shown to be theirs keeps nobody from showing it.
    let stays = |old: &&Arc<Domain>| old.verified || old.account == caller.account;
    let decide = |state: &catalog::State| match state.domain(&added.host).filter(stays) {
        Some(_) => Err(CatalogError::Taken {
            what: "domain",
            name: added.host.to_string(),
        }),
        None => {
            let location = format!("/v1/domains/{}", added.host);
            let reply = once::created(location, &view(&app, &added));
            Ok((vec![Change::PutDomain(added.clone())], reply))
        }
    };
    once::answer(&app, &Doer::from(&caller), once.as_ref(), 1, decide).await
}

/// Lists the domains of the account, in the order of their names
#[utoipa::path(
    get, path = "/v1/domains", tag = "Domains",
    params(Page),
    responses(
        (status = 200, description = "A page of them.", body = List<DomainView>),
        Refusals<(Key, Query)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_domains(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Params(page): Params<Page>,
) -> Result<Json<List<DomainView>>, Problem> {
    let limit = page.limit()?;
    let after = page.after(|text| Some(text.to_owned()))?;
    let is_next =
        |domain: &&Arc<Domain>| after.as_deref().is_none_or(|after| *domain.host > *after);
    let domains: Vec<Arc<Domain>> = app.catalog.read(|state| {
        let domains = state.domains_of(caller.account).filter(is_next);
        domains.take(limit + 1).cloned().collect()
    });
    let id = |domain: &Arc<Domain>| domain.host.to_string();
    Ok(Json(page::answer(domains, limit, id, |domain| {
        view(&app, domain)
    })))
}

/// Shows a domain
#[utoipa::path(
    get, path = "/v1/domains/{id}", tag = "Domains",
    params(("id" = String, Path, description = "Its name.", example = "go.shop.example")),
    responses(
        (status = 200, description = "As it is.", body = DomainView),
        Refusals<(Key, Name, Nothing)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn read_domain(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<Json<DomainView>, Problem> {
    let found = app.catalog.read(|state| own(state, &caller, &id));
    found
        .map(|domain| Json(view(&app, &domain)))
        .map_err(problem)
}

/// Changes the fields of a domain that are given; null brings back the default
#[utoipa::path(
    patch, path = "/v1/domains/{id}", tag = "Domains",
    params(("id" = String, Path, description = "Its name.", example = "go.shop.example")),
    request_body = DomainBody,
    responses(
        (status = 200, description = "As it is now.", body = DomainView),
        Refusals<(Key, Name, refusals::Body, Commit, Stale)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn change_domain(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    if_match: IfMatch,
    Body(body): Body<DomainBody>,
) -> Result<Json<DomainView>, Problem> {
    let change = |domain: &mut Domain| body.change(domain);
    let found = |state: &catalog::State| own(state, &caller, &id);
    let changed = put(&app, &id, &caller.by(), &if_match, found, change).await?;
    Ok(Json(changed))
}

/// Takes a domain away: its links answer nowhere
#[utoipa::path(
    delete, path = "/v1/domains/{id}", tag = "Domains",
    params(("id" = String, Path, description = "Its name.", example = "go.shop.example")),
    responses(
        (status = 204, description = "It is taken away."),
        Refusals<(Key, Name, Commit, Stale)>,
    ),
    security(("admin_token" = []), ("key" = ["write"])),
)]
pub(crate) async fn delete_domain(
    State(app): State<Arc<App>>,
    reach: Reach,
    Segment(id): Segment,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    if let Reach::Account(caller) = &reach {
        caller.require(catalog::Scope::Write)?;
    }
    let mut stale = None;
    let decide = |state: &catalog::State| {
        let domain = match &reach {
            Reach::Installation => claimed(state, &id)?,
            Reach::Account(caller) => own(state, caller, &id)?,
        };
        if_match.check(&id, || json!(view(&app, &domain)), &mut stale)?;
        Ok(vec![Change::DeleteDomain(domain.host.clone())])
    };
    let committed = app.catalog.commit_by(&reach.by(), decide).await;
    committed.map_err(|error| refused(error, stale))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Verifies a domain: whoever runs the installation does, or its account by DNS where that is set up
#[utoipa::path(
    post, path = "/v1/domains/{id}/verify", tag = "Domains",
    params(
        ("id" = String, Path, description = "Its name.", example = "go.shop.example"),
        Claim,
    ),
    responses(
        (status = 200, description = "It is verified.", body = DomainView),
        Refusals<(Key, Name, Dns, Commit)>,
    ),
    security(("admin_token" = []), ("key" = ["write"])),
)]
pub(crate) async fn verify_domain(
    State(app): State<Arc<App>>,
    reach: Reach,
    Segment(id): Segment,
    Params(claim): Params<Claim>,
) -> Result<Json<DomainView>, Problem> {
    let found = |state: &catalog::State| match &reach {
        Reach::Installation => {
            let domain = claimed(state, &id)?;
            match claim
                .account
                .is_none_or(|account| account == domain.account)
            {
                true => Ok(domain),
                false => Err(CatalogError::not_found(short(&id))),
            }
        }
        Reach::Account(caller) => own(state, caller, &id),
    };
    if let Reach::Account(caller) = &reach {
        caller.require(catalog::Scope::Write)?;
        let domain = app.catalog.read(found).map_err(problem)?;
        if !domain.verified {
            look_up(&app, &domain).await?;
        }
    }
    let any = IfMatch::default();
    let verify = |domain: &mut Domain| domain.verified = true;
    let verified = put(&app, &id, &reach.by(), &any, found, verify).await?;
    Ok(Json(verified))
}

/// Whose claim is verified.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Claim {
    /// The account that must have added it: of an unverified domain the last one who did is the one who has it.
    #[param(value_type = Option<String>, example = "acc_0000000000001")]
    #[serde(default)]
    account: Option<EntityId>,
}

/// The domain of this name, whosoever it is.
fn claimed(state: &catalog::State, id: &str) -> Result<Arc<Domain>, CatalogError> {
    let domain = domain::host(id).and_then(|host| state.domain(&host).cloned());
    domain.ok_or_else(|| CatalogError::not_found(short(id)))
}

/// Refuses a domain that DNS does not say to be its account's.
async fn look_up(app: &App, domain: &Domain) -> Result<(), Problem> {
    let refuse = |detail: String| Err(Problem::conflict("not_verified", detail));
    match app.domain_verification.by {
        DomainVerification::None => return Ok(()),
        DomainVerification::Operator => {
            return refuse("whoever runs the installation verifies domains here; ask them".into());
        }
        DomainVerification::Dns => {}
    }
    match dns::names(app.domain_verification.server, &domain.host, domain.account).await {
        Ok(true) => Ok(()),
        Ok(false) => refuse(format!(
            "DNS has no TXT record `{}` with the value `{}`; it may take a while until a new one is seen",
            dns::record_of(&domain.host),
            dns::value_of(domain.account)
        )),
        Err(error) => {
            tracing::warn!(%error, "a domain cannot be verified");
            let detail = "DNS cannot be asked just now";
            Err(Problem::unavailable("dns_unavailable", detail, 30))
        }
    }
}

/// Changes a domain.
async fn put(
    app: &App,
    id: &str,
    by: &By,
    if_match: &IfMatch,
    found: impl Fn(&catalog::State) -> Result<Arc<Domain>, CatalogError>,
    change: impl Fn(&mut Domain),
) -> Result<DomainView, Problem> {
    let (mut changed, mut stale) = (None, None);
    let decide = |state: &catalog::State| {
        let old = found(state)?;
        if_match.check(&old.host, || json!(view(app, &old)), &mut stale)?;
        let mut new = Domain::clone(&old);
        change(&mut new);
        changed = Some(new.clone());
        Ok(match new == *old {
            true => Vec::new(),
            false => vec![Change::PutDomain(new)],
        })
    };
    let committed = app.catalog.commit_by(by, decide).await;
    committed.map_err(|error| refused(error, stale))?;
    let changed = changed.ok_or_else(|| Problem::internal(format!("{id} was not changed")))?;
    Ok(view(app, &changed))
}

/// The domain of the caller. Nobody is told of domains of others.
fn own(state: &catalog::State, caller: &Caller, id: &str) -> Result<Arc<Domain>, CatalogError> {
    let host = domain::host(id);
    let domain = host.and_then(|host| state.domain(&host));
    let domain = domain.filter(|domain| domain.account == caller.account);
    domain
        .cloned()
        .ok_or_else(|| CatalogError::not_found(short(id)))
}

fn short(id: &str) -> String {
    id.chars().take(64).collect()
}

pub(super) fn view(app: &App, domain: &Domain) -> DomainView {
    let by_dns = app.domain_verification.by == DomainVerification::Dns;
    DomainView::new(domain, by_dns)
}

/// Whether it is the installation's own.
fn is_own(app: &App, host: &str) -> bool {
    let url = url::Url::parse(&app.public_url).ok();
    let own = url.as_ref().and_then(url::Url::host_str);
    own.is_some_and(|own| own.eq_ignore_ascii_case(host))
}
