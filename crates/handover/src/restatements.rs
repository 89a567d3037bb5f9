//! What changed of days that were settled: events that came long after they happened, and full recounts. Each object names
//! the one before it; the manifest names the newest.

use std::collections::{BTreeMap, btree_map::Entry};

use model::{Counts, Cube, Event, Facts, Measure, time};
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};
use storage::{
    object_keys::ObjectKey,
    store::{Store, StoreError},
};

/// An event is late that is settled so long after it happened, milliseconds: before that, its day is not yet said to be
/// settled.
pub const GRACE_MS: i64 = 2 * 3_600_000;
/// Rows of one object; what is beyond is left out, and that is said.
const MOST_ROWS: usize = 50_000;

/// Why numbers of settled days changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Events came late.
    Late,
    /// All was counted anew.
    Recount,
}

/// What changed at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restatements {
    /// When, unix milliseconds.
    pub at_ms: i64,
    /// What was settled before, unix milliseconds: days that had not ended by then are restated by nothing.
    pub settled_ms: i64,
    /// Why.
    pub cause: Cause,
    /// By account and quarter of an hour.
    pub late: Late,
    /// The name of the object before it.
    pub previous: Option<String>,
}

/// What late events add.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredLate", into = "StoredLate")]
pub struct Late {
    /// By account and minute.
    rows: BTreeMap<(u64, i64), Restated>,
    /// Whether there was more than is kept.
    pub is_cut: bool,
}

/// The same as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredLate {
    rows: Vec<Restated>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_cut: bool,
}

impl From<StoredLate> for Late {
    fn from(StoredLate { rows, is_cut }: StoredLate) -> Self {
        let rows = rows.into_iter().map(|row| (row.key(), row));
        Self {
            rows: rows.collect(),
            is_cut,
        }
    }
}

impl From<Late> for StoredLate {
    fn from(Late { rows, is_cut }: Late) -> Self {
        let rows = rows.into_values().collect();
        Self { rows, is_cut }
    }
}

/// What late events add to a quarter of an hour of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restated {
    /// The account's number.
    pub account: u64,
    /// Where the quarter begins, unix minutes.
    pub minute: i64,
    /// Events, in the order of [`model::Measure::COUNTERS`].
    pub events: Vec<i64>,
    /// Values of conversions, by currency, in millionths.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, i64>,
}

impl Restated {
    fn key(&self) -> (u64, i64) {
        (self.account, self.minute)
    }
}

impl Late {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && !self.is_cut
    }

    /// Notes an event that happened at least [`GRACE_MS`] before `settled_ms`.
    pub fn note(&mut self, event: &Event, facts: &Facts, settled_ms: i64, total: &Cube) {
        if event.occurred_ms.saturating_add(GRACE_MS) > settled_ms {
            return;
        }
        let minute = time::floor(time::minute_of(event.occurred_ms), 15);
        let row = Restated {
            account: event.account,
            minute,
            events: Counts::of(total, event, facts).events.to_vec(),
            values: event
                .value_micros
                .map(|micros| (event.currency.clone(), micros))
                .into_iter()
                .collect(),
        };
        self.add_row(row);
    }

    /// Adds what others noted.
    pub fn add(&mut self, other: Late) {
        self.is_cut |= other.is_cut;
        let rows = other.rows.into_values();
        rows.for_each(|row| self.add_row(row));
    }

    fn add_row(&mut self, row: Restated) {
        let is_full = self.rows.len() >= MOST_ROWS;
        match self.rows.entry(row.key()) {
            Entry::Occupied(mut old) => {
                let old = old.get_mut();
                for (mine, more) in old.events.iter_mut().zip(row.events) {
                    *mine = mine.saturating_add(more);
                }
                for (currency, micros) in row.values {
                    let sum = old.values.entry(currency).or_default();
                    *sum = sum.saturating_add(micros);
                }
            }
            Entry::Vacant(_) if is_full => self.is_cut = true,
            Entry::Vacant(new) => drop(new.insert(row)),
        }
    }

    /// The rows of an account, in order of time.
    pub fn of(&self, account: u64) -> impl Iterator<Item = &Restated> {
        let rows = self.rows.range((account, i64::MIN)..=(account, i64::MAX));
        rows.map(|(_, row)| row)
    }
}

