//! Live cells in Redis: a hash per entity, two fields per cell (body and version).

use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;
use model::{EntityId, Epoch, Fence, FoldVersion, Horizon, LogId};
use redis::{FromRedisValue, RedisError, Script, Value};
use serde::de::DeserializeOwned;

use super::{CellVersion, Checkpoint, HighWatermark, LiveCells, StoredCell};
use crate::{
    error::LiveError,
    redis_client::{Connection, RedisClient},
    redis_keys,
};

/// Keys looked at by one step of a scan.
const SCAN_COUNT: usize = 500;

/// ARGV: (field, version field, version, body)*. Versions are digits of fixed width, so that they
/// compare as text; Lua numbers would lose bits above 2^53. They are fence, event, fold, the last
/// one left out where it is `$FIRST`; fence, fold, event is what they are compared by.
const PUT_IF_NEWER: &str = "
local function order(version)
  local fold = version:sub(41)
  if fold == '' then fold = '$FIRST' end
  return version:sub(1, 20) .. fold .. version:sub(21, 40)
end
for i = 1, #ARGV, 4 do
  local old = redis.call('HGET', KEYS[1], ARGV[i + 1])
  if not old or order(old) < order(ARGV[i + 2]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 3], ARGV[i + 1], ARGV[i + 2])
  end
end
return 1";

/// ARGV: expected ('' for none), new.
const COMPARE_AND_SET: &str = "
local old = redis.call('GET', KEYS[1]) or ''
if old == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return 1 end
return 0";

/// ARGV: the least value, as digits of fixed width.
const RAISE: &str = "
local old = redis.call('GET', KEYS[1])
if not old or old < ARGV[1] then redis.call('SET', KEYS[1], ARGV[1]) end
return 1";

/// [`LiveCells`] in Redis.
pub struct RedisCells {
    client: RedisClient,
    random: fn() -> u64,
    put: Script,
    compare_and_set: Script,
    raise: Script,
}

impl RedisCells {
    /// Cells of the Redis behind `client`; `random` makes the numbers that tell one generation of
    /// it from the next.
    pub fn new(client: RedisClient, random: fn() -> u64) -> Self {
        let script = Script::new;
        Self {
            client,
            random,
            put: script(&PUT_IF_NEWER.replace("$FIRST", &digits(FoldVersion::FIRST.0))),
            compare_and_set: script(COMPARE_AND_SET),
            raise: script(RAISE),
        }
    }

    async fn connection(&self) -> Result<Connection, LiveError> {
        self.client.shared().await
    }

    /// The JSON under a key.
    async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, LiveError> {
        let text: Option<String> = redis::cmd("GET")
            .arg(key)
            .query_async(&mut self.connection().await?)
            .await?;
        text.map(|t| serde_json::from_str(&t).map_err(|e| damaged(key, e.to_string())))
            .transpose()
    }

    async fn prune_key(&self, key: &str, covered: &Horizon) -> Result<u64, LiveError> {
        if redis_keys::parse_live(key).is_none() {
            return Ok(0);
        }
        let mut connection = self.connection().await?;
        let fields: Vec<String> = redis::cmd("HKEYS")
            .arg(key)
            .query_async(&mut connection)
            .await?;
        let gone = fields.iter().filter_map(|f| redis_keys::parse_cell(f));
        let gone: Vec<_> = gone
            .filter(|(log, epoch)| *epoch <= covered.of(*log).epoch)
            .collect();
        if gone.is_empty() {
            return Ok(0);
        }
        let mut delete = redis::cmd("HDEL");
        delete.arg(key);
        for (log, epoch) in &gone {
            delete
                .arg(redis_keys::cell(*log, *epoch))
                .arg(redis_keys::cell_version(*log, *epoch));
        }
        delete.query_async::<Value>(&mut connection).await?;
        Ok(gone.len() as u64)
    }
}

#[async_trait]
impl LiveCells for RedisCells {
    async fn put(&self, entity: EntityId, cells: Vec<StoredCell>) -> Result<(), LiveError> {
        let mut invocation = self.put.key(redis_keys::live(entity));
        for cell in &cells {
            invocation
                .arg(redis_keys::cell(cell.log, cell.epoch))
                .arg(redis_keys::cell_version(cell.log, cell.epoch))
                .arg(encode_version(cell.version()))
                .arg(&cell.body[..]);
        }
        invocation
            .invoke_async::<Value>(&mut self.connection().await?)
            .await?;
        Ok(())
    }

