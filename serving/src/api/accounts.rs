//! Accounts: made by whoever runs the installation, set up by their managers.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use catalog::{
    Account, AccountSettings, By, CatalogError, Change, Scope, Suspension, VisitorMemory,
    quotas::Quotas,
};
use chrono_tz::Tz;
use ipnet::IpNet;
use model::{EntityId, EntityKind, Memory, random::new_id, time};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use web::Problem;

use super::{
    api_keys,
    auth::{Manager, Operator, Reader},
    body::{Body, Given},
    failure::problem,
    once::{self, Doer, Sent},
    page::{self, Page},
    params::{Params, Segment},
    preconditions::{IfMatch, refused},
};
use crate::{
    api_types::{AccountView, List, NewAccount},
    app::App,
    openapi::refusals::{self, Commit, Id, Key, Nothing, Query, Refusals, SecretAgain, Stale},
    stats::calendar::{date_of, start_of_day},
};

/// What is set of an account.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountBody {
    /// For people. Needed.
    #[schema(value_type = Option<String>, example = "Shop")]
    #[serde(default)]
    name: Given<Box<str>>,
    /// How its events are taken and shown.
    #[schema(value_type = Option<SettingsBody>)]
    #[serde(default)]
    settings: Given<SettingsBody>,
}

/// What is set of an account's settings.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsBody {
    /// IANA name; how days are cut when a question does not say.
    #[schema(value_type = Option<String>, example = "Europe/Amsterdam")]
    #[serde(default)]
    timezone: Given<String>,
    /// Of requests with `DNT: 1` or `Sec-GPC: 1` no visitor number, user agent, network or language is kept, of the
    /// place the country alone, of the referrer its origin. They are counted like others.
    #[schema(value_type = Option<bool>, example = true)]
    #[serde(default)]
    honour_dnt: Given<bool>,
    /// Events from these addresses and networks are kept, and counted like those of bots.
    #[schema(value_type = Option<Vec<String>>, example = json!(["192.0.2.0/24"]))]
    #[serde(default)]
    excluded_networks: Given<Vec<String>>,
    /// Schemes that destinations may have beside http and https: of apps, `mailto`, `ftp`.
    #[schema(value_type = Option<Vec<String>>, example = json!(["myapp"]))]
    #[serde(default)]
    allowed_schemes: Given<Vec<Box<str>>>,
    /// Origins of pages that may ask this API with a key of the account.
    #[schema(value_type = Option<Vec<String>>, example = json!(["https://intern.example"]))]
    #[serde(default)]
    allowed_origins: Given<Vec<Box<str>>>,
    /// The parameter of destinations that carries the click id; null: `mr_click`.
    #[schema(value_type = Option<String>, example = "cid")]
    #[serde(default)]
    click_id_param: Given<Box<str>>,
    /// The currency of what links and campaigns cost, ISO 4217; null: `USD`.
    #[schema(value_type = Option<String>, example = "EUR")]
    #[serde(default)]
    currency: Given<Box<str>>,
    /// Visits from data centres (as far as the geo database has ASNs) count like other people's; else they are kept, and
    /// counted like those of bots.
    #[schema(value_type = Option<bool>, example = true)]
    #[serde(default)]
    count_datacenters: Given<bool>,
    /// For how long a visitor is known again whom the sender does not name: a `day` or a `month` of the account. A
    /// change holds from the account's next day on, or the one after it in the last hour of a day.
    #[schema(value_type = Option<String>, example = "month")]
    #[serde(default)]
    visitor_memory: Given<Memory>,
}

