//! Where a link leads. A destination is kept and shown as it was given: normalising it changes bytes that
//! some servers care about. Only where it goes out, in a header, what cannot stand there is escaped.

use std::{borrow::Cow, fmt::Write};

use url::Url;

use super::error::CatalogError;

/// Longest destination, in bytes.
pub const MAX_DESTINATION: usize = 8 * 1024;
/// Most schemes that one account may allow.
pub const MAX_SCHEMES: usize = 50;
/// Longest scheme, in bytes.
const MAX_SCHEME: usize = 64;
/// What no account may allow: it runs in the visitor's browser, or reads their disk.
const NEVER: [&str; 8] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "filesystem",
    "blob",
    "about",
    "view-source",
];

/// Whether the host of an http or https URL begins right after `://`. Programs that take URLs as browsers do find one
/// in `https:a.example`, `http:/a.example` and `https:///a.example`, too; on a page by the same scheme browsers read the
/// first as a path of that page's own host, and other clients refuse all of them.
pub fn has_plain_host(text: &str) -> bool {
    let rest = text.split_once(':').map(|(_, rest)| rest);
    let rest = rest.and_then(|rest| rest.strip_prefix("//"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '\\', '?', '#']))
}

/// A destination: an absolute URL with a host by http or https, or one of a scheme that the account
/// allows; at most 8 KiB, without control characters. Blanks around it do not matter.
pub fn check(text: &str, allowed_schemes: &[Box<str>]) -> Result<(), CatalogError> {
    let invalid = |why: String| Err(CatalogError::invalid("destination", why));
    if text.len() > MAX_DESTINATION {
        return invalid("must be at most 8 KiB long".into());
    }
    if text.contains(char::is_control) {
        return invalid("must not hold control characters, such as a line break".into());
    }
    let Ok(url) = Url::parse(text.trim_matches(' ')) else {
        return invalid("must be an absolute URL such as https://example.com/page".into());
    };
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    match url.scheme() {
        "http" | "https" if has_host && has_plain_host(text) => Ok(()),
        scheme @ ("http" | "https") => invalid(format!(
            "must have {scheme}:// and a host, as in {scheme}://example.com/page"
        )),
        scheme if allowed_schemes.iter().any(|allowed| **allowed == *scheme) => Ok(()),
        scheme => {
            let scheme: String = scheme.chars().take(MAX_SCHEME).collect();
            let hint = match NEVER.contains(&scheme.as_str()) {
                true => "no account may allow it",
                false => "the account may allow it in its settings, as one of `allowed_schemes`",
            };
            invalid(format!("must be http or https, not `{scheme}`: {hint}"))
        }
    }
}

/// Schemes that an account may allow: at most 50, lower case as RFC 3986 has them.
pub fn check_schemes(schemes: &[Box<str>]) -> Result<(), CatalogError> {
    let rest = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b);
    let good = |scheme: &str| {
        let first = scheme.bytes().next();
        first.is_some_and(|b| b.is_ascii_lowercase())
            && scheme.len() <= MAX_SCHEME
            && scheme.bytes().all(rest)
            && !NEVER.contains(&scheme)
    };
    if schemes.len() <= MAX_SCHEMES && schemes.iter().all(|scheme| good(scheme)) {
        return Ok(());
    }
    let why = format!(
        "must be at most {MAX_SCHEMES} names such as `myapp` or `ftp`; never {}",
        NEVER.join(", ")
    );
    Err(CatalogError::invalid("allowed_schemes", why))
}

/// A destination as it can stand in a `Location` header: blanks around it are cut, a host of other
/// letters is in its ASCII form, and bytes that a header cannot carry are escaped. Nothing else changes.
pub fn location(destination: &str) -> Cow<'_, str> {
    let text = destination.trim_matches(' ');
    if text.bytes().all(|b| b.is_ascii_graphic()) {
        return text.into();
    }
    let (before, host, after) = split_host(text);
    let mut out = String::with_capacity(text.len() + 32);
    escape(&mut out, before);
    match host.is_ascii() {
        true => escape(&mut out, host),
        // Browsers would understand it escaped, other clients do not.
        false => match Url::parse(text)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
        {
            Some(ascii) => out.push_str(&ascii),
            None => escape(&mut out, host),
        },
    }
    escape(&mut out, after);
    out.into()
}

