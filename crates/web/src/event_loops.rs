//! Threads with an event loop of their own each. A connection stays on one: whoever answers its request need not wake
//! another thread for that, and no other work of the process comes before it.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Event loops; they end when this is dropped, with all that is spawned on them.
pub struct EventLoops {
    loops: Vec<Handle>,
    next: AtomicUsize,
    _running: DropGuard,
}

impl EventLoops {
    /// One for each core that this process may use, called `name`.
    pub async fn new(name: &str) -> io::Result<Self> {
        let running = CancellationToken::new();
        let count = thread::available_parallelism().map_or(1, usize::from);
        let mut loops = Vec::with_capacity(count);
        for _ in 0..count {
            loops.push(start(name, running.clone()).await?);
        }
        Ok(Self {
            loops,
            next: AtomicUsize::new(0),
            _running: running.drop_guard(),
        })
    }

    /// One of them, each in its turn.
    pub(crate) fn next(&self) -> &Handle {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        &self.loops[next % self.loops.len()]
    }
}

async fn start(name: &str, running: CancellationToken) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (begun, begins) = oneshot::channel();
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Whoever asked may be gone.
            let _ = begun.send(());
            runtime.block_on(running.cancelled());
            runtime.shutdown_background();
        })?;
    // What is spawned before the loop turns would wait for it.
    begins.await.map_err(io::Error::other)?;
    Ok(handle)
}
