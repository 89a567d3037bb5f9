//! Segments: filters that have a name.

use model::id::EntityId;
use serde::{Deserialize, Serialize};

use super::{error::CatalogError, rules, share};

/// Filters of questions, under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSegment {
    /// Names it: `seg_` and 13 digits.
    pub id: Box<str>,
    /// Whose it is.
    pub account: EntityId,
    /// How people call it, and questions: unique in its account.
    pub name: Box<str>,
    /// The filters, by name, as `/v1/stats` has them; objects by their ids.
    pub filters: share::Filters,
    /// Unix milliseconds.
    pub created_ms: i64,
}

impl SavedSegment {
    /// Whether it may be, whatever else there is.
    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        rules::name("name", &self.name)?;
        let id = self.id.strip_prefix("seg_").unwrap_or_default();
        if id.is_empty() || id.len() > 32 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(CatalogError::invalid("id", "must be `seg_` and 13 digits"));
        }
        if self.filters.is_empty() {
            return Err(CatalogError::invalid("filters", "must be some"));
        }
        share::check_filters(&self.filters)
    }
}