/// Makes an account and its first key
#[utoipa::path(
    post, path = "/v1/accounts", tag = "Accounts",
    request_body = AccountBody,
    responses(
        (status = 201, description = "The account, and the secret of its first key.", body = NewAccount),
        Refusals<(Key, refusals::Body, Commit, SecretAgain)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn create_account(
    State(app): State<Arc<App>>,
    _: Operator,
    Sent { body, once }: Sent<AccountBody>,
) -> Result<Response, Problem> {
    let mut account = Account {
        id: new_id(EntityKind::Account, &*app.env.random),
        name: Box::default(),
        created_ms: app.env.clock.now_ms(),
        settings: AccountSettings::default(),
        quotas: Quotas::default(),
        suspended: None,
    };
    let now_ms = account.created_ms;
    set(&mut account, &body, now_ms).map_err(problem)?;
    // It never had another one.
    let settings = &mut account.settings;
    settings.visitor_memory = VisitorMemory::always(settings.visitor_memory.latest().0);
    let secret = once::secret(&app, once.as_ref(), api_keys::PREFIX);
    let scopes = vec![Scope::Admin];
    let key = api_keys::new(&app, account.id, "first key".into(), scopes, &secret);
    let mut reply = once::created(String::new(), &AccountView::from(&account));
    reply.location = None;
    let changes = vec![Change::PutAccount(account), Change::PutKey(key)];
    let decide = |_: &catalog::State| Ok((changes.clone(), reply.clone()));
    let (doer, told) = (Doer::operator(), Some((&secret, api_keys::SECRET)));
    once::answer_with_secret(&app, &doer, once.as_ref(), 0, told, decide).await
}

/// Lists all accounts
#[utoipa::path(
    get, path = "/v1/accounts", tag = "Accounts",
    params(Page),
    responses(
        (status = 200, description = "A page of them.", body = List<AccountView>),
        Refusals<(Key, Query)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn list_accounts(
    State(app): State<Arc<App>>,
    _: Operator,
    Params(page): Params<Page>,
) -> Result<Json<List<AccountView>>, Problem> {
    let limit = page.limit()?;
    let account = |id: &EntityId| id.kind == EntityKind::Account;
    let after = page.after(|text| text.parse().ok().filter(account))?;
    let rows = app.catalog.read(|state| state.accounts(after, limit + 1));
    let id = |row: &Arc<Account>| row.id.to_string();
    Ok(Json(page::answer(rows, limit, id, |row| (&**row).into())))
}

/// Shows the account of the key
#[utoipa::path(
    get, path = "/v1/account", tag = "Accounts",
    responses(
        (status = 200, description = "As it is.", body = AccountView),
        Refusals<(Key, Nothing)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn read_account(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
) -> Result<Json<AccountView>, Problem> {
    let account = app.catalog.account(caller.account);
    let account = account.ok_or_else(|| Problem::not_found("this account is gone"))?;
    Ok(Json((&*account).into()))
}

/// Changes the fields of the account that are given; null brings back the default
#[utoipa::path(
    patch, path = "/v1/account", tag = "Accounts",
    request_body = AccountBody,
    responses(
        (status = 200, description = "As it is now.", body = AccountView),
        Refusals<(Key, refusals::Body, Commit, Stale)>,
    ),
    security(("key" = ["admin"])),
)]
pub(crate) async fn change_account(
    State(app): State<Arc<App>>,
    Manager(caller): Manager,
    if_match: IfMatch,
    Body(body): Body<AccountBody>,
) -> Result<Json<AccountView>, Problem> {
    let (mut changed, mut stale) = (None, None);
    let now_ms = app.env.clock.now_ms();
    let decide = |state: &catalog::State| {
        let old = state
            .account(caller.account)
            .ok_or_else(|| CatalogError::not_found(caller.account))?;
        let view = || json!(AccountView::from(&**old));
        if_match.check(caller.account, view, &mut stale)?;
        let mut new = Account::clone(old);
        set(&mut new, &body, now_ms)?;
        changed = Some(AccountView::from(&new));
        Ok(match new == **old {
            true => Vec::new(),
            false => vec![Change::PutAccount(new)],
        })
    };
    let committed = app.catalog.commit_by(&caller.by(), decide).await;
    committed.map_err(|error| refused(error, stale))?;
    let changed = changed.ok_or_else(|| Problem::internal("a change decided nothing"))?;
    Ok(Json(changed))
}

/// What the operator sets of an account.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuotasBody {
    /// Links that it may have.
    #[schema(value_type = Option<u64>, example = 1000000)]
    #[serde(default)]
    links: Given<u64>,
    /// Pixels, goals and campaigns that it may have, of each kind.
    #[schema(value_type = Option<u64>, example = 10000)]
    #[serde(default)]
    others: Given<u64>,
    /// API keys that it may have, revoked ones too.
    #[schema(value_type = Option<u64>, example = 100)]
    #[serde(default)]
    keys: Given<u64>,
    /// Domains that it may have.
    #[schema(value_type = Option<u64>, example = 100)]
    #[serde(default)]
    domains: Given<u64>,
    /// Costs of periods that it may have.
    #[schema(value_type = Option<u64>, example = 10000)]
    #[serde(default)]
    costs: Given<u64>,
    /// Objects that it may make in an hour.
    #[schema(value_type = Option<u64>, example = 10000)]
    #[serde(default)]
    new_an_hour: Given<u64>,
    /// Transactions and idempotency keys that its senders may use in 30 days.
    #[schema(value_type = Option<u64>, example = 10000000)]
    #[serde(default)]
    sender_keys: Given<u64>,
    /// Requests to this API that it may send in a minute. Set to another number than the usual one, it holds where the
    /// account is alone, too.
    #[schema(value_type = Option<u64>, example = 600)]
    #[serde(default)]
    requests_a_minute: Given<u64>,
    /// Annotations that it may have.
    #[schema(value_type = Option<u64>, example = 10000)]
    #[serde(default)]
    annotations: Given<u64>,
    /// Segments that it may have.
    #[schema(value_type = Option<u64>, example = 1000)]
    #[serde(default)]
    segments: Given<u64>,
    /// Shares that it may have.
    #[schema(value_type = Option<u64>, example = 1000)]
    #[serde(default)]
    shares: Given<u64>,
    /// Webhooks and postbacks that it may have.
    #[schema(value_type = Option<u64>, example = 20)]
    #[serde(default)]
    webhooks: Given<u64>,
}

