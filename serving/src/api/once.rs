//! Requests that name themselves, with the header `Idempotency-Key`: one that comes again within a day is answered the
//! same and does nothing. What is answered is stored with what is changed, in one entry of the catalog's ledger.

use axum::{
    Json,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use catalog::{Answered, By, CatalogError, Change, Reply, State};
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use model::{
    EntityId, Hidden,
    random::{derived_secret, hash_secret, new_nonce, new_secret},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use web::{Problem, bearer};

use super::{
    auth::Caller,
    body::{MAX_BODY, content_type, parse, read},
    failure::problem,
};
use crate::app::App;

/// How a request names itself.
pub(crate) const NAME: HeaderName = HeaderName::from_static("idempotency-key");
/// That an answer was given before.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest name, bytes.
const MAX_NAME: usize = 255;
/// Largest answer that is stored, bytes.
const MAX_REPLY: usize = 4 << 20;

/// How a request names itself, and what it asks.
#[derive(Debug)]
pub(crate) struct Once {
    name: Box<str>,
    request: Box<str>,
    /// What only the caller and we know: from it secrets are made that can be told again and are nowhere stored.
    shared: Hidden<String>,
}

impl Once {
    /// Thirteen letters and digits that are the same for the same request of an account on one day.
    pub(super) fn digits(&self, account: EntityId, day: i64) -> String {
        let account = account.raw.to_le_bytes();
        let day = day.to_le_bytes();
        let text = hash(&[
            &account,
            &day,
            self.name.as_bytes(),
            self.request.as_bytes(),
        ]);
        text.chars().take(13).collect()
    }

    /// Whether it was answered before.
    pub(super) fn is_answered(&self, app: &App, doer: &Doer) -> bool {
        let now_ms = app.env.clock.now_ms();
        let is_known = |state: &State| state.answered(doer.scope, &self.name, now_ms).is_some();
        app.catalog.read(is_known)
    }

    /// Reads the header; `None` where there is none.
    pub(super) fn read(parts: &Parts, body: &[u8]) -> Result<Option<Self>, Problem> {
        let mut names = parts.headers.get_all(NAME).iter();
        let Some(name) = names.next() else {
            return Ok(None);
        };
        let text = name.to_str().unwrap_or_default().trim();
        if names.next().is_some() || text.is_empty() || text.len() > MAX_NAME {
            let detail = "Idempotency-Key must be one text of 1 to 255 ASCII characters";
            return Err(Problem::bad_request("invalid_idempotency_key", detail));
        }
        let token = bearer(&parts.headers).unwrap_or_default();
        let target = parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let method = parts.method.as_str().as_bytes();
        Ok(Some(Self {
            name: hash(&[text.as_bytes()]),
            request: hash(&[method, target.as_bytes(), body]),
            shared: (&*format!("{token}\n{text}")).into(),
        }))
    }
}

/// A hash of some texts that are not to be mistaken for others.
fn hash(texts: &[&[u8]]) -> Box<str> {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    let hex = hasher.finalize().to_hex();
    hex.chars().take(32).collect::<String>().into()
}

/// A JSON body that may come twice.
pub(crate) struct Sent<T> {
    pub body: T,
    pub once: Option<Once>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        content_type(request.headers(), &["application/json"])?;
        let (bytes, once) = taken(request, MAX_BODY).await?;
        let body = parse(&bytes)?;
        Ok(Self { body, once })
    }
}

/// The body of a request, and how it names itself.
pub(super) async fn taken(
    request: Request,
    limit: usize,
) -> Result<(Bytes, Option<Once>), Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read(Request::new(body), limit).await?;
    let once = Once::read(&parts, &bytes)?;
    Ok((bytes, once))
}

/// A request without a body that may come twice.
pub(crate) struct Named(pub Option<Once>);

impl<S: Send + Sync> FromRequest<S> for Named {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (_, once) = taken(request, MAX_BODY).await?;
        Ok(Self(once))
    }
}

/// A secret that is made for a request, and from what, where it can be made again.
pub(super) struct Made {
    pub secret: String,
    salt: Option<Box<str>>,
}

/// A new secret with this beginning. Of a request that names itself it can be told again to who sends the same key.
pub(super) fn secret(app: &App, once: Option<&Once>, prefix: &str) -> Made {
    let random = &*app.env.random;
    let Some(once) = once else {
        let secret = new_secret(random).replacen("mr_", prefix, 1);
        return Made { secret, salt: None };
    };
    let salt: Box<str> = format!("{:032x}", new_nonce(random)).into();
    Made {
        secret: derived_secret(prefix, once.shared.reveal(), &salt),
        salt: Some(salt),
    }
}

/// Where the secret is in an answer, and how it begins.
pub(super) struct Place {
    pub field: &'static str,
    pub prefix: &'static str,
    /// The form that it is told in.
    pub told: fn(String) -> String,
}

/// Told as it is made.
pub(super) fn as_it_is(secret: String) -> String {
    secret
}

/// Whose names of requests are told apart, and who is written down as having done it.
pub(super) struct Doer {
    scope: u64,
    pub by: By,
    account: Option<EntityId>,
}

impl Doer {
    /// Whoever runs the installation.
    pub(super) fn operator() -> Self {
        Self {
            scope: 0,
            by: By::Operator,
            account: None,
        }
    }
}

impl From<&Caller> for Doer {
    fn from(caller: &Caller) -> Self {
        Self {
            scope: caller.account.raw,
            by: caller.by(),
            account: Some(caller.account),
        }
    }
}

