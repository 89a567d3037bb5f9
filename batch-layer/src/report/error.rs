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
    #[error("this SQL cannot be run: {error}; give one SELECT over {tables}")]
    Sql {
        /// What is wrong with it. No source of its own: it would be printed twice.
        error: DataFusionError,
        /// The tables there are.
        tables: String,
    },
    /// A table lacks what was taken before its cube was defined.
    #[error(
        "the table `{0}` is not filled for all of history; `millrace batch run --full` fills it"
    )]
    NotWhole(String),
    /// A table that there was, with rows of several levels: its sums counted events several times.
    #[error(
        "there is no table `{old}` any more: it had rows of accounts, campaigns and links together, so that sums \
         were too large; use {new} (docs/TABLES.md)"
    )]
    Renamed {
        /// What was asked for.
        old: &'static str,
        /// What there is instead.
        new: String,
    },
    /// The query failed while it ran.
    #[error("the query failed: {0}")]
    Query(DataFusionError),
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

impl From<DataFusionError> for ReportError {
    fn from(error: DataFusionError) -> Self {
        Self::Query(error)
    }
}

storage::from_storage_errors!(ReportError);
