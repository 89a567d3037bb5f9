//! SQL over the settled state: reports as files, and queries.

mod files;
mod tables;

use std::time::Duration;

use datafusion::{arrow::record_batch::RecordBatch, error::DataFusionError};
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use serde::Serialize;
use storage::{
    ledger::LedgerError,
    object_keys::{ObjectKey, is_name},
    store::StoreError,
};

use self::files::Files;
use crate::RollupDeps;

/// Who the reports over all accounts are for, in the names of their objects.
const SCOPE: &str = "all";
/// Longest time that one query may take.
const TIME_LIMIT: Duration = Duration::from_secs(3600);

/// The files of one report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportFiles {
    /// The manifest it is over; 0 if there is none yet.
    pub manifest: u64,
    /// Rows of the result.
    pub rows: u64,
    /// The object with the rows as CSV.
    pub csv: String,
    /// The object with the rows as Parquet.
    pub parquet: String,
}

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
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Runs one SELECT over the newest manifest and stores its rows as CSV and as Parquet under
/// `reports/all/{name}/`.
///
/// Tables: `events`, and every view under its name. `now()` is the injected clock's time.
pub async fn run_report(
    deps: &RollupDeps,
    name: &str,
    sql: &str,
) -> Result<ReportFiles, ReportError> {
    if !is_name(name) {
        return Err(ReportError::Name(name.chars().take(64).collect()));
    }
    let current = deps.manifests.latest().await?;
    let made_ms = deps.clock.now_ms();
    let run = async {
        let rows = tables::select(deps, &current.manifest, sql)
            .await?
            .execute_stream()
            .await?;
        Files::of(name, rows).await
    };
    let files = tokio::time::timeout(TIME_LIMIT, run)
        .await
        .map_err(|_| ReportError::TooLong)??;
    let moment = files::moment(made_ms);
    let mut stored = Vec::new();
    for (bytes, ending) in [(files.csv, "csv"), (files.parquet, "parquet")] {
        let (scope, report) = (SCOPE.to_owned(), name.to_owned());
        let path = ObjectKey::Report {
            scope,
            report,
            name: format!("{moment}.{ending}"),
        }
        .path();
        deps.store
            .put(&path, bytes.into())
            .await
            .map_err(|e| StoreError::request("write", &path, e))?;
        stored.push(path.to_string());
    }
    tracing::info!(report = name, rows = files.rows, "a report is made");
    let (parquet, csv) = (
        stored.pop().unwrap_or_default(),
        stored.pop().unwrap_or_default(),
    );
    Ok(ReportFiles {
        manifest: current.n,
        rows: files.rows,
        csv,
        parquet,
    })
}

/// The first `limit` rows of one SELECT over the newest manifest; see [`run_report`].
pub async fn query(
    deps: &RollupDeps,
    sql: &str,
    limit: usize,
) -> Result<Vec<RecordBatch>, ReportError> {
    let current = deps.manifests.latest().await?;
    let run = async {
        let mut rows = tables::select(deps, &current.manifest, sql)
            .await?
            .execute_stream()
            .await?;
        let mut batches = vec![RecordBatch::new_empty(rows.schema())];
        let mut left = limit;
        while left > 0
            && let Some(batch) = rows.try_next().await?
        {
            let batch = batch.slice(0, batch.num_rows().min(left));
            left -= batch.num_rows();
            batches.push(batch);
        }
        Ok(batches)
    };
    tokio::time::timeout(TIME_LIMIT, run)
        .await
        .map_err(|_| ReportError::TooLong)?
}
