//! Finds an event that was recorded lately, or long ago: in this collector's log, in the stream, or in the object store.
//! Only what changes a conversion, or repeats one, is worth that.

use std::{sync::Arc, time::Duration};

use handover::{lookup, raw};
use model::{EventId, Record, SegmentNo, Seq, Span};
use storage::{error::StorageError, store::Store, stream::EventStream};
use tokio::{sync::Semaphore, time::timeout};

use crate::{log::Source, session::Current};

/// How long one event is looked for.
const LOOK_LIMIT: Duration = Duration::from_secs(5);
/// Events looked for at once: each may unpack a segment.
const AT_ONCE: usize = 4;

/// Where events are found.
pub(crate) struct EventLookup {
    store: Store,
    stream: Arc<dyn EventStream>,
    places: Semaphore,
}

impl EventLookup {
    pub(crate) fn new(store: Store, stream: Arc<dyn EventStream>) -> Self {
        Self {
            store,
            stream,
            places: Semaphore::new(AT_ONCE),
        }
    }

    /// The event of this name; `None` if it cannot be found now.
    pub(crate) async fn find(&self, own: Option<&Current>, id: EventId) -> Option<Record> {
        if let Some(found) = own.and_then(|own| in_memory(own, id)) {
            return Some(found);
        }
        match timeout(LOOK_LIMIT, self.look(id)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::warn!(%error, "an event cannot be looked up");
                None
            }
            Err(_) => None,
        }
    }

    async fn look(&self, id: EventId) -> Result<Option<Record>, StorageError> {
        if id.seq == Seq::ZERO {
            return Ok(None);
        }
        let _place = self.places.acquire().await;
        if let Some(found) = self.stored(id).await? {
            return Ok(Some(found));
        }
        match lookup::streamed(&*self.stream, id).await? {
            Some(found) => Ok(Some(found)),
            // It may have been shipped meanwhile.
            None => self.stored(id).await,
        }
    }

    async fn stored(&self, id: EventId) -> Result<Option<Record>, StorageError> {
        let newest = raw::newest_segment(&self.store, id.log, SegmentNo::FIRST).await?;
        let Some(newest) = newest else {
            return Ok(None);
        };
        let numbers = Span::from((SegmentNo::FIRST, newest));
        match lookup::segment_of(&self.store, id, numbers).await? {
            Some(segment) => Ok(lookup::stored(&self.store, id, segment).await?),
            None => Ok(None),
        }
    }
}

/// The event, if this collector has just written it.
pub(crate) fn in_memory(own: &Current, id: EventId) -> Option<Record> {
    let log = own.log();
    if log.id() != id.log || id.seq == Seq::ZERO {
        return None;
    }
    match log.shared().after(id.seq.previous()) {
        Source::Memory(batch) => batch.records.iter().find(|r| r.seq == id.seq).cloned(),
        _ => None,
    }
}
