//! Live cells in Redis: a hash per entity, two fields per cell (body and version), and a list per epoch of who has some.

mod scripts;
mod versions;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use model::{EntityId, Epoch, FoldVersion, Horizon, LogId};
use moka::sync::Cache;
use redis::{FromRedisValue, RedisError, Script, Value};
use serde::de::DeserializeOwned;

use self::{
    scripts::{COMPARE_AND_SET, PUT_IF_NEWER, RAISE, READ_CHANGED},
    versions::{decode_version, digits, encode_version},
};
use super::{Checkpoint, HighWatermark, LiveCells, StoredCell};
use crate::{
    error::LiveError,
    redis_client::{Connection, Master, RedisClient},
    redis_keys,
};

/// Keys looked at by one step of a scan.
const SCAN_COUNT: usize = 500;
/// Entities in one item of a list, at most.
const LISTED_TOGETHER: usize = 500;
/// Items of a list read at once.
const LIST_PAGE: usize = 20;

/// Answer of `READ_CHANGED`: field of the version, version, body.
type Found = (String, Option<Vec<u8>>, Option<Vec<u8>>);

/// The cells of an entity with so many bytes are kept, so that they are not all fetched with each reading.
const LARGE: usize = 64 << 10;
/// So many bytes are kept, for so long: they are of no use once their versions are gone.
const KEPT: u64 = 64 << 20;
const KEPT_FOR: Duration = Duration::from_secs(600);

/// [`LiveCells`] in Redis.
pub struct RedisCells {
    client: RedisClient,
    random: fn() -> u64,
    put: Script,
    compare_and_set: Script,
    raise: Script,
    read_changed: Script,
    large: Cache<EntityId, Arc<Vec<StoredCell>>>,
    /// Those in which `large` was read.
    generations: Mutex<String>,
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
            read_changed: script(READ_CHANGED),
            large: Cache::builder()
                .weigher(|_, cells: &Arc<Vec<_>>| bytes_of(cells).try_into().unwrap_or(u32::MAX))
                .max_capacity(KEPT)
                .time_to_live(KEPT_FOR)
                .build(),
            generations: Mutex::default(),
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

    async fn read_all(&self, entity: EntityId) -> Result<Vec<StoredCell>, LiveError> {
        let key = redis_keys::live(entity);
        let fields: HashMap<String, Vec<u8>> = redis::cmd("HGETALL")
            .arg(&key)
            .query_async(&mut self.connection().await?)
            .await?;
        let mut cells = Vec::new();
        for (field, body) in &fields {
            let Some(place) = redis_keys::parse_cell(field) else {
                continue;
            };
            let version = fields.get(&redis_keys::cell_version(place.0, place.1));
            let version = version.map(Vec::as_slice);
            let body = Bytes::copy_from_slice(body);
            cells.push(cell(&key, place, version, body)?);
        }
        Ok(cells)
    }

    /// The same where most of them are known: what is of a known version is not fetched again.
    async fn read_changed(
        &self,
        entity: EntityId,
        known: &[StoredCell],
    ) -> Result<Vec<StoredCell>, LiveError> {
        let key = redis_keys::live(entity);
        let mut invocation = self.read_changed.key(&key);
        for cell in known {
            invocation
                .arg(redis_keys::cell_version(cell.log, cell.epoch))
                .arg(encode_version(cell.version()));
        }
        let answer: Vec<Found> = invocation
            .invoke_async(&mut self.connection().await?)
            .await?;
        let known: HashMap<_, _> = known.iter().map(|c| ((c.log, c.epoch), c)).collect();
        let mut cells = Vec::new();
        for (field, version, body) in answer {
            let Some(place) = redis_keys::parse_cell(field.trim_end_matches('#')) else {
                continue;
            };
            let is_of = |known: &&&StoredCell| {
                let known = encode_version(known.version());
                version.as_ref().is_some_and(|v| *v == known.as_bytes())
            };
            let body = match (body, known.get(&place).filter(is_of)) {
                (Some(body), _) => Bytes::from(body),
                (None, Some(known)) => Bytes::clone(&known.body),
                (None, None) => {
                    let why = format!("{field} has no cell or no version");
                    return Err(damaged(&key, why));
                }
            };
            cells.push(cell(&key, place, version.as_deref(), body)?);
        }
        Ok(cells)
    }

    /// One step over the keys of one node: where the next one begins, and keys.
    async fn scan(
        &self,
        master: &Master,
        cursor: &str,
        pattern: &str,
    ) -> Result<(String, Vec<String>), LiveError> {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(pattern);
        scan.arg("COUNT").arg(SCAN_COUNT);
        let answer = self.client.on(master, scan).await?;
        let found = <(String, Vec<String>)>::from_redis_value(answer).map_err(RedisError::from)?;
        Ok(found)
    }