/// Sets how much an account may have; null brings back the default
///
/// Quotas hold where several accounts share an installation.
#[utoipa::path(
    patch, path = "/v1/accounts/{id}/quotas", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", example = "acc_0000000000001")),
    request_body = QuotasBody,
    responses(
        (status = 200, description = "As it is now.", body = AccountView),
        Refusals<(Key, Id, refusals::Body, Commit)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn change_quotas(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(id): Segment,
    Body(body): Body<QuotasBody>,
) -> Result<Json<AccountView>, Problem> {
    let default = Quotas::default();
    let change = |account: &mut Account| {
        let quotas = &mut account.quotas;
        for (given, own, default) in [
            (&body.links, &mut quotas.links, default.links),
            (&body.others, &mut quotas.others, default.others),
            (&body.keys, &mut quotas.keys, default.keys),
            (&body.domains, &mut quotas.domains, default.domains),
            (&body.costs, &mut quotas.costs, default.costs),
            (
                &body.new_an_hour,
                &mut quotas.new_an_hour,
                default.new_an_hour,
            ),
            (
                &body.sender_keys,
                &mut quotas.sender_keys,
                default.sender_keys,
            ),
            (
                &body.requests_a_minute,
                &mut quotas.requests_a_minute,
                default.requests_a_minute,
            ),
            (
                &body.annotations,
                &mut quotas.annotations,
                default.annotations,
            ),
            (&body.segments, &mut quotas.segments, default.segments),
            (&body.shares, &mut quotas.shares, default.shares),
            (&body.webhooks, &mut quotas.webhooks, default.webhooks),
        ] {
            match given {
                Given::Absent => {}
                Given::Null => *own = default,
                Given::Value(value) => *own = *value,
            }
        }
    };
    put(&app, &id, change).await
}

/// Why an account is suspended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuspensionBody {
    /// For the account's people: it stands in what they are answered.
    #[schema(value_type = String, example = "phishing")]
    reason: Box<str>,
}

