//! The manifest: one published state of the batch views. It is published as an entry of the
//! ledger `manifests`; its number is the entry's.

use std::collections::{BTreeMap, BTreeSet};

use model::{Cube, Epoch, EventId, Horizon, LogId, Seq, Span, cube::FIRST_VIEWS, time};
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use storage::object_keys::ObjectKey;

pub use crate::manifests::Since;
pub(crate) use crate::runs::RunFile;
use crate::runs::Table;

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
///
/// What the version before wrote is read, and goes on to be read until the rollup has turned it into
/// runs. That version does not find what it needs in ours, and refuses it: readers are upgraded
/// before whoever runs the rollup.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Manifest {
    /// How it is to be read.
    #[serde(default = "Format::first")]
    pub format: Format,
    /// What it covers.
    pub horizon: Horizon,
    /// Events it covers, in number.
    pub events_count: u64,
    /// Latest time at which a covered event was received, unix milliseconds; 0 without events.
    pub settled_ms: i64,
    /// Version of the enrichment rules of the newest events.
    pub rules: String,
    /// Files of enriched events.
    #[serde(default)]
    pub event_files: Vec<EventsFile>,
    /// Files of sums.
    #[serde(default)]
    pub sums: Vec<RunFile>,
    /// Files of visits.
    #[serde(default)]
    pub visits: Vec<RunFile>,
    /// The number of the next run.
    #[serde(default)]
    pub next_run: u64,
    /// Files of enriched events by day, of the version before.
    #[serde(default, alias = "events")]
    pub day_events: BTreeMap<i64, Vec<File>>,
    /// The file of each view by day, of the version before. What a day's file counts, no run does.
    #[serde(default, alias = "views")]
    pub day_views: BTreeMap<String, BTreeMap<i64, File>>,
    /// Before this unix minute, visits are known by the hour: the version before knew no better.
    #[serde(default)]
    pub hourly_before: i64,
    /// The views that count every covered event: see [`Manifest::is_whole`].
    #[serde(default)]
    pub whole: WholeViews,
    /// Cubes whose history is being counted.
    #[serde(default)]
    pub fillings: Vec<Filling>,
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
    /// What doors decide by, for events that were taken before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door_rules: Option<DoorRulesFile>,
    /// What was decided about conversions that are covered.
    #[serde(default)]
    pub attributions: Vec<AttributionsFile>,
    /// Clicks that are covered, of visitors whom senders name, for as long as a conversion may belong to one.
    #[serde(default)]
    pub touches: Vec<TouchesFile>,
    /// Events that are erased: see [`crate::erasures`]. All files that the manifest names are without what they lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<File>,
    /// Accounts that are erased, by raw number: all events of theirs are nobody's, see [`crate::erasures::nobody`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub erased_accounts: BTreeSet<u64>,
    /// Until when accounts keep their events: see [`crate::expiry`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<File>,
    /// Events that are covered, and that no file has any longer.
    #[serde(default, skip_serializing_if = "is_none")]
    pub expired_count: u64,
    /// Of these, events that nothing counts any longer: their account was erased when they had expired.
    #[serde(default, skip_serializing_if = "is_none")]
    pub uncounted: u64,
    /// The newest object of [`crate::restatements`]: it names the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restated: Option<String>,
    /// Objects that earlier manifests name and this one does not, until they are deleted.
    #[serde(default)]
    pub dropped: Vec<Dropped>,
    /// When files that nothing names were last looked for, unix milliseconds.
    #[serde(default)]
    pub swept_ms: i64,
    /// Epochs of which not everything could be read, and somebody has admitted it.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
    /// Entries of the ledger of recounts up to this one are published or given up: a full run begins anew after it.
    #[serde(default)]
    pub recounts: u64,
    /// The last full recount, if its numbers are these.
    #[serde(default)]
    pub recounted: Option<Recounted>,
    /// As it is stored, not as it is used: its lists are to be read beside those of another manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// The version of a manifest's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub struct Format(u32);

impl Format {
    /// Of this program.
    const OURS: u32 = 6;

    fn first() -> Self {
        Self(1)
    }
}

impl Default for Format {
    fn default() -> Self {
        Self(Self::OURS)
    }
}

impl From<Format> for u32 {
    fn from(format: Format) -> Self {
        format.0
    }
}

impl TryFrom<u32> for Format {
    type Error = String;

    fn try_from(format: u32) -> Result<Self, Self::Error> {
        match format <= Self::OURS {
            true => Ok(Self(format)),
            false => Err(format!(
                "it is of format {format}, and this program reads up to {}: upgrade it",
                Self::OURS
            )),
        }
    }
}

/// Cubes that lack events which were taken before they were defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filling {
    /// Their names.
    pub cubes: BTreeSet<String>,
    /// Up to where their history is counted.
    pub done: Horizon,
    /// Up to where it goes: what came later was counted when it was taken.
    pub upto: Horizon,
}

