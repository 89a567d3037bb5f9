//! Why there is no report or no answer.

use std::time::Duration;

use datafusion::error::DataFusionError;
use storage::error::StorageError;

/// Longest time that one query may take.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(3600);

/// Why there is no report or no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The name cannot be part of an object's name.
    #[error(
        "report name `{0}`: use letters, digits, `.`, `_` and `-`, at most 200, not a `.` at the start"
    )]
    Name(String),
    /// The SQL is not one query that only reads.
    #[error("this SQL cannot be run: {source}; give one SELECT over {tables}")]
    Sql {
        /// What is wrong with it.
        source: DataFusionError,
        /// The tables there are.
        tables: String,
    },
    /// A table lacks what was taken before its cube was defined.
    #[error(
        "the table `{0}` is not filled for all of history; `millrace batch run --full` fills it"
    )]
    NotWhole(&'static str),
    /// The query failed while it ran.
    #[error("the query failed: {0}")]
    Query(#[from] DataFusionError),
    /// The result is too large for one report.
    #[error("report `{name}` has more than {limit}; let its SQL select less")]
    TooLarge {
        /// The report.
        name: String,
        /// What it may have.
        limit: String,
    },
    /// The query took too long.
    #[error("the query was ended after {} s; let it read less, for example fewer days", TIME_LIMIT.as_secs())]
    TooLong,
    /// The object store failed.
    #[error(transparent)]
    Storage(StorageError),
}

storage::from_storage_errors!(ReportError);
