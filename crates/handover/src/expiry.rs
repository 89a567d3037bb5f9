//! Until when accounts keep their events (ADR 38). Events that are expired are taken out of the table of events, and of it alone:
//! what was counted of them stays counted. Manifests name the list, `expired/{name}.json`, that the table is made by.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::{Event, time};
use serde::{Deserialize, Serialize};
use storage::{
    error::StorageError,
    object_keys::ObjectKey,
    store::{self, Store},
};

use crate::manifest::File;

/// How long an account keeps its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// So many days.
    pub days: u32,
    /// It has none from before this day, UTC, since 1970-01-01: it was not there.
    pub since: i64,
}

/// Accounts that do not keep their events for ever, by raw number.
pub type Keeps = BTreeMap<u64, Kept>;

/// What the table of events is without.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Expired {
    /// By raw number of the account: the first day that is kept, UTC, since 1970-01-01.
    pub before: BTreeMap<u64, i64>,
}

impl Expired {
    /// The first day of which an account has all events; `None` if none of them is expired.
    pub fn first_day(&self, account: u64) -> Option<i64> {
        self.before.get(&account).copied()
    }

    /// Whether an event is expired.
    pub fn is_expired(&self, event: &Event) -> bool {
        self.is_over(event.account, event.occurred_ms, event.received_ms)
    }

    /// Whether an event of then, unix milliseconds, is expired: it happened, and was received, before the first day that its
    /// account keeps. So of the days that are kept nothing is missing, whatever a sender said of the time.
    pub fn is_over(&self, account: u64, occurred_ms: i64, received_ms: i64) -> bool {
        let first = self.first_day(account);
        first.is_some_and(|first| day(received_ms.max(occurred_ms)) < first)
    }

    /// What is expired today: of accounts that do not keep their events for ever, and of those that did not before. What is gone
    /// does not come back. Who has no events that are so old is on no list.
    #[must_use]
    pub fn grown(&self, keeps: &Keeps, now_ms: i64) -> Self {
        let today = day(now_ms);
        let mut before = self.before.clone();
        for (account, Kept { days, since }) in keeps {
            let first = today.saturating_sub(i64::from(*days));
            let has = before.get(account).copied().unwrap_or(*since);
            if first > has {
                before.insert(*account, first);
            }
        }
        Self { before }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// None that happens: its numbers can be written as JSON.
    pub fn encode(&self) -> Result<Bytes, serde_json::Error> {
        Ok(serde_json::to_vec(self)?.into())
    }
}

fn day(ms: i64) -> i64 {
    time::day_of(time::minute_of(ms))
}

/// The list of a file; an empty one without a file.
///
/// # Errors
///
/// The store's, or the file is damaged.
pub async fn read(store: &Store, file: Option<&File>) -> Result<Expired, StorageError> {
    let Some(File { name, .. }) = file.cloned() else {
        return Ok(Expired::default());
    };
    let path = ObjectKey::Expired { name }.path();
    let damaged = |why: &dyn std::fmt::Display| {
        StorageError::damaged(format!("{path} cannot be read: {why}"))
    };
    let bytes = store::read(store, &path).await?;
    let bytes = bytes.ok_or_else(|| damaged(&"it is gone"))?;
    serde_json::from_slice(&bytes).map_err(|error| damaged(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * 60 * 60_000;

    fn keeps(account: u64, days: u32) -> Keeps {
        Keeps::from([(account, Kept { days, since: 10 })])
    }

    fn event(account: u64, received_day: i64, happened_day: i64) -> Event {
        Event {
            account,
            received_ms: received_day * DAY_MS + 1,
            occurred_ms: happened_day * DAY_MS + 1,
            ..Event::default()
        }
    }

    #[test]
    fn an_event_goes_when_both_its_days_are_over() {
        let expired = Expired::default().grown(&keeps(7, 30), 100 * DAY_MS);
        assert_eq!(expired.first_day(7), Some(70));
        assert!(expired.is_expired(&event(7, 69, 60)));
        assert!(!expired.is_expired(&event(7, 70, 60)), "received later");
        assert!(!expired.is_expired(&event(7, 69, 70)), "a clock ahead");
        assert!(!expired.is_expired(&event(8, 1, 1)), "somebody else's");
    }

    #[test]
    fn what_is_gone_does_not_come_back() {
        let month = Expired::default().grown(&keeps(7, 30), 100 * DAY_MS);
        let year = month.grown(&keeps(7, 365), 101 * DAY_MS);
        assert_eq!(year, month);
        assert_eq!(year.grown(&Keeps::new(), 200 * DAY_MS), month);
        let week = month.grown(&keeps(7, 7), 100 * DAY_MS);
        let week = week.grown(&keeps(8, 1), 100 * DAY_MS);
        assert_eq!((week.first_day(7), week.first_day(8)), (Some(93), Some(99)));
    }

    #[test]
    fn who_was_not_there_is_on_no_list() {
        let none = Expired::default();
        assert_eq!(
            none.grown(&keeps(7, 30), 40 * DAY_MS),
            none,
            "it is from day 10"
        );
        assert_eq!(
            none.grown(&keeps(7, 30), 41 * DAY_MS).first_day(7),
            Some(11)
        );
    }
}
