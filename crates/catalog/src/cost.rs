//! What was paid for a link or a campaign in a period. It is spread over the clicks of people in that period when
//! somebody asks: nothing in the log says it.

use model::id::{EntityId, EntityKind};
use serde::{Deserialize, Serialize};

use super::{error::CatalogError, price::Price, rules};

/// Longest note, characters.
const MAX_NOTE: usize = 1_000;
/// Longest period, minutes: about ten years.
const MAX_MINUTES: i64 = 3_660 * 24 * 60;
/// Numbers of money are kept by quarters of an hour.
const QUARTER: i64 = 15;
/// Minutes since 1970 of the years that a calendar has: 1970 to 9999.
const YEARS: std::ops::Range<i64> = 0..4_223_371_680;

/// The amount that was paid for an object in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodCost {
    /// Names it: `cst_` and 13 digits.
    pub id: Box<str>,
    /// Whose it is.
    pub account: EntityId,
    /// A link or a campaign of the account.
    pub object: EntityId,
    /// First unix minute of the period, on a quarter of an hour.
    pub from: i64,
    /// First unix minute after it, on a quarter of an hour.
    pub to: i64,
    /// What was paid.
    pub amount: Price,
    /// ISO 4217.
    pub currency: Box<str>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Box<str>>,
    /// Unix milliseconds.
    pub created_ms: i64,
    /// Unix milliseconds: since when numbers are as it says.
    pub changed_ms: i64,
}

impl PeriodCost {
    /// Whether some of it lies within the unix minutes `start..end`.
    pub fn overlaps(&self, start: i64, end: i64) -> bool {
        self.from < end && start < self.to
    }

    /// Whether it may be, whatever else there is.
    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        let id = self.id.strip_prefix("cst_").unwrap_or_default();
        if id.is_empty() || id.len() > 32 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(CatalogError::invalid("id", "must be `cst_` and 13 digits"));
        }
        if !matches!(self.object.kind, EntityKind::Link | EntityKind::Campaign) {
            let why = "a cost is of a link or of a campaign";
            return Err(CatalogError::invalid("link", why));
        }
        for (field, minute) in [("from", self.from), ("to", self.to)] {
            if !YEARS.contains(&minute) || minute.rem_euclid(QUARTER) != 0 {
                let why =
                    "must be on a quarter of an hour, by which money is kept, from 1970 to 9999";
                return Err(CatalogError::invalid(field, why));
            }
        }
        if self.from >= self.to || self.to - self.from > MAX_MINUTES {
            let why = "must be after `from`, by at most ten years";
            return Err(CatalogError::invalid("to", why));
        }
        rules::currency(&self.currency)?;
        let note = self.note.as_deref().unwrap_or_default();
        let fits = note.chars().count() <= MAX_NOTE
            && !note.contains(|c: char| c.is_control() && c != '\n');
        match fits {
            true => Ok(()),
            false => {
                let why = format!("must be at most {MAX_NOTE} characters, no control characters");
                Err(CatalogError::invalid("note", why))
            }
        }
    }
}
