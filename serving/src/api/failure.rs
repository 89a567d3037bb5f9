//! Failures of the catalog as problems.

use catalog::CatalogError;
use storage::{error::StorageError, ledger::LedgerError};
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
        CatalogError::Ledger(_) | CatalogError::Snapshot(_) => StorageError::from(error).into(),
    }
}
