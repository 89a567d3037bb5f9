//! What was answered to requests that name themselves (`Idempotency-Key`): one that comes again is answered the same and
//! does nothing.
//!
//! The answer is in the entry of the changes that it is about, so that there is neither without the other. In memory is
//! only where it is.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

/// For so long a request is known again, milliseconds: a day.
pub const KNOWN_MS: i64 = 24 * 3_600_000;
/// Requests of one account that are known, the newest ones.
pub const MOST_KNOWN: usize = 10_000;

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Within what the request's name is unique: the number of an account, or 0 of whoever runs the installation.
    pub scope: u64,
    /// A hash of how the request names itself.
    pub name: Box<str>,
    /// A hash of what was asked.
    pub request: Box<str>,
    /// The entry that has the answer.
    pub n: u64,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// The answer: in its entry, not in snapshots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
}

/// An answer, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Where what was made is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Box<str>>,
    /// The JSON.
    pub body: serde_json::Value,
    /// From what a secret was made that the body lacks, together with what the caller knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<Box<str>>,
}

/// What is known of answers.
#[derive(Debug, Default)]
pub(super) struct Answers {
    by_name: HashMap<(u64, Box<str>), Answered>,
    /// Names by scope, the oldest first.
    order: HashMap<u64, VecDeque<(i64, Box<str>)>>,
}

impl Answers {
    pub(super) fn get(&self, scope: u64, name: &str, now_ms: i64) -> Option<&Answered> {
        let answered = self.by_name.get(&(scope, name.into()));
        answered.filter(|answered| now_ms.saturating_sub(answered.at_ms) < KNOWN_MS)
    }

    /// Takes one in, and forgets what is too old or too much. By the times of entries alone, so that every process
    /// knows the same.
    pub(super) fn put(&mut self, mut answered: Answered) {
        answered.reply = None;
        let (scope, at_ms) = (answered.scope, answered.at_ms);
        let order = self.order.entry(scope).or_default();
        order.push_back((at_ms, answered.name.clone()));
        let name = (scope, answered.name.clone());
        self.by_name.insert(name, answered);
        let is_over = |order: &VecDeque<(i64, Box<str>)>| {
            let oldest = order.front().map_or(at_ms, |(at_ms, _)| *at_ms);
            order.len() > MOST_KNOWN || at_ms.saturating_sub(oldest) >= KNOWN_MS
        };
        while is_over(order) {
            let Some((at_ms, name)) = order.pop_front() else {
                break;
            };
            let name = (scope, name);
            // A name may have been used anew since.
            if self.by_name.get(&name).is_some_and(|a| a.at_ms == at_ms) {
                self.by_name.remove(&name);
            }
        }
    }

    /// All of them, in an order in which they can be put again.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Answered> {
        let mut scopes: Vec<_> = self.order.iter().collect();
        scopes.sort_unstable_by_key(|(scope, _)| **scope);
        let names = scopes.into_iter().flat_map(|(scope, names)| {
            names
                .iter()
                .map(move |(at_ms, name)| (*scope, *at_ms, name))
        });
        names.filter_map(|(scope, at_ms, name)| {
            let answered = self.by_name.get(&(scope, name.clone()));
            answered.filter(|answered| answered.at_ms == at_ms)
        })
    }
}
