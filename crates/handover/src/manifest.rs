//! The manifest: one published state of the batch views. It is published as an entry of the
//! ledger `manifests`; its number is the entry's.

use std::collections::{BTreeMap, BTreeSet};

use model::{Cube, Horizon, LogId, cube::FIRST_VIEWS};
use serde::{Deserialize, Serialize};

/// Name of the ledger of manifests.
pub const LEDGER: &str = "manifests";

/// One file of a view or of the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name; the folder follows from what it belongs to.
    pub name: String,
    /// Rows in it.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
}

/// One published state. Days are numbers since 1970-01-01, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Manifest {
    /// What it covers.
    pub horizon: Horizon,
    /// Events it covers, in number.
    pub events_count: u64,
    /// Latest time at which a covered event was received, unix milliseconds; 0 without events.
    pub settled_ms: i64,
    /// Version of the enrichment rules of the newest events.
    pub rules: String,
    /// Files of enriched events by day.
    pub events: BTreeMap<i64, Vec<File>>,
    /// The file of each view by day.
    pub views: BTreeMap<String, BTreeMap<i64, File>>,
    /// The views that count every covered event: see [`Manifest::is_whole`].
    #[serde(default)]
    pub whole: WholeViews,
    /// Senders' keys of the events of the last 30 days.
    #[serde(default, rename = "keys")]
    pub sender_keys: Vec<SenderKeysFile>,
    /// Logs whose next epoch may hold an event that a covered one repeats, or that repeats a covered
    /// one: a sender's key could not be checked.
    #[serde(default)]
    pub unsure: BTreeSet<LogId>,
    /// Events that are covered and not counted: another with the same sender's key is.
    #[serde(default)]
    pub duplicates: Option<File>,
}

impl Manifest {
    /// Whether the view of a cube counts every event that is covered. One that was defined after
    /// events had been taken lacks those, also where it has a file for their day.
    pub fn is_whole(&self, cube: &Cube) -> bool {
        self.events_count == 0 || self.whole.0.contains(cube.name)
    }
}

/// Names of views. A manifest that does not say which are whole is from before any was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WholeViews(pub BTreeSet<String>);

impl Default for WholeViews {
    fn default() -> Self {
        Self(FIRST_VIEWS.map(str::to_owned).into())
    }
}

/// A file of [`crate::sender_keys`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderKeysFile {
    /// The file.
    pub file: File,
    /// Latest time at which one of its events was received, unix milliseconds.
    pub last_ms: i64,
    /// How many of its keys could not be checked.
    pub unchecked: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Dimension, Grain};

    fn cube(name: &'static str) -> Cube {
        Cube {
            id: 1000,
            name,
            dimension: Dimension::Total,
            grain: Grain::Quarter,
        }
    }

    #[test]
    fn a_manifest_from_before_is_whole_for_the_cubes_of_then() {
        let mut text = serde_json::to_value(Manifest::default()).unwrap();
        text.as_object_mut().unwrap().remove("whole");
        text["events_count"] = 7.into();
        let old: Manifest = serde_json::from_value(text).unwrap();
        let whole = |name| old.is_whole(&cube(name));
        assert!(FIRST_VIEWS.into_iter().all(whole));
        assert!(!whole("defined_later"));
    }

    #[test]
    fn without_events_every_cube_is_whole() {
        assert!(Manifest::default().is_whole(&cube("defined_later")));
        let whole = WholeViews(BTreeSet::from(["defined_later".to_owned()]));
        let manifest = Manifest {
            events_count: 1,
            whole,
            ..Manifest::default()
        };
        let read: Manifest =
            serde_json::from_value(serde_json::to_value(&manifest).unwrap()).unwrap();
        assert_eq!(read, manifest);
        assert!(read.is_whole(&cube("defined_later")));
        assert!(!read.is_whole(&cube("total")));
    }
}
