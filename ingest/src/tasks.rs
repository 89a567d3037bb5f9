//! Waiting for tasks.

use tokio::task::JoinError;

/// What a task came to; `None`, with a line in the log, if it failed.
pub(crate) async fn finish<T>(
    name: &str,
    task: impl Future<Output = Result<T, JoinError>>,
) -> Option<T> {
    task.await
        .inspect_err(|error| tracing::error!(%error, name, "a task of the collector failed"))
        .ok()
}
