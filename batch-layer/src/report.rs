//! SQL over the settled state: reports as files, and queries.

mod error;
mod files;
mod levels;
mod tables;

use datafusion::arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use handover::manifest::Manifest;
use object_store::ObjectStoreExt;
use serde::Serialize;
use std::sync::Arc;
use storage::{
    object_keys::{ObjectKey, is_name},
    store::StoreError,
};

pub use self::error::ReportError;
use self::error::TIME_LIMIT;
use self::files::Files;
use crate::{RollupDeps, engine};

/// Who the reports over all accounts are for, in the names of their objects.
const SCOPE: &str = "all";

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

/// Runs one SELECT over the newest manifest and stores its rows as CSV and as Parquet under
/// `reports/all/{name}/`.
///
/// The tables are those of docs/TABLES.md. `now()` is the injected clock's time.
pub async fn run_report(
    deps: &RollupDeps,
    name: &str,
    sql: &str,
) -> Result<ReportFiles, ReportError> {
    if !is_name(name) {
        return Err(ReportError::Name(name.chars().take(64).collect()));
    }
    let current = deps.manifests.latest().await?;
    let made_ms = deps.env.clock.now_ms();
    let run = async {
        let rows = tables::select(deps, &current.manifest, sql).await?;
        Files::of(name, engine::rows(rows).await?).await
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
        deps.env
            .store
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

/// Gives the rows of one SELECT over the newest manifest to `each`, some at a time, so that nobody holds all of them; then
/// that manifest. See [`run_report`].
///
/// # Errors
///
/// It cannot be answered, or takes too long.
pub async fn each_row(
    deps: &RollupDeps,
    sql: &str,
    mut each: impl FnMut(RecordBatch),
) -> Result<Arc<Manifest>, ReportError> {
    let current = deps.manifests.latest().await?;
    let run = async {
        let rows = tables::select(deps, &current.manifest, sql).await?;
        let mut rows = engine::rows(rows).await?;
        while let Some(batch) = rows.try_next().await? {
            each(batch);
        }
        Ok::<(), ReportError>(())
    };
    let done = tokio::time::timeout(TIME_LIMIT, run).await;
    done.map_err(|_| ReportError::TooLong)??;
    Ok(current.manifest)
}

/// The first `limit` rows of one SELECT over the newest manifest; see [`run_report`].
pub async fn query(
    deps: &RollupDeps,
    sql: &str,
    limit: usize,
) -> Result<Vec<RecordBatch>, ReportError> {
    let current = deps.manifests.latest().await?;
    let run = async {
        let rows = tables::select(deps, &current.manifest, sql).await?;
        let mut rows = engine::rows(rows).await?;
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
