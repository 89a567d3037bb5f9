//! The domain that somebody registered, and what is before and behind its name.

use std::net::IpAddr;

/// A lower-case host in its parts. They are looked up once: that is most of what a referrer costs.
#[derive(Clone, Copy)]
pub(crate) struct Host<'a> {
    /// All of it, without a dot at its end.
    pub whole: &'a str,
    /// What was registered, by the Public Suffix List of the crate `psl` (with its private part, so that `a.github.io` and
    /// `b.github.io` are two). An address is its own; so is a name that is a public suffix or has no dot, `(none)` and `(other)`.
    pub domain: &'a str,
    /// Bytes before the public suffix: `www.google.` of `www.google.co.uk`.
    pub before_suffix: usize,
}

impl<'a> Host<'a> {
    pub(crate) fn of(host: &'a str) -> Self {
        let whole = host.strip_suffix('.').unwrap_or(host);
        let found = match is_address(whole) {
            true => None,
            false => psl::domain(whole.as_bytes()),
        };
        let parts = found.and_then(|found| {
            let start = whole.len().checked_sub(found.as_bytes().len())?;
            let before_suffix = whole.len().checked_sub(found.suffix().as_bytes().len())?;
            Some((whole.get(start..)?, before_suffix))
        });
        let (domain, before_suffix) = parts.unwrap_or((whole, 0));
        Self {
            whole,
            domain,
            before_suffix,
        }
    }
}

/// Addresses end in a digit or have a colon, and hardly a name does.
fn is_address(host: &str) -> bool {
    let is_odd = host.ends_with(|last: char| last.is_ascii_digit()) || host.contains(':');
    is_odd && host.parse::<IpAddr>().is_ok()
}

/// The registrable domain of a lower-case host: what somebody registered.
pub fn registrable_domain(host: &str) -> &str {
    Host::of(host).domain
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
        let before = |host| Host::of(host).before_suffix;
        assert_eq!(before("www.google.co.uk"), "www.google.".len());
        assert_eq!((before("com"), before("192.0.2.7")), (0, 0));
    }

    proptest! {
        #[test]
        fn the_domain_is_the_end_of_the_host(host in "(\\PC{0,20}|([a-z]{1,4}[.]){0,5}(com|co.uk|de)?)") {
            let domain = registrable_domain(&host);
            prop_assert!(host.trim_end_matches('.').ends_with(domain.trim_end_matches('.')));
            let parts = Host::of(&host);
            prop_assert!(parts.whole.get(..parts.before_suffix).is_some());
        }
    }
}
