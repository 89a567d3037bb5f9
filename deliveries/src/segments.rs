//! Segments as they lie in the object store, read once for all webhooks that want something of them.

use std::{collections::HashMap, sync::Arc};

use handover::raw::{self, Stored};
use model::{EventKind, LogId, Record, SegmentNo, Seq};
use moka::future::Cache;
use storage::store::{Store, StoreError};
use tokio::sync::Semaphore;

/// What all segments that are kept may take, about, bytes.
const KEPT: u64 = 48 << 20;
/// What an event takes, about, bytes.
const EVENT: usize = 1_000;
/// Segments that are read at once.
const READS: usize = 4;

/// What is stored under a number.
#[derive(Clone)]
pub(crate) enum Found {
    Segment(Arc<Segment>),
    /// The log ends here.
    End,
}

/// Clicks and conversions of a segment, by account.
pub(crate) struct Segment {
    /// Number of its last event.
    pub last: Seq,
    accounts: HashMap<u64, Vec<Record>>,
    count: usize,
}

impl Segment {
    fn new(segment: handover::segment::Segment) -> Self {
        let last = segment.footer.last_seq;
        let mut accounts: HashMap<u64, Vec<Record>> = HashMap::new();
        let mut count = 0;
        for record in segment.records {
            if record.event.kind() != EventKind::View {
                count += 1;
                accounts
                    .entry(record.event.account)
                    .or_default()
                    .push(record);
            }
        }
        Self {
            last,
            accounts,
            count,
        }
    }

    /// Those of an account, in order.
    pub fn of(&self, account: u64) -> &[Record] {
        self.accounts.get(&account).map_or(&[], Vec::as_slice)
    }
}

/// See the module.
pub(crate) struct Segments {
    store: Store,
    kept: Cache<(LogId, SegmentNo), Found>,
    reads: Semaphore,
}

impl Segments {
    pub fn new(store: Store) -> Self {
        let bytes = |_: &(LogId, SegmentNo), found: &Found| match found {
            Found::Segment(segment) => {
                u32::try_from(1_000 + segment.count * EVENT).unwrap_or(u32::MAX)
            }
            Found::End => 1_000,
        };
        Self {
            store,
            kept: Cache::builder().max_capacity(KEPT).weigher(bytes).build(),
            reads: Semaphore::new(READS),
        }
    }

    /// What is stored under this number; `None`: nothing yet.
    pub async fn get(
        &self,
        log: LogId,
        number: SegmentNo,
    ) -> Result<Option<Found>, Arc<StoreError>> {
        // What is not there yet is not remembered.
        let read = async {
            let _turn = self.reads.acquire().await;
            match raw::stored(&self.store, log, number).await {
                Ok(Some(Stored::Segment(segment))) => {
                    Ok(Found::Segment(Arc::new(Segment::new(segment))))
                }
                Ok(Some(Stored::Tombstone)) => Ok(Found::End),
                Ok(None) => Err(None),
                Err(error) => Err(Some(Arc::new(error))),
            }
        };
        match self.kept.try_get_with((log, number), read).await {
            Ok(found) => Ok(Some(found)),
            Err(error) => match &*error {
                None => Ok(None),
                Some(error) => Err(Arc::clone(error)),
            },
        }
    }
}
