//! Keys inside one process, bounded.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use model::{EventId, LogId};

use super::{KEEP_MS, PENDING_MS, Reservations, Reserved};
use crate::error::LiveError;

/// Keys remembered; beyond that expired ones go first, then the oldest.
const MAX_KEYS: usize = 1_000_000;

/// [`Reservations`] inside one process.
#[derive(Default)]
pub struct MemoryReservations(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    keys: HashMap<String, Entry>,
    /// Grows when keys that had not expired were dropped.
    generation: u64,
    crowded: bool,
    whole: Option<String>,
    own: BTreeMap<LogId, String>,
}

struct Entry {
    until_ms: i64,
    by: By,
}

enum By {
    Pending { since_ms: i64, owner: String },
    Event(EventId),
}

impl MemoryReservations {
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything.
    #[cfg(any(test, feature = "testing"))]
    pub fn flush(&self) {
        let mut memory = self.lock();
        *memory = Memory {
            generation: memory.generation + 1,
            ..Memory::default()
        };
    }
}

impl Memory {
    fn insert(&mut self, key: &str, entry: Entry, now_ms: i64) {
        if self.keys.len() >= MAX_KEYS && !self.keys.contains_key(key) {
            self.make_room(now_ms);
        }
        self.keys.insert(key.to_owned(), entry);
    }

    fn make_room(&mut self, now_ms: i64) {
        self.keys.retain(|_, entry| entry.until_ms > now_ms);
        if self.keys.len() < MAX_KEYS {
            return;
        }
        if !self.crowded {
            tracing::warn!(
                "more senders' keys than fit in memory: the oldest are forgotten, and events with keys marked for batch; use Redis"
            );
        }
        self.generation += 1;
        self.crowded = true;
        let mut ends: Vec<i64> = self.keys.values().map(|entry| entry.until_ms).collect();
        let tenth = self.keys.len() / 10;
        let (older, cut, _) = ends.select_nth_unstable(tenth);
        let cut = *cut;
        // Of those that are as old as the last one that goes, only as many as it takes.
        let mut left = tenth - older.iter().filter(|end| **end < cut).count();
        self.keys.retain(|_, entry| match entry.until_ms.cmp(&cut) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => {
                let stays = left == 0;
                left -= usize::from(!stays);
                stays
            }
        });
    }
}

#[async_trait]
impl Reservations for MemoryReservations {
    async fn reserve(&self, key: &str, owner: &str, now_ms: i64) -> Result<Reserved, LiveError> {
        let mut memory = self.lock();
        let old = memory.keys.get(key).filter(|old| old.until_ms > now_ms);
        let reserved = match old.map(|old| &old.by) {
            Some(By::Event(event)) => return Ok(Reserved::Taken(*event)),
            Some(By::Pending { since_ms, owner: o })
                if o != owner && now_ms - since_ms < PENDING_MS =>
            {
                return Ok(Reserved::Pending);
            }
            Some(By::Pending { .. }) => Reserved::TakenOver,
            None => Reserved::New,
        };
        let by = By::Pending {
            since_ms: now_ms,
            owner: owner.to_owned(),
        };
        let until_ms = now_ms + KEEP_MS;
        memory.insert(key, Entry { until_ms, by }, now_ms);
        Ok(reserved)
    }

    async fn taken_by(&self, key: &str, now_ms: i64) -> Result<Option<EventId>, LiveError> {
        let memory = self.lock();
        let entry = memory.keys.get(key).filter(|entry| entry.until_ms > now_ms);
        Ok(entry.and_then(|entry| match entry.by {
            By::Event(event) => Some(event),
            By::Pending { .. } => None,
        }))
    }

    async fn confirm(
        &self,
        key: &str,
        event: EventId,
        keep_ms: i64,
        now_ms: i64,
    ) -> Result<bool, LiveError> {
        let until_ms = now_ms + keep_ms;
        let by = By::Event(event);
        self.lock().insert(key, Entry { until_ms, by }, now_ms);
        Ok(true)
    }

    async fn release(&self, key: &str, owner: &str, _now_ms: i64) -> Result<(), LiveError> {
        let mut memory = self.lock();
        let is_ours =
            |entry: &Entry| matches!(&entry.by, By::Pending { owner: o, .. } if o == owner);
        if memory.keys.get(key).is_some_and(is_ours) {
            memory.keys.remove(key);
        }
        Ok(())
    }

    async fn generations(&self, _create: bool) -> Result<String, LiveError> {
        Ok(self.lock().generation.to_string())
    }

    async fn forget(&self) -> Result<(), LiveError> {
        self.lock().generation += 1;
        Ok(())
    }

    async fn whole(&self) -> Result<Option<String>, LiveError> {
        Ok(self.lock().whole.clone())
    }

    async fn put_whole(&self, generations: &str) -> Result<(), LiveError> {
        self.lock().whole = Some(generations.to_owned());
        Ok(())
    }

    async fn own(&self, log: LogId) -> Result<Option<String>, LiveError> {
        Ok(self.lock().own.get(&log).cloned())
    }

    async fn put_own(&self, log: LogId, generations: &str) -> Result<(), LiveError> {
        self.lock().own.insert(log, generations.to_owned());
        Ok(())
    }

    async fn take_turn(&self) -> Result<bool, LiveError> {
        Ok(true)
    }

    fn is_crowded(&self) -> bool {
        self.lock().crowded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Seq;

    const NOW: i64 = 1_700_000_000_000;

    #[tokio::test]
    async fn where_there_is_no_room_for_all_the_oldest_tenth_goes_and_that_is_said() {
        let all = MemoryReservations::default();
        let event = EventId {
            log: LogId(1),
            seq: Seq(1),
        };
        let confirm = async |n: usize, keep_ms| {
            let key = n.to_string();
            all.confirm(&key, event, keep_ms, NOW).await.unwrap();
        };
        for n in 0..MAX_KEYS {
            // All the same age but for the first.
            confirm(n, if n == 0 { KEEP_MS - 1 } else { KEEP_MS }).await;
        }
        let before = all.generations(true).await.unwrap();
        assert!(!all.is_crowded());
        confirm(MAX_KEYS, KEEP_MS).await;
        assert!(all.is_crowded());
        assert_ne!(
            all.generations(true).await.unwrap(),
            before,
            "keys were lost"
        );
        assert_eq!(all.lock().keys.len(), MAX_KEYS - MAX_KEYS / 10 + 1);
        assert!(!all.lock().keys.contains_key("0"), "the oldest went");
        // Making room once is enough for a while.
        let after = all.generations(true).await.unwrap();
        confirm(MAX_KEYS + 1, KEEP_MS).await;
        assert_eq!(all.generations(true).await.unwrap(), after);
    }
}
