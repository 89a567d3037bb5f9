//! The public doors of the collector.

mod aim;
mod body;
mod cors;
mod cost;
mod events;
#[cfg(test)]
mod hostile;
mod incoming;
mod kept;
mod parameters;
mod pixel;
mod postback;
mod preview;
mod qr;
mod redirect;
mod replay;
mod script;
mod sender;
mod tls;
mod unpack;

pub(crate) use self::{
    postback::{other_currency, read_value, too_many_steps},
    qr::DRAWN_AT_ONCE,
};

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, FromRequestParts},
    routing::{MethodRouter, get},
};
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use model::EventId;

use crate::{
    fetch_purpose::fetch_purpose,
    recorder::EventRecorder,
    request_facts::{MAX_TEXT, RequestFacts, cut},
};

/// Header with the event's id: the acknowledgement.
pub const EVENT_ID: HeaderName = HeaderName::from_static("millrace-event-id");
/// Largest body of `/v1/events`, packed or unpacked, bytes.
pub const MAX_BODY: usize = 10 << 20;
/// Largest body of a postback, bytes.
const MAX_FORM: usize = 64 << 10;

/// All public routes.
pub fn routes(recorder: Arc<EventRecorder>) -> Router {
    let doors = Router::new()
        .route("/mr.js", get(script::get))
        .route("/p/{pixel}", views())
        .route("/p/{pixel}/", views())
        .route("/c/{goal}", conversions())
        .route("/c/{goal}/", conversions())
        .route("/v1/events", axum::routing::post(events::post))
        .route("/v1/events/", axum::routing::post(events::post))
        .route(
            "/v1/rejected/{id}/replay",
            axum::routing::post(replay::post),
        )
        .method_not_allowed_fallback(not_so)
        .layer(axum::middleware::from_fn(cors::any_origin));
    doors
        .route(
            "/favicon.ico",
            get(|| async { http::StatusCode::NOT_FOUND }),
        )
        .route(
            "/robots.txt",
            get(|| async { "User-agent: *\nDisallow: /\n" }),
        )
        .route("/internal/tls", get(tls::ask))
        .fallback(redirect::follow)
        .method_not_allowed_fallback(not_so)
        .with_state(recorder)
}

async fn not_so() -> web::Problem {
    web::Problem::new(
        http::StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this door does not take this method",
    )
}

fn views() -> MethodRouter<Arc<EventRecorder>> {
    get(pixel::view).post(pixel::beacon)
}

fn conversions() -> MethodRouter<Arc<EventRecorder>> {
    get(postback::get).head(postback::look).post(postback::post)
}

/// What every request says about its sender.
struct Sender {
    seen: RequestFacts,
}

impl FromRequestParts<Arc<EventRecorder>> for Sender {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        recorder: &Arc<EventRecorder>,
    ) -> Result<Self, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|c| c.0.ip());
        Ok(Self {
            seen: request_facts(&parts.headers, peer, recorder),
        })
    }
}

fn request_facts(
    headers: &HeaderMap,
    peer: Option<std::net::IpAddr>,
    recorder: &EventRecorder,
) -> RequestFacts {
    let text = |name: HeaderName| {
        let value = headers
            .get(name)
            .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
        cut(value.unwrap_or_default(), MAX_TEXT)
    };
    let is_one = |name: &'static str| headers.get(name).is_some_and(|v| v.as_bytes() == b"1");
    let now_ms = recorder.clock.now_ms();
    RequestFacts {
        occurred_ms: now_ms,
        received_ms: now_ms,
        ip: peer.map(|peer| recorder.trusted_proxies.client(peer, headers)),
        user_agent: text(header::USER_AGENT),
        referrer: text(header::REFERER),
        accept_language: text(header::ACCEPT_LANGUAGE),
        do_not_track: is_one("dnt") || is_one("sec-gpc"),
        fetch: fetch_purpose(headers),
        ..RequestFacts::default()
    }
}

/// Marks an answer that no cache may keep, and acknowledges the event behind it, if there is one.
fn acknowledge(headers: &mut HeaderMap, id: Option<EventId>) {
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=0, no-store"),
    );
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id.to_string()).ok()) {
        headers.insert(EVENT_ID, id);
    }
}

/// The value of one query parameter, decoded.
fn parameter(query: &[(String, String)], name: &str) -> Option<String> {
    query
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.clone())
}

fn parse_query(query: Option<&str>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .into_owned()
        .collect()
}
