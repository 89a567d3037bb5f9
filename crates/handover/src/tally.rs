//! What a collector turned away, by reason: one object per log, which only its collector writes.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use model::{EntityId, LogId};
use serde::{Deserialize, Serialize};
use storage::{
    object_keys::{ObjectKey, folders},
    store::{self, Store, StoreError},
};

use crate::raw::{json, read_own};

/// Accounts that one log's tally tells apart; what more of them lose is in the sums alone.
const MAX_ACCOUNTS: usize = 10_000;
/// Lives of a collector that its tally has, the newest ones.
const MAX_LIVES: usize = 1_000;
/// Times in which events of one account were lost that a tally has, the newest ones.
const MAX_LOST: usize = 50;
/// What was lost within so long is told as one, milliseconds.
const APART_MS: i64 = 60_000;
/// Tallies read at once.
const READS_AT_ONCE: usize = 16;

/// Events that were turned away, by reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Turned {
    /// Events that could not be written: their redirects answered, without an event id.
    pub unrecorded: BTreeMap<String, u64>,
    /// Events that were refused, and their senders told why.
    pub rejected: BTreeMap<String, u64>,
}

impl Turned {
    /// Adds what another one counts.
    pub fn add(&mut self, other: &Turned) {
        let pairs = [
            (&mut self.unrecorded, &other.unrecorded),
            (&mut self.rejected, &other.rejected),
        ];
        for (mine, theirs) in pairs {
            for (reason, events) in theirs {
                match mine.get_mut(reason) {
                    Some(sum) => *sum = sum.saturating_add(*events),
                    None => drop(mine.insert(reason.clone(), *events)),
                }
            }
        }
    }

    /// Whether nothing was turned away.
    pub fn is_empty(&self) -> bool {
        self.unrecorded.is_empty() && self.rejected.is_empty()
    }
}

/// A time, from its first to its last moment, unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first moment.
    pub from_ms: i64,
    /// The last moment.
    pub to_ms: i64,
}

/// A time in which events of an account could not be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// How many.
    pub events: u64,
    /// When.
    #[serde(flatten)]
    pub span: Span,
}

/// What one log's collector has turned away since the log was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The log.
    pub log: LogId,
    /// When it was written, unix milliseconds by the collector's clock. What was turned away
    /// later is not in it; a collector that is killed takes its last seconds with it.
    pub as_of_ms: i64,
    /// Of all accounts.
    pub all: Turned,
    /// Of each account; not of more than ten thousand.
    pub accounts: BTreeMap<EntityId, Turned>,
    /// When the collector was there, the oldest first: from the start of each of its lives to the last word of it.
    #[serde(default)]
    pub up: Vec<Span>,
    /// When events of each account could not be written, the oldest first; not of more than ten thousand accounts.
    #[serde(default)]
    pub lost: BTreeMap<EntityId, Vec<Lost>>,
}

impl Tally {
    /// An empty one.
    pub fn new(log: LogId) -> Self {
        Self {
            log,
            as_of_ms: 0,
            all: Turned::default(),
            accounts: BTreeMap::new(),
            up: Vec::new(),
            lost: BTreeMap::new(),
        }
    }

    /// Notes when so many events of an account could not be written.
    pub fn lose(&mut self, account: EntityId, events: u64, now_ms: i64) {
        let room = self.lost.len() < MAX_ACCOUNTS;
        if !room && !self.lost.contains_key(&account) {
            return;
        }
        let all = self.lost.entry(account).or_default();
        let newest = all.last_mut();
        let recent = newest.filter(|it| now_ms.saturating_sub(it.span.to_ms) < APART_MS);
        if let Some(lost) = recent {
            lost.events = lost.events.saturating_add(events);
            lost.span.to_ms = lost.span.to_ms.max(now_ms);
            return;
        }
        let span = Span {
            from_ms: now_ms,
            to_ms: now_ms,
        };
        all.push(Lost { events, span });
        keep_newest(all, MAX_LOST);
    }

    /// Counts what was turned away of one account.
    pub fn count(&mut self, account: EntityId, turned: &Turned) {
        self.all.add(turned);
        let room = self.accounts.len() < MAX_ACCOUNTS;
        match self.accounts.get_mut(&account) {
            Some(sum) => sum.add(turned),
            None if room => drop(self.accounts.insert(account, turned.clone())),
            None => {}
        }
    }

    /// Adds what an earlier life of the same collector has counted.
    pub fn add(&mut self, earlier: &Tally) {
        self.all.add(&earlier.all);
        for (account, turned) in &earlier.accounts {
            let room = self.accounts.len() < MAX_ACCOUNTS;
            match self.accounts.get_mut(account) {
                Some(sum) => sum.add(turned),
                None if room => drop(self.accounts.insert(*account, turned.clone())),
                None => {}
            }
        }
        self.up.splice(0..0, earlier.up.iter().copied());
        keep_newest(&mut self.up, MAX_LIVES);
        for (account, lost) in &earlier.lost {
            if self.lost.len() < MAX_ACCOUNTS || self.lost.contains_key(account) {
                let all = self.lost.entry(*account).or_default();
                all.splice(0..0, lost.iter().cloned());
                keep_newest(all, MAX_LOST);
            }
        }
    }
}

