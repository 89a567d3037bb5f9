//! API keys. A secret is shown once, when it is made.

use std::sync::Arc;

use axum::{Json, extract::State};
use catalog::{ApiKey, CatalogError, Change, Scope};
use http::StatusCode;
use model::{
    EntityId,
    random::{hash_secret, new_key_id, new_secret},
};
use serde::Deserialize;
use utoipa::ToSchema;
use web::Problem;

use super::{
    auth::Manager,
    body::Body,
    failure::problem,
    page::{self, Page},
    params::{Params, Segment},
};
use crate::{
    api_types::{KeyView, List, NewKey},
    app::App,
    openapi::refusals::{self, Commit, Key, Name, Query, Refusals},
};

/// Most keys of one account, revoked ones too.
const MAX_KEYS: u64 = 10_000;

/// A key that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBody {
    /// For people.
    #[schema(value_type = String, example = "reports")]
    name: Box<str>,
    /// What it may do: `read`, `write`, `admin`; each includes those before it.
    #[schema(value_type = Vec<String>, example = json!(["read"]))]
    scopes: Vec<Scope>,
}

/// A new key, and its secret.
pub(super) fn new(
    app: &App,
    account: EntityId,
    name: Box<str>,
    mut scopes: Vec<Scope>,
) -> (ApiKey, String) {
    scopes.sort_by_key(|scope| *scope as u8);
    scopes.dedup();
    let secret = new_secret(&*app.env.random);
    let key = ApiKey {
        id: new_key_id(&*app.env.random).into(),
        account,
        hash: hash_secret(&secret).into(),
        name,
        scopes,
        created_ms: app.env.clock.now_ms(),
        revoked: false,
    };
    (key, secret)
}

/// Makes a key
#[utoipa::path(
    post, path = "/v1/keys", tag = "Keys",
    request_body = KeyBody,
    responses(
        (status = 201, description = "The key, and its secret.", body = NewKey),
        Refusals<(Key, refusals::Body, Commit)>,
    ),
    security(("key" = ["admin"])),
)]
pub(crate) async fn create_key(
    State(app): State<Arc<App>>,
    Manager(caller): Manager,
    Body(body): Body<KeyBody>,
) -> Result<(StatusCode, Json<NewKey>), Problem> {
    let (key, api_key) = new(&app, caller.account, body.name, body.scopes);
    let decide = |state: &catalog::State| {
        let account = state.account(caller.account);
        let max = match account.filter(|_| state.is_shared()) {
            Some(account) => account.quotas.keys,
            None => MAX_KEYS,
        };
        match (state.keys_of(caller.account).len() as u64) < max {
            true => Ok(vec![Change::PutKey(key.clone())]),
            false => Err(CatalogError::Quota { what: "keys", max }),
        }
    };
    app.catalog.commit(decide).await.map_err(problem)?;
    let key = KeyView::from(&key);
    Ok((StatusCode::CREATED, Json(NewKey { key, api_key })))
}

/// Lists the keys of the account, revoked ones too
#[utoipa::path(
    get, path = "/v1/keys", tag = "Keys",
    params(Page),
    responses(
        (status = 200, description = "A page of them.", body = List<KeyView>),
        Refusals<(Key, Query)>,
    ),
    security(("key" = ["admin"])),
)]
pub(crate) async fn list_keys(
    State(app): State<Arc<App>>,
    Manager(caller): Manager,
    Params(page): Params<Page>,
) -> Result<Json<List<KeyView>>, Problem> {
    let limit = page.limit()?;
    let after = page.after(|text| Some(text.to_string()))?;
    let mut keys = app.catalog.read(|state| state.keys_of(caller.account));
    keys.retain(|key| after.as_deref().is_none_or(|after| *key.id > *after));
    let id = |key: &Arc<ApiKey>| key.id.to_string();
    Ok(Json(page::answer(keys, limit, id, |key| (&**key).into())))
}

/// Revokes a key: it opens nothing any more
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "Keys",
    params(("id" = String, Path, description = "Its id, not its secret.", example = "key_0000000000009")),
    responses(
        (status = 204, description = "It is revoked."),
        Refusals<(Key, Name, Commit)>,
    ),
    security(("key" = ["admin"])),
)]
pub(crate) async fn revoke_key(
    State(app): State<Arc<App>>,
    Manager(caller): Manager,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    let decide = |state: &catalog::State| {
        let key = state.key_by_id(&id);
        match key.filter(|key| key.account == caller.account) {
            Some(key) if key.revoked => Ok(Vec::new()),
            Some(key) => Ok(vec![Change::RevokeKey(key.id.clone())]),
            None => {
                let id: String = id.chars().take(64).collect();
                Err(CatalogError::not_found(id))
            }
        }
    };
    app.catalog.commit(decide).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}
