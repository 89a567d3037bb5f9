//! What a request is made for, where a browser says that nobody has asked for it yet. Pure.

use http::HeaderMap;
use model::Fetch;

/// `Sec-Purpose` is today's; Chrome had `Purpose`, Safari `X-Purpose`, Firefox `X-Moz`.
const HEADERS: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
/// Words for a page that is fetched, or made ready to be shown, ahead of a click.
const AHEAD: [&str; 3] = ["prefetch", "prerender", "instant"];

/// Whether the request was made ahead of somebody who may come, or for a small picture of a page.
///
/// The words are looked for in all lines, in any case, with whatever stands around them
/// (`prefetch;prerender`, `prefetch;anonymous-client-ip`).
pub(crate) fn fetch_purpose(headers: &HeaderMap) -> Fetch {
    let says = |words: &[&str]| {
        let values = HEADERS.iter().flat_map(|name| headers.get_all(*name));
        let mut texts = values.filter_map(|value| value.to_str().ok());
        texts.any(|text| {
            let mut said = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
            said.any(|said| words.iter().any(|word| said.eq_ignore_ascii_case(word)))
        })
    };
    match () {
        () if says(&AHEAD) => Fetch::Prefetch,
        () if says(&["preview"]) => Fetch::Preview,
        () => Fetch::Direct,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    #[test]
    fn browsers_say_what_nobody_has_asked_for() {
        for (lines, expected) in [
            (vec![("Sec-Purpose", "prefetch")], Fetch::Prefetch),
            (vec![("Sec-Purpose", "prefetch;prerender")], Fetch::Prefetch),
            (
                vec![("sec-purpose", "Prefetch; anonymous-client-ip")],
                Fetch::Prefetch,
            ),
            (vec![("Sec-Purpose", "\"prefetch\"")], Fetch::Prefetch),
            (vec![("Sec-Purpose", "other, prefetch")], Fetch::Prefetch),
            (vec![("Sec-Purpose", "prerender")], Fetch::Prefetch),
            (
                vec![("Sec-Purpose", "other"), ("Sec-Purpose", "prefetch")],
                Fetch::Prefetch,
            ),
            (vec![("Purpose", "prefetch")], Fetch::Prefetch),
            (vec![("Purpose", "PREFETCH")], Fetch::Prefetch),
            (vec![("Purpose", "preview")], Fetch::Preview),
            (vec![("X-Purpose", "preview")], Fetch::Preview),
            (vec![("X-Purpose", "instant")], Fetch::Prefetch),
            (vec![("X-Moz", "prefetch")], Fetch::Prefetch),
            (vec![("X-Moz", " Prefetch ")], Fetch::Prefetch),
            (
                vec![("Purpose", "prefetch"), ("X-Purpose", "preview")],
                Fetch::Prefetch,
            ),
            (vec![], Fetch::Direct),
            (vec![("Purpose", "")], Fetch::Direct),
            (vec![("Purpose", "no-prefetch")], Fetch::Direct),
            (vec![("Sec-Purpose", "prefetched")], Fetch::Direct),
            (vec![("Sec-Fetch-Dest", "prefetch")], Fetch::Direct),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in &lines {
                let name: HeaderName = name.parse().expect("a name");
                headers.append(name, HeaderValue::from_static(value));
            }
            assert_eq!(fetch_purpose(&headers), expected, "{lines:?}");
        }
    }
}
