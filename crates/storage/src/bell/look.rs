//! When something is to be looked at.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::{Bell, Heard, SELDOM};

/// Something that is looked at when the bell has rung, at most so often, and seldom while it is silent. A look that
/// failed, and each while others are not heard, is followed by the next as soon as that may be.
#[derive(Debug)]
pub struct Look {
    bell: Bell,
    every: Duration,
    seldom: Duration,
    last: Mutex<Option<Last>>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    at: Instant,
    /// How often the bell had rung when it began; `None` unless it succeeded.
    strokes: Option<u64>,
}

/// A look that has begun.
#[derive(Debug)]
#[must_use = "a look that is not said to be done is taken to have failed"]
pub struct Begun(u64);

impl Look {
    /// It is looked at no more often than `every`.
    pub fn new(bell: Bell, every: Duration) -> Self {
        Self {
            bell,
            every,
            seldom: SELDOM,
            last: Mutex::default(),
        }
    }

    /// The same for what is only shown to people: while the bell is silent it is looked at every two minutes.
    pub fn to_show(bell: Bell, every: Duration) -> Self {
        Self {
            seldom: SELDOM * 4,
            ..Self::new(bell, every)
        }
    }

    /// Call it right before looking.
    pub fn begin(&self) -> Begun {
        let begun = Begun(self.bell.strokes());
        self.set(Last {
            at: Instant::now(),
            strokes: None,
        });
        begun
    }

    /// That look has succeeded.
    pub fn done(&self, Begun(strokes): Begun) {
        let at = self.last().map_or_else(Instant::now, |last| last.at);
        let strokes = Some(strokes);
        self.set(Last { at, strokes });
    }

    /// Whether it is to be looked at now.
    pub fn is_due(&self) -> bool {
        self.due_at(self.bell.heard()) <= Instant::now()
    }

    /// Waits until it is to be looked at.
    pub async fn due(&self) {
        let mut heard = self.bell.0.heard.subscribe();
        loop {
            let now = *heard.borrow_and_update();
            tokio::select! {
                () = sleep_until(self.due_at(now)) => return,
                // Its sender is the bell, which we hold.
                _ = heard.changed() => {}
            }
        }
    }

    fn due_at(&self, heard: Heard) -> Instant {
        let Some(last) = self.last() else {
            return Instant::now();
        };
        let silent = heard.others && last.strokes == Some(heard.strokes);
        let pause = match silent {
            true => self.every.max(self.seldom),
            false => self.every,
        };
        last.at + pause
    }

    fn last(&self) -> Option<Last> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, last: Last) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    }
}
