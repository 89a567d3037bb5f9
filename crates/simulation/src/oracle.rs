//! What really happened, and whether what is counted agrees with it.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use handover::raw::{self, Listed};
use model::{
    CUBES, Cell, Dimension, EntityId, Event, EventKind, LogId, Measure, Record, SegmentNo, Seq,
    Status,
};
use storage::store::Store;

/// An event's place in the order of all events ever made; written into its country.
pub(crate) type Number = u64;

/// Events of one log by seq.
type Sequence = BTreeMap<Seq, Number>;

/// What the disks that are lost for good may have taken with them.
#[derive(Default)]
pub(crate) struct Lost {
    /// The logs that were on them.
    pub(crate) logs: Vec<LogId>,
    /// What the streams of any logs have held and never lost.
    pub(crate) kept: BTreeMap<LogId, BTreeSet<Seq>>,
}

/// A history, and the log in which it is known.
struct Imported {
    numbers: Vec<Number>,
    log: Option<LogId>,
}

/// Where an event was acknowledged, and which it is.
pub(crate) type Missing = (LogId, Seq, Number);

/// Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Oracle(Arc<Mutex<Truth>>);

#[derive(Default)]
struct Truth {
    made: Number,
    entities: BTreeMap<Number, Vec<EntityId>>,
    logs: BTreeMap<LogId, Sequence>,
    acknowledged: BTreeMap<LogId, Sequence>,
    /// What the store holds of logs that a salvage has ended.
    buried: BTreeMap<LogId, Sequence>,
    /// What may be imported, each known as one log at most.
    histories: Vec<Imported>,
    /// Whether an event was one of too many, as whoever counted it first saw it.
    classes: BTreeMap<Number, bool>,
    failure: Option<String>,
}

/// The number that an event carries.
fn number_of(event: &Event) -> Number {
    event.country.trim_start_matches('e').parse().unwrap_or(0)
}

/// Numbers of all events in a cell, each as often as it is counted, and whether as a bot's.
pub(crate) fn numbers_in(cell: &Cell) -> Vec<(Number, bool)> {
    let cube = CUBES.iter().find(|c| c.dimension == Dimension::Country);
    let rows = cube.into_iter().flat_map(|cube| cell.rows(cube));
    let mut numbers = Vec::new();
    for (_, name, counts) in rows {
        let number = name.trim_start_matches('e').parse().unwrap_or(0);
        let bots = counts.events[Measure::BotClicks as usize];
        let people = counts.events.iter().sum::<i64>() - bots;
        for (times, is_bot) in [(people, false), (bots, true)] {
            numbers.extend(std::iter::repeat_n((number, is_bot), times as usize));
        }
    }
    numbers
}

/// Clicks, some of which cost something, and conversions with all that may become of them: whatever an event takes back, it
/// counts once.
fn of_all_kinds(number: Number) -> Event {
    let conversion = Event {
        kind: EventKind::Conversion as i32,
        link: Some(2),
        value_micros: Some(number as i64),
        currency: "EUR".into(),
        ..Event::default()
    };
    match number % 8 {
        0 => conversion,
        1 => Event {
            status: Status::Pending as i32,
            ..conversion
        },
        2 => Event {
            taken_back: Some(Status::Pending as i32),
            ..conversion
        },
        3 => Event {
            adjusts: true,
            value_micros: Some(-(number as i64)),
            ..conversion
        },
        4 => Event {
            cost_micros: Some(number as i64),
            cost_currency: "USD".into(),
            ..Event::default()
        },
        _ => Event::default(),
    }
}

impl Oracle {
    fn truth(&self) -> MutexGuard<'_, Truth> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that something is wrong; the first such thing stays.
    pub(crate) fn fail(&self, why: String) {
        self.truth().failure.get_or_insert(why);
    }

    pub(crate) fn failure(&self) -> Option<String> {
        self.truth().failure.clone()
    }

    /// Makes an event that can be told from all others.
    pub(crate) fn event(&self, object: u64, now_ms: i64, conversions: bool) -> Event {
        let mut truth = self.truth();
        truth.made += 1;
        let number = truth.made;
        let kind = match conversions {
            true => of_all_kinds(number),
            false => Event::default(),
        };
        let event = Event {
            account: 1,
            object,
            occurred_ms: now_ms,
            received_ms: now_ms,
            country: format!("e{number}"),
            // All by one visitor, so that some are too many.
            visitor: 1,
            network: "203.0.113.0/24".into(),
            ..kind
        };
        truth.entities.insert(number, event.entities().collect());
        event
    }

    /// Somebody counted an event as a bot's, or not: all must do the same.
    pub(crate) fn counted_as(&self, number: Number, is_bot: bool) {
        let mut truth = self.truth();
        let first = *truth.classes.entry(number).or_insert(is_bot);
        if first != is_bot {
            let why = format!("event {number} is a bot's to some and a person's to others");
            truth.failure.get_or_insert(why);
        }
    }

