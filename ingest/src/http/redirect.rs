//! `GET /{slug}`: the redirect. It touches no database and answers whatever else is down.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use catalog::Link;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use model::EventId;
use url::Url;

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
    // Slugs are of characters that need no escape: whatever does not match as it is, is none.
    let slug = uri.path().trim_start_matches('/');
    let Some(link) = recorder.catalog.link_by_slug(slug, recorder.clock.now_ms()) else {
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

/// The stored destination, with what the link lets pass added to its query.
pub(super) fn destination(link: &Link, query: Option<&str>, id: Option<EventId>) -> String {
    let passed = query.filter(|q| link.pass_query && !q.is_empty());
    let click = id.filter(|_| link.append_click_id);
    if passed.is_none() && click.is_none() {
        return link.destination.to_string();
    }
    let Ok(mut url) = Url::parse(&link.destination) else {
        return link.destination.to_string();
    };
    if let Some(passed) = passed {
        let joined = url
            .query()
            .filter(|q| !q.is_empty())
            .map_or(passed.to_owned(), |own| format!("{own}&{passed}"));
        url.set_query(Some(&joined));
    }
    if let Some(id) = click {
        url.query_pairs_mut()
            .append_pair("mr_click", &id.to_string());
    }
    url.into()
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
    }
}
