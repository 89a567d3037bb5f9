//! Keys from before they had scopes. Such a key repeats an event only if the event that has it is of the
//! same link or goal, which the key does not say: the event is looked up.

use std::sync::Arc;

use handover::sender_keys;
use model::{Event, EventId};
use storage::reservations::Reservations;

use crate::conversions::lookup::{EventLookup, Purpose};

/// Where events with old keys are found.
pub(crate) struct OldKeys(Arc<EventLookup>);

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
    pub(crate) fn new(lookup: Arc<EventLookup>) -> Self {
        Self(lookup)
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
            match self.0.find(None, by, Purpose::Transaction).await {
                Some(other) if other.event.object_id() == event.object_id() => {
                    return Repeats::Event(by);
                }
                Some(_) => {}
                None => return Repeats::Unknown,
            }
        }
        Repeats::No
    }
}
