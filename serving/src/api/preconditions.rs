//! `ETag`, `If-Match` and `If-None-Match` (RFC 9110 §13): what is changed is what was looked at, and what is known is not
//! sent again.

use std::{collections::BTreeMap, convert::Infallible};

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::{FromRequestParts, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use catalog::CatalogError;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use serde::Serialize;
use serde_json::value::RawValue;
use web::Problem;

use super::failure::problem;

/// Largest answer that gets a tag, bytes.
const MAX_TAGGED: u64 = 16 << 20;
/// What changes from answer to answer of the same numbers: when they were asked for, and where they were found.
const OF_THE_MOMENT: [&str; 7] = [
    "manifest",
    "settled_through",
    "live_lag_ms",
    "as_of",
    "counted_upto",
    "settled",
    "live",
];

/// The largest body whose tag is of what it says, not of how that is written, bytes: objects are far smaller.
const MAX_OBJECT: usize = 256 << 10;

/// The tag of a JSON text.
fn tag_of_json(body: &[u8]) -> String {
    let small = Some(body).filter(|body| body.len() <= MAX_OBJECT);
    let value = small.and_then(|body| serde_json::from_slice::<serde_json::Value>(body).ok());
    value.map_or_else(|| tag_of(body), |value| tag(&value))
}

/// The tag of a body.
fn tag_of(body: &[u8]) -> String {
    let hex = blake3::hash(body).to_hex();
    let short: String = hex.chars().take(24).collect();
    format!("\"{short}\"")
}

/// The tag of an object as it is shown.
pub(super) fn tag(view: &impl Serialize) -> String {
    tag_of(&serde_json::to_vec(view).unwrap_or_default())
}

/// The tags that `If-Match` has, if it is there.
#[derive(Debug, Default)]
pub(crate) struct IfMatch(Option<Vec<String>>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let has = parts.headers.contains_key(header::IF_MATCH);
        Ok(Self(has.then(|| tags(&parts.headers, header::IF_MATCH))))
    }
}

impl IfMatch {
    /// Whether what is shown as `view` may be changed.
    fn fits(&self, view: &serde_json::Value) -> bool {
        let Some(tags) = &self.0 else { return true };
        let tag = tag(view);
        tags.iter().any(|wanted| wanted == "*" || *wanted == tag)
    }

    /// Refuses to change what is not as the caller thinks; `stale` gets what is there.
    pub(super) fn check(
        &self,
        id: impl ToString,
        view: impl FnOnce() -> serde_json::Value,
        stale: &mut Option<serde_json::Value>,
    ) -> Result<(), CatalogError> {
        *stale = None;
        if self.0.is_none() {
            return Ok(());
        }
        let view = view();
        if self.fits(&view) {
            return Ok(());
        }
        *stale = Some(view);
        let id = id.to_string();
        Err(CatalogError::Changed { id })
    }
}

/// What the client is told, with what is there now.
pub(super) fn refused(error: CatalogError, stale: Option<serde_json::Value>) -> Problem {
    match (&error, stale) {
        (CatalogError::Changed { .. }, Some(view)) => Problem::changed(error.to_string(), view),
        _ => problem(error),
    }
}

fn tags(headers: &HeaderMap, name: header::HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    let tags = texts.flat_map(|text| text.split(','));
    tags.map(|tag| tag.trim().to_owned()).collect()
}

/// Gives answers a tag, and does not send again what the caller has.
pub(crate) async fn tagged(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_change = request.method() == Method::PATCH;
    let is_numbers = request.uri().path() == "/v1/stats";
    let had = tags(request.headers(), header::IF_NONE_MATCH);
    let response = next.run(request).await;
    let status = response.status();
    if status == StatusCode::PRECONDITION_FAILED {
        return with_tag_of_current(response).await;
    }
    if status != StatusCode::OK || !(is_read || is_change) || !is_json(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_TAGGED as usize).await else {
        // Its size was said before: see `is_json`.
        return Problem::internal("an answer is larger than it said").into_response();
    };
    let tag = match is_numbers {
        true => tag_of_numbers(&bytes),
        false => tag_of_json(&bytes),
    };
    let known = |had: &String| had == "*" || had.trim_start_matches("W/") == tag;
    let is_known = is_read && had.iter().any(known);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Whether it is JSON whose size is known.
fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind == "application/json");
    let size = response.body().size_hint().exact();
    is_json && size.is_some_and(|size| size <= MAX_TAGGED)
}

/// Says the tag of what is there now beside it.
async fn with_tag_of_current(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_TAGGED as usize)
        .await
        .unwrap_or_default();
    let problem: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&bytes).unwrap_or_default();
    let tag = problem.get("current").map(tag);
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        parts.headers.insert(header::ETAG, tag);
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// The tag of an answer of `/v1/stats`: of its numbers, and of what is said of them that does not change with the moment.
fn tag_of_numbers(body: &[u8]) -> String {
    type Fields<'a> = BTreeMap<String, &'a RawValue>;
    let Ok(mut answer) = serde_json::from_slice::<Fields<'_>>(body) else {
        return tag_of(body);
    };
    let meta = answer.remove("meta");
    let meta = meta.and_then(|meta| serde_json::from_str::<Fields<'_>>(meta.get()).ok());
    let mut meta = meta.unwrap_or_default();
    meta.retain(|name, _| !OF_THE_MOMENT.contains(&&**name));
    tag(&(answer, meta))
}
