//! Accounts: made by whoever runs the installation, set up by their managers.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use catalog::{Account, AccountSettings, CatalogError, Change, Scope};
use chrono_tz::Tz;
use http::StatusCode;
use ipnet::IpNet;
use model::{EntityId, EntityKind, random::new_id, time::rfc3339};
use serde::Deserialize;
use serde_json::{Value, json};
use web::Problem;

use super::{
    Api, api_keys,
    auth::{Manager, Operator, Reader},
    body::{Body, Given},
    failure::problem,
    page::{self, Page},
    params::Params,
};

pub(super) fn routes() -> Router<Arc<Api>> {
    Router::new()
        .route("/v1/accounts", get(list).post(create))
        .route("/v1/account", get(read).patch(change))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AccountBody {
    name: Given<Box<str>>,
    settings: Given<SettingsBody>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SettingsBody {
    timezone: Given<String>,
    honour_dnt: Given<bool>,
    excluded_networks: Given<Vec<String>>,
}

async fn create(
    State(api): State<Arc<Api>>,
    _: Operator,
    Body(body): Body<AccountBody>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut account = Account {
        id: new_id(EntityKind::Account, &*api.random),
        name: Box::default(),
        created_ms: api.clock.now_ms(),
        settings: AccountSettings::default(),
    };
    set(&mut account, &body).map_err(problem)?;
    let (key, secret) = api_keys::new(&api, account.id, "first key".into(), vec![Scope::Admin]);
    let changes = vec![Change::PutAccount(account.clone()), Change::PutKey(key)];
    api.catalog
        .commit(|_| Ok(changes.clone()))
        .await
        .map_err(problem)?;
    let mut answer = view(&account);
    answer["api_key"] = secret.into();
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn list(
    State(api): State<Arc<Api>>,
    _: Operator,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let limit = page.limit()?;
    let after = page.after(|text| {
        text.parse()
            .ok()
            .filter(|id: &EntityId| id.kind == EntityKind::Account)
    })?;
    let rows = api.catalog.read(|state| state.accounts(after, limit + 1));
    Ok(Json(page::answer(
        rows,
        limit,
        |row| row.id.to_string(),
        |row| view(row),
    )))
}

async fn read(State(api): State<Arc<Api>>, Reader(caller): Reader) -> Result<Json<Value>, Problem> {
    let account = api.catalog.account(caller.account);
    let account = account.ok_or_else(|| Problem::not_found("this account is gone"))?;
    Ok(Json(view(&account)))
}

async fn change(
    State(api): State<Arc<Api>>,
    Manager(caller): Manager,
    Body(body): Body<AccountBody>,
) -> Result<Json<Value>, Problem> {
    let mut answer = Value::Null;
    let decide = |state: &catalog::State| {
        let old = state
            .account(caller.account)
            .ok_or_else(|| CatalogError::not_found(caller.account))?;
        let mut new = Account::clone(old);
        set(&mut new, &body)?;
        answer = view(&new);
        Ok(if new == **old {
            Vec::new()
        } else {
            vec![Change::PutAccount(new)]
        })
    };
    api.catalog.commit(decide).await.map_err(problem)?;
    Ok(Json(answer))
}

fn set(account: &mut Account, body: &AccountBody) -> Result<(), CatalogError> {
    body.name.set(&mut account.name);
    if account.name.is_empty() {
        return Err(CatalogError::invalid("name", "is required"));
    }
    let settings = &mut account.settings;
    match &body.settings {
        Given::Absent => {}
        Given::Null => *settings = AccountSettings::default(),
        Given::Value(given) => {
            match &given.timezone {
                Given::Absent => {}
                Given::Null => settings.timezone = AccountSettings::default().timezone,
                Given::Value(name) => settings.timezone = timezone(name)?,
            }
            given.honour_dnt.set(&mut settings.honour_dnt);
            let networks = |texts: &Vec<String>| texts.iter().map(|text| network(text)).collect();
            given
                .excluded_networks
                .set_with(&mut settings.excluded_networks, networks)?;
        }
    }
    Ok(())
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

fn network(text: &str) -> Result<IpNet, CatalogError> {
    let wrong = |_| {
        CatalogError::invalid(
            "excluded_networks",
            "must be addresses or networks such as 192.0.2.0/24",
        )
    };
    let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(wrong)
}

fn view(account: &Account) -> Value {
    json!({
        "id": account.id,
        "name": account.name,
        "settings": account.settings,
        "created_at": rfc3339(account.created_ms),
    })
}
