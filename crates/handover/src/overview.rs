//! What a process knows of manifests and logs: looked at for all of its roles together.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use storage::{bell::Bell, error::StorageError, store::Store};
use tokio::{sync::Mutex as Turn, time::Instant};

use crate::{
    directory::Directory,
    manifests::{Manifests, Published},
};

/// How old a look may be that roles share while other processes are not heard, a little less than the time between their
/// turns.
const RECENT: Duration = Duration::from_millis(900);

/// The newest manifest and all logs. Clones share what they have seen.
#[derive(Clone)]
pub struct Overview(Arc<Inner>);

struct Inner {
    store: Store,
    bell: Bell,
    manifests: Manifests,
    seen: Mutex<Seen>,
    /// Whose turn it is to look.
    turn: Turn<()>,
    /// How many looks have begun, and which of them was the last that succeeded.
    begun: AtomicU64,
    done: AtomicU64,
}

/// What was seen in one look.
#[derive(Clone, Default)]
pub struct Seen {
    /// The newest manifest.
    pub published: Published,
    /// All logs, looked for after the manifest was: those that it covers are among them.
    pub directory: Directory,
    /// When the look began, and how often the bell had rung; `None`: nobody has looked yet.
    at: Option<(Instant, u64)>,
}

impl Overview {
    /// Nothing is seen yet; `bell` tells when there is something new.
    pub fn new(store: Store, bell: Bell) -> Self {
        Self(Arc::new(Inner {
            manifests: Manifests::new(Arc::clone(&store)),
            store,
            bell,
            seen: Mutex::default(),
            turn: Turn::default(),
            begun: AtomicU64::new(0),
            done: AtomicU64::new(0),
        }))
    }

    /// The manifests, to read others or to publish.
    pub fn manifests(&self) -> &Manifests {
        &self.0.manifests
    }

    /// What was seen last.
    pub fn seen(&self) -> Seen {
        let seen = self.0.seen.lock();
        seen.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks anew, or waits for a look of somebody else that begins after this call.
    pub async fn look(&self) -> Result<Seen, StorageError> {
        let before = self.0.begun.load(Ordering::SeqCst);
        let _turn = self.0.turn.lock().await;
        if self.0.done.load(Ordering::SeqCst) > before {
            return Ok(self.seen());
        }
        let this = self.0.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let at = Some((Instant::now(), self.0.bell.strokes()));
        // The manifest before the logs: a rule of the hand-over.
        let published = self.0.manifests.latest().await?;
        let mut directory = self.seen().directory;
        directory.refresh(&self.0.store).await?;
        let seen = Seen {
            published,
            directory,
            at,
        };
        let mut kept = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = seen.clone();
        self.0.done.store(this, Ordering::SeqCst);
        Ok(seen)
    }

    /// What was seen, unless there may be something new by now; then looks anew.
    pub async fn follow(&self) -> Result<Seen, StorageError> {
        let seen = self.seen();
        let holds = |(at, strokes): (Instant, u64)| {
            let bell = &self.0.bell;
            bell.holds(strokes, at.elapsed(), RECENT)
        };
        match seen.at.is_some_and(holds) {
            true => Ok(seen),
            false => self.look().await,
        }
    }

    /// What was seen, however long ago; looks if nobody has yet.
    pub async fn look_once(&self) -> Result<Seen, StorageError> {
        let seen = self.seen();
        match seen.at.is_some() {
            true => Ok(seen),
            false => self.look().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use storage::{counted::Counted, store};

    use super::*;

    #[tokio::test]
    async fn roles_look_together() {
        let counted = Counted::new(store::open("memory://").unwrap());
        let overview = Overview::new(counted.clone(), Bell::default());
        overview.look_once().await.unwrap();
        let before = counted.requests();
        join_all((0..50).map(|_| overview.follow())).await;
        join_all((0..50).map(|_| overview.look_once())).await;
        assert_eq!((counted.requests() - before).all(), 0);
        // All of them ask while somebody looks.
        let turn = overview.0.turn.lock().await;
        let mut looks = std::pin::pin!(join_all((0..50).map(|_| overview.look())));
        assert!(futures::poll!(&mut looks).is_pending());
        drop(turn);
        assert!(looks.await.iter().all(Result::is_ok));
        let asked = counted.requests() - before;
        assert_eq!((asked.lists, asked.all()), (1, 2), "{asked:?}");
    }
}
