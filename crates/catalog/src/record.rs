//! What an entry of the ledger says of itself: who made its changes, and what was before.
//!
//! The entries are the history of an account. The catalog remembers which of them are an account's, the newest ones; what
//! they say is read when somebody asks.

use std::collections::VecDeque;

use model::id::EntityId;
use serde::{Deserialize, Serialize};

use super::types::Change;

/// Entries of one account that are found again, the newest ones.
pub const REMEMBERED: usize = 10_000;

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Whoever runs the installation.
    Operator,
    /// Nobody: the installation itself, such as when it disables a webhook whose receiver is gone.
    System,
    /// Who sent a key.
    Key {
        /// Its id.
        id: Box<str>,
        /// Its name then.
        name: Box<str>,
    },
}

/// What an entry says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The number of the entry.
    pub n: u64,
    /// Who made it.
    pub by: By,
    /// Whose rows it changes.
    pub accounts: Box<[EntityId]>,
    /// The rows as they were that it changes or deletes: changes that would put them back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Change>,
    /// Rows were too large to be kept as they were: it cannot be undone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
    /// The change that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Box<str>>,
}

/// Which entries are of one account, the oldest first.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<u64>);

impl History {
    pub(super) fn push(&mut self, n: u64) {
        if self.0.back() == Some(&n) {
            return;
        }
        self.0.push_back(n);
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }

    /// Entries below `before`, the newest first.
    pub(super) fn newest(&self, before: u64, limit: usize) -> Vec<u64> {
        let older = self.0.iter().rev().filter(|n| **n < before);
        older.take(limit).copied().collect()
    }

    pub(super) fn all(&self) -> Box<[u64]> {
        self.0.iter().copied().collect()
    }
}
