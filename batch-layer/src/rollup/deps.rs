//! What the rollup works with, and why it fails.

use std::sync::Arc;

use datafusion::{arrow::error::ArrowError, error::DataFusionError, parquet::errors::ParquetError};
use enrich::Rules;
use handover::manifests::Manifests;
use model::Epoch;
use storage::{env::Env, error::StorageError};

/// How often a run starts over because somebody else published first.
pub(super) const TRIES: u32 = 5;

/// What the rollup works with.
pub struct RollupDeps {
    /// Object store, time, randomness.
    pub env: Env,
    /// Where views are published.
    pub manifests: Manifests,
    /// Enrichment.
    pub rules: Arc<Rules>,
}

/// Why a run failed. Nothing of it is visible; the next run does it again.
#[derive(Debug, thiserror::Error)]
pub enum RollupError {
    /// The object store failed, or holds what it must not.
    #[error(transparent)]
    Storage(StorageError),
    /// A query failed.
    #[error("a batch query failed: {0}")]
    Query(#[from] DataFusionError),
    /// Rows could not be built.
    #[error("batch rows: {0}")]
    Arrow(#[from] ArrowError),
    /// A file could not be written or read.
    #[error("batch file: {0}")]
    Parquet(#[from] ParquetError),
    /// Raw objects contradict their seal.
    #[error(
        "epoch {epoch} of log {log}: {why}; nothing was published, look at the log's raw objects"
    )]
    Inconsistent {
        /// The log.
        log: model::LogId,
        /// The epoch.
        epoch: Epoch,
        /// What does not fit.
        why: String,
    },
    /// Others published first, again and again.
    #[error("other batch runs published first, {TRIES} times in a row; their views are in place")]
    Outrun,
}

storage::from_storage_errors!(RollupError);
