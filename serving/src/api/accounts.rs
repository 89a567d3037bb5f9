//! Accounts: made by whoever runs the installation, set up by their managers.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use catalog::{Account, AccountSettings, CatalogError, Change, Scope, VisitorMemory};
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
    params::Params,
    preconditions::{IfMatch, refused},
};
use crate::{
    api_types::{AccountView, List, NewAccount, UsageView},
    app::App,
    openapi::refusals::{self, Commit, Key, Nothing, Query, Refusals, SecretAgain, Stale},
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

/// A new account.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccountBody {
    /// For people. Needed.
    #[schema(value_type = Option<String>, example = "Shop")]
    #[serde(default)]
    name: Given<Box<str>>,
    /// How its events are taken and shown.
    #[schema(value_type = Option<SettingsBody>)]
    #[serde(default)]
    settings: Given<SettingsBody>,
    /// The name of its plan; null: none, so that it has what the plan `default` says.
    #[schema(value_type = Option<String>, example = "pro")]
    #[serde(default)]
    plan: Given<Box<str>>,
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
    /// For so many days events are kept with all their details, from 1 to 36500; null: for ever. It counts from when an event was received, or happened if
    /// that is later, by days of UTC. Then its details go, and every number that is kept by cubes stays. Less takes effect with the next rollup and cannot
    /// be taken back; more brings nothing back. See `keep_events_days` of the account for what holds.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 36500, example = 365)]
    #[serde(default)]
    keep_events_days: Given<u32>,
}

/// Makes an account and its first key
#[utoipa::path(
    post, path = "/v1/accounts", tag = "Accounts",
    request_body = NewAccountBody,
    responses(
        (status = 201, description = "The account, and the secret of its first key.", body = NewAccount),
        Refusals<(Key, refusals::Body, Commit, SecretAgain)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn create_account(
    State(app): State<Arc<App>>,
    _: Operator,
    Sent { body, once }: Sent<NewAccountBody>,
) -> Result<Response, Problem> {
    let mut account = Account {
        id: new_id(EntityKind::Account, &*app.env.random),
        name: Box::default(),
        created_ms: app.env.clock.now_ms(),
        settings: AccountSettings::default(),
        plan: None,
        quotas: Box::default(),
        suspended: None,
    };
    let now_ms = account.created_ms;
    let NewAccountBody {
        name,
        settings,
        plan,
    } = body;
    plan.set(&mut account.plan);
    set(&mut account, &AccountBody { name, settings }, now_ms).map_err(problem)?;
    // It never had another one.
    let settings = &mut account.settings;
    settings.visitor_memory = VisitorMemory::always(settings.visitor_memory.latest().0);
    let secret = once::secret(&app, once.as_ref(), api_keys::PREFIX);
    let scopes = vec![Scope::Admin];
    let key = api_keys::new(&app, account.id, "first key".into(), scopes, &secret);
    let changes = vec![Change::PutAccount(account.clone()), Change::PutKey(key)];
    let decide = |state: &catalog::State| {
        let mut reply = once::created(String::new(), &AccountView::new(state, &account));
        reply.location = None;
        Ok((changes.clone(), reply))
    };
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
    let list = app.catalog.read(|state| {
        let rows = state.accounts(after, limit + 1);
        let id = |row: &Arc<Account>| row.id.to_string();
        page::answer(rows, limit, id, |row| AccountView::new(state, row))
    });
    Ok(Json(list))
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
    let view = app.catalog.read(|state| {
        let account = state.account(caller.account);
        account.map(|account| AccountView::new(state, account))
    });
    let view = view.ok_or_else(|| Problem::not_found("this account is gone"));
    view.map(Json)
}

/// Tells how much the account has of what its quotas bound
#[utoipa::path(
    get, path = "/v1/account/usage", tag = "Accounts",
    responses(
        (status = 200, description = "As it is.", body = UsageView),
        Refusals<(Key,)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn read_usage(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
) -> Json<UsageView> {
    let usage = app
        .catalog
        .read(|state| UsageView::new(state, caller.account));
    Json(usage)
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
        let view = || json!(AccountView::new(state, old));
        if_match.check(caller.account, view, &mut stale)?;
        let mut new = Account::clone(old);
        set(&mut new, &body, now_ms)?;
        changed = Some(AccountView::new(state, &new));
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
            given.keep_events_days.set(&mut settings.keep_events_days);
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
