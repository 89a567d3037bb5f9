//! The manifest: one published state of the batch views. It is published as an entry of the
//! ledger `manifests`; its number is the entry's.

use std::collections::{BTreeMap, BTreeSet};

use model::{Horizon, LogId};
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
