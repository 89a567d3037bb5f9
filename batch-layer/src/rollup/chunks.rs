//! Events of sealed epochs, enriched, some at a time.

use std::{collections::BTreeSet, sync::Arc};

use enrich::Rules;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use handover::{
    attributions::Decisions,
    erasures::{ErasedEvents, nobody},
    expiry::Expired,
    raw,
};
use model::{Awaits, Facts, LogId, Record, SegmentNo, Seq, Span};
use storage::{
    error::{Kind, StorageError},
    store::Store,
};

use super::{
    door_rules::Applied,
    error::RollupError,
    task::{Count, Part, Read, Undecided},
    worker::Worker,
};

/// Segments read ahead.
const AHEAD: usize = 2;

/// An event with where it is from and what the rules say.
pub(crate) struct Enriched {
    pub log: LogId,
    pub record: Record,
    pub facts: Facts,
    /// Whether it is only counted: its account does not keep it any longer.
    pub is_expired: bool,
}

/// What makes events of what is stored.
struct Maker {
    store: Store,
    rules: Arc<Rules>,
    door_rules: Arc<Applied>,
    /// Accounts whose events are nobody's.
    nobodys: BTreeSet<u64>,
    expired: Expired,
    /// Whether only those are of use that batch decides about.
    alone: bool,
}

/// The events of a segment.
#[derive(Default)]
struct Events {
    /// How many it holds, and which.
    count: u64,
    seqs: Option<Span<Seq>>,
    /// Those that are of use.
    events: Vec<Enriched>,
}

/// Reads events of some parts of epochs.
pub(super) struct Chunks {
    segments: BoxStream<'static, Result<(usize, Events), RollupError>>,
    read: Vec<Read>,
    /// Events held at once, and one segment's more.
    most: usize,
}

impl Chunks {
    /// Those of a task, as they were accepted, but for what doors decide by today.
    pub(super) fn new(
        worker: &Worker,
        count: &Count,
        door_rules: Arc<Applied>,
        expired: Expired,
    ) -> Self {
        let parts = &count.parts;
        let none = |part: &Part| Read {
            log: part.log,
            epoch: part.epoch,
            count: 0,
            seqs: None,
        };
        let numbers = |(place, part): (usize, Part)| {
            let numbers = part.segments.first.to(part.segments.last);
            numbers.map(move |number| (place, part.clone(), number))
        };
        let read = parts.iter().map(none).collect();
        let parts: Vec<_> = parts.iter().cloned().enumerate().collect();
        let maker = Arc::new(Maker {
            store: Arc::clone(&worker.env.store),
            rules: Arc::clone(&worker.rules),
            door_rules,
            nobodys: count.erased_accounts.clone(),
            expired,
            alone: count.undecided == Undecided::Alone,
        });
        let one = move |(place, part, number)| {
            let maker = Arc::clone(&maker);
            async move { Ok((place, segment(maker, part, number).await?)) }
        };
        let segments = futures::stream::iter(parts.into_iter().flat_map(numbers));
        Self {
            segments: segments.map(one).buffered(AHEAD).boxed(),
            read,
            // A task is cut by what its epochs hold on average.
            most: worker.limits.task() as usize * 6 / 5,
        }
    }

    /// The next events; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Enriched>>, RollupError> {
        let mut chunk: Vec<Enriched> = Vec::new();
        while let Some((place, found)) = self.segments.try_next().await? {
            self.read[place].add(&found);
            chunk.extend(found.events);
            if chunk.len() >= self.most {
                break;
            }
        }
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// What has been read of each part.
    pub(super) fn read(self) -> Vec<Read> {
        self.read
    }
}

impl Read {
    fn add(&mut self, found: &Events) {
        self.count += found.count;
        if let Some(Span { first, last }) = found.seqs {
            let first = self.seqs.map_or(first, |seqs| seqs.first);
            self.seqs = Some(Span::from((first, last)));
        }
    }
}

impl Maker {
    fn events(&self, log: LogId, mut records: Vec<Record>) -> Events {
        // Whose it was says whether it is expired, also of who is nobody now.
        let expired = records
            .iter()
            .map(|record| self.expired.is_expired(&record.event));
        let expired: Vec<bool> = expired.collect();
        let is_nobodys = |record: &&mut Record| self.nobodys.contains(&record.event.account);
        for record in records.iter_mut().filter(is_nobodys) {
            record.event = nobody(&record.event);
        }
        let seqs = match &records[..] {
            [] => None,
            [first, .., last] => Some(Span::from((first.seq, last.seq))),
            [one] => Some(Span::from((one.seq, one.seq))),
        };
        let count = records.len() as u64;
        let is_of_use =
            |(record, _): &(Record, bool)| !self.alone || record.event.awaits() != Awaits::Nothing;
        let enriched = |(mut record, is_expired): (Record, bool)| {
            self.door_rules.apply(log, &mut record);
            Enriched {
                log,
                facts: self.rules.facts(&record.event),
                record,
                is_expired,
            }
        };
        let events = records.into_iter().zip(expired);
        let events = events.filter(is_of_use).map(enriched);
        Events {
            count,
            seqs,
            events: events.collect(),
        }
    }
}

impl Enriched {
    /// Writes into it what is decided about it, if anything is.
    pub(super) fn amend(&mut self, decisions: &Decisions, rules: &Rules) {
        let Some(decision) = decisions.get(&self.record.id(self.log)) else {
            return;
        };
        decision.amend(&mut self.record.event);
        self.facts = rules.facts(&self.record.event);
        decision.amend_facts(&mut self.facts);
    }

    /// Takes off it what its visitor's erasure takes, if it is erased. What is known of it stays.
    pub(super) fn erase(&mut self, erased: &ErasedEvents) {
        if let Some(erased) = erased.get(&self.record.id(self.log)) {
            erased.apply(&mut self.record.event);
        }
    }
}

async fn segment(
    maker: Arc<Maker>,
    Part {
        log,
        epoch,
        given_up,
        ..
    }: Part,
    number: SegmentNo,
) -> Result<Events, RollupError> {
    let segment = raw::segment(&maker.store, log, number).await;
    let segment = segment.and_then(|found| found.ok_or_else(|| raw::missing(log, number)));
    let segment = match segment.map_err(StorageError::from) {
        Ok(segment) if given_up && segment.header.epoch != epoch => return Ok(Events::default()),
        Ok(segment) => segment,
        // What is damaged stays so: its log waits, and nobody else.
        Err(error) if error.kind() == Kind::Damaged => {
            let why = error.to_string();
            return match given_up {
                true => Ok(Events::default()),
                false => Err(RollupError::Held { log, epoch, why }),
            };
        }
        Err(error) => return Err(RollupError::Storage(error)),
    };
    let enrich = move || maker.events(log, segment.records);
    let events = tokio::task::spawn_blocking(enrich).await;
    events.map_err(RollupError::Panicked)
}
