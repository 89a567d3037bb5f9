//! Events of a log from its raw objects: the source that cannot lose anything.

use handover::raw;
use model::{LogId, Record};
use storage::store::{Store, StoreError};

/// A reader of one log's raw segments that remembers where it is.
pub struct RawSource {
    store: Store,
    log: LogId,
    /// A segment known not to be after the next one wanted.
    from: u64,
    /// Segment that follows the last one read, if the last one read ended where the next begins.
    next: Option<(u64, u64)>,
}

impl RawSource {
    /// A reader that begins after segment `covered`.
    pub fn new(store: Store, log: LogId, covered: u64) -> Self {
        Self {
            store,
            log,
            from: covered + 1,
            next: None,
        }
    }

    /// The records of the segment that holds the event after `position` (or of the first one after
    /// it, where a damaged disk lost events); `None` if it is not stored yet.
    pub async fn after(&mut self, position: u64) -> Result<Option<Vec<Record>>, StoreError> {
        let number = match self.next {
            Some((expected, number)) if expected == position => Some(number),
            _ => raw::find_segment(&self.store, self.log, position + 1, self.from).await?,
        };
        let Some(number) = number else {
            return Ok(None);
        };
        let Some(segment) = raw::segment(&self.store, self.log, number).await? else {
            return Ok(None);
        };
        self.from = number;
        self.next = Some((segment.footer.last_seq, number + 1));
        Ok(Some(segment.records))
    }
}
