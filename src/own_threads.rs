//! Threads for one kind of work, so that it holds up no other.

use std::future::Future;

use anyhow::Context;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

/// Stack of a thread, bytes; what is not used is not taken.
const STACK: usize = 16 << 20;

/// A runtime that ends in the background when dropped: one must not be waited for in async code.
pub struct OwnThreads(Option<Runtime>);

impl OwnThreads {
    /// So many threads, called `name`.
    pub fn new(name: &'static str, count: usize) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(count)
            .thread_name(name)
            // Plans are trees, and some are deep.
            .thread_stack_size(STACK)
            .enable_all()
            .build();
        let runtime = runtime.with_context(|| format!("threads for {name} cannot be started"))?;
        Ok(Self(Some(runtime)))
    }

    /// Runs `work` on these threads; `None` once they have ended.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<JoinHandle<T>> {
        self.0.as_ref().map(|runtime| runtime.spawn(work))
    }
}

impl Drop for OwnThreads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
