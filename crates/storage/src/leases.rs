//! Which speed layer follows which log. Leases only save work: two that follow one log count the
//! same, so that nothing is lost when a lease is late, expired or forgotten.

use std::time::Duration;

use async_trait::async_trait;
use model::LogId;
use redis::Script;

use crate::{
    error::LiveError,
    redis_client::{Connection, RedisClient},
    redis_keys,
};

/// In whose name the lease is taken of sending webhooks: no log has this number.
pub const WEBHOOKS: LogId = LogId(0);

/// Who shares out logs among speed layers.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Says that `worker` lives, for `ttl` from now; tells how many live.
    async fn beat(&self, worker: u64, ttl: Duration) -> Result<usize, LiveError>;

    /// Takes or renews the lease of `log` for `ttl`; `false` if somebody else has it.
    async fn take(&self, log: LogId, worker: u64, ttl: Duration) -> Result<bool, LiveError>;

    /// Gives the lease of `log` back, if `worker` has it.
    async fn give(&self, log: LogId, worker: u64) -> Result<(), LiveError>;
}

/// Everything is granted: for a process that is alone.
#[derive(Debug, Default)]
pub struct AllGranted;

#[async_trait]
impl Leases for AllGranted {
    async fn beat(&self, _worker: u64, _ttl: Duration) -> Result<usize, LiveError> {
        Ok(1)
    }

    async fn take(&self, _log: LogId, _worker: u64, _ttl: Duration) -> Result<bool, LiveError> {
        Ok(true)
    }

    async fn give(&self, _log: LogId, _worker: u64) -> Result<(), LiveError> {
        Ok(())
    }
}

/// ARGV: worker, ttl in milliseconds. Times are those of the Redis server alone.
const BEAT: &str = "
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZCARD', KEYS[1])";

/// ARGV: worker, ttl in milliseconds.
const TAKE: &str = "
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1";

/// ARGV: worker.
const GIVE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1";

/// [`Leases`] in Redis.
pub struct RedisLeases {
    client: RedisClient,
    beat: Script,
    take: Script,
    give: Script,
}

impl RedisLeases {
    /// Leases in the Redis behind `client`.
    pub fn new(client: RedisClient) -> Self {
        Self {
            client,
            beat: Script::new(BEAT),
            take: Script::new(TAKE),
            give: Script::new(GIVE),
        }
    }

    async fn connection(&self) -> Result<Connection, LiveError> {
        self.client.shared().await
    }
}

#[async_trait]
impl Leases for RedisLeases {
    async fn beat(&self, worker: u64, ttl: Duration) -> Result<usize, LiveError> {
        let mut call = self.beat.key(redis_keys::SPEED_LAYERS);
        call.arg(worker.to_string()).arg(ttl.as_millis() as u64);
        Ok(call.invoke_async(&mut self.connection().await?).await?)
    }

    async fn take(&self, log: LogId, worker: u64, ttl: Duration) -> Result<bool, LiveError> {
        let mut call = self.take.key(redis_keys::lease(log));
        call.arg(worker.to_string()).arg(ttl.as_millis() as u64);
        let taken: u8 = call.invoke_async(&mut self.connection().await?).await?;
        Ok(taken == 1)
    }

    async fn give(&self, log: LogId, worker: u64) -> Result<(), LiveError> {
        let mut call = self.give.key(redis_keys::lease(log));
        call.arg(worker.to_string());
        call.invoke_async::<redis::Value>(&mut self.connection().await?)
            .await?;
        Ok(())
    }
}
