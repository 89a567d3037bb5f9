//! The sample as if it had happened until just now.

use chrono::TimeDelta;

use crate::{DAY_MS, Event, START_MS, SampleError, WEEK_MS, WEEKS, events};

/// The sample's events, moved by whole weeks, so that Tuesday 14:03 stays a Tuesday 14:03, and so
/// far that its last week is the one that is under way. What of that week is still to come is
/// left out: there are always five whole weeks and what has passed of the sixth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// In the order in which they arrive.
    pub events: Vec<Event>,
    /// First moment of the first day, unix milliseconds.
    pub start_ms: i64,
    /// First moment after the last day, which is not over yet, unix milliseconds. Days are UTC.
    pub end_ms: i64,
}

impl Recent {
    /// Up to and with `now_ms`, unix milliseconds.
    pub fn until(now_ms: i64) -> Result<Self, SampleError> {
        let weeks = (now_ms - START_MS).div_euclid(WEEK_MS) - (WEEKS - 1);
        let by = TimeDelta::weeks(weeks);
        let mut recent = Vec::new();
        for event in events() {
            let mut event = event?;
            event.occurred_at += by;
            if event.occurred_at.timestamp_millis() <= now_ms {
                recent.push(event);
            }
        }
        Ok(Self {
            events: recent,
            start_ms: START_MS + weeks * WEEK_MS,
            end_ms: (now_ms.div_euclid(DAY_MS) + 1) * DAY_MS,
        })
    }

    /// Days in which it happened, with the one that is not over.
    pub fn days(&self) -> i64 {
        (self.end_ms - self.start_ms) / DAY_MS
    }
}