/// What changed of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// By metric, how many more events.
    pub events: BTreeMap<&'static str, i64>,
    /// By currency, in millionths, how much more value.
    pub values: BTreeMap<String, i64>,
}

impl Changed {
    fn add(&mut self, row: &Restated) {
        for (measure, more) in Measure::COUNTERS.into_iter().zip(&row.events) {
            if *more != 0 && measure != Measure::Changes {
                let sum = self.events.entry(measure.column()).or_default();
                *sum = sum.saturating_add(*more);
            }
        }
        for (currency, micros) in &row.values {
            let sum = self.values.entry(currency.clone()).or_default();
            *sum = sum.saturating_add(*micros);
        }
    }
}

impl Restatements {
    /// What changed of an account's days that were settled. `day_of` tells the day of a unix minute, and when that ends.
    pub fn by_day<D: Ord>(
        &self,
        account: u64,
        day_of: impl Fn(i64) -> Option<(D, i64)>,
    ) -> BTreeMap<D, Changed> {
        let mut days: BTreeMap<D, Changed> = BTreeMap::new();
        for row in self.late.of(account) {
            let Some((day, end)) = day_of(row.minute) else {
                continue;
            };
            if end.saturating_mul(60_000).saturating_add(GRACE_MS) <= self.settled_ms {
                days.entry(day).or_default().add(row);
            }
        }
        days
    }

    /// Whether its days are all that changed.
    pub fn is_whole(&self) -> bool {
        !self.late.is_cut && self.cause != Cause::Recount
    }
}

impl Cause {
    /// As clients see it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Late => "late_events",
            Self::Recount => "recount",
        }
    }
}

/// Stores one under a name that no other has.
///
/// # Errors
///
/// The store's.
pub async fn write(store: &Store, name: &str, told: &Restatements) -> Result<(), StoreError> {
    let path = ObjectKey::Restatements { name: name.into() }.path();
    let text = crate::raw::json(&path, told)?;
    let stored = store.put(&path, text.into()).await;
    stored.map_err(|error| StoreError::request("write", &path, error))?;
    Ok(())
}

/// Reads one; `None` if it is gone.
///
/// # Errors
///
/// The store's, and that it cannot be read.
pub async fn read(store: &Store, name: &str) -> Result<Option<Restatements>, StoreError> {
    let key = ObjectKey::Restatements { name: name.into() };
    crate::raw::read_own(store, key, |_: &Restatements| true).await
}

#[cfg(test)]
mod tests {
    use model::{Dimension, Grain};

    use super::*;

    fn click(account: u64, minute: i64) -> Event {
        Event {
            account,
            occurred_ms: minute * 60_000,
            ..Event::default()
        }
    }

    #[test]
    fn late_events_add_up_by_account_and_quarter() {
        let total = Cube::find(Dimension::Total, Grain::Quarter).unwrap();
        let (mut late, facts) = (Late::default(), Facts::default());
        let settled_ms = GRACE_MS + 100 * 60_000;
        for (account, minute) in [(2, 16), (1, 1), (2, 29), (2, 100), (2, 101)] {
            late.note(&click(account, minute), &facts, settled_ms, total);
        }
        let mut others = Late::default();
        others.note(&click(2, 17), &facts, settled_ms, total);
        late.add(others);
        let told: Vec<(i64, i64)> = late.of(2).map(|row| (row.minute, row.events[0])).collect();
        assert_eq!(told, [(15, 3), (90, 1)], "what is not late is not told");
        assert_eq!((late.of(1).count(), late.of(3).count()), (1, 0));
    }

    #[tokio::test]
    async fn one_round_trips() {
        let store = storage::store::open("memory://").unwrap();
        let told = Restatements {
            at_ms: 5,
            settled_ms: 4,
            cause: Cause::Recount,
            late: Late::default(),
            previous: Some("before".into()),
        };
        write(&store, "name", &told).await.unwrap();
        assert_eq!(read(&store, "name").await.unwrap(), Some(told));
        assert_eq!(read(&store, "other").await.unwrap(), None);
    }
}
