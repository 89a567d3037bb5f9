//! For how long an account knows its visitors again whom nobody names, and since when.

use model::Memory;
use serde::{Deserialize, Serialize};

use crate::CatalogError;

/// So often an account may change its mind, to a day in the end: what was before stays known, since old events keep
/// their numbers.
const MOST_CHANGES: usize = 32;

/// Since when visitors are known for how long. A change holds from a moment on that has not come, so that every
/// event, whenever and by whomever it is taken, is of the memory of the time at which it happened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VisitorMemory(Vec<Since>);

/// A change of the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// From this unix minute on: a midnight of the account's.
    pub minute: i64,
    /// So long.
    pub memory: Memory,
}

impl VisitorMemory {
    /// Of an account that has had no other.
    pub fn always(memory: Memory) -> Self {
        let since = Since {
            minute: i64::MIN,
            memory,
        };
        Self(Vec::from_iter(
            Some(since).filter(|_| memory != Memory::default()),
        ))
    }

    /// Of events of a unix minute.
    pub fn at(&self, minute: i64) -> Memory {
        let since = self.0.iter().rfind(|since| since.minute <= minute);
        since.map_or_else(Memory::default, |since| since.memory)
    }

    /// That which was set last, and from which unix minute on, if it was ever changed.
    pub fn latest(&self) -> (Memory, Option<i64>) {
        let last = self.0.last();
        let memory = last.map_or_else(Memory::default, |since| since.memory);
        let changed = last.map(|since| since.minute);
        (memory, changed.filter(|minute| *minute != i64::MIN))
    }

    /// The changes between two unix minutes, in order.
    pub fn changes_within(&self, start: i64, end: i64) -> impl Iterator<Item = &Since> {
        let is_within = move |since: &&Since| start < since.minute && since.minute < end;
        self.0.iter().filter(is_within)
    }

    /// Sets it from the unix minute `from` on, which is after `now`.
    pub fn set(&mut self, memory: Memory, now: i64, from: i64) {
        if self.latest().0 == memory {
            return;
        }
        // What has not begun never did.
        self.0.retain(|since| since.minute <= now);
        if self.latest().0 != memory {
            let minute = from;
            self.0.push(Since { minute, memory });
        }
    }

    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        if self.0.len() > MOST_CHANGES {
            let why = format!("was changed {MOST_CHANGES} times already");
            return Err(CatalogError::invalid("visitor_memory", why));
        }
        Ok(())
    }

    /// Whether it is what it is for everybody.
    pub(crate) fn is_default(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_holds_from_its_moment_on() {
        let mut memory = VisitorMemory::default();
        memory.set(Memory::Day, 1, 5);
        assert_eq!(memory, VisitorMemory::default(), "as it was");
        memory.set(Memory::Month, 8, 10);
        memory.set(Memory::Month, 9, 11);
        let on = |memory: &VisitorMemory| [9, 10, 99].map(|minute| memory.at(minute));
        assert_eq!(on(&memory), [Memory::Day, Memory::Month, Memory::Month]);
        assert_eq!(memory.latest(), (Memory::Month, Some(10)));
        memory.set(Memory::Day, 40, 50);
        assert_eq!(on(&memory), [Memory::Day, Memory::Month, Memory::Day]);
        let within = |start, end| memory.changes_within(start, end).count();
        assert_eq!([within(9, 51), within(10, 50), within(10, 51)], [2, 0, 1]);
        // Taken back before it began.
        let mut back = memory.clone();
        back.set(Memory::Month, 49, 60);
        assert_eq!(back.latest(), (Memory::Month, Some(10)));
        // What has begun stays, even if the account's clock was put back since.
        memory.set(Memory::Month, 50, 51);
        assert_eq!(memory.at(50), Memory::Day);
        assert_eq!(memory.at(51), Memory::Month);
    }

    #[test]
    fn what_was_never_changed_holds_always() {
        let month = VisitorMemory::always(Memory::Month);
        assert_eq!(month.at(i64::MIN), Memory::Month);
        assert_eq!(month.latest(), (Memory::Month, None));
        assert!(VisitorMemory::always(Memory::Day).is_default());
    }

    #[test]
    fn nobody_changes_for_ever() {
        let mut memory = VisitorMemory::default();
        let both = [Memory::Month, Memory::Day].into_iter().cycle();
        for (n, to) in (0..).zip(both).take(MOST_CHANGES) {
            memory.set(to, n, n + 1);
        }
        assert!(memory.check().is_ok());
        assert_eq!(memory.latest().0, Memory::Day);
        memory.set(Memory::Month, 1_000, 1_001);
        assert!(memory.check().is_err());
    }
}
