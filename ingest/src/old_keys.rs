//! Keys from before they had scopes. Such a key repeats an event only if the event that has it is of the
//! same link or goal, which the key does not say: the event is looked up.

use std::{sync::Arc, time::Duration};

use handover::{lookup, raw, sender_keys};
use model::{Event, EventId, Record, SegmentNo, Seq, Span};
use storage::{error::StorageError, reservations::Reservations, store::Store, stream::EventStream};
use tokio::{sync::Semaphore, time::timeout};

/// How long one event is looked for.
const LOOK_LIMIT: Duration = Duration::from_secs(5);
/// Events looked for at once: each may unpack a segment.
const AT_ONCE: usize = 4;

/// Where events with old keys are found.
pub(crate) struct OldKeys {
    store: Store,
    stream: Arc<dyn EventStream>,
    places: Semaphore,
}

/// What an old key says of an event.
pub(crate) enum Repeats {
    /// Nothing.
    No,
    /// It repeats this one.
    Event(EventId),
    /// The event that has its key cannot be seen just now.
    Unknown,
}

impl OldKeys {
    pub(crate) fn new(store: Store, stream: Arc<dyn EventStream>) -> Self {
        Self {
            store,
            stream,
            places: Semaphore::new(AT_ONCE),
        }
    }

    /// Whether `event` repeats one that was recorded with its key when keys had no scopes.
    pub(crate) async fn repeats(
        &self,
        event: &Event,
        keys: &dyn Reservations,
        now_ms: i64,
    ) -> Repeats {
        for key in [&event.transaction_id, &event.idempotency_key]
            .into_iter()
            .flatten()
        {
            let name = sender_keys::name(event.account, &sender_keys::old_hash(key));
            // Where keys cannot be looked at the door says so of the event's own key, too.
            let Ok(Some(by)) = keys.taken_by(&name, now_ms).await else {
                continue;
            };
            match timeout(LOOK_LIMIT, self.find(by)).await {
                Ok(Ok(Some(other))) if other.event.object_id() == event.object_id() => {
                    return Repeats::Event(by);
                }
                Ok(Ok(Some(_))) => {}
                Ok(Ok(None)) | Err(_) => return Repeats::Unknown,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the event of an old key cannot be looked up");
                    return Repeats::Unknown;
                }
            }
        }
        Repeats::No
    }

    async fn find(&self, id: EventId) -> Result<Option<Record>, StorageError> {
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
