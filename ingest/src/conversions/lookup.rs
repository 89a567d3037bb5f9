//! Finds an event that was recorded lately, or long ago: in this collector's log, in the stream, or in the object store.
//! Only what changes a conversion, or repeats one, is worth that.

use std::{sync::Arc, time::Duration};

use handover::{lookup, manifests::Manifests, raw};
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
    manifests: Manifests,
    /// What changes a conversion waits for nobody who makes ids up.
    transactions: Semaphore,
    click_ids: Semaphore,
}

/// What an event is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// It was recorded with a sender's key.
    Transaction,
    /// A sender says that it is a click: whoever does need not be told anything.
    ClickId,
}

impl EventLookup {
    /// Where events are stored.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn new(store: Store, stream: Arc<dyn EventStream>) -> Self {
        Self {
            manifests: Manifests::new(Arc::clone(&store)),
            store,
            stream,
            transactions: Semaphore::new(AT_ONCE),
            click_ids: Semaphore::new(AT_ONCE),
        }
    }

    /// The event of this name; `None` if it cannot be found now.
    pub(crate) async fn find(
        &self,
        own: Option<&Current>,
        id: EventId,
        purpose: Purpose,
    ) -> Option<Record> {
        if let Some(found) = own.and_then(|own| in_memory(own, id)) {
            return Some(found);
        }
        if id.seq == Seq::ZERO {
            return None;
        }
        let places = match purpose {
            Purpose::Transaction => &self.transactions,
            Purpose::ClickId => &self.click_ids,
        };
        let look = async {
            let _place = places.acquire().await;
            self.look(id).await
        };
        timeout(LOOK_LIMIT, look).await.ok().flatten()
    }

    /// In the stream, then in the store, and once more in the stream: it may be on its way. One that does not answer keeps
    /// nobody from the other.
    async fn look(&self, id: EventId) -> Option<Record> {
        if let Some(found) = self.streamed(id).await {
            return Some(found);
        }
        match self.stored(id).await {
            Ok(Some(found)) => Some(found),
            Ok(None) => self.streamed(id).await,
            Err(error) => {
                tracing::warn!(%error, "an event cannot be looked up");
                None
            }
        }
    }

    async fn streamed(&self, id: EventId) -> Option<Record> {
        let found = lookup::streamed(&*self.stream, id).await;
        found
            .inspect_err(|error| tracing::warn!(%error, "the stream cannot be asked for an event"))
            .ok()
            .flatten()
    }

    /// What is settled says in which segments it can be: a log has thousands.
    async fn stored(&self, id: EventId) -> Result<Option<Record>, StorageError> {
        let published = self.manifests.latest().await?;
        let covered = published.manifest.horizon.of(id.log);
        let numbers = match id.seq <= covered.seq {
            true => Span::from((SegmentNo::FIRST, covered.segment)),
            false => {
                let first = covered.segment.next();
                let newest = raw::newest_segment(&self.store, id.log, first).await?;
                match newest {
                    Some(newest) => Span::from((first, newest)),
                    None => return Ok(None),
                }
            }
        };
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
