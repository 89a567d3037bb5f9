//! Keys in Redis, shared by all collectors.

use async_trait::async_trait;
use model::{EventId, LogId};
use redis::{Script, Value};

use super::{KEEP_MS, PENDING_MS, Reservations, Reserved};
use crate::{
    error::LiveError,
    redis_client::{Connection, RedisClient},
    redis_keys,
};

/// How long nobody else puts all keys back while one is at it, milliseconds.
const TURN_MS: i64 = 20_000;

/// ARGV: owner, pending and kept for how many milliseconds. A key is `pending:{since}:{owner}`, or
/// the id of an event. Times are those of the Redis server alone. A client may send it twice.
const RESERVE: &str = "
local old = redis.call('GET', KEYS[1])
local since, owner = string.match(old or '', '^pending:(%d+):(.*)$')
if old and not since then return old end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if since and owner ~= ARGV[1] and now - since < tonumber(ARGV[2]) then return 'pending' end
local mine = string.format('pending:%.0f:', now) .. ARGV[1]
redis.call('SET', KEYS[1], mine, 'PX', ARGV[3])
return old and 'taken over' or 'new'";

/// ARGV: owner. Gives the key back only if it is still his.
const RELEASE: &str = "
local old = redis.call('GET', KEYS[1])
if old and string.match(old, '^pending:%d+:(.*)$') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1";

/// [`Reservations`] in Redis.
pub struct RedisReservations {
    client: RedisClient,
    /// Makes the numbers that tell one state of Redis from the next.
    random: fn() -> u64,
    reserve: Script,
    release: Script,
}

impl RedisReservations {
    /// Reservations of the Redis behind `client`.
    pub fn new(client: RedisClient, random: fn() -> u64) -> Self {
        Self {
            client,
            random,
            reserve: Script::new(RESERVE),
            release: Script::new(RELEASE),
        }
    }

    async fn connection(&self) -> Result<Connection, LiveError> {
        self.client.shared().await
    }

    async fn get(&self, key: &str) -> Result<Option<String>, LiveError> {
        let mut connection = self.connection().await?;
        Ok(redis::cmd("GET")
            .arg(key)
            .query_async(&mut connection)
            .await?)
    }

    async fn set(&self, key: &str, value: &str) -> Result<(), LiveError> {
        let mut connection = self.connection().await?;
        let mut set = redis::cmd("SET");
        set.arg(key).arg(value);
        set.query_async::<Value>(&mut connection).await?;
        Ok(())
    }
}

#[async_trait]
impl Reservations for RedisReservations {
    async fn reserve(&self, key: &str, owner: &str, _now_ms: i64) -> Result<Reserved, LiveError> {
        let mut call = self.reserve.key(redis_keys::reservation(key));
        call.arg(owner).arg(PENDING_MS).arg(KEEP_MS);
        let answer: String = call.invoke_async(&mut self.connection().await?).await?;
        Ok(match answer.as_str() {
            "new" => Reserved::New,
            "taken over" => Reserved::TakenOver,
            event => event.parse().map_or(Reserved::Pending, Reserved::Taken),
        })
    }

    async fn taken_by(&self, key: &str, _now_ms: i64) -> Result<Option<EventId>, LiveError> {
        let found = self.get(&redis_keys::reservation(key)).await?;
        Ok(found.and_then(|event| event.parse().ok()))
    }

    async fn confirm(
        &self,
        key: &str,
        event: EventId,
        keep_ms: i64,
        _now_ms: i64,
    ) -> Result<(), LiveError> {
        if keep_ms <= 0 {
            return Ok(());
        }
        let mut connection = self.connection().await?;
        let mut set = redis::cmd("SET");
        set.arg(redis_keys::reservation(key))
            .arg(event.to_string())
            .arg("PX")
            .arg(keep_ms);
        set.query_async::<Value>(&mut connection).await?;
        Ok(())
    }

    async fn release(&self, key: &str, owner: &str) -> Result<(), LiveError> {
        let mut call = self.release.key(redis_keys::reservation(key));
        call.arg(owner);
        call.invoke_async::<Value>(&mut self.connection().await?)
            .await?;
        Ok(())
    }

    async fn generations(&self, create: bool) -> Result<String, LiveError> {
        let random = create.then(|| (self.random)());
        self.client.generations(random).await
    }

    async fn whole(&self) -> Result<Option<String>, LiveError> {
        self.get(redis_keys::SENDER_KEYS_WHOLE).await
    }

    async fn put_whole(&self, generations: &str) -> Result<(), LiveError> {
        self.set(redis_keys::SENDER_KEYS_WHOLE, generations).await
    }

    async fn own(&self, log: LogId) -> Result<Option<String>, LiveError> {
        self.get(&redis_keys::sender_keys_of(log)).await
    }

    async fn put_own(&self, log: LogId, generations: &str) -> Result<(), LiveError> {
        self.set(&redis_keys::sender_keys_of(log), generations)
            .await
    }

    async fn take_turn(&self) -> Result<bool, LiveError> {
        let mut connection = self.connection().await?;
        let mut set = redis::cmd("SET");
        set.arg(redis_keys::SENDER_KEYS_TURN).arg(1).arg("NX");
        set.arg("PX").arg(TURN_MS);
        let taken: Option<String> = set.query_async(&mut connection).await?;
        Ok(taken.is_some())
    }
}
