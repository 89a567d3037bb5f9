//! Plans: quotas that have a name, so that what many accounts may have is said once.

use model::id::{EntityId, EntityKind};
use serde::{Deserialize, Serialize};

use super::{error::CatalogError, quotas::SomeQuotas};

/// The plan in which an installation says what accounts have of which nothing else is said.
pub const DEFAULT: &str = "default";
/// Most plans of an installation.
pub const MOST: usize = 1_000;
/// Longest name, bytes.
const MAX_NAME: usize = 64;

/// Whose plans are, in the history of changes: nobody's account, which no account ever is.
pub const INSTALLATION: EntityId = EntityId {
    kind: EntityKind::Account,
    raw: 0,
};

/// Quotas under a name. What it does not say is as in the plan `default`, or usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Names it: 1 to 64 letters, digits, `.`, `_` or `-`.
    pub name: Box<str>,
    /// What it says.
    #[serde(default, skip_serializing_if = "SomeQuotas::is_empty")]
    pub quotas: SomeQuotas,
    /// Unix milliseconds.
    pub created_ms: i64,
}

impl Plan {
    /// Whether it may be, whatever else there is.
    pub(super) fn check(&self) -> Result<(), CatalogError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let name = self.name.as_bytes();
        let is_dots = matches!(name, b"." | b"..");
        if name.is_empty() || name.len() > MAX_NAME || !name.iter().all(|b| allowed(*b)) || is_dots
        {
            let why = "must be 1 to 64 letters, digits, `.`, `_` or `-`";
            return Err(CatalogError::invalid("name", why));
        }
        self.quotas.check()
    }
}
