//! Senders' keys (idempotency and transaction keys): taken once, so that a retry is not a second
//! event.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use model::EventId;
use redis::{Script, Value};

use crate::{redis_client::RedisClient, redis_keys, stream::LiveError};

/// How long a key that was confirmed is remembered: 30 days, milliseconds.
pub const KEEP_MS: i64 = 30 * 86_400_000;
/// How long a key may be pending before somebody else may have it, milliseconds.
pub const PENDING_MS: i64 = 60_000;
/// Keys remembered in memory; beyond that expired ones go first, then the oldest.
const MAX_KEYS: usize = 1_000_000;

/// What became of a wish for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It is ours until confirmed or expired.
    New,
    /// Somebody is recording an event with it just now.
    Pending,
    /// This event has it.
    Taken(EventId),
}

/// Who has which key. Keys are made by the door: account and sender's key.
#[async_trait]
pub trait Reservations: Send + Sync {
    /// Asks for a key, at `now_ms`.
    async fn reserve(&self, key: &str, now_ms: i64) -> Result<Reserved, LiveError>;
    /// Says that `event` was accepted with the key.
    async fn confirm(&self, key: &str, event: EventId, now_ms: i64) -> Result<(), LiveError>;
    /// Gives a pending key back: no event was accepted with it.
    async fn release(&self, key: &str) -> Result<(), LiveError>;
}

/// [`Reservations`] inside one process, bounded.
#[derive(Default)]
pub struct MemoryReservations(Mutex<HashMap<String, (i64, Option<EventId>)>>);

#[async_trait]
impl Reservations for MemoryReservations {
    async fn reserve(&self, key: &str, now_ms: i64) -> Result<Reserved, LiveError> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match keys.get(key) {
            Some((until, Some(event))) if *until > now_ms => return Ok(Reserved::Taken(*event)),
            Some((until, None)) if *until > now_ms => return Ok(Reserved::Pending),
            _ => {}
        }
        if keys.len() >= MAX_KEYS {
            make_room(&mut keys, now_ms);
        }
        keys.insert(key.to_owned(), (now_ms + PENDING_MS, None));
        Ok(Reserved::New)
    }

    async fn confirm(&self, key: &str, event: EventId, now_ms: i64) -> Result<(), LiveError> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key.to_owned(), (now_ms + KEEP_MS, Some(event)));
        Ok(())
    }

    async fn release(&self, key: &str) -> Result<(), LiveError> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(keys.get(key), Some((_, None))) {
            keys.remove(key);
        }
        Ok(())
    }
}

fn make_room(keys: &mut HashMap<String, (i64, Option<EventId>)>, now_ms: i64) {
    keys.retain(|_, (until, _)| *until > now_ms);
    if keys.len() >= MAX_KEYS {
        let mut ends: Vec<i64> = keys.values().map(|(until, _)| *until).collect();
        let (_, cut, _) = ends.select_nth_unstable(MAX_KEYS / 10);
        let cut = *cut;
        keys.retain(|_, (until, _)| *until > cut);
    }
}

/// Gives the key back only if no event has it.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == 'pending' then redis.call('DEL', KEYS[1]) end return 1";

/// [`Reservations`] in Redis, shared by all collectors.
pub struct RedisReservations {
    client: RedisClient,
    release: Script,
}

impl RedisReservations {
    /// Reservations of the Redis behind `client`.
    pub fn new(client: RedisClient) -> Self {
        Self {
            client,
            release: Script::new(RELEASE),
        }
    }
}

#[async_trait]
impl Reservations for RedisReservations {
    async fn reserve(&self, key: &str, _now_ms: i64) -> Result<Reserved, LiveError> {
        let key = redis_keys::reservation(key);
        let mut connection = self.client.shared().await?;
        let mut set = redis::cmd("SET");
        set.arg(&key)
            .arg("pending")
            .arg("NX")
            .arg("GET")
            .arg("PX")
            .arg(PENDING_MS);
        let old: Option<String> = set.query_async(&mut connection).await?;
        Ok(match old {
            None => Reserved::New,
            Some(text) => text.parse().map_or(Reserved::Pending, Reserved::Taken),
        })
    }

    async fn confirm(&self, key: &str, event: EventId, _now_ms: i64) -> Result<(), LiveError> {
        let mut connection = self.client.shared().await?;
        let mut set = redis::cmd("SET");
        set.arg(redis_keys::reservation(key))
            .arg(event.to_string())
            .arg("PX")
            .arg(KEEP_MS);
        set.query_async::<Value>(&mut connection).await?;
        Ok(())
    }

    async fn release(&self, key: &str) -> Result<(), LiveError> {
        let mut connection = self.client.shared().await?;
        self.release
            .key(redis_keys::reservation(key))
            .invoke_async::<Value>(&mut connection)
            .await?;
        Ok(())
    }
}
