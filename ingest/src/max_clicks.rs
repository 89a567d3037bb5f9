//! Links that lead on so many clicks: how many they have had is asked again while they are followed, and the last number
//! that is known holds meanwhile. So a link leads on a few more, those that come within [`AGAIN`] and the delay of live
//! numbers, and while the live store is away all that come; it never ends early.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use model::EntityId;
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    time::{Instant, timeout},
};

/// How old a number may be.
const AGAIN: Duration = Duration::from_millis(500);
/// How long the first visitor of a link waits for its first number.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long a number may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Numbers asked for at once.
const AT_ONCE: usize = 8;
/// Links whose numbers are remembered.
const MOST: usize = 100_000;

/// Who knows how many clicks of people a link has had, settled and live.
#[async_trait]
pub trait ClickCounts: Send + Sync {
    /// As many as are known now; `None` if nobody can say.
    async fn clicks(&self, link: EntityId) -> Option<i64>;
}

/// What is known of links.
#[derive(Clone)]
pub(crate) struct MaxClicks(Arc<Inner>);

struct Inner {
    counts: Arc<dyn ClickCounts>,
    known: Mutex<HashMap<u64, Known>>,
    asking: Semaphore,
    pool: Handle,
}

#[derive(Clone, Copy)]
struct Known {
    clicks: i64,
    at: Instant,
    is_asked: bool,
}

impl MaxClicks {
    /// Asks `counts` on the threads of `pool`.
    pub(crate) fn new(counts: Arc<dyn ClickCounts>, pool: Handle) -> Self {
        Self(Arc::new(Inner {
            counts,
            known: Mutex::default(),
            asking: Semaphore::new(AT_ONCE),
            pool,
        }))
    }

    /// Whether a link has had its clicks, as far as is known.
    pub(crate) async fn is_used_up(&self, link: EntityId, most: u64) -> bool {
        let clicks = match self.known(link) {
            Some(clicks) => clicks,
            // The first visitor waits; others that come before the first number is known are led on.
            None => {
                let (this, pool) = (self.clone(), &self.0.pool);
                let asked = pool.spawn(async move { this.ask(link).await });
                match timeout(PATIENCE, asked).await {
                    Ok(Ok(clicks)) => clicks,
                    _ => 0,
                }
            }
        };
        u64::try_from(clicks).unwrap_or(0) >= most
    }

    /// The last number, which is asked for again if it is old.
    fn known(&self, link: EntityId) -> Option<i64> {
        let mut all = self.lock();
        if all.len() >= MOST && !all.contains_key(&link.raw) {
            all.retain(|_, known| known.at.elapsed() < AGAIN * 20);
        }
        let is_full = all.len() >= MOST;
        let Some(known) = all.get_mut(&link.raw) else {
            if is_full {
                return Some(0);
            }
            let asked = Known {
                clicks: 0,
                at: Instant::now(),
                is_asked: true,
            };
            all.insert(link.raw, asked);
            return None;
        };
        if known.at.elapsed() >= AGAIN && !known.is_asked {
            known.is_asked = true;
            let this = self.clone();
            self.0.pool.spawn(async move { this.ask(link).await });
        }
        Some(known.clicks)
    }

    async fn ask(&self, link: EntityId) -> i64 {
        let _turn = self.0.asking.acquire().await;
        let asked = timeout(LIMIT, self.0.counts.clicks(link)).await;
        let clicks = asked.ok().flatten();
        let mut all = self.lock();
        let known = all.entry(link.raw).or_insert(Known {
            clicks: 0,
            at: Instant::now(),
            is_asked: false,
        });
        // What is known holds where nobody can say.
        known.clicks = clicks.unwrap_or(known.clicks);
        (known.at, known.is_asked) = (Instant::now(), false);
        known.clicks
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Known>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use model::EntityKind;

    use super::*;

    /// A number, or nobody knows if it is less than nought.
    struct Fixed(AtomicI64);

    #[async_trait]
    impl ClickCounts for Fixed {
        async fn clicks(&self, _: EntityId) -> Option<i64> {
            Some(self.0.load(Ordering::SeqCst)).filter(|clicks| *clicks >= 0)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_number_holds_until_a_new_one_is_known() {
        let counts = Arc::new(Fixed(AtomicI64::new(3)));
        let max = MaxClicks::new(counts.clone(), Handle::current());
        let link = EntityId::new(EntityKind::Link, 1);
        assert!(!max.is_used_up(link, 4).await);
        assert!(max.is_used_up(link, 3).await);
        counts.0.store(4, Ordering::SeqCst);
        assert!(!max.is_used_up(link, 4).await, "not asked again yet");
        tokio::time::advance(AGAIN).await;
        while !max.is_used_up(link, 4).await {
            tokio::task::yield_now().await;
        }
        counts.0.store(-1, Ordering::SeqCst);
        tokio::time::advance(AGAIN).await;
        for _ in 0..10 {
            assert!(max.is_used_up(link, 4).await, "nobody can say");
            tokio::task::yield_now().await;
        }
    }
}
