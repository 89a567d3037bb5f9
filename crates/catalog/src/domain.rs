//! Domains of accounts, at which their links answer beside the installation's own.

use model::id::EntityId;
use serde::{Deserialize, Serialize};

use super::{destination, error::CatalogError};

/// Longest host name, bytes (RFC 1035 §2.3.4).
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its name, lower case, as ASCII; unique over the installation.
    pub host: Box<str>,
    /// Whose it is.
    pub account: EntityId,
    /// Where those are led who ask for no link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_url: Option<Box<str>>,
    /// Where those are led whose link there is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_found_url: Option<Box<str>>,
    /// Whether it is known to be the account's: links answer only then.
    #[serde(default)]
    pub verified: bool,
    /// Unix milliseconds.
    pub created_ms: i64,
}

impl Domain {
    /// Whether it may be.
    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        if host(&self.host).as_deref() != Some(&*self.host) {
            return Err(CatalogError::invalid("host", HOST));
        }
        let targets = [
            ("root_url", &self.root_url),
            ("not_found_url", &self.not_found_url),
        ];
        for (field, url) in targets {
            let Some(url) = url else { continue };
            if destination::check(url, &[]).is_err() {
                let why = "must be an address with http or https";
                return Err(CatalogError::invalid(field, why));
            }
        }
        Ok(())
    }
}

/// What a host name must be.
pub const HOST: &str =
    "must be the name of a host such as go.example.com, without scheme, port and path";

/// A host name as it is compared: lower case, ASCII (IDNA), without a dot at its end; `None` if it is none. Addresses
/// are none, nor are names without a dot.
pub fn host(text: &str) -> Option<Box<str>> {
    let text = text.trim().trim_end_matches('.');
    let url::Host::Domain(host) = url::Host::parse(text).ok()? else {
        return None;
    };
    let is_label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let fits = host.len() <= MAX_HOST && host.contains('.') && host.split('.').all(is_label);
    fits.then(|| host.into())
}

/// Within what slugs are unique on a domain of an account; the installation's own links are in 0.
pub fn scope(account: EntityId, host: &str) -> u64 {
    let mut hash = blake3::Hasher::new();
    hash.update(&account.raw.to_le_bytes());
    hash.update(host.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_one_spelling() {
        for (text, expected) in [
            ("go.example.com", Some("go.example.com")),
            ("GO.Example.COM.", Some("go.example.com")),
            ("b\u{fc}cher.example", Some("xn--bcher-kva.example")),
            ("localhost", None),
            ("192.0.2.1", None),
            ("[::1]", None),
            ("a..b", None),
            ("-a.example", None),
            ("a.example:80", None),
            ("https://a.example", None),
            ("a.example/x", None),
            ("a b.example", None),
            ("", None),
        ] {
            assert_eq!(host(text).as_deref(), expected, "{text}");
        }
    }
}