/// What doors decide by, as an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorRulesFile {
    /// The file.
    #[serde(flatten)]
    pub file: File,
    /// Tells its rules from others.
    pub hash: String,
}

/// A file of enriched events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsFile {
    /// The file.
    #[serde(flatten)]
    pub file: File,
    /// The day on which they were received.
    pub received: i64,
    /// When the first of them happened, unix milliseconds.
    pub first_ms: i64,
    /// When the last of them happened, unix milliseconds.
    pub last_ms: i64,
    /// Whether some of it may be expired, and be still there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_expired: bool,
    /// Whether it takes the place of a file that had more: what is missing is expired.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_rest: bool,
}

/// An object that nothing newer than a manifest needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Where it lies.
    pub path: String,
    /// When it was dropped, unix milliseconds.
    pub at_ms: i64,
    /// The manifest that does not name it any more.
    pub manifest: u64,
    /// How much longer than others it is kept, milliseconds.
    #[serde(default)]
    pub longer_ms: i64,
}

/// What is lost of an epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The log.
    pub log: LogId,
    /// The epoch.
    pub epoch: Epoch,
    /// Events that its seal says, or that are between its neighbours, and that could not be read.
    pub lost: u64,
}

/// A full recount, which replaced all numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recounted {
    /// The manifest before it.
    pub before: u64,
    /// When, unix milliseconds.
    pub at_ms: i64,
    /// Rows of each cube that were not as they had been, where there were any.
    pub changed: BTreeMap<String, u64>,
}

/// A file of enriched events and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedEvents {
    /// Where.
    pub path: Path,
    /// The file.
    pub file: File,
    /// The first and the last day of what is in it, UTC.
    pub days: (i64, i64),
}

impl Manifest {
    /// The files of runs of a kind.
    pub fn runs(&self, table: Table) -> &[RunFile] {
        match table {
            Table::Sums => &self.sums,
            Table::Visits => &self.visits,
        }
    }

    /// The same, to be changed.
    pub fn runs_mut(&mut self, table: Table) -> &mut Vec<RunFile> {
        match table {
            Table::Sums => &mut self.sums,
            Table::Visits => &mut self.visits,
        }
    }

    /// The number of a new run.
    pub fn new_run(&mut self) -> u64 {
        self.next_run += 1;
        self.next_run
    }

    /// Whether an epoch is settled without what could not be read of it.
    pub fn skipped(&self, log: LogId, epoch: Epoch) -> bool {
        let mut skipped = self.skipped.iter();
        skipped.any(|skipped| (skipped.log, skipped.epoch) == (log, epoch))
    }

    /// All files of enriched events.
    pub fn events(&self) -> impl Iterator<Item = PlacedEvents> {
        let days = self.day_events.iter();
        let old = days.flat_map(|(day, files)| files.iter().map(|file| (*day, file)));
        let old = old.map(|(day, file)| {
            let name = file.name.clone();
            PlacedEvents {
                path: ObjectKey::DayEvents { day, name }.path(),
                file: file.clone(),
                days: (day, day),
            }
        });
        let day = |ms: i64| time::day_of(time::minute_of(ms));
        old.chain(self.event_files.iter().map(move |events| {
            let (day_received, name) = (events.received, events.file.name.clone());
            let received = ObjectKey::Events {
                received: day_received,
                name,
            };
            PlacedEvents {
                path: received.path(),
                file: events.file.clone(),
                days: (day(events.first_ms), day(events.last_ms)),
            }
        }))
    }

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

/// A file of [`crate::attributions`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributionsFile {
    /// The file.
    pub file: File,
    /// The first and the last event of each log that it says something of.
    pub seqs: BTreeMap<LogId, Span<Seq>>,
}

impl AttributionsFile {
    /// Whether it may say something of this event.
    pub fn may_hold(&self, event: EventId) -> bool {
        let seqs = self.seqs.get(&event.log);
        seqs.is_some_and(|seqs| seqs.contains(event.seq))
    }

    /// Whether it may say something of one of these events.
    pub fn overlaps(&self, log: LogId, seqs: Span<Seq>) -> bool {
        let own = self.seqs.get(&log);
        own.is_some_and(|own| own.first <= seqs.last && seqs.first <= own.last)
    }
}

/// A file of [`crate::touches`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TouchesFile {
    /// The file.
    pub file: File,
    /// How often its rows have been merged.
    pub level: u8,
    /// When the first of its clicks happened, unix milliseconds.
    pub first_ms: i64,
    /// When the last of its clicks happened, unix milliseconds.
    pub last_ms: i64,
    /// Account and visitor of its first row.
    pub first: (u64, u64),
    /// Account and visitor of its last row.
    pub last: (u64, u64),
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
