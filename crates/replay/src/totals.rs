//! What became of a file's lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What became of a file's lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Events that are counted now and were not before.
    pub accepted: u64,
    /// Events that had been counted before.
    pub duplicates: u64,
    /// Lines that could not be read, or that the collector refused, by the code of the reason.
    pub rejected: BTreeMap<String, u64>,
    /// Lines that are no event, by reason.
    pub skipped: BTreeMap<String, u64>,
}

impl Totals {
    /// Lines that were not counted and should have been.
    pub fn all_rejected(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Lines that are no event.
    pub fn all_skipped(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// Adds what became of other lines.
    pub fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        for (into, from) in [
            (&mut self.rejected, &other.rejected),
            (&mut self.skipped, &other.skipped),
        ] {
            for (why, count) in from {
                *into.entry(why.clone()).or_default() += count;
            }
        }
    }
}