    async fn prune_lists(&self, master: &Master, covered: &Horizon) -> Result<(), LiveError> {
        let mut cursor = "0".to_owned();
        loop {
            let (next, keys) = self
                .scan(master, &cursor, redis_keys::ENTITIES_PATTERN)
                .await?;
            let lists = keys.iter().filter_map(|k| redis_keys::parse_entities(k));
            for (log, epoch) in lists.filter(|(log, epoch)| *epoch <= covered.of(*log).epoch) {
                self.unlist(log, epoch).await?;
            }
            cursor = next;
            if cursor == "0" {
                return Ok(());
            }
        }
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
        let cells = match self.large.get(&entity) {
            Some(known) => self.read_changed(entity, &known).await?,
            None => self.read_all(entity).await?,
        };
        if bytes_of(&cells) >= LARGE {
            self.large.insert(entity, Arc::new(cells.clone()));
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
        let random = create.then(|| (self.random)());
        let generations = self.client.generations(random).await?;
        let mut known = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *known != generations {
            // What was lost is folded again, perhaps from a disk that has lost something, too.
            self.large.invalidate_all();
            known.clone_from(&generations);
        }
        Ok(generations)
    }

    async fn list(&self, log: LogId, epoch: Epoch, entities: &[EntityId]) -> Result<(), LiveError> {
        let mut push = redis::cmd("RPUSH");
        push.arg(redis_keys::entities(log, epoch));
        for entities in entities.chunks(LISTED_TOGETHER) {
            let texts: Vec<String> = entities.iter().map(EntityId::to_string).collect();
            push.arg(texts.join(" "));
        }
        push.query_async::<Value>(&mut self.connection().await?)
            .await?;
        Ok(())
    }

    async fn listed(
        &self,
        log: LogId,
        epoch: Epoch,
        page: usize,
    ) -> Result<Vec<EntityId>, LiveError> {
        let from = page * LIST_PAGE;
        let items: Vec<String> = redis::cmd("LRANGE")
            .arg(redis_keys::entities(log, epoch))
            .arg(from)
            .arg(from + LIST_PAGE - 1)
            .query_async(&mut self.connection().await?)
            .await?;
        let texts = items.iter().flat_map(|item| item.split(' '));
        Ok(texts.filter_map(|text| text.parse().ok()).collect())
    }

    async fn unlist(&self, log: LogId, epoch: Epoch) -> Result<(), LiveError> {
        redis::cmd("DEL")
            .arg(redis_keys::entities(log, epoch))
            .query_async::<Value>(&mut self.connection().await?)
            .await?;
        Ok(())
    }

    async fn delete(&self, entity: EntityId, log: LogId, epoch: Epoch) -> Result<bool, LiveError> {
        let gone: u64 = redis::cmd("HDEL")
            .arg(redis_keys::live(entity))
            .arg(redis_keys::cell(log, epoch))
            .arg(redis_keys::cell_version(log, epoch))
            .query_async(&mut self.connection().await?)
            .await?;
        Ok(gone > 0)
    }

    async fn prune(&self, covered: &Horizon) -> Result<u64, LiveError> {
        let mut pruned = 0;
        for master in self.client.masters().await? {
            let mut cursor = "0".to_owned();
            loop {
                let (next, keys) = self
                    .scan(&master, &cursor, redis_keys::LIVE_PATTERN)
                    .await?;
                for key in keys {
                    pruned += self.prune_key(&key, covered).await?;
                }
                cursor = next;
                if cursor == "0" {
                    break;
                }
            }
            self.prune_lists(&master, covered).await?;
        }
        Ok(pruned)
    }
}

fn bytes_of(cells: &[StoredCell]) -> usize {
    cells.iter().map(|cell| cell.body.len()).sum()
}

fn cell(
    key: &str,
    (log, epoch): (LogId, Epoch),
    version: Option<&[u8]>,
    body: Bytes,
) -> Result<StoredCell, LiveError> {
    let version = version.and_then(decode_version);
    let no_version = || damaged(key, format!("the cell of {log}, {epoch} has no version"));
    let (fence, fold, upto) = version.ok_or_else(no_version)?;
    Ok(StoredCell {
        log,
        epoch,
        fence,
        fold,
        upto,
        body,
    })
}

fn damaged(key: &str, why: String) -> LiveError {
    LiveError::Damaged {
        key: key.to_owned(),
        why,
    }
}
