//! Keys in Redis, shared by all collectors.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use model::{EventId, LogId};
use redis::{FromRedisValue, Script, ScriptInvocation, Value};

use super::{
    KEEP_MS, PENDING_MS, Reservations, Reserved,
    packed::{self, PART_KEYS, PARTS, Place, STAYS_MS},
};
use crate::{
    error::LiveError,
    redis_client::{Connection, RedisClient},
    redis_keys,
};

/// How long nobody else puts all keys back while one is at it, milliseconds.
const TURN_MS: i64 = 20_000;
/// The share of its memory that Redis may have taken before no more keys are remembered: cells and streams come
/// first. In hundredths.
const MOST_MEMORY: u64 = 60;
/// The share below which they are remembered again: all of them are put back then, which is not to begin anew each time
/// that a stream grows and shrinks by a little. In hundredths.
const ROOM_AGAIN: u64 = 50;
/// How often its memory is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Finds the key of field ARGV[1] in the hashes KEYS: where it lies, and its value. A key whose time is over
/// (ARGV[2]: how many seconds it is kept) is none. Times are those of the Redis server alone.
const FIND: &str = "
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local place, value
for i = 1, #KEYS do
  local found = redis.call('HGET', KEYS[i], ARGV[1])
  if found then
    if string.sub(found, 1, 1) == 'e' and struct.unpack('>I4', found, 2) + tonumber(ARGV[2]) <= now / 1000 then
      redis.call('HDEL', KEYS[i], ARGV[1])
    else
      place, value = KEYS[i], found
      break
    end
  end
end
local since, owner = string.match(value or '', '^p(%d+):(.*)$')
local function put(text, parts, most, stays)
  local key = place
  if not key then
    for i = 1, parts do
      key = KEYS[i]
      if redis.call('HLEN', key) < most then break end
    end
  end
  redis.call('HSET', key, ARGV[1], text)
  if redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, stays) end
end
";
/// ARGV besides: owner, pending for how many milliseconds, parts, keys of one, how long the hash stays, whether there
/// is room. A value is `p{since}:{owner}`, or an event. A client may send it twice.
const RESERVE: &str = "
if value and not since then return value end
if since and owner ~= ARGV[3] and now - since < tonumber(ARGV[4]) then return 'pending' end
if not value and ARGV[8] == '0' then return 'crowded' end
put(string.format('p%.0f:', now) .. ARGV[3], tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7])
return value and 'taken over' or 'new'";
/// ARGV besides: the event, parts, keys of one, how long the hash stays, whether there is room, how many seconds
/// ago it was received.
const CONFIRM: &str = "
if not value and ARGV[7] == '0' then return 'crowded' end
local second = math.floor(now / 1000) - tonumber(ARGV[8])
put('e' .. struct.pack('>I4', second) .. ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6])
return 'put'";
/// ARGV besides: owner. Gives the key back only if it is still his.
const RELEASE: &str = "
if since and owner == ARGV[3] then redis.call('HDEL', place, ARGV[1]) end
return 1";
const LOOK_UP: &str = "
return value or ''";

/// [`Reservations`] in Redis.
pub struct RedisReservations {
    client: RedisClient,
    /// Makes the numbers that tell one state of Redis from the next.
    random: fn() -> u64,
    reserve: Script,
    confirm: Script,
    release: Script,
    look_up: Script,
    /// When its memory was looked at, and whether it is too full for more keys.
    memory: Mutex<(Option<Instant>, bool)>,
}

