//! The work of the rollup in pieces that read and write objects and nothing else. They can be done
//! anywhere, at once and again: what one has written counts only when a manifest names it.

use std::collections::BTreeSet;

use handover::{
    manifest::{AttributionsFile, DoorRulesFile, EventsFile, File, SenderKeysFile, TouchesFile},
    raw::Seal,
    restatements::Late,
    runs::{RunFile, Table},
    skips::Skips,
};
use model::{Epoch, EventId, LogId, SegmentNo, Seq, Span};
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use storage::object_keys::ObjectKey;

use super::{fold::Wanted, write::run_key};

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The attempt to publish that it belongs to: its files are named for it.
    pub attempt: String,
    /// What is to be done.
    pub piece: Piece,
}

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "there are a few at a time")]
pub enum Piece {
    /// Segments become runs.
    Count(Count),
    /// Runs become one.
    Merge(Merge),
}

/// Events are read, enriched and counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Where the events are.
    pub parts: Vec<Part>,
    /// Version of the rules that enrich them.
    pub rules: String,
    /// What doors decide by, for events that were taken before.
    #[serde(default)]
    pub door_rules: Option<DoorRulesFile>,
    /// Events that are not counted.
    pub left_out: Option<File>,
    /// Events that are erased: they are counted, and written without what they lost.
    #[serde(default)]
    pub erased: Option<File>,
    /// Accounts all of whose events are nobody's.
    #[serde(default)]
    pub erased_accounts: BTreeSet<u64>,
    /// Until when accounts keep their events: those that are expired are counted, and not written.
    #[serde(default)]
    pub expired: Option<File>,
    /// Names of the cubes that are counted.
    pub cubes: Vec<String>,
    /// Whether it is counted who was there when.
    pub visits: bool,
    /// Whether the events themselves are written, too.
    pub events: bool,
    /// The first moment whose senders' keys are written, unix milliseconds; none are without it.
    pub keys_since: Option<i64>,
    /// Files with what is decided about conversions.
    #[serde(default)]
    pub attributions: Vec<File>,
    /// What becomes of conversions that batch decides about.
    #[serde(default)]
    pub undecided: Undecided,
    /// Whether clicks of named visitors are written, and what is to be decided.
    #[serde(default)]
    pub touches: bool,
    /// Events are told that happened long before this, when their day was settled: unix milliseconds; none are without
    /// it.
    #[serde(default)]
    pub settled_ms: Option<i64>,
}

/// What a task does with conversions that batch decides about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undecided {
    /// They are decided, and counted with all others.
    #[default]
    Counted,
    /// They are left for another task.
    Left,
    /// They are decided, and counted by themselves: a task before has left them.
    Alone,
}

/// Segments of one epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The log.
    pub log: LogId,
    /// The epoch.
    pub epoch: Epoch,
    /// The segments.
    pub segments: Span<SegmentNo>,
    /// Whether the epoch is given up: segments that cannot be read are left out.
    #[serde(default)]
    pub given_up: bool,
}

/// Files are merged into others with the same numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// What they hold.
    pub table: Table,
    /// How often the rows that come out have been merged.
    pub level: u8,
    /// The files, run by run, each in order of keys.
    pub runs: Vec<Vec<RunFile>>,
}

/// What a task has done: all that it wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Files of events.
    pub events: Vec<EventsFile>,
    /// Events that are in none of them, since they are expired.
    #[serde(default)]
    pub expired: u64,
    /// Files of senders' keys.
    pub keys: Vec<SenderKeysFile>,
    /// Files of conversions that are to be decided about: see [`handover::attributions::asked`].
    #[serde(default)]
    pub asked: Vec<File>,
    /// Files of clicks of named visitors.
    #[serde(default)]
    pub touches: Vec<TouchesFile>,
    /// New runs; whoever publishes them gives the numbers.
    pub runs: Vec<NewRun>,
    /// What was read of each part, in their order.
    pub read: Vec<Read>,
    /// When the last of the events was received, unix milliseconds.
    pub last_ms: i64,
    /// What happened long before: see [`Count::settled_ms`].
    #[serde(default)]
    pub late: Late,
}

/// The files of a new run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRun {
    /// Of sums.
    pub sums: Vec<RunFile>,
    /// Of visits.
    pub visits: Vec<RunFile>,
}

/// What was read of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The log.
    pub log: LogId,
    /// The epoch.
    pub epoch: Epoch,
    /// How many events.
    pub count: u64,
    /// The first and the last of them.
    pub seqs: Option<Span<Seq>>,
}

impl Count {
    /// All of what is new, with all cubes.
    pub(super) fn all(rules: &str, left_out: Option<File>, keys_since: i64) -> Self {
        let Wanted { cubes, visits } = Wanted::all();
        Self {
            parts: Vec::new(),
            rules: rules.to_owned(),
            door_rules: None,
            left_out,
            erased: None,
            erased_accounts: BTreeSet::new(),
            expired: None,
            cubes: cubes.iter().map(|cube| cube.name.to_owned()).collect(),
            visits,
            events: true,
            keys_since: Some(keys_since),
            attributions: Vec::new(),
            undecided: Undecided::Counted,
            touches: false,
            settled_ms: None,
        }
    }

    /// The same counted again: the events and the keys are there already.
    pub(super) fn again(self, left_out: Option<File>) -> Self {
        Self {
            left_out,
            events: false,
            keys_since: None,
            touches: false,
            ..self
        }
    }

    /// What is left of it, now that it is decided.
    pub(super) fn rest(self, left_out: Option<File>, attributions: Vec<File>) -> Self {
        Self {
            attributions,
            undecided: Undecided::Alone,
            events: true,
            ..self.again(left_out)
        }
    }

