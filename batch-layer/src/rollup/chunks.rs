//! Events of sealed epochs, enriched, some at a time.

use std::{collections::BTreeMap, sync::Arc};

use enrich::Rules;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use handover::raw::{self, Seal};
use model::{Epoch, Facts, LogId, Record, SegmentNo};
use storage::{
    error::{Kind, StorageError},
    store::Store,
};
use tokio::task::JoinHandle;

use super::deps::{RollupDeps, RollupError};

/// Events held at once, and one segment's more.
const CHUNK: usize = 120_000;
/// Segments read ahead.
const AHEAD: usize = 2;

/// An event with where it is from and what the rules say.
pub(super) struct Enriched {
    pub log: LogId,
    pub record: Record,
    pub facts: Facts,
}

type Segment = (Seal, Vec<Enriched>);
type Chunk = Result<Option<Vec<Enriched>>, RollupError>;

/// Reads all events of some epochs.
pub(super) struct Chunks {
    reader: Option<Reader>,
    /// The next chunk, being read.
    ahead: Option<JoinHandle<(Reader, Chunk)>>,
}

struct Reader {
    segments: BoxStream<'static, Result<Segment, RollupError>>,
    /// Events that are still to come of each epoch.
    left: BTreeMap<(LogId, Epoch), i64>,
}

impl Chunks {
    pub(super) fn new(deps: &RollupDeps, taken: Vec<Seal>) -> Self {
        let left = taken
            .iter()
            .map(|seal| ((seal.log, seal.epoch), seal.count as i64));
        let left = left.collect();
        let (store, rules) = (Arc::clone(&deps.env.store), Arc::clone(&deps.rules));
        let numbers = |seal: Seal| {
            let numbers = seal.segments.first.to(seal.segments.last);
            numbers.map(move |number| (seal.clone(), number))
        };
        let segments = futures::stream::iter(taken.into_iter().flat_map(numbers));
        let read = move |(seal, number)| read(Arc::clone(&store), Arc::clone(&rules), seal, number);
        let reader = Reader {
            segments: segments.map(read).buffered(AHEAD).boxed(),
            left,
        };
        Self {
            reader: Some(reader),
            ahead: None,
        }
    }

    /// The next events; `None` after the last.
    pub(super) async fn next(&mut self) -> Chunk {
        self.read_ahead();
        let Some(ahead) = self.ahead.take() else {
            return Ok(None);
        };
        let (reader, chunk) = ahead.await.map_err(RollupError::Panicked)?;
        self.reader = Some(reader);
        chunk
    }

    /// Begins to read the next events, while others are worked on.
    pub(super) fn read_ahead(&mut self) {
        if let Some(mut reader) = self.reader.take() {
            let read = async move {
                let chunk = reader.next().await;
                (reader, chunk)
            };
            self.ahead = Some(tokio::spawn(read));
        }
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        if let Some(ahead) = &self.ahead {
            ahead.abort();
        }
    }
}

impl Reader {
    async fn next(&mut self) -> Chunk {
        let mut chunk: Vec<Enriched> = Vec::new();
        while let Some((seal, events)) = self.segments.try_next().await? {
            if let Some(left) = self.left.get_mut(&(seal.log, seal.epoch)) {
                *left -= events.len() as i64;
            }
            chunk.extend(events);
            if chunk.len() >= CHUNK {
                break;
            }
        }
        match chunk.is_empty() {
            true => self.check().map(|()| None),
            false => Ok(Some(chunk)),
        }
    }

    /// Whether there were as many as the seals say.
    fn check(&self) -> Result<(), RollupError> {
        let wrong = self.left.iter().find(|(_, left)| **left != 0);
        let Some(((log, epoch), left)) = wrong else {
            return Ok(());
        };
        Err(RollupError::Held {
            log: *log,
            epoch: *epoch,
            why: format!("its seal says {left} more events than its segments hold"),
        })
    }
}

async fn read(
    store: Store,
    rules: Arc<Rules>,
    seal: Seal,
    number: SegmentNo,
) -> Result<Segment, RollupError> {
    let log = seal.log;
    let segment = raw::segment(&store, log, number).await;
    let segment = segment.and_then(|found| found.ok_or_else(|| raw::missing(log, number)));
    let segment = segment
        .map_err(StorageError::from)
        .map_err(|error| match error.kind() {
            // What is damaged stays so: its log waits, and nobody else.
            Kind::Damaged => RollupError::Held {
                log,
                epoch: seal.epoch,
                why: error.to_string(),
            },
            _ => RollupError::Storage(error),
        })?;
    let enrich = move || {
        let enriched = |record: Record| Enriched {
            log,
            facts: rules.facts(&record.event),
            record,
        };
        segment.records.into_iter().map(enriched).collect()
    };
    let events = tokio::task::spawn_blocking(enrich).await;
    Ok((seal, events.map_err(RollupError::Panicked)?))
}
