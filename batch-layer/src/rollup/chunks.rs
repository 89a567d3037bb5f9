//! Events of sealed epochs, enriched, some at a time.

use std::sync::Arc;

use enrich::Rules;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use handover::raw;
use model::{Facts, LogId, Record, SegmentNo, Span};
use storage::{
    error::{Kind, StorageError},
    store::Store,
};

use super::{
    door_rules::Applied,
    error::RollupError,
    task::{Part, Read},
    worker::Worker,
};

/// Segments read ahead.
const AHEAD: usize = 2;

/// An event with where it is from and what the rules say.
pub(super) struct Enriched {
    pub log: LogId,
    pub record: Record,
    pub facts: Facts,
}

/// Reads all events of some parts of epochs.
pub(super) struct Chunks {
    segments: BoxStream<'static, Result<(usize, Vec<Enriched>), RollupError>>,
    read: Vec<Read>,
    /// Events held at once, and one segment's more.
    most: usize,
}

impl Chunks {
    pub(super) fn new(worker: &Worker, parts: &[Part], door_rules: Arc<Applied>) -> Self {
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
        let (store, rules) = (Arc::clone(&worker.env.store), Arc::clone(&worker.rules));
        let one = move |(place, part, number)| {
            let (store, by) = (
                Arc::clone(&store),
                (Arc::clone(&rules), Arc::clone(&door_rules)),
            );
            async move { Ok((place, segment(store, by, part, number).await?)) }
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
        while let Some((place, events)) = self.segments.try_next().await? {
            self.read[place].add(&events);
            chunk.extend(events);
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
    fn add(&mut self, events: &[Enriched]) {
        self.count += events.len() as u64;
        if let [first, ..] = events
            && let [.., last] = events
        {
            let first = self.seqs.map_or(first.record.seq, |seqs| seqs.first);
            self.seqs = Some(Span::from((first, last.record.seq)));
        }
    }
}

async fn segment(
    store: Store,
    (rules, door_rules): (Arc<Rules>, Arc<Applied>),
    Part {
        log,
        epoch,
        given_up,
        ..
    }: Part,
    number: SegmentNo,
) -> Result<Vec<Enriched>, RollupError> {
    let segment = raw::segment(&store, log, number).await;
    let segment = segment.and_then(|found| found.ok_or_else(|| raw::missing(log, number)));
    let segment = match segment.map_err(StorageError::from) {
        Ok(segment) if given_up && segment.header.epoch != epoch => return Ok(Vec::new()),
        Ok(segment) => segment,
        // What is damaged stays so: its log waits, and nobody else.
        Err(error) if error.kind() == Kind::Damaged => {
            let why = error.to_string();
            return match given_up {
                true => Ok(Vec::new()),
                false => Err(RollupError::Held { log, epoch, why }),
            };
        }
        Err(error) => return Err(RollupError::Storage(error)),
    };
    let enrich = move || {
        let enriched = |mut record: Record| {
            door_rules.apply(log, &mut record);
            Enriched {
                log,
                facts: rules.facts(&record.event),
                record,
            }
        };
        segment.records.into_iter().map(enriched).collect()
    };
    let events = tokio::task::spawn_blocking(enrich).await;
    events.map_err(RollupError::Panicked)
}
