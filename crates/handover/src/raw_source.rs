//! Events of a log from its raw objects: the source that cannot lose anything.

use model::{LogId, Record, SegmentNo, Seq, Span};
use storage::store::{Store, StoreError};

use crate::raw;

/// A reader of one log's raw segments that remembers where it is.
pub struct RawSource {
    store: Store,
    log: LogId,
    /// A segment known not to be after the next one wanted.
    from: SegmentNo,
    /// The newest segment seen in the store; `None`: nobody has looked yet.
    newest: Option<SegmentNo>,
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
            newest: None,
            next: None,
        }
    }

    /// The records of the segment that holds the event after `position` (or of the first one after
    /// it, where a damaged disk lost events); `None` if it is not stored yet. A position is never
    /// before the last one. One cheap request while nothing is new, however much is stored.
    pub async fn after(&mut self, position: Seq) -> Result<Option<Vec<Record>>, StoreError> {
        let number = match &self.next {
            Some(next) if next.after == position => Some(next.number),
            _ => self.find(position.next()).await?,
        };
        let Some(number) = number else {
            return Ok(None);
        };
        let Some(segment) = raw::segment(&self.store, self.log, number).await? else {
            return Ok(None);
        };
        self.from = number;
        self.newest = self.newest.max(Some(number));
        self.next = Some(Next {
            after: segment.footer.last_seq,
            number: number.next(),
        });
        Ok(Some(segment.records))
    }

    async fn find(&mut self, seq: Seq) -> Result<Option<SegmentNo>, StoreError> {
        let newest = self.look().await?;
        let numbers = Span::from((self.from, newest));
        let found = raw::find_between(&self.store, self.log, seq, numbers).await?;
        // All of them end before it.
        self.from = found.unwrap_or(newest.next());
        Ok(found)
    }

    /// The newest segment. What is stored is listed once; then each is looked for by its number.
    async fn look(&mut self) -> Result<SegmentNo, StoreError> {
        let mut newest = match self.newest {
            Some(newest) => newest,
            None => {
                let listed = raw::newest_segment(&self.store, self.log, self.from).await?;
                listed.unwrap_or(self.from.previous())
            }
        };
        while raw::is_stored(&self.store, self.log, newest.next()).await? {
            newest = newest.next();
        }
        self.newest = Some(newest);
        Ok(newest)
    }
}
