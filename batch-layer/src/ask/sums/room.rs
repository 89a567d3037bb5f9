//! Memory of a question: a share of what all questions have, so that no account takes it from all others.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use asking::AskError;
use datafusion::execution::memory_pool::{
    MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};

/// One question takes at most so manieth a part of what all have.
const SHARE: usize = 2;

/// Memory of one part of a question. It is given back when this is dropped.
pub(super) struct Room {
    question: Arc<Question>,
    taken: MemoryReservation,
    /// Whether it is for visitors, who can be counted in parts.
    is_of_visitors: bool,
}

/// What the parts of a question have together.
struct Question {
    pool: Arc<dyn MemoryPool>,
    most: usize,
    taken: AtomicUsize,
    /// What of it is for visitors.
    of_visitors: AtomicUsize,
    visitors_were_short: AtomicBool,
}

impl Question {
    fn take(&self, bytes: usize, is_of_visitors: bool) -> usize {
        if is_of_visitors {
            self.of_visitors.fetch_add(bytes, Ordering::Relaxed);
        }
        self.taken.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    fn give_back(&self, bytes: usize, is_of_visitors: bool) {
        if is_of_visitors {
            self.of_visitors.fetch_sub(bytes, Ordering::Relaxed);
        }
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Room {
    pub(super) fn new(pool: &Arc<dyn MemoryPool>) -> Self {
        let most = match pool.memory_limit() {
            MemoryLimit::Finite(all) => all / SHARE,
            _ => usize::MAX,
        };
        let question = Question {
            pool: Arc::clone(pool),
            most,
            taken: AtomicUsize::new(0),
            of_visitors: AtomicUsize::new(0),
            visitors_were_short: AtomicBool::new(false),
        };
        Self::of(&Arc::new(question), false)
    }

    fn of(question: &Arc<Question>, is_of_visitors: bool) -> Self {
        Self {
            taken: MemoryConsumer::new("sums of events").register(&question.pool),
            question: Arc::clone(question),
            is_of_visitors,
        }
    }

    /// Of another part of the question.
    pub(super) fn another(&self) -> Self {
        Self::of(&self.question, false)
    }

    /// The same for a set of visitors.
    pub(super) fn of_visitors(&self) -> Self {
        Self::of(&self.question, true)
    }

    /// Takes so many bytes in all.
    pub(super) fn resize(&self, bytes: usize) -> Result<(), AskError> {
        let before = self.taken.size();
        if bytes <= before {
            self.question.give_back(before - bytes, self.is_of_visitors);
            self.taken.resize(bytes);
            return Ok(());
        }
        let more = bytes - before;
        let taken = self.question.take(more, self.is_of_visitors);
        let refused = match taken > self.question.most {
            true => Some(self.too_much(taken)),
            false => self.taken.try_resize(bytes).err().map(|_| others()),
        };
        let Some(refused) = refused else {
            return Ok(());
        };
        self.question.give_back(more, self.is_of_visitors);
        Err(refused)
    }

    fn too_much(&self, taken: usize) -> AskError {
        let of_visitors = self.question.of_visitors.load(Ordering::Relaxed);
        // With fewer visitors at once the rest would fit.
        if taken.saturating_sub(of_visitors) <= self.question.most {
            let short = &self.question.visitors_were_short;
            short.store(true, Ordering::Relaxed);
        }
        AskError::TooMuch(
            "its groups and visitors do not fit into the memory that a question may have; ask for a shorter range, a longer \
             interval, fewer groups, or filter"
                .into(),
        )
    }

    /// Whether the question was refused more, and sets of visitors were why.
    pub(super) fn visitors_were_short(&self) -> bool {
        self.question.visitors_were_short.load(Ordering::Relaxed)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.question
            .give_back(self.taken.size(), self.is_of_visitors);
    }
}

fn others() -> AskError {
    AskError::Failed("other questions have the memory just now".into())
}
