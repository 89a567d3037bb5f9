//! Failures of the catalog as problems.

use catalog::CatalogError;
use http::StatusCode;
use storage::error::{Kind, StorageError};
use web::Problem;

use crate::rooms::refused;

/// The stable word for a failure.
pub(crate) fn code(error: &CatalogError) -> &'static str {
    match error {
        CatalogError::Invalid { .. } => "invalid",
        CatalogError::Taken { .. } => "taken",
        CatalogError::NotFound { .. } | CatalogError::NoPlan { .. } => "not_found",
        CatalogError::PlanInUse { .. } => "plan_in_use",
        CatalogError::TooMany { .. } => "too_many",
        CatalogError::Changed { .. } => "changed",
        CatalogError::OtherRequest => "other_request",
        CatalogError::NotUndone { .. } => "not_undone",
        CatalogError::Quota { .. } | CatalogError::Slugs { .. } => "quota_exceeded",
        CatalogError::Contended { .. } => "contended",
        CatalogError::Ledger(error) => word(error.kind()),
        CatalogError::Snapshot(error) => word(error.kind()),
    }
}

/// As [`Problem`] says it.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Unavailable => "store_unavailable",
        Kind::Conflict => "outcome_unknown",
        Kind::Damaged => "damaged",
        Kind::Bug => "internal",
    }
}

/// What the client is told.
pub(crate) fn problem(error: CatalogError) -> Problem {
    let code = code(&error);
    match &error {
        CatalogError::Invalid { .. } | CatalogError::TooMany { .. } => {
            Problem::bad_request(code, error.to_string())
        }
        CatalogError::Taken { .. }
        | CatalogError::NotUndone { .. }
        | CatalogError::PlanInUse { .. } => Problem::conflict(code, error.to_string()),
        CatalogError::Changed { .. } => {
            Problem::new(StatusCode::PRECONDITION_FAILED, code, error.to_string())
        }
        CatalogError::OtherRequest => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string())
        }
        CatalogError::Quota { what, .. } => {
            refused(what);
            Problem::new(StatusCode::FORBIDDEN, code, error.to_string())
        }
        CatalogError::Slugs { .. } => {
            refused("slugs");
            Problem::new(StatusCode::FORBIDDEN, code, error.to_string())
        }
        CatalogError::NotFound { .. } | CatalogError::NoPlan { .. } => {
            Problem::not_found(error.to_string())
        }
        CatalogError::Contended { .. } => Problem::unavailable(code, error.to_string(), 1),
        CatalogError::Ledger(_) | CatalogError::Snapshot(_) => StorageError::from(error).into(),
    }
}
