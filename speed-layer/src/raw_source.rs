//! Events of a log from its raw objects: the source that cannot lose anything.

use handover::raw;
use model::{LogId, Record, SegmentNo, Seq};
use storage::store::{Store, StoreError};

/// A reader of one log's raw segments that remembers where it is.
pub struct RawSource {
    store: Store,
    log: LogId,
    /// A segment known not to be after the next one wanted.
    from: SegmentNo,
    next: Option<Next>,
}

/// What follows the last segment that was read.
struct Next {
    /// The last event of the one that was read.
    after: Seq,
    number: SegmentNo,
}

impl RawSource {
    /// A reader that begins after segment `covered`.
    pub fn new(store: Store, log: LogId, covered: SegmentNo) -> Self {
        Self {
            store,
            log,
            from: covered.next(),
            next: None,
        }
    }

    /// The records of the segment that holds the event after `position` (or of the first one after
    /// it, where a damaged disk lost events); `None` if it is not stored yet.
    pub async fn after(&mut self, position: Seq) -> Result<Option<Vec<Record>>, StoreError> {
        let number = match &self.next {
            Some(next) if next.after == position => Some(next.number),
            _ => raw::find_segment(&self.store, self.log, position.next(), self.from).await?,
        };
        let Some(number) = number else {
            return Ok(None);
        };
        let Some(segment) = raw::segment(&self.store, self.log, number).await? else {
            return Ok(None);
        };
        self.from = number;
        self.next = Some(Next {
            after: segment.footer.last_seq,
            number: number.next(),
        });
        Ok(Some(segment.records))
    }
}