/// What stands before the host, the host, and what stands after it; the host is empty without `//`.
fn split_host(text: &str) -> (&str, &str, &str) {
    let Some(slashes) = text.find("://") else {
        return ("", "", text);
    };
    let begin = slashes + 3;
    let end = text[begin..].find(['/', '?', '#', '\\']);
    let end = end.map_or(text.len(), |end| begin + end);
    let host = text[begin..end]
        .rfind('@')
        .map_or(begin, |at| begin + at + 1);
    let port = text[host..end].rfind(':').map_or(end, |colon| host + colon);
    (&text[..host], &text[host..port], &text[port..])
}

fn escape(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte.is_ascii_graphic() {
            true => out.push(byte.into()),
            // Writing to a text cannot fail.
            false => drop(write!(out, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schemes(names: &[&str]) -> Vec<Box<str>> {
        names.iter().map(|name| (*name).into()).collect()
    }

    #[test]
    fn what_can_be_reached_is_a_destination() {
        let allowed = schemes(&["myapp", "ftp", "mailto"]);
        for good in [
            "http://a.example",
            "https://a.example/x?y={z}|\"<>#q#r",
            " https://a.example/Equity Grants.htm ",
            "https://bücher.example:8443/ä b",
            "HTTPS://A.example/%zz",
            "myapp://open/item?id=7",
            "MyApp:open",
            "ftp://ftp.example/a",
            "mailto:a@b.example",
        ] {
            check(good, &allowed).unwrap();
        }
        let long = format!("https://a.example/{}", "x".repeat(MAX_DESTINATION));
        for bad in [
            "",
            " ",
            "/x",
            "a.example/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "other://x",
            "http://",
            "https:///",
            "https:///a.example/x",
            "https://\\a.example/x",
            "https:a.example/x",
            "https:a.example/?to=https://b.example",
            "HTTPS:a.example/x",
            "http:/a.example/x",
            " http:\\\\a.example/x",
            "http:\\/a.example",
            "http://a.example/\r\nSet-Cookie: a=b",
            "http://a\n.example",
            "http://a.example/\u{7f}",
            "http://a.example/\t",
            &long,
        ] {
            check(bad, &allowed).unwrap_err();
        }
        let refused = check("Https:a.example/x", &[]).unwrap_err().to_string();
        assert!(refused.contains("https://"), "{refused}");
        let refused = check("ftp://a.example", &[]).unwrap_err().to_string();
        assert!(refused.contains("allowed_schemes"), "{refused}");
    }

    #[test]
    fn schemes_that_run_in_the_browser_are_never_allowed() {
        check_schemes(&schemes(&["myapp", "web+app", "a.b-c1", "tel"])).unwrap();
        for bad in ["javascript", "data", "file", "Myapp", "1a", "", "a:", "a b"] {
            check_schemes(&schemes(&[bad])).unwrap_err();
        }
        check_schemes(&vec!["a".into(); MAX_SCHEMES + 1]).unwrap_err();
    }

    #[test]
    fn only_what_cannot_stand_in_a_header_is_escaped() {
        for (given, sent) in [
            ("https://a.example", "https://a.example"),
            (
                "https://a.example/x/../y?q={z}|\"<>%zz#a#b",
                "https://a.example/x/../y?q={z}|\"<>%zz#a#b",
            ),
            (
                " https://a.example/Equity Grants.htm ",
                "https://a.example/Equity%20Grants.htm",
            ),
            ("https://A.Example:443/ä", "https://A.Example:443/%C3%A4"),
            (
                "https://me@bücher.example:8443/ä?ö=1#ü",
                "https://me@xn--bcher-kva.example:8443/%C3%A4?%C3%B6=1#%C3%BC",
            ),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("myapp:öffne das", "myapp:%C3%B6ffne%20das"),
            ("https://a.example/x\u{a0}", "https://a.example/x%C2%A0"),
        ] {
            assert_eq!(location(given), sent);
        }
    }
}
