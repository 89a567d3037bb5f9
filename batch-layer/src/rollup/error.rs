//! Why a run fails.

use std::{error::Error, iter::successors};

use datafusion::{arrow::error::ArrowError, error::DataFusionError, parquet::errors::ParquetError};
use handover::sealed::SealError;
use model::Epoch;
use storage::{
    error::{Kind, StorageError},
    store::StoreError,
};

/// How often a run starts over because somebody else published first.
pub(super) const TRIES: u32 = 5;

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
         as it was, or give up what cannot be read: millrace skip --log {log} --epoch {epoch}"
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
    /// Another full run took a step first.
    #[error("another full run is under way; this one has ended, and nothing is lost")]
    Recounting,
    /// What this full run counted is published or given up.
    #[error(
        "somebody else has published what was counted anew, or thrown it away; this run has ended, and nothing is lost"
    )]
    EndedByOthers,
    /// There is nothing to publish, to compare, or to throw away.
    #[error("nothing is staged; count anew first: millrace batch run --full --stage")]
    NothingStaged,
    /// What is staged is not what this program would count.
    #[error(
        "what is staged was counted by the rules {staged}, and this program has the rules {ours}. Use the program that \
         counted it; or count anew with this one, which takes its place: millrace batch run --full --stage"
    )]
    OtherRules {
        /// Version of the rules of what is staged.
        staged: String,
        /// Version of ours.
        ours: String,
    },
    /// There was no full run.
    #[error("there is no full run to go back from")]
    NothingToGoBackTo,
    /// What was replaced is gone.
    #[error("the numbers before the full run of {at} were kept for a day, and are gone")]
    NotKept {
        /// When it was, RFC 3339.
        at: String,
    },
    /// Others published first, again and again.
    #[error("other batch runs published first, {TRIES} times in a row; their views are in place")]
    Outrun,
    /// A task is for another program than this one.
    #[error("a batch task is for another version ({0}); run the same program on all machines")]
    Version(String),
    /// Whoever does the tasks failed.
    #[error("batch tasks could not be done: {0}")]
    Engine(Box<dyn Error + Send + Sync>),
}

storage::from_storage_errors!(RollupError);

impl RollupError {
    /// Whether the same may work a moment later.
    pub fn is_transient(&self) -> bool {
        let causes = successors(Some(self as &dyn Error), |error| (*error).source());
        causes.into_iter().any(|cause| {
            let store = cause.downcast_ref::<object_store::Error>();
            let unanswered =
                store.is_some_and(|e| !matches!(e, object_store::Error::NotFound { .. }));
            let stored = cause.downcast_ref::<StoreError>();
            unanswered || stored.is_some_and(|e| e.kind() == Kind::Unavailable)
        })
    }
}

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