    /// How many events were counted as bots'.
    pub(crate) fn bots(&self) -> usize {
        let truth = self.truth();
        truth.classes.values().filter(|is_bot| **is_bot).count()
    }

    /// An event was acknowledged as `seq` of `log`.
    pub(crate) fn acknowledged(&self, log: LogId, seq: Seq, event: &Event) {
        let mut truth = self.truth();
        let number = number_of(event);
        let known = truth.logs.entry(log).or_default().insert(seq, number);
        truth
            .acknowledged
            .entry(log)
            .or_default()
            .insert(seq, number);
        if known.is_some_and(|known| known != number) {
            let why = format!("{seq} of {log} was given to {known:?} and to {number}");
            truth.failure.get_or_insert(why);
        }
    }

    /// A collector found its log ending at `last`, with these records still on its disk.
    pub(crate) fn recovered(&self, log: LogId, last: Seq, records: &[Record]) {
        let mut truth = self.truth();
        let acknowledged = truth
            .acknowledged
            .get(&log)
            .and_then(|a| a.last_key_value());
        if let Some((seq, number)) = acknowledged.filter(|(seq, _)| **seq > last) {
            let why =
                format!("event {number} was acknowledged as {seq} of {log}, which ends at {last}");
            truth.failure.get_or_insert(why);
        }
        for record in records {
            let number = number_of(&record.event);
            let known = truth
                .logs
                .entry(log)
                .or_default()
                .insert(record.seq, number);
            if known.is_some_and(|known| known != number) {
                let why = format!("{} of {log} was {known:?} and is {number}", record.seq);
                truth.failure.get_or_insert(why);
            }
        }
    }

    /// Takes in what the store holds of logs that no collector is asked about: of those that a salvage ended, and of imports.
    pub(crate) async fn look_at_store(&self, store: &Store) {
        for log in raw::fences(store).await.unwrap_or_default() {
            if self.truth().buried.contains_key(&log) {
                continue;
            }
            let sequence = stored(store, log).await;
            self.truth().buried.insert(log, sequence);
        }
        if self.truth().histories.is_empty() {
            return;
        }
        for Listed { log, .. } in raw::logs(store).await.unwrap_or_default() {
            let is_known = self.truth().logs.contains_key(&log);
            let info = raw::log_info(store, log).await.ok().flatten();
            if !is_known && info.is_some_and(|info| info.is_import()) {
                let sequence = stored(store, log).await;
                self.truth().imported(log, sequence);
            }
        }
    }

    /// Makes a history that may be imported.
    pub(crate) fn history(&self, events: &[Event]) {
        let numbers = events.iter().map(number_of).collect();
        self.truth().histories.push(Imported { numbers, log: None });
    }

    /// Somebody was told that a history is imported into `log`.
    pub(crate) fn acknowledged_import(&self, log: LogId) {
        let mut truth = self.truth();
        match truth.logs.get(&log).cloned() {
            Some(sequence) => {
                truth.acknowledged.insert(log, sequence);
            }
            None => {
                let why = format!("a history is said to be imported as {log}, which nobody knows");
                truth.failure.get_or_insert(why);
            }
        }
    }

    /// Checks what batch has settled for an entity against its horizon.
    pub(crate) fn check_settled(
        &self,
        entity: EntityId,
        settled: &[Number],
        horizon: &BTreeMap<LogId, Seq>,
    ) -> Result<(), String> {
        let truth = self.truth();
        let mut expected: Vec<Number> = Vec::new();
        for (log, last) in horizon {
            let sequence = truth.buried.get(log).or_else(|| truth.logs.get(log));
            let upto = sequence.into_iter().flat_map(|s| s.range(..=*last));
            expected.extend(upto.map(|(_, n)| n).filter(|n| truth.is_of(**n, entity)));
        }
        expected.sort_unstable();
        let mut found = settled.to_vec();
        found.sort_unstable();
        match found == expected {
            true => Ok(()),
            false => Err(format!(
                "settled of {entity} are {found:?}, not {expected:?}, as of {horizon:?}"
            )),
        }
    }