    async fn cells(&self, entity: EntityId) -> Result<Vec<StoredCell>, LiveError> {
        let key = redis_keys::live(entity);
        let mut connection = self.connection().await?;
        let fields: HashMap<String, Vec<u8>> = redis::cmd("HGETALL")
            .arg(&key)
            .query_async(&mut connection)
            .await?;
        let mut cells = Vec::new();
        for (field, body) in &fields {
            let Some((log, epoch)) = redis_keys::parse_cell(field) else {
                continue;
            };
            let version = fields
                .get(&redis_keys::cell_version(log, epoch))
                .and_then(|v| decode_version(v));
            let (fence, fold, upto) =
                version.ok_or_else(|| damaged(&key, format!("cell {field} has no version")))?;
            cells.push(StoredCell {
                log,
                epoch,
                fence,
                fold,
                upto,
                body: Bytes::copy_from_slice(body),
            });
        }
        Ok(cells)
    }

    async fn checkpoint(&self, log: LogId) -> Result<Option<Checkpoint>, LiveError> {
        self.get(&redis_keys::checkpoint(log)).await
    }

    async fn put_checkpoint(
        &self,
        log: LogId,
        expected: Option<&Checkpoint>,
        checkpoint: &Checkpoint,
    ) -> Result<bool, LiveError> {
        let key = redis_keys::checkpoint(log);
        let text =
            |m: &Checkpoint| serde_json::to_string(m).map_err(|e| damaged(&key, e.to_string()));
        let expected = expected.map(text).transpose()?.unwrap_or_default();
        let mut connection = self.connection().await?;
        let mut invocation = self.compare_and_set.key(&key);
        let done: u8 = invocation
            .arg(expected)
            .arg(text(checkpoint)?)
            .invoke_async(&mut connection)
            .await?;
        Ok(done == 1)
    }

    async fn high_watermark(&self, log: LogId) -> Result<Option<HighWatermark>, LiveError> {
        self.get(&redis_keys::high_watermark(log)).await
    }

    async fn put_high_watermark(
        &self,
        log: LogId,
        high_watermark: &HighWatermark,
    ) -> Result<(), LiveError> {
        let key = redis_keys::high_watermark(log);
        let text =
            serde_json::to_string(high_watermark).map_err(|e| damaged(&key, e.to_string()))?;
        redis::cmd("SET")
            .arg(&key)
            .arg(text)
            .query_async::<Value>(&mut self.connection().await?)
            .await?;
        Ok(())
    }

    async fn prune_watermark(&self, log: LogId) -> Result<Epoch, LiveError> {
        let key = redis_keys::prune_watermark(log);
        let text: Option<String> = redis::cmd("GET")
            .arg(&key)
            .query_async(&mut self.connection().await?)
            .await?;
        text.map_or(Ok(Epoch::ZERO), |t| {
            t.parse().map_err(|_| damaged(&key, "not a number".into()))
        })
    }

    async fn raise_prune_watermark(&self, log: LogId, epoch: Epoch) -> Result<(), LiveError> {
        let mut connection = self.connection().await?;
        let mut invocation = self.raise.key(redis_keys::prune_watermark(log));
        invocation
            .arg(format!("{epoch:020}"))
            .invoke_async::<Value>(&mut connection)
            .await?;
        Ok(())
    }

    async fn generations(&self, create: bool) -> Result<String, LiveError> {
        self.client
            .generations(create.then(|| (self.random)()))
            .await
    }

    async fn prune(&self, covered: &Horizon) -> Result<u64, LiveError> {
        let mut pruned = 0;
        for master in self.client.masters().await? {
            let mut cursor = "0".to_owned();
            loop {
                let mut scan = redis::cmd("SCAN");
                scan.arg(&cursor)
                    .arg("MATCH")
                    .arg(redis_keys::LIVE_PATTERN)
                    .arg("COUNT")
                    .arg(SCAN_COUNT);
                let answer = self.client.on(&master, scan).await?;
                let (next, keys) =
                    <(String, Vec<String>)>::from_redis_value(answer).map_err(RedisError::from)?;
                for key in keys {
                    pruned += self.prune_key(&key, covered).await?;
                }
                cursor = next;
                if cursor == "0" {
                    break;
                }
            }
        }
        Ok(pruned)
    }
}

fn digits(number: u64) -> String {
    format!("{number:020}")
}

fn encode_version((fence, fold, upto): CellVersion) -> String {
    let fold = match fold.is_first() {
        true => String::new(),
        false => digits(fold.0),
    };
    digits(Fence::number(fence)) + &digits(upto.0) + &fold
}

fn decode_version(text: &[u8]) -> Option<CellVersion> {
    let text = std::str::from_utf8(text).ok()?;
    let (fence, upto) = (text.get(..20)?, text.get(20..40)?);
    let fold = match text.get(40..)? {
        "" => FoldVersion::FIRST,
        fold => FoldVersion(fold.parse().ok()?),
    };
    Some((Fence::of(fence.parse().ok()?), fold, upto.parse().ok()?))
}

fn damaged(key: &str, why: String) -> LiveError {
    LiveError::Damaged {
        key: key.to_owned(),
        why,
    }
}
