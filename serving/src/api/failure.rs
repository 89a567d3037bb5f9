//! Failures of the catalog as problems.

use catalog::CatalogError;
use storage::{ledger::LedgerError, store::StoreError};
use web::Problem;

/// The stable word for a failure.
pub(crate) fn code(error: &CatalogError) -> &'static str {
    match error {
        CatalogError::Invalid { .. } => "invalid",
        CatalogError::Taken { .. } => "taken",
        CatalogError::NotFound { .. } => "not_found",
        CatalogError::TooMany { .. } => "too_many",
        CatalogError::Contended { .. } => "contended",
        CatalogError::Ledger(LedgerError::Unknown { .. }) => "outcome_unknown",
        CatalogError::Ledger(_) | CatalogError::Snapshot(_) => "store_unavailable",
    }
}

/// What the client is told.
pub(crate) fn problem(error: CatalogError) -> Problem {
    let code = code(&error);
    match &error {
        CatalogError::Invalid { .. } | CatalogError::TooMany { .. } => {
            Problem::bad_request(code, error.to_string())
        }
        CatalogError::Taken { .. } => Problem::conflict(code, error.to_string()),
        CatalogError::NotFound { .. } => Problem::not_found(error.to_string()),
        CatalogError::Contended { .. } => Problem::unavailable(code, error.to_string(), 1),
        CatalogError::Ledger(LedgerError::Unknown { .. }) => {
            tracing::warn!(%error, "it is unknown whether a change was stored");
            let detail = "nobody can say whether this was stored; look before you send it again";
            Problem::unavailable(code, detail, 5)
        }
        CatalogError::Ledger(LedgerError::Store { source, .. })
        | CatalogError::Snapshot(source) => match **source {
            StoreError::Request { .. } => {
                tracing::warn!(%error, "the catalog could not be changed");
                Problem::unavailable(
                    code,
                    "the object store does not answer; nothing was changed",
                    5,
                )
            }
            _ => Problem::internal(error),
        },
        CatalogError::Ledger(_) => Problem::internal(error),
    }
}
