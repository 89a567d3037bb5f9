//! Events that are not counted because another with the same sender's key is: whether each is left
//! out rightly, and whether one is counted that should have been.

use std::collections::{BTreeMap, BTreeSet};

use handover::{
    duplicates::Duplicates,
    manifest::{Manifest, SenderKeysFile},
    sender_keys::{self, Keyed},
};
use model::{EventId, Seq};
use storage::{
    object_keys::ObjectKey,
    reservations::KEEP_MS,
    store::{Store, StoreError},
};

use crate::batch::{self, Placed, Unreadable};

/// Unchecked events looked at, at most: what more there are is not compared.
const MOST: usize = 1_000_000;
/// Columns of a file of keys.
const COLUMNS: [&str; 14] = [
    "account",
    "key",
    "log",
    "seq",
    "time",
    "received",
    "unchecked",
    "status",
    "amount",
    "adjusts",
    "repeats",
    "own_key",
    "taken_back",
    "value",
];

/// What is wrong, and with which event if it is one. Keys are known for 30 days: of older
/// decisions only the form is looked at.
pub(crate) async fn wrong(
    store: &Store,
    manifest: &Manifest,
    duplicates: &Duplicates,
) -> Result<Vec<(Option<EventId>, String)>, StoreError> {
    let mut found = formal(manifest, duplicates);
    if duplicates.is_empty() && manifest.sender_keys.iter().all(|k| k.unchecked == 0) {
        return Ok(found);
    }
    let mut sure = Keys::new(duplicates);
    for pass in [Keys::first, Keys::second] {
        for file in &manifest.sender_keys {
            match each(store, file, |row| pass(&mut sure, row)).await {
                Ok(()) => {}
                Err(Unreadable::Bad(why)) => found.push((None, why)),
                Err(Unreadable::Store(error)) => return Err(error),
            }
        }
    }
    found.extend(sure.verdict(duplicates));
    Ok(found)
}

fn formal(manifest: &Manifest, duplicates: &Duplicates) -> Vec<(Option<EventId>, String)> {
    let mut found = Vec::new();
    let rows = manifest.duplicates.as_ref().map_or(0, |file| file.rows);
    if rows != duplicates.len() as u64 {
        let why = format!(
            "the manifest says that {rows} events are left out, its file names {}",
            duplicates.len()
        );
        found.push((None, why));
    }
    for (event, duplicate) in duplicates {
        let is_covered =
            |id: &EventId| (Seq::FIRST..=manifest.horizon.of(id.log).seq).contains(&id.seq);
        if !(is_covered(event) && is_covered(&duplicate.of)) {
            found.push((
                Some(*event),
                "it is left out, and not covered, or what it repeats is not".into(),
            ));
        }
        if duplicates.contains_key(&duplicate.of) {
            let why = format!("it is left out for {}, which is left out too", duplicate.of);
            found.push((Some(*event), why));
        }
    }
    found
}

/// What the files of keys say of events that were, or could be, left out.
struct Keys<'a> {
    duplicates: &'a Duplicates,
    wanted: BTreeSet<EventId>,
    /// Their keys.
    of: BTreeMap<EventId, Vec<Keyed>>,
    /// Keys of events that could not be checked and are counted.
    unsure: BTreeMap<String, Vec<Keyed>>,
    twice: Vec<(EventId, EventId)>,
}

impl<'a> Keys<'a> {
    fn new(duplicates: &'a Duplicates) -> Self {
        let all = duplicates.values().flat_map(|d| [d.event, d.of]);
        Self {
            duplicates,
            wanted: all.collect(),
            of: BTreeMap::new(),
            unsure: BTreeMap::new(),
            twice: Vec::new(),
        }
    }

    fn first(&mut self, row: Keyed) {
        if row.unchecked && !self.duplicates.contains_key(&row.event) && self.unsure.len() < MOST {
            self.unsure
                .entry(row.subject())
                .or_default()
                .push(row.clone());
        }
        if self.wanted.contains(&row.event) {
            self.of.entry(row.event).or_default().push(row);
        }
    }

    fn second(&mut self, row: Keyed) {
        if self.duplicates.contains_key(&row.event) {
            return;
        }
        let same = self.unsure.get(&row.subject()).into_iter().flatten();
        let mut near = same.filter(|other| {
            let is_near = (other.received_ms - row.received_ms).abs() <= KEEP_MS;
            // Of two that could not be checked each meets the other: they are named once.
            let is_told = other.event < row.event && row.unchecked;
            is_near && other.event != row.event && !is_told && other.says_same(&row)
        });
        if let Some(other) = near.next() {
            self.twice.push((row.event, other.event));
        }
    }

    fn verdict(self, duplicates: &Duplicates) -> Vec<(Option<EventId>, String)> {
        let mut found: Vec<(Option<EventId>, String)> = Vec::new();
        for duplicate in duplicates.values() {
            let both = (self.of.get(&duplicate.event), self.of.get(&duplicate.of));
            let (Some(event), Some(of)) = both else {
                continue;
            };
            let is_same = |(event, of): (&Keyed, &Keyed)| {
                let is_unsure = event.unchecked || of.unchecked;
                event.subject() == of.subject() && is_unsure && event.says_same(of)
            };
            let mut pairs = event.iter().flat_map(|e| of.iter().map(move |o| (e, o)));
            if !pairs.any(is_same) {
                let why = format!(
                    "it is left out for {}, and has another key or was checked",
                    duplicate.of
                );
                found.push((Some(duplicate.event), why));
            }
        }
        for (one, other) in self.twice {
            let why = format!("it and {other} have the same sender's key and both are counted");
            found.push((Some(one), why));
        }
        found
    }
}

async fn each(
    store: &Store,
    file: &SenderKeysFile,
    mut see: impl FnMut(Keyed),
) -> Result<(), Unreadable> {
    let name = file.file.name.clone();
    let placed = Placed {
        path: ObjectKey::Keys { name }.path(),
        file: file.file.clone(),
        seen: None,
    };
    let mut stream = batch::open(store, &placed, &COLUMNS).await?;
    while let Some(rows) = batch::next(&mut stream, &placed.path).await? {
        let rows = sender_keys::decode(&rows, placed.path.as_ref());
        let rows = rows.map_err(|e| Unreadable::Bad(e.to_string()))?;
        rows.into_iter().for_each(&mut see);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
