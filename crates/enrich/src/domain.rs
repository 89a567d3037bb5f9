//! The domain that somebody registered, and what is before and behind its name.

use std::net::IpAddr;

/// The registrable domain of a lower-case host, by the Public Suffix List of the crate `psl` (with its private part, so
/// that `a.github.io` and `b.github.io` are two).
///
/// An address is its own; so is a name that is a public suffix or has no dot, `(none)` and `(other)`.
pub fn registrable_domain(host: &str) -> &str {
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.parse::<IpAddr>().is_ok() {
        return name;
    }
    psl::domain_str(name).unwrap_or(name)
}

/// The part of a host before its public suffix, with the dot between them: `www.google.` of `www.google.co.uk`. Empty if
/// there is none.
pub(crate) fn before_suffix(host: &str) -> &str {
    let suffix = psl::suffix_str(host).unwrap_or_default();
    host.strip_suffix(suffix).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_registered_is_found() {
        for (host, domain) in [
            ("www.news.example.co.uk", "example.co.uk"),
            ("example.com.", "example.com"),
            ("a.github.io", "a.github.io"),
            ("localhost", "localhost"),
            ("co.uk", "co.uk"),
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("(none)", "(none)"),
            ("www.食狮.公司.cn", "食狮.公司.cn"),
            ("", ""),
        ] {
            assert_eq!(registrable_domain(host), domain, "{host}");
        }
        assert_eq!(before_suffix("www.google.co.uk"), "www.google.");
        assert_eq!(before_suffix("com"), "");
    }

    proptest! {
        #[test]
        fn the_domain_is_the_end_of_the_host(host in "(\\PC{0,20}|([a-z]{1,4}[.]){0,5}(com|co.uk|de)?)") {
            let domain = registrable_domain(&host);
            prop_assert!(host.trim_end_matches('.').ends_with(domain.trim_end_matches('.')));
            prop_assert!(host.starts_with(before_suffix(&host)));
        }
    }
}
