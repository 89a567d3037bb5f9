//! Segments as they lie in the object store, read once for all webhooks that want something of them.

use std::{collections::HashMap, sync::Arc};

use handover::{
    erasures::{self, ErasedEvents},
    manifest::File,
    overview::Overview,
    raw::{self, Stored},
};
use model::{EventKind, LogId, Record, SegmentNo, Seq};
use moka::future::Cache;
use storage::{error::StorageError, store::Store};
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
    fn new(segment: handover::segment::Segment, erased: &ErasedEvents) -> Self {
        let (log, last) = (segment.header.log, segment.footer.last_seq);
        let mut accounts: HashMap<u64, Vec<Record>> = HashMap::new();
        let mut count = 0;
        for mut record in segment.records {
            let account = record.event.account;
            if let Some(erased) = erased.get(&record.id(log)) {
                erased.apply(&mut record.event);
                // It keeps its place among the others, whose messages are the same as before. Nobody is told of it.
                record.event.account = 0;
            }
            if record.event.kind() != EventKind::View {
                count += 1;
                accounts.entry(account).or_default().push(record);
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
    overview: Overview,
    /// By what was erased when they were read, too.
    kept: Cache<(LogId, SegmentNo, Option<String>), Found>,
    reads: Semaphore,
}

impl Segments {
    pub fn new(store: Store, overview: Overview) -> Self {
        let bytes = |_: &(LogId, SegmentNo, Option<String>), found: &Found| match found {
            Found::Segment(segment) => {
                u32::try_from(1_000 + segment.count * EVENT).unwrap_or(u32::MAX)
            }
            Found::End => 1_000,
        };
        Self {
            store,
            overview,
            kept: Cache::builder().max_capacity(KEPT).weigher(bytes).build(),
            reads: Semaphore::new(READS),
        }
    }

    /// What is stored under this number; `None`: nothing yet.
    pub async fn get(
        &self,
        log: LogId,
        number: SegmentNo,
    ) -> Result<Option<Found>, Arc<StorageError>> {
        // Also of a process that has not seen any manifest yet.
        let seen = self.overview.follow().await?;
        let erased = seen.published.manifest.erased.clone();
        let key = (log, number, erased.as_ref().map(|file| file.name.clone()));
        // What is not there yet is not remembered.
        let read = async {
            let _turn = self.reads.acquire().await;
            match raw::stored(&self.store, log, number).await {
                Ok(Some(Stored::Segment(segment))) => {
                    let erased = self.erased(log, erased.as_ref()).await;
                    let erased = erased.map_err(|error| Some(Arc::new(error)))?;
                    Ok(Found::Segment(Arc::new(Segment::new(segment, &erased))))
                }
                Ok(Some(Stored::Tombstone)) => Ok(Found::End),
                Ok(None) => Err(None),
                Err(error) => Err(Some(Arc::new(StorageError::from(error)))),
            }
        };
        match self.kept.try_get_with(key, read).await {
            Ok(found) => Ok(Some(found)),
            Err(error) => match &*error {
                None => Ok(None),
                Some(error) => Err(Arc::clone(error)),
            },
        }
    }

    async fn erased(&self, log: LogId, file: Option<&File>) -> Result<ErasedEvents, StorageError> {
        erasures::read(&self.store, file, |of| of == log).await
    }
}