    /// Checks a reading that was called complete: of every log a prefix is counted, each event
    /// once, and at least what the reading says.
    pub(crate) fn check(
        &self,
        entity: EntityId,
        counted: &[Number],
        as_of: &BTreeMap<LogId, Seq>,
    ) -> Result<(), String> {
        let unique: BTreeSet<Number> = counted.iter().copied().collect();
        if unique.len() != counted.len() {
            let mut counted = counted.to_vec();
            counted.sort_unstable();
            return Err(format!(
                "{entity} counts events twice: {counted:?} as of {as_of:?}"
            ));
        }
        let truth = self.truth();
        // A log that was ended is seen either as its collector has it, or as the store has it.
        let ended: Vec<LogId> = truth.buried.keys().copied().collect();
        let mut why = String::new();
        for views in 0..1u32 << ended.len().min(8) {
            let as_stored = |log: &LogId| {
                let place = ended.iter().position(|l| l == log);
                place.is_some_and(|place| views & (1 << place) == 0)
            };
            match truth.check_view(entity, &unique, as_of, as_stored) {
                Ok(()) => return Ok(()),
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    /// Acknowledged events that are neither among `counted` nor excused, with their logs. Excused is
    /// what a lost disk may have taken with it: what was on it, and neither stored nor kept by the
    /// stream, in any log. An event may have been moved from the log in which it was acknowledged.
    pub(crate) fn missing(&self, counted: &BTreeSet<Number>, lost: &Lost) -> Vec<Missing> {
        let truth = self.truth();
        let on = |log: &LogId| truth.logs.get(log).into_iter().flatten();
        let gone: BTreeSet<Number> = lost.logs.iter().flat_map(on).map(|(_, n)| *n).collect();
        let kept = lost.kept.iter().flat_map(|(log, seqs)| {
            let kept = on(log).filter(|(seq, _)| seqs.contains(seq));
            kept.map(|(_, number)| *number)
        });
        let stored = truth.buried.values().flat_map(BTreeMap::values).copied();
        let excused = &gone - &kept.chain(stored).collect();
        let all = truth
            .acknowledged
            .iter()
            .flat_map(|(log, sequence)| sequence.iter().map(|(seq, number)| (*log, *seq, *number)));
        all.filter(|(_, _, number)| !counted.contains(number) && !excused.contains(number))
            .collect()
    }

    pub(crate) fn acknowledged_count(&self) -> usize {
        self.truth().acknowledged.values().map(BTreeMap::len).sum()
    }
}

/// All that the store has of a log.
async fn stored(store: &Store, log: LogId) -> Sequence {
    let mut sequence = Sequence::new();
    let mut number = SegmentNo::FIRST;
    while let Ok(Some(segment)) = raw::segment(store, log, number).await {
        sequence.extend(segment.records.iter().map(|r| (r.seq, number_of(&r.event))));
        number = number.next();
    }
    sequence
}

impl Truth {
    /// The log of an import became known: it must be one whole history, and the only log of that.
    fn imported(&mut self, log: LogId, sequence: Sequence) {
        let is_whole = |it: &&mut Imported| it.numbers.iter().eq(sequence.values());
        let why = match self.histories.iter_mut().find(is_whole) {
            Some(history) => history
                .log
                .replace(log)
                .map(|other| format!("a history is known as {other} and as {log}")),
            None => Some(format!("import {log} is no history: {sequence:?}")),
        };
        if let Some(why) = why {
            self.failure.get_or_insert(why);
        }
        self.logs.insert(log, sequence);
    }

    fn is_of(&self, number: Number, entity: EntityId) -> bool {
        self.entities
            .get(&number)
            .is_some_and(|entities| entities.contains(&entity))
    }

    fn check_view(
        &self,
        entity: EntityId,
        counted: &BTreeSet<Number>,
        as_of: &BTreeMap<LogId, Seq>,
        as_stored: impl Fn(&LogId) -> bool,
    ) -> Result<(), String> {
        let mut explained = BTreeSet::new();
        let nothing = Sequence::new();
        let logs: BTreeSet<&LogId> = self.logs.keys().chain(self.buried.keys()).collect();
        for log in logs {
            let sequence = match as_stored(log) {
                true => self.buried.get(log),
                false => self.logs.get(log),
            };
            let mine = sequence.unwrap_or(&nothing).iter();
            let mine = mine.filter(|(_, n)| self.is_of(**n, entity) && !explained.contains(*n));
            let least = as_of.get(log).copied().unwrap_or(Seq(0));
            let mut ended_at = None;
            let mut here = Vec::new();
            for (seq, number) in mine {
                match (counted.contains(number), ended_at) {
                    (true, None) => here.push(*number),
                    (true, Some(at)) => {
                        return Err(format!(
                            "{entity} counts {seq} of {log} and not {at}: {counted:?} as of {as_of:?}"
                        ));
                    }
                    (false, _) if *seq <= least => {
                        return Err(format!(
                            "{entity} lacks {seq} of {log}: {counted:?} as of {as_of:?}"
                        ));
                    }
                    (false, None) => ended_at = Some(*seq),
                    (false, Some(_)) => {}
                }
            }
            explained.extend(here);
        }
        match counted.difference(&explained).next() {
            Some(number) => Err(format!(
                "{entity} counts event {number}, which was never recorded: {counted:?} as of {as_of:?}"
            )),
            None => Ok(()),
        }
    }
}