impl RedisReservations {
    /// Reservations of the Redis behind `client`.
    pub fn new(client: RedisClient, random: fn() -> u64) -> Self {
        let script = |what: &str| Script::new(&format!("{FIND}{what}"));
        Self {
            client,
            random,
            reserve: script(RESERVE),
            confirm: script(CONFIRM),
            release: script(RELEASE),
            look_up: script(LOOK_UP),
            memory: Mutex::default(),
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

    /// Runs a script on the hashes of a key; `more` adds what is its own.
    async fn call(
        &self,
        script: &Script,
        key: &str,
        (received_ms, now_ms): (i64, i64),
        more: impl FnOnce(&mut ScriptInvocation<'_>),
    ) -> Result<Vec<u8>, LiveError> {
        let place = Place::of(key);
        let mut call = script.prepare_invoke();
        for hash in place.hashes(received_ms, now_ms) {
            call.key(hash);
        }
        call.arg(&place.field[..]).arg(KEEP_MS / 1_000);
        more(&mut call);
        let answer: Value = call.invoke_async(&mut self.connection().await?).await?;
        Vec::<u8>::from_redis_value(answer).or(Ok(Vec::new()))
    }

    /// Looks whether there is room for more keys.
    async fn look_for_room(&self) -> bool {
        let taken = self.client.memory_taken().await;
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(fullest) = taken else {
            return !memory.1;
        };
        let is_full = fullest >= if memory.1 { ROOM_AGAIN } else { MOST_MEMORY };
        if is_full && !memory.1 {
            tracing::warn!(
                fullest,
                "Redis has little room left: senders' keys are not remembered, and events with keys marked for batch"
            );
        }
        memory.1 = is_full;
        metrics::gauge!("millrace_sender_keys_crowded").set(f64::from(u8::from(is_full)));
        !is_full
    }
}

#[async_trait]
impl Reservations for RedisReservations {
    async fn reserve(&self, key: &str, owner: &str, now_ms: i64) -> Result<Reserved, LiveError> {
        let room = self.has_room().await;
        let times = (now_ms, now_ms);
        let answer = self.call(&self.reserve, key, times, |call| {
            call.arg(owner)
                .arg(PENDING_MS)
                .arg(PARTS)
                .arg(PART_KEYS)
                .arg(STAYS_MS)
                .arg(u8::from(room));
        });
        let answer = answer.await?;
        Ok(match &answer[..] {
            b"new" => Reserved::New,
            b"taken over" => Reserved::TakenOver,
            b"crowded" => Reserved::Crowded,
            event => packed::event(event).map_or(Reserved::Pending, Reserved::Taken),
        })
    }

    async fn taken_by(&self, key: &str, now_ms: i64) -> Result<Option<EventId>, LiveError> {
        let value = self.call(&self.look_up, key, (now_ms, now_ms), |_| {});
        Ok(packed::event(&value.await?))
    }

    async fn confirm(
        &self,
        key: &str,
        event: EventId,
        keep_ms: i64,
        now_ms: i64,
    ) -> Result<bool, LiveError> {
        if keep_ms <= 0 {
            return Ok(true);
        }
        let room = self.has_room().await;
        let received_ms = now_ms + keep_ms - KEEP_MS;
        let times = (received_ms, now_ms);
        let put = self.call(&self.confirm, key, times, |call| {
            call.arg(packed::taken(event))
                .arg(PARTS)
                .arg(PART_KEYS)
                .arg(STAYS_MS)
                .arg(u8::from(room))
                .arg((KEEP_MS - keep_ms).max(0) / 1_000);
        });
        Ok(put.await? != b"crowded")
    }

    async fn release(&self, key: &str, owner: &str, now_ms: i64) -> Result<(), LiveError> {
        let released = self.call(&self.release, key, (now_ms, now_ms), |call| {
            call.arg(owner);
        });
        released.await?;
        Ok(())
    }

    async fn has_room(&self) -> bool {
        {
            let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
            let is_fresh = memory.0.is_some_and(|at| at.elapsed() < LOOK);
            if is_fresh {
                return !memory.1;
            }
            // Others go by what was seen before while one looks.
            memory.0 = Some(Instant::now());
        }
        self.look_for_room().await
    }

    async fn generations(&self, create: bool) -> Result<String, LiveError> {
        let random = create.then(|| (self.random)());
        let servers = self.client.generations(random).await?;
        let forgotten = self.get(redis_keys::SENDER_KEYS_FORGOTTEN).await?;
        Ok(format!("{servers};{}", forgotten.unwrap_or_default()))
    }

    async fn forget(&self) -> Result<(), LiveError> {
        let mut connection = self.connection().await?;
        let mut more = redis::cmd("INCR");
        more.arg(redis_keys::SENDER_KEYS_FORGOTTEN);
        more.query_async::<Value>(&mut connection).await?;
        Ok(())
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
