//! For how long an account knows its visitors again whom nobody names, and since when.

use model::{Memory, VisitorPeriod};
use serde::{Deserialize, Serialize};

use crate::CatalogError;

/// So often an account may change its mind: what was before stays known, since old events keep their numbers.
const MOST_CHANGES: usize = 32;

/// Since when visitors are known for how long. A change holds from a date on that has not begun, so that every
/// event of a date, whenever it comes, is of the same memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VisitorMemory(Vec<Since>);

/// A change of the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// From this date of the account's time zone on: days since 1970-01-01.
    pub day: i64,
    /// So long.
    pub memory: Memory,
}

impl VisitorMemory {
    /// Of events on a date.
    pub fn on(&self, day: i64) -> Memory {
        let since = self.0.iter().rfind(|since| since.day <= day);
        since.map_or_else(Memory::default, |since| since.memory)
    }

    /// The stretch of the account's calendar in which a visitor of a date has one number.
    pub fn period_of(&self, day: i64) -> VisitorPeriod {
        VisitorPeriod::of(self.on(day), day)
    }

    /// That which was set last, and from when on, if it was ever set.
    pub fn latest(&self) -> (Memory, Option<i64>) {
        let last = self.0.last();
        let memory = last.map_or_else(Memory::default, |since| since.memory);
        (memory, last.map(|since| since.day))
    }

    /// All changes, in order.
    pub fn changes(&self) -> &[Since] {
        &self.0
    }

    /// Sets it from a date on that has not begun.
    pub fn set(&mut self, memory: Memory, from: i64) {
        if self.latest().0 == memory {
            return;
        }
        // What was to hold from then on never did.
        self.0.retain(|since| since.day < from);
        if self.latest().0 != memory {
            self.0.push(Since { day: from, memory });
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
    fn a_change_holds_from_its_date_on() {
        let mut memory = VisitorMemory::default();
        memory.set(Memory::Day, 5);
        assert_eq!(memory, VisitorMemory::default(), "as it was");
        memory.set(Memory::Month, 10);
        memory.set(Memory::Month, 11);
        let on = |memory: &VisitorMemory| [9, 10, 99].map(|day| memory.on(day));
        assert_eq!(on(&memory), [Memory::Day, Memory::Month, Memory::Month]);
        assert_eq!(memory.latest(), (Memory::Month, Some(10)));
        assert_eq!(memory.period_of(9), VisitorPeriod::Day(9));
        assert_eq!(memory.period_of(10), VisitorPeriod::Month(0));
        memory.set(Memory::Day, 50);
        assert_eq!(on(&memory), [Memory::Day, Memory::Month, Memory::Day]);
        // Taken back before it began.
        memory.set(Memory::Month, 50);
        assert_eq!(memory.changes().len(), 1);
    }

    #[test]
    fn nobody_changes_for_ever() {
        let mut memory = VisitorMemory::default();
        let both = [Memory::Month, Memory::Day].into_iter().cycle();
        for (day, to) in (0..).zip(both).take(MOST_CHANGES) {
            memory.set(to, day);
        }
        assert!(memory.check().is_ok());
        memory.set(Memory::Month, 1_000);
        assert!(memory.check().is_err());
    }
}