/// An answer of 201.
pub(super) fn created(location: String, body: &impl serde::Serialize) -> Reply {
    Reply {
        status: StatusCode::CREATED.as_u16(),
        location: Some(location.into()),
        body: serde_json::to_value(body).unwrap_or_default(),
        salt: None,
    }
}

/// What a request comes to.
enum Outcome {
    New(Reply),
    /// It was answered before, in this entry.
    Known(u64),
}

/// Does what a request asks and answers it; one that comes again is answered as before. `makes`: how many objects it
/// makes.
pub(super) async fn answer<D: Into<catalog::Decided>>(
    app: &App,
    doer: &Doer,
    once: Option<&Once>,
    makes: usize,
    mut decide: impl FnMut(&State) -> Result<(D, Reply), CatalogError>,
) -> Result<Response, Problem> {
    answer_with_secret(app, doer, once, makes, None, |state| decide(state)).await
}

/// Like [`answer`], of answers with a secret in them.
pub(super) async fn answer_with_secret<D: Into<catalog::Decided>>(
    app: &App,
    doer: &Doer,
    once: Option<&Once>,
    makes: usize,
    secret: Option<(&Made, Place)>,
    mut decide: impl FnMut(&State) -> Result<(D, Reply), CatalogError>,
) -> Result<Response, Problem> {
    let now_ms = app.env.clock.now_ms();
    let is_known = |state: &State| {
        once.is_some_and(|once| state.answered(doer.scope, &once.name, now_ms).is_some())
    };
    if let Some(account) = doer.account
        && makes > 0
        && !app.catalog.read(is_known)
    {
        app.may_make(account, makes)?;
    }
    let mut outcome = None;
    let decide = |state: &State| {
        let known =
            once.and_then(|once| Some((once, state.answered(doer.scope, &once.name, now_ms)?)));
        if let Some((once, known)) = known {
            outcome = Some(Outcome::Known(known.n));
            return match known.request == once.request {
                true => Ok(catalog::Decided::default()),
                false => Err(CatalogError::OtherRequest),
            };
        }
        let (decided, mut reply) = decide(state)?;
        let mut decided: catalog::Decided = decided.into();
        if let Some((made, _)) = &secret {
            reply.salt.clone_from(&made.salt);
        }
        if let Some(once) = once {
            let stored = stored(doer, once, &reply, state.n + 1, now_ms)?;
            decided.changes.push(stored);
        }
        outcome = Some(Outcome::New(reply));
        Ok(decided)
    };
    app.catalog
        .commit_by(&doer.by, decide)
        .await
        .map_err(problem)?;
    match outcome.ok_or_else(|| Problem::internal("a change decided nothing"))? {
        Outcome::New(mut reply) => {
            if let Some((made, place)) = secret {
                reply.body[place.field] = Value::String((place.told)(made.secret.clone()));
            }
            Ok(response(reply))
        }
        Outcome::Known(n) => {
            let place = secret.map(|(_, place)| place);
            let mut response = response(known(app, doer, once, n, place).await?);
            let yes = HeaderValue::from_static("true");
            response.headers_mut().insert(REPLAYED, yes);
            Ok(response)
        }
    }
}

fn stored(
    doer: &Doer,
    once: &Once,
    reply: &Reply,
    n: u64,
    at_ms: i64,
) -> Result<Change, CatalogError> {
    if reply.body.to_string().len() > MAX_REPLY {
        let why = "is for requests with smaller answers: send fewer at once, or without it";
        return Err(CatalogError::invalid("Idempotency-Key", why));
    }
    Ok(Change::Answered(Box::new(Answered {
        scope: doer.scope,
        name: once.name.clone(),
        request: once.request.clone(),
        n,
        at_ms,
        reply: Some(reply.clone()),
    })))
}

/// What entry `n` says was answered.
async fn known(
    app: &App,
    doer: &Doer,
    once: Option<&Once>,
    n: u64,
    place: Option<Place>,
) -> Result<Reply, Problem> {
    let entry = app.catalog.entry(n).await?;
    let (_, changes) = entry.ok_or_else(|| Problem::internal("an entry of the catalog is gone"))?;
    let name = once.map(|once| &once.name);
    let hash = changes.iter().find_map(|change| match change {
        Change::PutKey(key) => Some(key.hash.clone()),
        Change::PutShare(share) => Some(share.hash.clone()),
        Change::PutWebhook(webhook) => Some(hash_secret(webhook.secret.reveal()).into()),
        _ => None,
    });
    let reply = changes.into_iter().find_map(|change| match change {
        Change::Answered(it) if it.scope == doer.scope && Some(&it.name) == name => it.reply,
        _ => None,
    });
    let mut reply = reply.ok_or_else(|| Problem::internal("an answer is gone"))?;
    if let (Some(place), Some(once), Some(salt)) = (place, once, reply.salt.take()) {
        let secret = derived_secret(place.prefix, once.shared.reveal(), &salt);
        let secret = (place.told)(secret);
        if hash.is_none_or(|hash| *hash != hash_secret(&secret)) {
            let detail =
                "this was done, and its secret can be told again only to the key that asked for it";
            return Err(Problem::conflict("secret_was_told", detail));
        }
        reply.body[place.field] = Value::String(secret);
    }
    Ok(reply)
}

fn response(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Json(reply.body)).into_response();
    let location = reply
        .location
        .and_then(|at| HeaderValue::from_str(&at).ok());
    if let Some(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
