//! Which form of an answer is asked for.

use http::{HeaderMap, header};

/// Whether the header `Accept` names this media type, before JSON if it names both. What is not asked for is not given.
pub fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let kinds = accept.unwrap_or_default().split(',');
    let mut kinds = kinds.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    let first = kinds.find(|kind| {
        kind.eq_ignore_ascii_case(media_type) || matches!(*kind, "application/json" | "*/*")
    });
    first.is_some_and(|kind| kind.eq_ignore_ascii_case(media_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_known_counts() {
        let accepts = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, text.parse().expect(text));
            super::accepts(&headers, "text/csv")
        };
        assert!(accepts("text/csv") && accepts("Text/CSV; charset=utf-8, */*"));
        assert!(accepts("text/html, text/csv"));
        assert!(!accepts("application/json, text/csv") && !accepts("*/*") && !accepts(""));
        assert!(!super::accepts(&HeaderMap::new(), "text/csv"));
    }
}
