//! `GET /{slug}`: the redirect. It touches no database and answers whatever else is down.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use catalog::Link;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use model::EventId;
use percent_encoding::percent_decode_str;

use super::{Sender, acknowledge, parameter, parse_query};
use crate::{
    recorder::EventRecorder,
    request_facts::{Target, subs, utm},
};

const NOT_FOUND: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Not found</title>\
<style>body{font:1.1rem system-ui;margin:20vh auto;max-width:30rem;text-align:center}</style>\
<h1>There is no such link</h1><p>It may have been deleted, or it has expired.</p></html>";

pub(super) async fn follow(
    State(recorder): State<Arc<EventRecorder>>,
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
    let slug = slug(uri.path());
    let found = recorder
        .catalog
        .link_by_slug(&slug, recorder.clock.now_ms());
    let is_ours = recorder
        .host
        .as_deref()
        .is_none_or(|own| host(&uri, &headers).eq_ignore_ascii_case(own));
    let Some(link) = found.filter(|_| is_ours) else {
        metrics::counter!("millrace_unknown_slugs_total").increment(1);
        return (StatusCode::NOT_FOUND, Html(NOT_FOUND)).into_response();
    };
    let query = parse_query(uri.query());
    let mut seen = sender.seen;
    seen.utm = utm(|name| parameter(&query, name));
    seen.subs = subs(|name| parameter(&query, name));
    let target = Target {
        object: link.id,
        account: link.account,
        campaign: link.campaign,
    };
    // A HEAD request is a look at the link, not a click on it.
    let id = match method {
        Method::GET => recorder.record_one(recorder.event(target, seen)).await.ok(),
        _ => None,
    };
    answer(&link, uri.query(), id)
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

fn answer(link: &Link, query: Option<&str>, id: Option<EventId>) -> Response {
    let Ok(location) = HeaderValue::from_str(&destination(link, query, id)) else {
        return web::Problem::internal("a stored destination is not a header value")
            .into_response();
    };
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    acknowledge(headers, id);
    response
}

/// The name under which the event's id is handed on.
const CLICK_ID: &str = "mr_click";

/// The stored destination as it was given. Where the link lets parameters of the request pass, they replace
/// those of the same name.
pub(super) fn destination(link: &Link, query: Option<&str>, id: Option<EventId>) -> String {
    let stored = catalog::destination::location(&link.destination);
    let passed = query.filter(|q| link.pass_query && !q.is_empty());
    let click = id.filter(|_| link.append_click_id);
    if passed.is_none() && click.is_none() {
        return stored.into_owned();
    }
    // A parser of addresses would have ended the query there.
    let passed = passed.map(|q| catalog::destination::location(q).replace('#', "%23"));
    let (rest, fragment) = match stored.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (&*stored, None),
    };
    let (base, own) = rest.split_once('?').unwrap_or((rest, ""));
    let mut new: Vec<Cow<'_, str>> = passed
        .iter()
        .flat_map(|p| pieces(p))
        .map(Cow::from)
        .collect();
    if let Some(id) = click {
        new.retain(|piece| name(piece) != CLICK_ID);
        new.push(format!("{CLICK_ID}={id}").into());
    }
    let names: HashSet<Cow<'_, str>> = new.iter().map(|piece| name(piece)).collect();
    let own = pieces(own).filter(|piece| !names.contains(&name(piece)));
    let all: Vec<&str> = own.chain(new.iter().map(|piece| &**piece)).collect();
    let mut whole = format!("{base}?{}", all.join("&"));
    if let Some(fragment) = fragment {
        whole.push('#');
        whole.push_str(fragment);
    }
    whole
}

/// The parameters of a query, as they are written.
fn pieces(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|piece| !piece.is_empty())
}

/// The name of a parameter, decoded.
fn name(piece: &str) -> Cow<'_, str> {
    let mut parsed = url::form_urlencoded::parse(piece.as_bytes());
    parsed.next().map(|(name, _)| name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Seq;
    use model::{EntityId, EntityKind, LogId};

    fn link(pass_query: bool, append_click_id: bool) -> Link {
        Link {
            id: EntityId::new(EntityKind::Link, 1),
            account: EntityId::new(EntityKind::Account, 1),
            slug: "s".into(),
            destination: "https://example.com/a?b=1#part".into(),
            campaign: None,
            tags: [].into(),
            title: None,
            pass_query,
            append_click_id,
            expires_ms: None,
            created_ms: 0,
            deleted: false,
        }
    }

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

    #[test]
    fn the_destination_gets_what_the_link_allows() {
        let id = EventId {
            log: LogId(1),
            seq: Seq(5),
        };
        assert_eq!(
            destination(&link(false, false), Some("x=1"), Some(id)),
            "https://example.com/a?b=1#part"
        );
        assert_eq!(
            destination(&link(true, false), Some("x=1&y=%20"), None),
            "https://example.com/a?b=1&x=1&y=%20#part"
        );
        assert_eq!(
            destination(&link(false, true), None, Some(id)),
            format!("https://example.com/a?b=1&mr_click={id}#part")
        );
        assert_eq!(
            destination(&link(false, true), None, None),
            "https://example.com/a?b=1#part"
        );
        assert_eq!(
            destination(
                &link(true, true),
                Some("mr_click=forged&b=2&b=3&%6dr_click"),
                Some(id)
            ),
            format!("https://example.com/a?b=2&b=3&mr_click={id}#part"),
            "what the request brings replaces"
        );
        let odd = Link {
            destination: " https://Example.com:443/a b/../c?q=%zz&&x={y}".into(),
            ..link(true, false)
        };
        assert_eq!(
            destination(&odd, Some("z=ü"), None),
            "https://Example.com:443/a%20b/../c?q=%zz&x={y}&z=%C3%BC"
        );
        assert_eq!(
            destination(&odd, None, None),
            "https://Example.com:443/a%20b/../c?q=%zz&&x={y}",
            "bytes stay as they are"
        );
    }
}
