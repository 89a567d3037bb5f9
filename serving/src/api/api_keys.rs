//! API keys. A secret is shown when it is made, and again only to who asks with the same `Idempotency-Key`.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use catalog::{ApiKey, CatalogError, Change, Replaced, Reply, Scope, api_key::MOST_GRACE_MS};
use chrono::DateTime;
use http::StatusCode;
use model::{
    EntityId,
    random::{hash_secret, new_key_id},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use web::Problem;

use super::{
    auth::Manager,
    failure::problem,
    once::{self, Doer, Made, Place, Sent},
    page::{self, Page},
    params::{Params, Segment},
};
use crate::{
    api_types::{KeyView, List, NewKey},
    app::App,
    openapi::refusals::{self, Commit, Key, Name, Query, Refusals, SecretAgain},
};

/// Most keys of one account, revoked ones too.
const MAX_KEYS: u64 = 10_000;
/// How the secrets of keys begin.
pub(super) const PREFIX: &str = "mr_";
/// For how long a secret that is replaced goes on to open, hours: unless said otherwise, and at most.
const USUAL_GRACE: u32 = 24;
const HOUR_MS: i64 = 3_600_000;

/// A key that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBody {
    /// For people.
    #[schema(value_type = String, example = "reports")]
    name: Box<str>,
    /// What it may do: `read`, `create` (make objects and record events, and nothing else), `write` (both, and change and
    /// delete), `admin` (all of it, and keys and settings).
    #[schema(value_type = Vec<String>, example = json!(["read"]))]
    scopes: Vec<Scope>,
    /// From then on it opens nothing, RFC 3339; null: it has no end.
    #[serde(default)]
    #[schema(example = "2027-01-01T00:00:00Z")]
    expires_at: Option<String>,
}

/// How a key gets another secret.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RotateBody {
    /// For so many hours the secret that it had opens what the new one does: from 0 to 168.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 168, default = 24, example = 24)]
    grace_hours: Option<u32>,
}

/// Where the secret is in an answer.
pub(super) const SECRET: Place = Place {
    field: "api_key",
    prefix: PREFIX,
    told: once::as_it_is,
};

/// A new key with this secret.
pub(super) fn new(
    app: &App,
    account: EntityId,
    name: Box<str>,
    mut scopes: Vec<Scope>,
    secret: &Made,
) -> ApiKey {
    scopes.sort_unstable();
    scopes.dedup();
    ApiKey {
        id: new_key_id(&*app.env.random).into(),
        account,
        hash: hash_secret(&secret.secret).into(),
        name,
        scopes,
        created_ms: app.env.clock.now_ms(),
        expires_ms: None,
        replaced: None,
        revoked: false,
    }
}

/// When something ends, RFC 3339, in the future.
pub(super) fn end(text: &str) -> Result<i64, CatalogError> {
    let why = "must be RFC 3339, such as 2027-12-31T23:59:59Z";
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.timestamp_millis())
        .map_err(|_| CatalogError::invalid("expires_at", why))
}

/// Makes a key
#[utoipa::path(
    post, path = "/v1/keys", tag = "Keys",
    request_body = KeyBody,
    responses(
        (status = 201, description = "The key, and its secret.", body = NewKey),
        Refusals<(Key, refusals::Body, Commit, SecretAgain)>,
    ),
    security(("key" = ["admin"])),
)]
pub(crate) async fn create_key(
    State(app): State<Arc<App>>,
    Manager(caller): Manager,
    Sent { body, once }: Sent<KeyBody>,
) -> Result<Response, Problem> {
    let secret = once::secret(&app, once.as_ref(), PREFIX);
    let mut key = new(&app, caller.account, body.name, body.scopes, &secret);
    key.expires_ms = body
        .expires_at
        .as_deref()
        .map(end)
        .transpose()
        .map_err(problem)?;
    let decide = |state: &catalog::State| {
        let max = match state.is_shared() {
            true => state.quotas(caller.account).keys,
            false => MAX_KEYS,
        };
        if state.keys_of(caller.account).len() as u64 >= max {
            return Err(CatalogError::Quota { what: "keys", max });
        }
        let mut reply = once::created(String::new(), &KeyView::new(&key, None));
        reply.location = None;
        Ok((vec![Change::PutKey(key.clone())], reply))
    };
    let (doer, told) = (Doer::from(&caller), Some((&secret, SECRET)));
    once::answer_with_secret(&app, &doer, once.as_ref(), 0, told, decide).await
}

/// Gives a key another secret
///
/// The one that it had opens the same for a while, so that it can be replaced everywhere without haste; one that it had
/// before that opens nothing any more.
#[utoipa::path(
    post, path = "/v1/keys/{id}/rotate", tag = "Keys",
    params(("id" = String, Path, description = "Its id, not its secret.", example = "key_0000000000009")),
    request_body = RotateBody,
    responses(
        (status = 200, description = "The key, and its new secret.", body = NewKey),
        Refusals<(Key, Name, refusals::Body, Commit, SecretAgain)>,
    ),
    security(("key" = ["admin"])),
)]
pub(crate) async fn rotate_key(
    State(app): State<Arc<App>>,
    Manager(caller): Manager,
    Segment(id): Segment,
    Sent { body, once }: Sent<RotateBody>,
) -> Result<Response, Problem> {
    let grace_ms = i64::from(body.grace_hours.unwrap_or(USUAL_GRACE)) * HOUR_MS;
    if grace_ms > MOST_GRACE_MS {
        let why = "must be from 0 to 168";
        return Err(problem(CatalogError::invalid("grace_hours", why)));
    }
    let secret = once::secret(&app, once.as_ref(), PREFIX);
    let now_ms = app.env.clock.now_ms();
    let decide = |state: &catalog::State| {
        let mut key = ApiKey::clone(&*own(state, caller.account, &id)?);
        if !key.is_valid(now_ms) {
            let why = "of a key that opens nothing cannot be replaced: make another one";
            return Err(CatalogError::invalid("secret", why));
        }
        let hash = std::mem::replace(&mut key.hash, hash_secret(&secret.secret).into());
        key.replaced = Some(Replaced {
            hash,
            until_ms: now_ms + grace_ms,
        });
        let reply = Reply {
            status: StatusCode::OK.as_u16(),
            location: None,
            body: json!(KeyView::new(&key, state.last_used(&key.id))),
            salt: None,
        };
        Ok((vec![Change::PutKey(key)], reply))
    };
    let (doer, told) = (Doer::from(&caller), Some((&secret, SECRET)));
    once::answer_with_secret(&app, &doer, once.as_ref(), 0, told, decide).await
}

/// The key of an account with this id. Nobody is told of keys of others.
fn own(state: &catalog::State, account: EntityId, id: &str) -> Result<Arc<ApiKey>, CatalogError> {
    let key = state.key_by_id(id).filter(|key| key.account == account);
    key.cloned().ok_or_else(|| {
        let id: String = id.chars().take(64).collect();
        CatalogError::not_found(id)
    })
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
    let used = |key: &ApiKey| app.catalog.read(|state| state.last_used(&key.id));
    let view = |key: &Arc<ApiKey>| KeyView::new(key, used(key));
    Ok(Json(page::answer(keys, limit, id, view)))
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
        let key = own(state, caller.account, &id)?;
        Ok(match key.revoked {
            true => Vec::new(),
            false => vec![Change::RevokeKey(key.id.clone())],
        })
    };
    let committed = app.catalog.commit_by(&caller.by(), decide).await;
    committed.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}
