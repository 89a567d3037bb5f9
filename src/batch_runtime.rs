//! The batch layer on threads of its own: a rollup must not hold up a redirect.

use std::{future::Future, sync::Arc};

use crate::own_threads::OwnThreads;
use anyhow::Context;
use batch_layer::RollupDeps;

/// Threads for queries.
const THREADS: usize = 2;

/// A place to run batch work. Cheap to clone.
#[derive(Clone)]
pub struct BatchRuntime {
    pub deps: Arc<RollupDeps>,
    threads: Arc<OwnThreads>,
}

impl BatchRuntime {
    /// A runtime for work with `deps`.
    pub fn new(deps: RollupDeps) -> anyhow::Result<Self> {
        Ok(Self {
            deps: Arc::new(deps),
            threads: Arc::new(OwnThreads::new("batch", THREADS)?),
        })
    }

    /// Runs `work` on the rollup's threads.
    pub async fn run<F, T>(&self, work: impl FnOnce(Arc<RollupDeps>) -> F) -> anyhow::Result<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let spawned = self.threads.spawn(work(Arc::clone(&self.deps)));
        spawned
            .context("the batch layer has ended")?
            .await
            .context("batch work panicked")
    }
}
