//! The key that a request shows.

use http::{HeaderMap, header};

/// The secret of `Authorization: Bearer SECRET`; the scheme's case does not matter (RFC 9110 §11.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn the_scheme_is_read_in_any_case_and_no_other_one() {
        for value in ["Bearer k", "bearer k", "BEARER  k "] {
            assert_eq!(shown(value).as_deref(), Some("k"), "{value}");
        }
        for value in ["k", "Basic k", "Bearerk", ""] {
            assert_eq!(shown(value), None, "{value}");
        }
    }
}
