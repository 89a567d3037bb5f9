//! What was answered to requests that name themselves (`Idempotency-Key`): one that comes again is answered the same and
//! does nothing.
//!
//! The answer is in the entry of the changes that it is about, so that there is neither without the other. In memory is
//! only where it is.

use std::collections::{BTreeMap, HashMap, VecDeque};

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
    order: BTreeMap<u64, VecDeque<(i64, Box<str>)>>,
    /// The scope that is looked at next for what is too old.
    next: u64,
}

impl Answers {
    pub(super) fn get(&self, scope: u64, name: &str, now_ms: i64) -> Option<&Answered> {
        let answered = self.by_name.get(&(scope, name.into()));
        answered.filter(|answered| now_ms.saturating_sub(answered.at_ms) < KNOWN_MS)
    }

    /// Takes one in, and forgets what is too old or too much. By the times of entries alone, so that every process
    /// knows the same of what it is asked.
    pub(super) fn put(&mut self, mut answered: Answered) {
        answered.reply = None;
        let (scope, at_ms) = (answered.scope, answered.at_ms);
        let order = self.order.entry(scope).or_default();
        order.push_back((at_ms, answered.name.clone()));
        let name = (scope, answered.name.clone());
        self.by_name.insert(name, answered);
        self.forget(scope, at_ms);
        // Of a scope that asks no more, too: another one at each turn.
        let next = self
            .order
            .range(self.next..)
            .next()
            .map(|(scope, _)| *scope);
        let next = next.or_else(|| self.order.keys().next().copied());
        if let Some(next) = next {
            self.forget(next, at_ms);
            self.next = next.wrapping_add(1);
        }
    }

    /// Forgets what is too old or too much of a scope.
    fn forget(&mut self, scope: u64, now_ms: i64) {
        let Some(order) = self.order.get_mut(&scope) else {
            return;
        };
        let is_over = |order: &VecDeque<(i64, Box<str>)>| {
            let oldest = order.front().map_or(now_ms, |(at_ms, _)| *at_ms);
            order.len() > MOST_KNOWN || now_ms.saturating_sub(oldest) >= KNOWN_MS
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
        if order.is_empty() {
            self.order.remove(&scope);
        }
    }

    /// All of them, in an order in which they can be put again.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Answered> {
        let names = self.order.iter().flat_map(|(scope, names)| {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(scope: u64, name: &str, at_ms: i64) -> Answered {
        Answered {
            scope,
            name: name.into(),
            request: "r".into(),
            n: 1,
            at_ms,
            reply: None,
        }
    }

    #[test]
    fn what_is_too_old_is_forgotten_also_of_those_who_ask_no_more() {
        let mut answers = Answers::default();
        for scope in 1..=5 {
            answers.put(answered(scope, "a", 0));
        }
        assert_eq!(answers.rows().count(), 5);
        for at_ms in KNOWN_MS..KNOWN_MS + 6 {
            answers.put(answered(9, &at_ms.to_string(), at_ms));
        }
        let left: Vec<u64> = answers.rows().map(|row| row.scope).collect();
        assert_eq!(left, [9; 6]);
        assert_eq!((answers.by_name.len(), answers.order.len()), (6, 1));
    }

    #[test]
    fn a_scope_has_so_many_and_loses_the_oldest() {
        let mut answers = Answers::default();
        for n in 0..MOST_KNOWN as i64 + 3 {
            answers.put(answered(1, &n.to_string(), n));
        }
        assert_eq!(answers.rows().count(), MOST_KNOWN);
        assert!(answers.get(1, "2", 5).is_none() && answers.get(1, "3", 5).is_some());
    }
}
