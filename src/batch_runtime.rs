//! The batch layer on threads of its own: a rollup must not hold up a redirect.

use std::{future::Future, sync::Arc};

use anyhow::Context;
use batch_layer::RollupDeps;
use tokio::runtime::{Builder, Runtime};

/// Threads for queries.
const THREADS: usize = 2;

/// A place to run batch work. Cheap to clone.
#[derive(Clone)]
pub struct BatchRuntime {
    pub deps: Arc<RollupDeps>,
    runtime: Arc<OwnRuntime>,
}

/// Ends in the background when dropped: a runtime must not be waited for in async code.
struct OwnRuntime(Option<Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl BatchRuntime {
    /// A runtime for work with `deps`.
    pub fn new(deps: RollupDeps) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("batch")
            .enable_all()
            .build();
        let runtime = runtime.context("the batch layer's threads cannot be started")?;
        Ok(Self {
            deps: Arc::new(deps),
            runtime: Arc::new(OwnRuntime(Some(runtime))),
        })
    }

    /// Runs `work` on the rollup's threads.
    pub async fn run<F, T>(&self, work: impl FnOnce(Arc<RollupDeps>) -> F) -> anyhow::Result<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let runtime = self
            .runtime
            .0
            .as_ref()
            .context("the batch layer has ended")?;
        runtime
            .spawn(work(Arc::clone(&self.deps)))
            .await
            .context("batch work panicked")
    }
}