    /// The same of these parts, whose epochs are among these.
    pub(super) fn of_parts(
        &self,
        parts: Vec<Part>,
        taken: &[Seal],
        decided: &[AttributionsFile],
    ) -> Self {
        let is_of = |seal: &&Seal| {
            let mut parts = parts.iter();
            parts.any(|part| (part.log, part.epoch) == (seal.log, seal.epoch))
        };
        let seals: Vec<&Seal> = taken.iter().filter(is_of).collect();
        let overlaps = |file: &&AttributionsFile| {
            let mut seals = seals.iter();
            seals.any(|seal| file.overlaps(seal.log, seal.seqs))
        };
        let files = decided.iter().filter(overlaps);
        Self {
            attributions: files.map(|file| file.file.clone()).collect(),
            parts,
            ..self.clone()
        }
    }
}

impl NewRun {
    /// Its files.
    pub(super) fn files(&self) -> impl Iterator<Item = (Table, &str)> {
        let sums = self.sums.iter().map(|f| (Table::Sums, &*f.file.name));
        sums.chain(self.visits.iter().map(|f| (Table::Visits, &*f.file.name)))
    }
}

impl Done {
    /// Whether one of its events is this one.
    pub(super) fn holds(&self, event: EventId) -> bool {
        let mut read = self.read.iter().filter(|read| read.log == event.log);
        read.any(|read| read.seqs.is_some_and(|seqs| seqs.contains(event.seq)))
    }

    /// Where its files lie.
    pub(super) fn paths(&self) -> impl Iterator<Item = Path> {
        let events = self.events.iter().map(|events| ObjectKey::Events {
            received: events.received,
            name: events.file.name.clone(),
        });
        let keys = self.keys.iter().map(|keys| ObjectKey::Keys {
            name: keys.file.name.clone(),
        });
        let asked = self.asked.iter().map(|file| ObjectKey::Attributions {
            name: file.name.clone(),
        });
        let touches = self.touches.iter().map(|touches| ObjectKey::Touches {
            name: touches.file.name.clone(),
        });
        let runs = self.runs.iter().flat_map(NewRun::files);
        let runs = runs.map(|(table, name)| run_key(table, name.to_owned()));
        let all = events.chain(keys).chain(asked).chain(touches).chain(runs);
        all.map(|key| key.path())
    }
}

/// Sealed epochs in parts of about as many events. How many are in one segment is not known: it is
/// taken that each of an epoch has as many.
pub(super) fn split(taken: &[Seal], skips: &Skips, events: u64) -> Vec<Vec<Part>> {
    let mut tasks: Vec<Vec<Part>> = Vec::new();
    let mut room = 0;
    for seal in taken {
        let Span { mut first, last } = seal.segments;
        // An epoch that is given up may have no segment at all.
        let each = (seal.count / (last.0 + 1).saturating_sub(first.0).max(1)).max(1);
        let given_up = skips.contains(seal.log, seal.epoch);
        while first <= last {
            if room < each {
                tasks.push(Vec::new());
                room = events.max(each);
            }
            let some = (room / each).min(last.0 - first.0 + 1);
            let upto = SegmentNo(first.0 + some - 1);
            let part = Part {
                log: seal.log,
                epoch: seal.epoch,
                segments: Span::from((first, upto)),
                given_up,
            };
            tasks
                .last_mut()
                .into_iter()
                .for_each(|task| task.push(part.clone()));
            (first, room) = (upto.next(), room - some * each);
        }
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(log: u128, (first, last): (u64, u64), count: u64) -> Seal {
        Seal {
            log: LogId(log),
            epoch: Epoch(1),
            segments: Span::from((SegmentNo(first), SegmentNo(last))),
            seqs: Span::from((Seq(1), Seq(count))),
            count,
        }
    }

    /// Log, first and last segment of each part.
    fn parts(taken: &[Seal]) -> Vec<Vec<(u128, u64, u64)>> {
        let part = |p: &Part| (p.log.0, p.segments.first.0, p.segments.last.0);
        let tasks = split(taken, &Skips::default(), 100);
        tasks.iter().map(|t| t.iter().map(part).collect()).collect()
    }

    #[test]
    fn small_epochs_go_together_and_large_ones_are_cut() {
        let small = [
            seal(1, (1, 1), 40),
            seal(2, (5, 6), 40),
            seal(3, (1, 1), 40),
        ];
        assert_eq!(parts(&small), [vec![(1, 1, 1), (2, 5, 6)], vec![(3, 1, 1)]]);
        let large = [seal(1, (1, 7), 210)];
        assert_eq!(parts(&large), [[(1, 1, 3)], [(1, 4, 6)], [(1, 7, 7)]]);
        assert_eq!(parts(&[seal(1, (1, 1), 500)]), [[(1, 1, 1)]], "not cut");
        assert_eq!(parts(&[]), Vec::<Vec<_>>::new());
    }

    #[test]
    fn every_segment_is_in_one_part() {
        let taken = [
            seal(1, (3, 900), 12),
            seal(2, (1, 33), 9_999),
            seal(3, (8, 8), 0),
        ];
        for seal in &taken {
            let tasks = split(&taken, &Skips::default(), 100);
            let parts = tasks.iter().flatten().filter(|p| p.log == seal.log);
            let numbers: Vec<u64> = parts
                .flat_map(|p| p.segments.first.0..=p.segments.last.0)
                .collect();
            let all: Vec<u64> = (seal.segments.first.0..=seal.segments.last.0).collect();
            assert_eq!(numbers, all);
        }
    }
}
