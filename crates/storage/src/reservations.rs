//! Senders' keys (idempotency and transaction keys): taken once, so that a retry is not a second
//! event. What is remembered here is disposable: the collectors put it back, and until they have,
//! events say that their keys could not be checked (ADR 7).

mod memory;
mod packed;
mod redis;

use async_trait::async_trait;
use model::{EventId, LogId};

pub use self::{memory::MemoryReservations, redis::RedisReservations};
use crate::error::LiveError;

/// How long a key is remembered after its event was received: 30 days, milliseconds.
pub const KEEP_MS: i64 = 30 * 86_400_000;
/// After how long nobody is believed to be still recording an event with a key, milliseconds.
pub const PENDING_MS: i64 = 60_000;

/// What became of a request for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It is ours until confirmed or released: nobody had it.
    New,
    /// It is ours, but somebody had it before who never said what became of it.
    TakenOver,
    /// Somebody is recording an event with it just now.
    Pending,
    /// This event has it.
    Taken(EventId),
    /// Nobody is known to have it, and there is no room to remember that it is ours.
    Crowded,
}

/// Who has which key. Keys are made by [`handover::sender_keys::name`].
#[async_trait]
pub trait Reservations: Send + Sync {
    /// Asks for a key, at `now_ms`, in the name of `owner`, a word of one request. Asked again by
    /// the same it is taken over.
    async fn reserve(&self, key: &str, owner: &str, now_ms: i64) -> Result<Reserved, LiveError>;
    /// The event that has a key, if one has.
    async fn taken_by(&self, key: &str, now_ms: i64) -> Result<Option<EventId>, LiveError>;
    /// Says that `event` was accepted with the key, which is to be remembered for `keep_ms` from `now_ms`;
    /// `false` if there is no room for it.
    async fn confirm(
        &self,
        key: &str,
        event: EventId,
        keep_ms: i64,
        now_ms: i64,
    ) -> Result<bool, LiveError>;
    /// Gives a key back that `owner` reserved: no event was accepted with it.
    async fn release(&self, key: &str, owner: &str, now_ms: i64) -> Result<(), LiveError>;

    /// Names the present generations of the memory: it changes whenever keys may have been lost. With
    /// `create`, what is needed to notice that later is made where it is missing.
    async fn generations(&self, create: bool) -> Result<String, LiveError>;
    /// Says that keys are missing which are said to be there: the generations change.
    async fn forget(&self) -> Result<(), LiveError>;
    /// The generations in which all keys were last put back.
    async fn whole(&self) -> Result<Option<String>, LiveError>;
    /// Says that all keys were put back in `generations`, read before.
    async fn put_whole(&self, generations: &str) -> Result<(), LiveError>;
    /// The generations in which the collector of `log` last put back the keys that it holds itself.
    async fn own(&self, log: LogId) -> Result<Option<String>, LiveError>;
    /// Says that the collector of `log` has put back the keys that it holds itself in `generations`.
    async fn put_own(&self, log: LogId, generations: &str) -> Result<(), LiveError>;
    /// Whether the caller should put all keys back now; nobody else is told so for a while.
    async fn take_turn(&self) -> Result<bool, LiveError>;
    /// Whether there is room for more keys, as seen within the last seconds.
    async fn has_room(&self) -> bool {
        true
    }
    /// Whether there is no room for all keys.
    fn is_crowded(&self) -> bool {
        false
    }
}
