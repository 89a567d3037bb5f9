//! `GET /{slug}`: the redirect. It touches no database and answers whatever else is down.

use std::{borrow::Cow, sync::Arc};

use axum::{
    extract,
    response::{Html, IntoResponse, Response},
};
use catalog::{Domain, Link, LinkState, Price, State, destination, domain, routing::fallback};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use model::EventId;
use percent_encoding::percent_decode_str;

use super::{Sender, acknowledge, aim::Aim, cost, parameter, parse_query, preview, qr};
use crate::{
    recorder::EventRecorder,
    request_facts::{Target, subs, utm},
};

const GONE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>No longer here</title>\
<style>body{font:1.1rem system-ui;margin:20vh auto;max-width:30rem;text-align:center}</style>\
<h1>This link has ended</h1><p>Whoever made it does not use it any more.</p></html>";
const NOT_FOUND: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Not found</title>\
<style>body{font:1.1rem system-ui;margin:20vh auto;max-width:30rem;text-align:center}</style>\
<h1>There is no such link</h1><p>It may have been deleted, or it has expired.</p></html>";

pub(super) async fn follow(
    extract::State(recorder): extract::State<Arc<EventRecorder>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    sender: Sender,
) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return web::Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "links are followed with GET",
        )
        .into_response();
    }
    let now_ms = recorder.clock.now_ms();
    let client = sender.seen.ip;
    if let Some(seconds) = recorder.unknown_slugs.blocked(client, now_ms) {
        return too_many(seconds);
    }
    let slug = slug(uri.path());
    let host = host(&uri, &headers);
    let domain = domain(&recorder, host);
    let domain = domain.as_deref();
    if domain.is_some_and(|domain| recorder.is_suspended(domain.account)) {
        return gone();
    }
    let is_own = || {
        recorder
            .host
            .as_deref()
            .is_none_or(|own| host.eq_ignore_ascii_case(own))
    };
    if domain.is_none() && !is_own() {
        return unknown();
    }
    let missed = || recorder.unknown_slugs.miss(client, now_ms);
    let Some(link) = recorder.catalog.link_at(domain, &slug) else {
        let about = about(&recorder, domain, &slug, &method, &uri).await;
        return about.unwrap_or_else(|| {
            let waits = (!slug.is_empty()).then(missed).flatten();
            waits.map_or_else(|| elsewhere(domain, &slug), too_many)
        });
    };
    match link.state(now_ms) {
        _ if recorder.is_suspended(link.account) => gone(),
        LinkState::Live if is_used_up(&recorder, &link).await => instead(&link, gone),
        LinkState::Live => lead(&recorder, &link, &method, &uri, sender).await,
        LinkState::NotYet => instead(&link, unknown),
        LinkState::Ended => instead(&link, gone),
    }
}

/// The domain of an account that a request is for, if it is not the installation's own.
fn domain(recorder: &EventRecorder, host: &str) -> Option<Arc<Domain>> {
    if host.is_empty() || !recorder.catalog.read(State::has_domains) {
        return None;
    }
    let own = recorder.host.as_deref();
    let is_own = own.is_some_and(|own| host.eq_ignore_ascii_case(own));
    let host = domain::host(host).filter(|_| !is_own)?;
    recorder.catalog.verified_domain(&host)
}

/// Whether a link has led on as many as it shall.
async fn is_used_up(recorder: &EventRecorder, link: &Link) -> bool {
    let most = link
        .options
        .as_deref()
        .and_then(|options| options.max_clicks);
    match most {
        Some(most) => recorder.max_clicks.is_used_up(link.id, most).await,
        None => false,
    }
}

/// Where a domain leads those who ask for no link, or for one that there is not.
fn elsewhere(domain: Option<&Domain>, slug: &str) -> Response {
    let target = domain.and_then(|domain| match slug.is_empty() {
        true => domain.root_url.as_deref(),
        false => domain.not_found_url.as_deref(),
    });
    target.map_or_else(unknown, |to| {
        redirect(StatusCode::FOUND, &destination::location(to), None)
    })
}

/// What is asked about a link: where it leads, or a code that leads to it.
async fn about(
    recorder: &EventRecorder,
    domain: Option<&Domain>,
    slug: &str,
    method: &Method,
    uri: &Uri,
) -> Option<Response> {
    let shown = |slug: &str| {
        let link = recorder.catalog.link_at(domain, slug);
        link.filter(|link| !recorder.is_suspended(link.account))
    };
    if let Some(slug) = preview::asked(slug) {
        let link = shown(slug)?;
        return Some(preview::show(&link, recorder.clock.now_ms()));
    }
    let (slug, form) = qr::asked(slug)?;
    let link = shown(slug)?;
    let query = parse_query(uri.query());
    Some(qr::draw(recorder, &link, form, &query, method).await)
}

