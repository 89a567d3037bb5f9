//! API keys. A secret is shown once, when it is made.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    routing::{delete, get},
};
use catalog::{ApiKey, CatalogError, Change, Scope};
use http::StatusCode;
use model::{
    EntityId,
    random::{hash_secret, new_key_id, new_secret},
    time::rfc3339,
};
use serde::Deserialize;
use serde_json::{Value, json};
use web::Problem;

use super::{
    Api,
    auth::Manager,
    body::Body,
    failure::problem,
    page::{self, Page},
    params::{Params, Segment},
};

/// Most keys of one account, revoked ones too.
const MAX_KEYS: usize = 10_000;

pub(super) fn routes() -> Router<Arc<Api>> {
    Router::new()
        .route("/v1/keys", get(list).post(create))
        .route("/v1/keys/{id}", delete(revoke))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    name: Box<str>,
    scopes: Vec<Scope>,
}

/// A new key, and its secret.
pub(super) fn new(
    api: &Api,
    account: EntityId,
    name: Box<str>,
    mut scopes: Vec<Scope>,
) -> (ApiKey, String) {
    scopes.sort_by_key(|scope| *scope as u8);
    scopes.dedup();
    let secret = new_secret(&*api.random);
    let key = ApiKey {
        id: new_key_id(&*api.random).into(),
        account,
        hash: hash_secret(&secret).into(),
        name,
        scopes,
        created_ms: api.clock.now_ms(),
        revoked: false,
    };
    (key, secret)
}

async fn create(
    State(api): State<Arc<Api>>,
    Manager(caller): Manager,
    Body(body): Body<KeyBody>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let (key, secret) = new(&api, caller.account, body.name, body.scopes);
    let decide = |state: &catalog::State| match state.keys_of(caller.account).len() < MAX_KEYS {
        true => Ok(vec![Change::PutKey(key.clone())]),
        false => Err(CatalogError::TooMany {
            count: MAX_KEYS + 1,
            max: MAX_KEYS,
        }),
    };
    api.catalog.commit(decide).await.map_err(problem)?;
    let mut answer = view(&key);
    answer["api_key"] = secret.into();
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn list(
    State(api): State<Arc<Api>>,
    Manager(caller): Manager,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let limit = page.limit()?;
    let after = page.after(|text| Some(text.to_string()))?;
    let mut keys = api.catalog.read(|state| state.keys_of(caller.account));
    keys.retain(|key| after.as_deref().is_none_or(|after| *key.id > *after));
    Ok(Json(page::answer(
        keys,
        limit,
        |key| key.id.to_string(),
        |key| view(key),
    )))
}

async fn revoke(
    State(api): State<Arc<Api>>,
    Manager(caller): Manager,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    let decide = |state: &catalog::State| {
        let key = state
            .key_by_id(&id)
            .filter(|key| key.account == caller.account);
        match key {
            Some(key) if key.revoked => Ok(Vec::new()),
            Some(key) => Ok(vec![Change::RevokeKey(key.id.clone())]),
            None => Err(CatalogError::not_found(
                id.chars().take(64).collect::<String>(),
            )),
        }
    };
    api.catalog.commit(decide).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "created_at": rfc3339(key.created_ms),
        "revoked": key.revoked,
    })
}
