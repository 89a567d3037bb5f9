//! Annotations: what happened when, for whoever looks at a curve.

use model::id::EntityId;
use serde::{Deserialize, Serialize};

use super::error::CatalogError;

/// Longest text, characters.
const MAX_TEXT: usize = 1_000;
/// Minutes since 1970 of the years that a calendar has: 1970 to 9999.
const YEARS: std::ops::Range<i64> = 0..4_223_371_680;

/// A note at a time or of a range of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// Names it: `ann_` and 13 digits.
    pub id: Box<str>,
    /// Whose it is.
    pub account: EntityId,
    /// First unix minute.
    pub from: i64,
    /// First unix minute after it; `None`: it is of a moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// What happened.
    pub text: Box<str>,
    /// What it is about, if not all of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<EntityId>,
    /// Unix milliseconds.
    pub created_ms: i64,
}

impl Annotation {
    /// Whether some of it lies within the unix minutes `start..end`.
    pub fn overlaps(&self, start: i64, end: i64) -> bool {
        self.from < end && start < self.to.unwrap_or(self.from + 1)
    }

    /// Whether it may be, whatever else there is.
    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        let id = self.id.strip_prefix("ann_").unwrap_or_default();
        if id.is_empty() || id.len() > 32 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(CatalogError::invalid("id", "must be `ann_` and 13 digits"));
        }
        for (field, minute) in [("from", Some(self.from)), ("to", self.to)] {
            if minute.is_some_and(|minute| !YEARS.contains(&minute)) {
                return Err(CatalogError::invalid(field, "must be from 1970 to 9999"));
            }
        }
        if self.to.is_some_and(|to| to <= self.from) {
            return Err(CatalogError::invalid("to", "must be after `from`"));
        }
        let length = self.text.chars().count();
        let is_text = |c: char| !c.is_control() || c == '\n';
        if !(1..=MAX_TEXT).contains(&length) || !self.text.chars().all(is_text) {
            let why = "must be 1 to 1000 characters without control characters";
            return Err(CatalogError::invalid("text", why));
        }
        Ok(())
    }
}
