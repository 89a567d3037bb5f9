//! `GET /{slug}+`: where a link leads, before anybody follows it. It counts as nothing.

use axum::response::{Html, IntoResponse, Response};
use catalog::{Link, LinkState};
use http::{HeaderValue, header};

/// The slug of a path that asks for it.
pub(super) fn asked(slug: &str) -> Option<&str> {
    slug.strip_suffix('+').filter(|slug| !slug.is_empty())
}

pub(super) fn show(link: &Link, now_ms: i64) -> Response {
    let slug = escaped(&link.slug);
    let title = link.title.as_deref().map(escaped).unwrap_or_default();
    // Before its time, and after it, where it leads is nobody's business.
    let says = match (link.state(now_ms), link.rules().is_empty()) {
        (LinkState::NotYet, _) => "<p>This link does not lead anywhere yet.</p>".to_owned(),
        (LinkState::Ended, _) => "<p>This link does not lead anywhere any more.</p>".to_owned(),
        (LinkState::Live, plain) => {
            let to = escaped(&link.destination);
            let more = if plain {
                ""
            } else {
                "<p>Who follows it may be led elsewhere, by country, device, time and the like.</p>"
            };
            format!("<p>This link leads to</p><p><code>{to}</code></p>{more}")
        }
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">\
<title>{slug}</title><style>body{{font:1.1rem system-ui;margin:15vh auto;max-width:36rem;padding:0 1rem;overflow-wrap:anywhere}}code{{background:#8882;padding:.2em .4em}}</style>\
<h1>{slug}</h1><p>{title}</p>{says}</html>"
    );
    let headers = [
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=0, no-store"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, Html(page)).into_response()
}

/// Text that cannot end where it stands in HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_cannot_break_out() {
        let evil = "https://a.example/\"><script>alert('1')</script>&amp;";
        let safe = escaped(evil);
        assert!(!safe.contains(['<', '>', '"', '\'']), "{safe}");
        assert!(safe.ends_with("&amp;amp;"));
        assert_eq!(
            (asked("a+"), asked("+"), asked("a")),
            (Some("a"), None, None)
        );
    }
}
