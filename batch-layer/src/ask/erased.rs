//! Erased events in answers of moments before they were: raw and the stream still have them as they were accepted.

use std::sync::Arc;

use asking::{AskError, Moment};
use datafusion::arrow::array::RecordBatch;
use handover::{
    erasures::{self, ErasedEvents},
    last_read::LastRead,
    manifest::File,
    manifests::Manifests,
};
use storage::{error::StorageError, store::Store};

use crate::rollup::erased_batch;

/// The newest list of erased events.
pub(super) struct Erased {
    store: Store,
    manifests: Manifests,
    read: LastRead<ErasedEvents>,
}

impl Erased {
    pub(super) fn new(store: Store) -> Self {
        Self {
            manifests: Manifests::new(Arc::clone(&store)),
            store,
            read: LastRead::default(),
        }
    }

    /// Takes off events after a moment's manifest what has been erased since.
    pub(super) async fn take_off(
        &self,
        moment: &Moment,
        live: Vec<RecordBatch>,
    ) -> Result<Vec<RecordBatch>, AskError> {
        if live.is_empty() {
            return Ok(live);
        }
        let newest = self.manifests.latest().await;
        let newest = newest.map_err(|error| failed(&error))?;
        // What is erased was settled when it was.
        let is_settled = |(log, _): (&model::LogId, _)| {
            let then = moment.published.manifest.horizon.of(*log);
            newest.manifest.horizon.of(*log).seq > then.seq
        };
        let Some(file) = &newest.manifest.erased else {
            return Ok(live);
        };
        if !moment.upto.iter().any(is_settled) {
            return Ok(live);
        }
        let erased = self.list(file).await.map_err(|error| failed(&error))?;
        let left = live.into_iter().map(|batch| {
            let left = erased_batch(&batch, &erased).map_err(|error| failed(&error))?;
            Ok(left.unwrap_or(batch))
        });
        left.collect()
    }

    async fn list(&self, file: &File) -> Result<Arc<ErasedEvents>, StorageError> {
        let read = erasures::read(&self.store, Some(file), |_| true);
        self.read.of(file, read).await
    }
}

fn failed(error: &dyn std::fmt::Display) -> AskError {
    AskError::Failed(error.to_string())
}
