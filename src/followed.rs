//! Files that are read again when they change.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

/// How often it is looked whether a file has changed.
const LOOK: Duration = Duration::from_secs(5);

/// A file, and which of its contents has been seen.
pub struct Followed {
    pub path: PathBuf,
    seen: Option<Stamp>,
}

/// Another file, or another content, has another one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::metadata(path).ok()?;
        Some(Self {
            inode: meta.ino(),
            bytes: meta.len(),
            changed: (meta.mtime(), meta.mtime_nsec()),
        })
    }
}

impl Followed {
    /// A file that has not been looked at; it may be missing.
    pub fn new(path: PathBuf) -> Self {
        Self { path, seen: None }
    }

    /// Whether it is another one than when this was asked last. A file that was never there has not changed. Blocks.
    pub fn has_changed(&mut self) -> bool {
        let stamp = Stamp::of(&self.path);
        std::mem::replace(&mut self.seen, stamp) != stamp
    }

    /// Whether it was there when it was looked at last.
    pub fn is_there(&self) -> bool {
        self.seen.is_some()
    }
}

/// Looks again and again, until it is told to stop. Files are read on threads for that.
pub async fn follow<T: Send + 'static>(
    mut what: T,
    look: impl Fn(T) -> T + Clone + Send + 'static,
    stop: CancellationToken,
) {
    let waited = || stop.run_until_cancelled(tokio::time::sleep(LOOK));
    while waited().await.is_some() {
        let look = look.clone();
        what = match tokio::task::spawn_blocking(move || look(what)).await {
            Ok(looked) => looked,
            Err(error) => {
                tracing::error!(%error, "files are not followed any more");
                return;
            }
        };
    }
}