fn keep_newest<T>(all: &mut Vec<T>, most: usize) {
    all.drain(..all.len().saturating_sub(most));
}

/// The tally of one log; `None` if its collector has not written one.
pub async fn read(store: &Store, log: LogId) -> Result<Option<Tally>, StoreError> {
    read_own(store, ObjectKey::Tally { log }, |tally: &Tally| {
        tally.log == log
    })
    .await
}

/// Replaces the tally of a log. Only its collector does.
pub async fn write(store: &Store, tally: &Tally) -> Result<(), StoreError> {
    let path = ObjectKey::Tally { log: tally.log }.path();
    store::replace(store, &path, json(&path, tally)?).await
}

/// All tallies there are, in order of their logs.
pub async fn all(store: &Store) -> Result<Vec<Tally>, StoreError> {
    let folder = folders::tallies();
    let objects: Vec<_> = store
        .list(Some(&folder))
        .try_collect()
        .await
        .map_err(|e| StoreError::request("list", &folder, e))?;
    let mut logs: Vec<LogId> = objects
        .iter()
        .filter_map(|o| match ObjectKey::parse(&o.location) {
            Ok(ObjectKey::Tally { log }) => Some(log),
            _ => None,
        })
        .collect();
    logs.sort_unstable();
    let reads = stream::iter(logs.into_iter().map(|log| read(store, log)));
    let tallies: Vec<Option<Tally>> = reads.buffered(READS_AT_ONCE).try_collect().await?;
    Ok(tallies.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::EntityKind;

    fn turned(reason: &str, events: u64) -> Turned {
        Turned {
            rejected: BTreeMap::from([(reason.to_owned(), events)]),
            ..Turned::default()
        }
    }

    #[tokio::test]
    async fn a_tally_round_trips_and_lives_add_up() {
        let store = storage::store::open("memory://").unwrap();
        let account = EntityId::new(EntityKind::Account, 1);
        let mut tally = Tally::new(LogId(1));
        tally.count(account, &turned("invalid_time", 2));
        write(&store, &tally).await.unwrap();
        let mut next = Tally::new(LogId(1));
        next.count(account, &turned("invalid_time", 1));
        next.count(account, &turned("too_long", 5));
        next.add(&read(&store, LogId(1)).await.unwrap().unwrap());
        assert_eq!(next.all.rejected["invalid_time"], 3);
        assert_eq!(next.accounts[&account], next.all);
        assert_eq!(all(&store).await.unwrap(), vec![tally]);
        assert_eq!(read(&store, LogId(2)).await.unwrap(), None);
    }

    #[test]
    fn times_of_losses_are_joined_and_bounded() {
        let account = |raw| EntityId::new(EntityKind::Account, raw);
        let mut tally = Tally::new(LogId(1));
        for (raw, events, at) in [(1, 2, 0), (2, 1, 10), (1, 3, 50_000), (1, 1, 200_000)] {
            tally.lose(account(raw), events, at);
        }
        let told = |tally: &Tally, raw| -> Vec<(u64, i64, i64)> {
            let all = tally.lost[&account(raw)].iter();
            all.map(|lost| (lost.events, lost.span.from_ms, lost.span.to_ms))
                .collect()
        };
        assert_eq!(told(&tally, 1), [(5, 0, 50_000), (1, 200_000, 200_000)]);
        assert_eq!(told(&tally, 2), [(1, 10, 10)]);
        let mut next = Tally::new(LogId(1));
        for at in 1..=MAX_LOST as i64 {
            next.lose(account(1), 1, 200_000 + at * APART_MS);
        }
        next.add(&tally);
        assert_eq!(next.lost[&account(1)].len(), MAX_LOST);
        assert_eq!(told(&next, 1)[0].1, 200_000 + APART_MS);
        assert_eq!(told(&next, 2), [(1, 10, 10)], "nobody takes another's room");
        for raw in 0..MAX_ACCOUNTS as u64 + 5 {
            next.lose(account(raw), 1, 0);
        }
        assert_eq!(next.lost.len(), MAX_ACCOUNTS);
    }

    #[test]
    fn accounts_are_bounded_and_sums_are_not() {
        let mut tally = Tally::new(LogId(1));
        for raw in 0..MAX_ACCOUNTS as u64 + 5 {
            tally.count(EntityId::new(EntityKind::Account, raw), &turned("x", 1));
        }
        assert_eq!(tally.accounts.len(), MAX_ACCOUNTS);
        assert_eq!(tally.all.rejected["x"], MAX_ACCOUNTS as u64 + 5);
    }
}
