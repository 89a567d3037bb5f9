//! What a request asks for: the link, and what its address says of the click.

use percent_encoding::percent_decode_str;

/// Parameters of the address that an event has, too.
const PARAMETERS: [&str; 10] = [
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "sub1",
    "sub2",
    "sub3",
    "sub4",
    "sub5",
];

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// As the collector compares it: without slashes around it, unreserved characters as they are.
    pub(super) slug: String,
    /// `utm_…` and `sub…`.
    pub(super) parameters: Vec<(String, Option<String>)>,
}

impl Target {
    /// Of a request such as `GET /a?sub1=x HTTP/1.1`.
    pub(super) fn of(request: &str) -> Option<Self> {
        let (_method, rest) = request.split_once(' ')?;
        // A path may have spaces that were not escaped; a very old client names no protocol.
        let target = match rest.rsplit_once(' ') {
            Some((target, protocol)) if protocol.starts_with("HTTP/") => target,
            _ => rest,
        };
        let target = origin_form(target.trim());
        if target.is_empty() {
            return None;
        }
        let target = target.split('#').next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Some(Self {
            slug: unreserved(path.trim_matches('/')),
            parameters: parameters(query),
        })
    }
}

/// `http://host/a` as proxies are asked: `/a`.
fn origin_form(target: &str) -> &str {
    let scheme = target.split_once("://").filter(|(scheme, _)| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    });
    let Some((_, rest)) = scheme else {
        return target;
    };
    let path = rest.find(['/', '?', '#']);
    path.map_or("/", |path| &rest[path..])
}

/// Percent-encoded unreserved characters as they are (RFC 3986 §2.3).
fn unreserved(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        let escape = rest.get(at..at + 3);
        let byte = escape.and_then(|escape| percent_decode_str(escape).next());
        match byte.filter(|b| b.is_ascii_alphanumeric() || b"-._~".contains(b)) {
            Some(byte) => {
                decoded.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            None => {
                decoded.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    decoded + rest
}

fn parameters(query: &str) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let is_new = found.iter().all(|(known, _)| *known != name);
        if is_new && PARAMETERS.contains(&&*name) && !value.is_empty() {
            found.push((name.into_owned(), Some(value.into_owned())));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slug_is_as_the_collector_compares_it() {
        for (request, slug) in [
            ("GET /abc HTTP/1.1", "abc"),
            ("GET /abc/ HTTP/1.1", "abc"),
            ("GET //abc?x=1 HTTP/2.0", "abc"),
            ("GET /abc#part HTTP/1.1", "abc"),
            ("GET /a%7Eb%2D%41 HTTP/1.1", "a~b-A"),
            ("GET /a%20b%C3%BC%2Fc%zz% HTTP/1.1", "a%20b%C3%BC%2Fc%zz%"),
            ("GET http://example.com/abc HTTP/1.1", "abc"),
            ("GET HTTPS://example.com:443/abc/?x=1 HTTP/1.1", "abc"),
            ("GET http://example.com HTTP/1.1", ""),
            ("GET http://example.com?x=/abc HTTP/1.1", ""),
            ("GET /a b HTTP/1.1", "a b"),
            ("GET /abc", "abc"),
            ("GET / HTTP/1.1", ""),
            ("GET /go?to=http://example.com/x HTTP/1.1", "go"),
            ("GET /ü%ü HTTP/1.1", "ü%ü"),
        ] {
            assert_eq!(Target::of(request).unwrap().slug, slug, "{request}");
        }
        assert_eq!(Target::of("GET"), None);
        assert_eq!(Target::of("GET  HTTP/1.1"), None);
    }

    #[test]
    fn what_the_address_says_of_the_click_is_kept() {
        let target = Target::of(
            "GET /a?utm_source=news+letter&x=1&sub1=%C3%BC&sub2=&sub1=again&sub6=no HTTP/1.1",
        );
        let said = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(
            target.unwrap().parameters,
            [said("utm_source", "news letter"), said("sub1", "ü")]
        );
    }
}
