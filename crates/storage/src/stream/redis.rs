//! The stream in Redis: entry id `{last_seq}-0`, so that Redis itself refuses what it has.

#[cfg(test)]
mod hostile;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use model::{Epoch, Event, LogId, Record, Seq, Tail};
use prost::Message;
use redis::{Cmd, FromRedisValue, Value};
use tokio::time::timeout;

use super::{Appended, Batch, EventStream};
use crate::{
    error::LiveError,
    redis_client::{Connection, RedisClient},
    redis_keys,
};

const ZSTD_LEVEL: i32 = 1;
/// Most a batch may unpack to, bytes.
const MAX_UNPACKED: usize = 256 << 20;

/// An [`EventStream`] in Redis.
pub struct RedisStream {
    client: RedisClient,
    /// A blocking read holds its connection, so each has its own; these are free.
    free: Mutex<Vec<Connection>>,
}

impl RedisStream {
    /// Streams of the Redis behind `client`.
    pub fn new(client: RedisClient) -> Self {
        Self {
            client,
            free: Mutex::default(),
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One answer to an XREAD, in time. A connection that failed, or whose reader went away, may
    /// have a reply under way and is never used again.
    async fn answer(&self, cmd: &Cmd, wait: Duration) -> Result<Value, LiveError> {
        // What does not wait needs no connection of its own, and must not wait behind one that does.
        let own = !wait.is_zero();
        let free = if own { self.free().pop() } else { None };
        let mut connection = match free {
            Some(connection) => connection,
            None if own => self.client.blocking().await?,
            None => self.client.shared().await?,
        };
        let answer = cmd.query_async::<Value>(&mut connection);
        let late = || {
            let error = (redis::ErrorKind::Io, "no answer to XREAD in time");
            redis::RedisError::from(error)
        };
        let value = timeout(wait + Duration::from_secs(5), answer)
            .await
            .map_err(|_| late())??;
        if own {
            self.free().push(connection);
        }
        Ok(value)
    }
}

#[async_trait]
impl EventStream for RedisStream {
    async fn last(&self, log: LogId) -> Result<Option<Tail>, LiveError> {
        let key = redis_keys::stream(log);
        let mut connection = self.client.shared().await?;
        let info: Result<Value, _> = redis::cmd("XINFO")
            .arg("STREAM")
            .arg(&key)
            .query_async(&mut connection)
            .await;
        match info {
            Ok(info) => tail_of_info(&key, info).map(Some),
            Err(e) if e.code() == Some("ERR") && e.to_string().contains("no such key") => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    async fn append(&self, log: LogId, batch: &Batch) -> Result<Appended, LiveError> {
        let key = redis_keys::stream(log);
        let mut connection = self.client.shared().await?;
        let mut cmd = redis::cmd("XADD");
        cmd.arg(&key).arg(format!("{}-0", batch.last()));
        cmd.arg("p")
            .arg(batch.previous.0)
            .arg("d")
            .arg(encode(&key, batch)?);
        match cmd.query_async::<Value>(&mut connection).await {
            Ok(_) => Ok(Appended::New),
            Err(e) if is_stale(&e) => Ok(Appended::Stale),
            Err(e) => Err(e.into()),
        }
    }

    async fn read(
        &self,
        log: LogId,
        after: Seq,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Batch>, LiveError> {
        let key = redis_keys::stream(log);
        let mut cmd = redis::cmd("XREAD");
        cmd.arg("COUNT").arg(limit);
        if !wait.is_zero() {
            cmd.arg("BLOCK").arg(wait.as_millis().max(1) as u64);
        }
        // `{after}-max`: entries are `{seq}-0`, so everything up to and with `after` is left out.
        cmd.arg("STREAMS")
            .arg(&key)
            .arg(format!("{after}-{}", u64::MAX));
        decode_answer(&key, self.answer(&cmd, wait).await?)
    }

    async fn close(&self, log: LogId) -> Result<(), LiveError> {
        let mut connection = self.client.shared().await?;
        let mut cmd = redis::cmd("XADD");
        cmd.arg(redis_keys::stream(log)).arg(closed_id());
        cmd.arg("closed").arg(1);
        match cmd.query_async::<Value>(&mut connection).await {
            Ok(_) => Ok(()),
            Err(e) if is_stale(&e) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    async fn trim(&self, log: LogId, upto: Seq) -> Result<(), LiveError> {
        let mut connection = self.client.shared().await?;
        let mut cmd = redis::cmd("XTRIM");
        cmd.arg(redis_keys::stream(log))
            .arg("MINID")
            .arg(format!("{}-0", upto.next()));
        cmd.query_async::<Value>(&mut connection).await?;
        Ok(())
    }
}

/// The stream already has this entry or a later one.
fn is_stale(error: &redis::RedisError) -> bool {
    let text = error.to_string();
    text.contains("equal or smaller than the target stream top item")
        || text.contains("The stream has exhausted the last possible ID")
}

/// Number of the entry that ends a stream: the largest one, so that none comes after it.
const CLOSED: u64 = u64::MAX;

fn closed_id() -> String {
    format!("{CLOSED}-0")
}

#[derive(Clone, PartialEq, Message)]
struct StoredBatch {
    #[prost(message, repeated, tag = "1")]
    records: Vec<StoredRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredRecord {
    #[prost(uint64, tag = "1")]
    seq: u64,
    #[prost(uint64, tag = "2")]
    epoch: u64,
    #[prost(message, required, tag = "3")]
    event: Event,
}

fn encode(key: &str, batch: &Batch) -> Result<Vec<u8>, LiveError> {
    let records = batch.records.iter();
    let records = records.map(|r| StoredRecord {
        seq: r.seq.0,
        epoch: r.epoch.0,
        event: r.event.clone(),
    });
    let bytes = StoredBatch {
        records: records.collect(),
    }
    .encode_to_vec();
    zstd::bulk::compress(&bytes, ZSTD_LEVEL).map_err(|e| damaged(key, e.to_string()))
}

fn decode(key: &str, previous: Seq, packed: &[u8]) -> Result<Batch, LiveError> {
    use std::io::Read;
    let mut bytes = Vec::new();
    zstd::Decoder::new(packed)
        .and_then(|d| d.take(MAX_UNPACKED as u64).read_to_end(&mut bytes))
        .map_err(|e| damaged(key, e.to_string()))?;
    let stored = StoredBatch::decode(bytes.as_slice()).map_err(|e| damaged(key, e.to_string()))?;
    let records = stored.records.into_iter().map(|r| Record {
        seq: Seq(r.seq),
        epoch: Epoch(r.epoch),
        event: r.event,
    });
    Ok(Batch {
        previous,
        records: Arc::new(records.collect()),
    })
}

/// `XREAD` answers nil, or (RESP2) an array of one (key, entries).
fn decode_answer(key: &str, answer: Value) -> Result<Vec<Batch>, LiveError> {
    type Entries = Vec<(String, HashMap<String, Vec<u8>>)>;
    if matches!(answer, Value::Nil) {
        return Ok(Vec::new());
    }
    let streams = Vec::<(String, Entries)>::from_redis_value(answer)
        .map_err(|e| damaged(key, e.to_string()))?;
    let entries = streams.into_iter().flat_map(|(_, entries)| entries);
    let entries = entries.filter(|(id, _)| *id != closed_id());
    let batches = entries.map(|(id, fields)| {
        let previous = fields
            .get("p")
            .and_then(|p| std::str::from_utf8(p).ok()?.parse().ok());
        let (Some(previous), Some(packed)) = (previous, fields.get("d")) else {
            return Err(damaged(key, format!("entry {id} lacks its fields")));
        };
        let batch = decode(key, previous, packed)?;
        let named = format!("{}-0", batch.last());
        if named == id {
            Ok(batch)
        } else {
            Err(damaged(
                key,
                format!("entry {id} holds events up to {named}"),
            ))
        }
    });
    // An entry that cannot be read is a gap like any other: raw fills it.
    let readable = batches.filter_map(|batch| {
        batch
            .inspect_err(|error| tracing::warn!(%error, "an entry of the stream is passed over"))
            .ok()
    });
    Ok(readable.collect())
}

fn tail_of_info(key: &str, info: Value) -> Result<Tail, LiveError> {
    let info = HashMap::<String, Value>::from_redis_value(info)
        .map_err(|e| damaged(key, e.to_string()))?;
    let last = info
        .get("last-generated-id")
        .cloned()
        .and_then(|v| String::from_redis_value(v).ok());
    let last = last.and_then(|id| id.split('-').next()?.parse().ok());
    match last {
        Some(CLOSED) => Ok(Tail::Closed),
        Some(last) => Ok(Tail::Open(Seq(last))),
        None => Err(damaged(key, "no last-generated-id".into())),
    }
}

fn damaged(key: &str, why: String) -> LiveError {
    LiveError::Damaged {
        key: key.to_owned(),
        why,
    }
}
