//! Counts that other tools made.

use handover::totals::Totals;
use model::time::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::Refused;

/// What became of counts.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct TotalsTaken {
    /// So many were taken; they stand in the place of all that the source had before.
    #[schema(example = 1)]
    pub taken: usize,
    /// Their clicks.
    #[schema(example = 1234)]
    pub clicks: u64,
    /// Those that were refused; they do not hold up the others.
    pub rejected: Vec<Refused>,
}

/// What one source has counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalsView {
    /// The source.
    #[schema(example = "bitly")]
    pub source: String,
    /// Until when it had counted.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub as_of: String,
    /// How many counts.
    #[schema(example = 1)]
    pub rows: usize,
    /// Their clicks.
    #[schema(example = 1234)]
    pub clicks: u64,
}

impl From<&Totals> for TotalsView {
    fn from(totals: &Totals) -> Self {
        Self {
            source: totals.source.clone(),
            as_of: rfc3339(totals.as_of_ms),
            rows: totals.rows.len(),
            clicks: totals.clicks(),
        }
    }
}

/// Clicks that other tools counted, which are in no other number of the answer.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Imported {
    /// Of what was asked for: of whole days within the range, and of all time where that lies within it.
    #[schema(example = 1234)]
    pub clicks: u64,
    /// Of counts that reach beyond the range, or of which nobody knows when they began: not in `clicks`.
    #[schema(example = 56)]
    pub beyond: u64,
    /// Who counted them.
    #[schema(example = json!(["bitly"]))]
    pub sources: Vec<String>,
    /// By bucket, with `interval`: those of days, which lie in one bucket.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<ImportedBucket>,
    /// True: they cannot be read just now, and the numbers here are not all.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unavailable: bool,
}

/// Clicks of one bucket that other tools counted.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ImportedBucket {
    /// Start of the bucket.
    #[schema(example = "2026-01-02T00:00:00Z")]
    pub time: String,
    /// So many.
    #[schema(example = 1234)]
    pub clicks: u64,
}
