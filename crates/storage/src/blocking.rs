//! Work that would hold up async threads.

use std::io;

/// Runs `work` on a thread that may block.
pub async fn run<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    #[cfg(feature = "testing")]
    if INLINE.get() {
        return work();
    }
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

#[cfg(feature = "testing")]
std::thread_local! {
    static INLINE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Makes this thread do such work itself, so that a simulation repeats itself step by step.
#[cfg(feature = "testing")]
pub fn run_inline() {
    INLINE.set(true);
}