/// Suspends an account: it may do nothing, and nothing of it is lost
///
/// Its keys and shares are answered 403 with the reason, streams end, its links answer 410, its pixels count nothing, and
/// events and conversions are refused. It is heard of everywhere within seconds.
#[utoipa::path(
    put, path = "/v1/accounts/{id}/suspension", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", example = "acc_0000000000001")),
    request_body = SuspensionBody,
    responses(
        (status = 200, description = "As it is now.", body = AccountView),
        Refusals<(Key, Id, refusals::Body, Commit)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn suspend_account(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(id): Segment,
    Body(body): Body<SuspensionBody>,
) -> Result<Json<AccountView>, Problem> {
    let since_ms = app.env.clock.now_ms();
    let suspend = |account: &mut Account| {
        let before = account.suspended.as_ref();
        let is_erased = before.is_some_and(|it| it.is_erased);
        let before = before.map(|it| it.since_ms);
        account.suspended = Some(Suspension {
            is_erased,
            since_ms: before.unwrap_or(since_ms),
            reason: body.reason.clone(),
        });
    };
    put(&app, &id, suspend).await
}

/// Ends the suspension of an account; one that is erased stays so
#[utoipa::path(
    delete, path = "/v1/accounts/{id}/suspension", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", example = "acc_0000000000001")),
    responses(
        (status = 200, description = "As it is now.", body = AccountView),
        Refusals<(Key, Id, Commit)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn resume_account(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(id): Segment,
) -> Result<Json<AccountView>, Problem> {
    let is_kept = |it: &Suspension| it.is_erased;
    let resume =
        |account: &mut Account| account.suspended = account.suspended.take().filter(is_kept);
    put(&app, &id, resume).await
}

/// Changes an account, as whoever runs the installation.
async fn put(
    app: &App,
    id: &str,
    change: impl Fn(&mut Account),
) -> Result<Json<AccountView>, Problem> {
    let wrong = |e: model::IdError| Problem::bad_request("invalid_id", e.to_string());
    let id: EntityId = id.parse().map_err(wrong)?;
    let mut changed = None;
    let decide = |state: &catalog::State| {
        let old = state
            .account(id)
            .ok_or_else(|| CatalogError::not_found(id))?;
        let mut new = Account::clone(old);
        change(&mut new);
        changed = Some(AccountView::from(&new));
        Ok(match new == **old {
            true => Vec::new(),
            false => vec![Change::PutAccount(new)],
        })
    };
    let committed = app.catalog.commit_by(&By::Operator, decide).await;
    committed.map_err(problem)?;
    let changed = changed.ok_or_else(|| Problem::internal("a change decided nothing"))?;
    Ok(Json(changed))
}

fn set(account: &mut Account, body: &AccountBody, now_ms: i64) -> Result<(), CatalogError> {
    body.name.set(&mut account.name);
    if account.name.is_empty() {
        return Err(CatalogError::invalid("name", "is required"));
    }
    let settings = &mut account.settings;
    match &body.settings {
        Given::Absent => {}
        Given::Null => {
            let visitor_memory = std::mem::take(&mut settings.visitor_memory);
            *settings = AccountSettings {
                visitor_memory,
                ..AccountSettings::default()
            };
            remember(settings, Memory::default(), now_ms);
        }
        Given::Value(given) => {
            match &given.timezone {
                Given::Absent => {}
                Given::Null => settings.timezone = AccountSettings::default().timezone,
                Given::Value(name) => settings.timezone = timezone(name)?,
            }
            given.honour_dnt.set(&mut settings.honour_dnt);
            let networks = |texts: &Vec<String>| -> Result<_, CatalogError> {
                let read = texts.iter().map(|text| network("excluded_networks", text));
                read.collect()
            };
            given
                .excluded_networks
                .set_with(&mut settings.excluded_networks, networks)?;
            given.allowed_origins.set(&mut settings.allowed_origins);
            given.click_id_param.set(&mut settings.click_id_param);
            given.currency.set(&mut settings.currency);
            given.count_datacenters.set(&mut settings.count_datacenters);
            let lower = |names: &Vec<Box<str>>| {
                let lower = names.iter().map(|name| name.to_ascii_lowercase().into());
                Ok::<_, CatalogError>(lower.collect())
            };
            given
                .allowed_schemes
                .set_with(&mut settings.allowed_schemes, lower)?;
            match given.visitor_memory {
                Given::Absent => {}
                Given::Null => remember(settings, Memory::default(), now_ms),
                Given::Value(memory) => remember(settings, memory, now_ms),
            }
        }
    }
    Ok(())
}

/// How long before a change holds it is known, so that all collectors follow it in time, minutes.
const KNOWN_AHEAD: i64 = time::HOUR;

/// Sets for how long visitors are known again, from a midnight of the account's on.
fn remember(settings: &mut AccountSettings, memory: Memory, now_ms: i64) {
    let zone = settings.timezone.parse().unwrap_or(Tz::UTC);
    let now = time::minute_of(now_ms);
    let known = now.saturating_add(KNOWN_AHEAD);
    let midnight = || start_of_day(date_of(known, zone)?.succ_opt()?, zone);
    let from = midnight().unwrap_or_else(|| time::floor(known, time::DAY) + time::DAY);
    settings.visitor_memory.set(memory, now, from);
}

fn timezone(name: &str) -> Result<Box<str>, CatalogError> {
    let unknown = |_| {
        CatalogError::invalid(
            "timezone",
            "must be an IANA time zone such as Europe/Amsterdam",
        )
    };
    name.parse::<Tz>()
        .map(|zone| zone.name().into())
        .map_err(unknown)
}

/// An address or a network, as field `field` has it.
pub(super) fn network(field: &'static str, text: &str) -> Result<IpNet, CatalogError> {
    let wrong =
        |_| CatalogError::invalid(field, "must be addresses or networks such as 192.0.2.0/24");
    let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(wrong)
}
