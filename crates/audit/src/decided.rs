//! What batch decided about conversions: whether the table of events says the same, and which values it corrected. And which
//! events it erased, under which number.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use handover::{
    attributions::{self, Decision},
    erasures::{self, ErasedEvents},
    expiry::{self, Expired},
    manifest::{AttributionsFile, Manifest},
};
use model::{EventId, LogId, Record, Seq};
use storage::{error::StorageError, store::Store};

use crate::events::Row;

/// Conversions looked at, at most: what more there are is not compared.
const MOST: usize = 1_000_000;

/// See the module. Of what an audit looks at.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    /// Values that batch counts, in the place of those that doors wrote.
    values: BTreeMap<EventId, Option<i64>>,
    /// Accounts and links that conversions belong to, and that no row of the table has shown yet.
    links: BTreeMap<EventId, (u64, u64)>,
    wrong: Vec<(EventId, String)>,
    /// Numbers that stand for visitors who are erased.
    erased: ErasedEvents,
    /// Accounts that are erased: their events are nobody's, and worth nothing.
    erased_accounts: BTreeSet<u64>,
    /// Until when accounts keep their events: what is expired is in the table no longer, or not for long.
    expired: Arc<Expired>,
}

impl Decided {
    /// What `manifest` says of events that `before` does not cover.
    pub(crate) async fn read(
        store: &Store,
        manifest: &Manifest,
        before: &Manifest,
    ) -> Result<Self, StorageError> {
        let mut decided = Self {
            erased: erasures::read(store, manifest.erased.as_ref(), |_| true).await?,
            erased_accounts: manifest.erased_accounts.clone(),
            expired: Arc::new(expiry::read(store, manifest.expired.as_ref()).await?),
            ..Self::default()
        };
        let known = |file: &&AttributionsFile| !before.attributions.contains(file);
        for file in manifest.attributions.iter().filter(known) {
            let read = attributions::read(store, [&file.file].into_iter(), |_| true).await?;
            for decision in read.values() {
                decided.add(file, decision);
            }
        }
        Ok(decided)
    }

    fn add(&mut self, file: &AttributionsFile, decision: &Decision) {
        let event = decision.event;
        if !file.may_hold(event) {
            let why = "the manifest does not say that batch decided about it".to_owned();
            self.wrong.push((event, why));
        }
        let value = decision
            .correction
            .map(|correction| correction.value_micros);
        self.values.extend(value.map(|value| (event, value)));
        let link = decision.origin.as_ref().and_then(|origin| origin.link);
        if let Some(link) = link.filter(|_| self.links.len() < MOST) {
            self.links.insert(event, (decision.account, link));
        }
    }

    /// Whether an event is not looked for in the table, since it is expired.
    pub(crate) fn is_expired(&self, record: &Record) -> bool {
        self.expired.is_expired(&record.event)
    }

    /// The same of a row.
    pub(crate) fn is_row_expired(&self, row: &Row) -> bool {
        let Row {
            account,
            time_ms,
            received_ms,
            ..
        } = row;
        self.expired.is_over(account.raw, *time_ms, *received_ms)
    }

    /// Whether anything is expired.
    pub(crate) fn has_expired(&self) -> bool {
        !self.expired.before.is_empty()
    }

    /// What is expired.
    pub(crate) fn expired(&self) -> Arc<Expired> {
        Arc::clone(&self.expired)
    }

    /// Takes note that an event is expired: no row will show what was decided about it.
    pub(crate) fn forget(&mut self, event: EventId) {
        self.links.remove(&event);
    }

    /// The value that counts of an event as it was accepted.
    pub(crate) fn value(&self, log: LogId, record: &Record) -> Option<i64> {
        if self.erased_accounts.contains(&record.event.account) {
            return None;
        }
        let corrected = match self.values.is_empty() {
            true => None,
            false => self.values.get(&record.id(log)),
        };
        corrected.map_or(record.event.value_micros, |value| *value)
    }

    /// The number that its visitor has now, of an event as it was accepted.
    pub(crate) fn visitor(&self, log: LogId, record: &Record) -> u64 {
        let erased = match record.event.visitor {
            _ if self.erased_accounts.contains(&record.event.account) => return 0,
            0 => None,
            _ => self.erased.get(&record.id(log)),
        };
        erased.map_or(record.event.visitor, |erased| erased.visitor)
    }

    /// Compares a row of the table.
    pub(crate) fn see(&mut self, row: &Row) {
        if self.links.is_empty() {
            return;
        }
        let Some((account, link)) = self.links.remove(&row.id()) else {
            return;
        };
        if (row.account.raw, row.link) != (account, Some(link)) {
            let why = "batch gave it to a click, and the table says another".to_owned();
            self.wrong.push((row.id(), why));
        }
    }

    /// What is wrong, after all rows that are covered.
    pub(crate) fn wrong(self, manifest: &Manifest) -> Vec<(EventId, String)> {
        let covered = |event: &EventId| {
            let last = manifest.horizon.of(event.log).seq;
            (Seq::FIRST..=last).contains(&event.seq)
        };
        let unseen = self.links.into_keys().filter(covered);
        let unseen = unseen.map(|event| {
            let why = "batch gave it to a click, and the table does not have it".to_owned();
            (event, why)
        });
        self.wrong.into_iter().chain(unseen).collect()
    }
}
