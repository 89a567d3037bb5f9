//! The fences there are. A fence never changes: each is read once.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use model::{Bug, Fence, LogId, planted};
use storage::{
    bell::Bell,
    store::{Store, StoreError},
};
use tokio::{sync::Mutex as Turn, time::Instant};

use crate::raw;

/// How many looks for fences had begun. Those of one [`Fences`] only can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(u64);

/// What was read of fences. The default one hears no bell.
#[derive(Debug, Default)]
pub struct Fences {
    bell: Bell,
    seen: Mutex<Seen>,
    /// Whose turn it is to look.
    turn: Turn<()>,
    /// How many looks have begun.
    begun: AtomicU64,
}

#[derive(Debug, Clone, Default)]
struct Seen {
    fences: BTreeMap<LogId, Fence>,
    /// Number of the look, from 1.
    look: u64,
    /// When it began, and how often the bell had rung.
    at: Option<(Instant, u64)>,
}

impl Fences {
    /// Nothing is seen yet; `bell` tells when there may be a new one.
    pub fn new(bell: Bell) -> Self {
        Self {
            bell,
            ..Self::default()
        }
    }

    /// Every fence as of now: one request, and one for each that is new.
    pub async fn now(&self, store: &Store) -> Result<BTreeMap<LogId, Fence>, StoreError> {
        self.begun_after(store, self.moment()).await
    }

    /// This moment, among looks.
    pub fn moment(&self) -> Moment {
        Moment(self.begun.load(Ordering::SeqCst))
    }

    /// Every fence, by a look that began after `since`. What was seen is taken while the bell is silent;
    /// whoever looks does so for all that wait.
    pub async fn begun_after(
        &self,
        store: &Store,
        since: Moment,
    ) -> Result<BTreeMap<LogId, Fence>, StoreError> {
        if planted(Bug::FenceIgnored) {
            return Ok(BTreeMap::new());
        }
        if let Some(fences) = self.seen_after(since).filter(|_| self.is_silent()) {
            return Ok(fences);
        }
        let asked = self.moment();
        let _turn = self.turn.lock().await;
        if let Some(fences) = self.seen_after(asked) {
            return Ok(fences);
        }
        let look = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let at = Some((Instant::now(), self.bell.strokes()));
        let logs = raw::fences(store).await?;
        let known = self.seen().fences;
        let mut fences = BTreeMap::new();
        for log in logs {
            let fence = match known.get(&log) {
                Some(fence) => Some(*fence),
                None => raw::fence(store, log).await?,
            };
            fences.extend(fence.map(|fence| (log, fence)));
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Seen {
            fences: fences.clone(),
            look,
            at,
        };
        Ok(fences)
    }

    fn seen_after(&self, Moment(since): Moment) -> Option<BTreeMap<LogId, Fence>> {
        let Seen { fences, look, .. } = self.seen();
        (look > since).then_some(fences)
    }

    /// Whether the bell is heard, and has not rung since the last look.
    fn is_silent(&self) -> bool {
        let holds = |(at, strokes): (Instant, u64)| {
            let bell = &self.bell;
            bell.holds(strokes, at.elapsed(), Duration::ZERO)
        };
        self.seen().at.is_some_and(holds)
    }

    fn seen(&self) -> Seen {
        let seen = self.seen.lock();
        seen.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
