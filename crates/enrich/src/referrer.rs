//! The host that sent the visitor.

use std::net::Ipv6Addr;

const NONE: &str = "(none)";
const OTHER: &str = "(other)";

/// The lower-case host of a `Referer` header.
///
/// `(none)` when it is absent (empty, `-` or `direct`), `(other)` when it is not an http(s) address
/// or has no host.
pub fn referrer_host(referrer: &str) -> String {
    match referrer.trim() {
        "" | "-" | "direct" => NONE.to_owned(),
        url => host(url).unwrap_or_else(|| OTHER.to_owned()),
    }
}

fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_port = authority
        .rsplit_once('@')
        .map_or(authority, |(_, after)| after);
    let host = match host_port.strip_prefix('[') {
        Some(bracketed) => ipv6(bracketed)?,
        None => host_port.split(':').next()?,
    };
    // A name is at most 253 bytes (RFC 1035); longer ones are somebody's attempt to fill memory.
    (1..=253).contains(&host.len()).then(|| host.to_lowercase())
}

fn ipv6(bracketed: &str) -> Option<&str> {
    let (address, _port) = bracketed.split_once(']')?;
    address.parse::<Ipv6Addr>().ok().map(|_| address)
}

#[cfg(test)]
mod tests {
    use super::referrer_host;
    use proptest::prelude::*;

    #[test]
    fn tells_absent_from_unusable() {
        for absent in ["", "-", "direct", "  "] {
            assert_eq!(referrer_host(absent), "(none)", "{absent:?}");
        }
        for unusable in [
            "t.co",
            "file:///etc",
            "http:///x",
            "http://",
            "about:blank",
            "https:x",
        ] {
            assert_eq!(referrer_host(unusable), "(other)", "{unusable:?}");
        }
    }

    #[test]
    fn finds_the_host() {
        for (url, host) in [
            ("https://Example.COM", "example.com"),
            ("HTTP://a.example:8080/x", "a.example"),
            ("http://user:pw@b.example/@c", "b.example"),
            ("http://d.example?q=http://e", "d.example"),
            ("http://[2001:DB8::1]:80/", "2001:db8::1"),
        ] {
            assert_eq!(referrer_host(url), host, "{url}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(text in "\\PC{0,60}") {
            prop_assert!(!referrer_host(&text).is_empty());
        }
    }
}
