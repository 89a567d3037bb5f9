//! What the rollup works with, and why it fails.

use std::sync::Arc;

use datafusion::{arrow::error::ArrowError, error::DataFusionError, parquet::errors::ParquetError};
use enrich::Rules;
use handover::{manifests::Manifests, sealed::SealError};
use model::Epoch;
use storage::{
    env::Env,
    error::{Kind, StorageError},
};

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
    /// An epoch cannot be taken: its raw objects are damaged or contradict its seal.
    #[error(
        "log {log} is held back at epoch {epoch}: {why}; all other logs go on. Put the object back \
         as it was"
    )]
    Held {
        /// The log.
        log: model::LogId,
        /// The epoch.
        epoch: Epoch,
        /// What does not fit.
        why: String,
    },
    /// New sums could not be made.
    #[error("batch sums: {0}")]
    Fold(#[from] super::fold::FoldError),
    /// A part of the work ended in a bug.
    #[error("a part of a batch run ended in a bug: {0}")]
    Panicked(tokio::task::JoinError),
    /// Others published first, again and again.
    #[error("other batch runs published first, {TRIES} times in a row; their views are in place")]
    Outrun,
}

storage::from_storage_errors!(RollupError);

impl From<SealError> for RollupError {
    /// What is damaged stays so: its log waits, and nobody else.
    fn from(error: SealError) -> Self {
        let SealError { log, epoch, source } = error;
        let source = StorageError::from(source);
        match source.kind() {
            Kind::Damaged => Self::Held {
                log,
                epoch,
                why: source.to_string(),
            },
            _ => Self::Storage(source),
        }
    }
}
