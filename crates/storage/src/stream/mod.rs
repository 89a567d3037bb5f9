//! The fast way of events from a collector to the speed layer: one stream per log.

mod memory;
mod redis;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use model::{LogId, Record, Seq, Tail};

pub use self::{memory::MemoryStream, redis::RedisStream};
use crate::error::LiveError;

/// Events that follow each other, as they go through the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Number of the event before the first; shows gaps.
    pub previous: Seq,
    /// At least one record, in order.
    pub records: Arc<Vec<Record>>,
}

impl Batch {
    /// Number of the last event.
    pub fn last(&self) -> Seq {
        self.records.last().map_or(self.previous, |r| r.seq)
    }
}

/// What became of an appended batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is in the stream.
    New,
    /// The stream already had this or a later event: nothing was added.
    Stale,
}

/// One stream per log; production is idempotent, and the stream itself says what it has.
#[async_trait]
pub trait EventStream: Send + Sync {
    /// Where the stream ends; `None` if the stream does not exist (never
    /// written, or lost).
    async fn last(&self, log: LogId) -> Result<Option<Tail>, LiveError>;

    /// Appends a batch unless the stream already has its last event.
    async fn append(&self, log: LogId, batch: &Batch) -> Result<Appended, LiveError>;

    /// At most `limit` batches whose last event is after `after`, in order; waits up to `wait`
    /// for one. A batch may begin at or before `after`.
    async fn read(
        &self,
        log: LogId,
        after: Seq,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Batch>, LiveError>;

    /// Ends the stream: from now on it takes no batch. What it holds can still be read.
    async fn close(&self, log: LogId) -> Result<(), LiveError>;

    /// Forgets batches whose last event is at or before `upto`. What [`EventStream::last`] says stays.
    async fn trim(&self, log: LogId, upto: Seq) -> Result<(), LiveError>;
}