fn unknown() -> Response {
    metrics::counter!("millrace_unknown_slugs_total").increment(1);
    (StatusCode::NOT_FOUND, Html(NOT_FOUND)).into_response()
}

/// The answer to whoever tries slugs one after another.
fn too_many(seconds: u32) -> Response {
    metrics::counter!("millrace_slug_guesses_total").increment(1);
    let detail = "this address asked for too many links that there are not";
    web::Problem::too_many(detail, seconds).into_response()
}

fn gone() -> Response {
    (StatusCode::GONE, Html(GONE)).into_response()
}

/// What a link that leads nobody on answers: its fallback, which nobody counts.
fn instead(link: &Link, otherwise: fn() -> Response) -> Response {
    fallback(link).map_or_else(otherwise, |to| redirect(StatusCode::FOUND, &to, None))
}

/// Chooses where it leads, counts the click, and leads on.
async fn lead(
    recorder: &EventRecorder,
    link: &Link,
    method: &Method,
    uri: &Uri,
    sender: Sender,
) -> Response {
    let query = parse_query(uri.query());
    let mut seen = sender.seen;
    seen.utm = utm(|name| parameter(&query, name));
    seen.subs = subs(|name| parameter(&query, name));
    seen.ad_parameter = ad_parameter(&query);
    let target = Target {
        object: link.id,
        account: link.account,
        campaign: link.campaign,
    };
    let address = seen.ip;
    let mut event = recorder.event(target, seen);
    let is_scan = parameter(&query, "qr").is_some_and(|value| value == "1");
    event.trigger = if is_scan { "qr" } else { "link" }.into();
    event.domain = link.domain().unwrap_or_default().to_owned();
    let paid = parameter(&query, "cost").and_then(|text| Price::parse(&text));
    let aim = Aim::of(recorder, link, &mut event, query, address);
    cost::write(recorder, link, &mut event, paid.or(aim.cost_per_click));
    // A HEAD request is a look at the link, not a click on it.
    let id = match *method {
        Method::GET => recorder.record_one(event).await.ok(),
        _ => None,
    };
    let status = link.options.as_deref().map_or(302, |o| o.status.into());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
    let key = || recorder.builder.click_key();
    redirect(status, &aim.location(key, link, uri.query(), id), id)
}

/// What an advertising network added; without a value it says nothing.
fn ad_parameter(query: &[(String, String)]) -> &'static str {
    let given = query.iter().filter(|(_, value)| !value.is_empty());
    enrich::ad_parameter(given.map(|(name, _)| name.as_str())).unwrap_or_default()
}

fn redirect(status: StatusCode, location: &str, id: Option<EventId>) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return web::Problem::internal("a stored destination is not a header value")
            .into_response();
    };
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    acknowledge(headers, id);
    response
}

/// The host that a request is for, without the port; empty if it does not say.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let header = || {
        headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
    };
    let whole = uri.authority().map(|a| a.as_str()).or_else(header);
    let whole = whole.unwrap_or_default();
    // An address of IPv6 has colons of its own.
    match whole.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => whole,
    }
}

/// The slug that a path names: with or without a slash at its end, and with its characters escaped or
/// not, which is the same (RFC 3986 §2.3). Slugs are of characters that need no escape.
fn slug(path: &str) -> Cow<'_, str> {
    let path = path.trim_start_matches('/');
    let slug = path.strip_suffix('/').unwrap_or(path);
    percent_decode_str(slug).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_without_its_port() {
        for (given, expected) in [
            ("go.example", "go.example"),
            ("go.example:8080", "go.example"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, given.parse().unwrap());
            assert_eq!(host(&Uri::from_static("/a"), &headers), expected);
        }
        let absolute = Uri::from_static("http://go.example:80/a");
        assert_eq!(host(&absolute, &HeaderMap::new()), "go.example");
    }

    #[test]
    fn a_slug_is_what_its_path_says() {
        for (path, expected) in [
            ("/hello", "hello"),
            ("/hello/", "hello"),
            ("//hello", "hello"),
            ("/a%7Eb", "a~b"),
            ("/a%7eb/", "a~b"),
            ("/%68ello", "hello"),
            ("/hello//", "hello/"),
            ("/a%2Fb", "a/b"),
            ("/%ff", "\u{fffd}"),
            ("/", ""),
        ] {
            assert_eq!(slug(path), expected, "{path}");
        }
    }
}
