//! Erasures of visitors.

use handover::erasures::Told;
use model::time::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

/// How far the erasure of a visitor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErasureState {
    /// It is asked for.
    Pending,
    /// No answer has the visitor any more, but for those of an `as_of` from before; files from before are still to be deleted.
    Erased,
    /// No file from before is left.
    Done,
}

/// The erasure of a visitor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Erasure)]
pub(crate) struct ErasureView {
    /// Its id.
    #[schema(example = "ers_0000000000004")]
    id: String,
    /// How far it is.
    #[schema(example = "pending")]
    state: ErasureState,
    /// When it was asked for.
    #[schema(example = "2026-01-02T03:04:05Z")]
    asked_at: String,
    /// When the visitor was erased; null: not yet.
    #[schema(required, example = json!(null))]
    erased_at: Option<String>,
    /// When the last file from before was deleted; null: not yet.
    #[schema(required, example = json!(null))]
    done_at: Option<String>,
    /// Events that were erased.
    #[schema(example = 0)]
    events: u64,
}

impl ErasureView {
    /// As clients see it.
    pub(crate) fn new(told: &Told) -> Self {
        Self {
            id: told.id.clone(),
            state: match (told.erased_ms, told.done_ms) {
                (_, Some(_)) => ErasureState::Done,
                (Some(_), None) => ErasureState::Erased,
                (None, None) => ErasureState::Pending,
            },
            asked_at: rfc3339(told.at_ms),
            erased_at: told.erased_ms.map(rfc3339),
            done_at: told.done_ms.map(rfc3339),
            events: told.events,
        }
    }
}
