//! Memory of a question, taken from what all questions share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use asking::AskError;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

/// Memory of one part of a question.
pub(super) struct Room {
    pool: Arc<dyn MemoryPool>,
    taken: MemoryReservation,
    /// Of the whole question.
    was_short: Arc<AtomicBool>,
}

impl Room {
    pub(super) fn new(pool: &Arc<dyn MemoryPool>) -> Self {
        Self::of(pool, Arc::default())
    }

    fn of(pool: &Arc<dyn MemoryPool>, was_short: Arc<AtomicBool>) -> Self {
        Self {
            taken: MemoryConsumer::new("sums of events").register(pool),
            pool: Arc::clone(pool),
            was_short,
        }
    }

    /// Of another part of the question.
    pub(super) fn another(&self) -> Self {
        Self::of(&self.pool, Arc::clone(&self.was_short))
    }

    /// Takes so many bytes in all.
    pub(super) fn resize(&self, bytes: usize) -> Result<(), AskError> {
        self.taken.try_resize(bytes).map_err(|error| {
            tracing::debug!(%error, "a question is refused more memory");
            self.was_short.store(true, Ordering::Relaxed);
            AskError::TooMuch(
                "its groups and visitors do not fit into the memory that questions have; ask for a shorter range, a longer \
                 interval, fewer groups, or filter"
                    .into(),
            )
        })
    }

    /// Whether some part of the question was refused more.
    pub(super) fn was_short(&self) -> bool {
        self.was_short.load(Ordering::Relaxed)
    }
}
