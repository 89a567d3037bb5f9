//! Shares: what somebody without a key may see of an account.

use model::id::EntityId;
use serde::{Deserialize, Serialize};

use super::{error::CatalogError, rules};

/// Most filters of one share.
const MAX_FILTERS: usize = 20;
/// Longest filter, bytes.
const MAX_FILTER: usize = 4_096;

/// Filters of questions, by name.
pub type Filters = Box<[(Box<str>, Box<str>)]>;

/// A token that shows numbers within filters, and nothing else. The token itself is nowhere stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Names it without giving it away: `shr_` and 13 digits.
    pub id: Box<str>,
    /// Whose it is.
    pub account: EntityId,
    /// BLAKE3 of the token, 64 hex digits.
    pub hash: Box<str>,
    /// For people.
    pub name: Box<str>,
    /// Filters of every question, by name, as `/v1/stats` has them; objects by their ids.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub filters: Filters,
    /// Metrics of money are not shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hides_money: bool,
    /// Unix milliseconds from which it shows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    /// Unix milliseconds.
    pub created_ms: i64,
}

impl Share {
    /// Whether it shows anything at the time `now_ms`.
    pub fn is_valid(&self, now_ms: i64) -> bool {
        self.expires_ms.is_none_or(|end| now_ms < end)
    }

    /// Whether it may be, whatever else there is.
    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        rules::name("name", &self.name)?;
        let id = self.id.strip_prefix("shr_").unwrap_or_default();
        let is_hash = self.hash.len() == 64 && self.hash.bytes().all(|b| b.is_ascii_hexdigit());
        if id.is_empty() || id.len() > 32 || !is_hash {
            let why = "must have an id, `shr_` and 13 digits, and a hash of 64 hex digits";
            return Err(CatalogError::invalid("share", why));
        }
        check_filters(&self.filters)?;
        if self.expires_ms.is_some_and(|end| end <= self.created_ms) {
            return Err(CatalogError::invalid("expires_at", "must be in the future"));
        }
        Ok(())
    }
}

/// Whether filters are not too much.
pub(super) fn check_filters(filters: &[(Box<str>, Box<str>)]) -> Result<(), CatalogError> {
    let fits = |(name, value): &(Box<str>, Box<str>)| name.len() + value.len() <= MAX_FILTER;
    match filters.len() <= MAX_FILTERS && filters.iter().all(fits) {
        true => Ok(()),
        false => {
            let why = "must be at most 20, each of at most 4096 bytes";
            Err(CatalogError::invalid("filters", why))
        }
    }
}
