//! What collectors leave in the object store: logs, raw segments, seals, fences.

#[cfg(test)]
mod formats;
#[cfg(test)]
mod hostile;

use bytes::Bytes;
use futures::TryStreamExt;
use model::{Bug, EntityId, Epoch, Fence, Horizon, LogId, SegmentNo, Seq, Span, planted};
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use storage::{
    blocking::run as off_thread,
    object_keys::{ObjectKey, folders},
    store::{self, Created, Outcome, Store, StoreError},
};

use crate::segment::{self, Segment};

/// Level of the zstd frame around a segment.
const ZSTD_LEVEL: i32 = 3;
/// Most a segment may unpack to, bytes: far above any real one, so that a hostile frame ends.
const MAX_UNPACKED: usize = 1 << 30;

/// What ends a fenced log in the place of a segment.
pub(crate) const TOMBSTONE: &[u8] = b"MRTOMB1\n";

/// That a log exists: `logs/{log}.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogInfo {
    /// Its id.
    pub log: LogId,
    /// When it was made, unix milliseconds.
    pub created_ms: i64,
    /// The log this one carries on for, if any.
    pub predecessor: Option<LogId>,
    /// Its last event, once its collector has drained it: nothing will ever be added. A collector
    /// that starts again makes a new log.
    pub retired_at: Option<Seq>,
    /// The last request to close epochs that its collector has carried out.
    #[serde(default)]
    pub closed: Option<EpochsClosed>,
    /// The account whose history was imported into it: all of it was sealed before the log was known, nobody else's
    /// events are in it, and no live cell is made of it. `None`: it is a collector's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<EntityId>,
}

impl LogInfo {
    /// Of a log of which nothing is known but its id.
    pub fn new(log: LogId) -> Self {
        Self {
            log,
            created_ms: 0,
            predecessor: None,
            retired_at: None,
            closed: None,
            account: None,
        }
    }

    /// Whether a history was imported into it.
    pub fn is_import(&self) -> bool {
        self.account.is_some()
    }

    /// Whether there may be events of `account` in it.
    pub fn concerns(&self, account: EntityId) -> bool {
        self.account.is_none_or(|only| only == account)
    }
}

/// That a request to close epochs was carried out. Stored as a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, Epoch)", into = "(u64, Epoch)")]
pub struct EpochsClosed {
    /// The request's number.
    pub request: u64,
    /// The epoch that was the last closed one then.
    pub epoch: Epoch,
}

impl From<(u64, Epoch)> for EpochsClosed {
    fn from((request, epoch): (u64, Epoch)) -> Self {
        Self { request, epoch }
    }
}

impl From<EpochsClosed> for (u64, Epoch) {
    fn from(closed: EpochsClosed) -> Self {
        (closed.request, closed.epoch)
    }
}

impl LogInfo {
    /// Whether events of it may lie beyond `horizon`, now or later: a retired log that is covered
    /// to its end cannot have any.
    pub fn is_open_beyond(&self, horizon: &Horizon) -> bool {
        let covered = horizon.of(self.log).seq;
        self.retired_at.is_none_or(|last| last > covered)
    }
}

/// "This epoch is complete": `seals/{log}/{epoch}.json`. The same for the same epoch, always.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// The log.
    pub log: LogId,
    /// The epoch.
    pub epoch: Epoch,
    /// Its segments.
    pub segments: Span<SegmentNo>,
    /// Its events.
    pub seqs: Span<Seq>,
    /// How many events; less than the span only if a disk lost some.
    pub count: u64,
}

/// That a log ends at a given place: `fences/{log}.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEnd {
    /// The log.
    pub log: LogId,
    /// The fence that stands there.
    #[serde(with = "model::position::fence_number")]
    pub fence: Option<Fence>,
    /// Last event of the log.
    pub last_seq: Seq,
}

fn pack(segment: &[u8]) -> std::io::Result<Bytes> {
    zstd::encode_all(segment, ZSTD_LEVEL).map(Bytes::from)
}

/// Stores a sealed segment, create-only. An object that is already there counts as the same if
/// its content is, whatever the frame around it.
pub async fn put_segment(
    store: &Store,
    log: LogId,
    number: SegmentNo,
    bytes: &[u8],
) -> Result<Outcome, StoreError> {
    let path = ObjectKey::Raw {
        log,
        segment: number,
    }
    .path();
    let damaged = |why: String| StoreError::Damaged {
        path: path.clone(),
        why,
    };
    let content = bytes.to_vec();
    let packed = off_thread(move || pack(&content))
        .await
        .map_err(|e| damaged(e.to_string()))?;
    if store::create(store, &path, packed).await? == Created::New {
        return Ok(Outcome::New);
    }
    let found = store::read(store, &path)
        .await?
        .ok_or_else(|| damaged("it vanished".into()))?;
    let same = unpack(&found).is_ok_and(|content| content == bytes);
    Ok(if same || planted(Bug::OtherContentIsOurs) {
        Outcome::Same
    } else {
        Outcome::Different
    })
}

/// What there is under a segment's number.
#[derive(Debug)]
pub enum Stored {
    /// A segment.
    Segment(Segment),
    /// The end of the log: it was fenced, and no segment comes here or later.
    Tombstone,
}

/// A stored segment; `None` if it is not there yet, or never will be.
pub async fn segment(
    store: &Store,
    log: LogId,
    number: SegmentNo,
) -> Result<Option<Segment>, StoreError> {
    Ok(match stored(store, log, number).await? {
        Some(Stored::Segment(segment)) => Some(segment),
        Some(Stored::Tombstone) | None => None,
    })
}

/// What is stored under a segment's number; `None` if nothing is there yet.
pub async fn stored(
    store: &Store,
    log: LogId,
    number: SegmentNo,
) -> Result<Option<Stored>, StoreError> {
    let path = ObjectKey::Raw {
        log,
        segment: number,
    }
    .path();
    let Some(packed) = store::read(store, &path).await? else {
        return Ok(None);
    };
    let damaged = |why: String| StoreError::Damaged {
        path: path.clone(),
        why,
    };
    let decode = move || {
        let content = unpack(&packed)?;
        if content == TOMBSTONE {
            return Ok(None);
        }
        let segment = segment::decode_sealed(&content).map_err(std::io::Error::other);
        segment.map(Some)
    };
    let decoded = off_thread(decode)
        .await
        .map_err(|e| damaged(e.to_string()))?;
    let Some(segment) = decoded else {
        return Ok(Some(Stored::Tombstone));
    };
    if segment.header.log != log || segment.header.number != number {
        return Err(damaged(format!(
            "it is segment {} of log {}",
            segment.header.number, segment.header.log
        )));
    }
    Ok(Some(Stored::Segment(segment)))
}

/// Ends a log at segment `number`, create-only; the same for all who do it.
pub async fn put_tombstone(
    store: &Store,
    log: LogId,
    number: SegmentNo,
) -> Result<Outcome, StoreError> {
    put_segment(store, log, number, TOMBSTONE).await
}

fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut out = Vec::new();
    zstd::Decoder::new(packed)?
        .take(MAX_UNPACKED as u64)
        .read_to_end(&mut out)?;
    Ok(out)
}

/// Number of the stored segment that holds event `seq`, or of the first one after it; `None` if
/// the store does not have it yet. `from` is a segment known not to be after it.
pub async fn find_segment(
    store: &Store,
    log: LogId,
    seq: Seq,
    from: SegmentNo,
) -> Result<Option<SegmentNo>, StoreError> {
    match newest_segment(store, log, from).await? {
        Some(newest) => find_between(store, log, seq, Span::from((from, newest))).await,
        None => Ok(None),
    }
}

/// Like [`find_segment`], among the stored segments `numbers`.
pub async fn find_between(
    store: &Store,
    log: LogId,
    seq: Seq,
    numbers: Span<SegmentNo>,
) -> Result<Option<SegmentNo>, StoreError> {
    let (mut low, mut high) = (numbers.first.max(SegmentNo::FIRST), numbers.last);
    let mut found = None;
    while low <= high {
        let middle = SegmentNo(low.0 + (high.0 - low.0) / 2);
        match stored(store, log, middle).await? {
            Some(Stored::Segment(s)) if s.footer.last_seq < seq => low = middle.next(),
            Some(Stored::Segment(_)) => {
                found = Some(middle);
                high = middle.previous();
            }
            Some(Stored::Tombstone) => high = middle.previous(),
            None => return Err(missing(log, middle)),
        }
    }
    Ok(found)
}

/// Whether something is stored under a segment's number.
pub async fn is_stored(store: &Store, log: LogId, number: SegmentNo) -> Result<bool, StoreError> {
    let segment = number;
    store::exists(store, &ObjectKey::Raw { log, segment }.path()).await
}

/// Number of the newest stored segment (or of the tombstone after it), if it is `from` or later.
pub async fn newest_segment(
    store: &Store,
    log: LogId,
    from: SegmentNo,
) -> Result<Option<SegmentNo>, StoreError> {
    let folder = folders::raw(log);
    let before = ObjectKey::Raw {
        log,
        segment: from.previous(),
    }
    .path();
    let objects: Vec<_> = store
        .list_with_offset(Some(&folder), &before)
        .try_collect()
        .await
        .map_err(|e| StoreError::request("list", &folder, e))?;
    let numbers = objects
        .iter()
        .filter_map(|o| match ObjectKey::parse(&o.location) {
            Ok(ObjectKey::Raw { segment, .. }) if segment >= from => Some(segment),
            _ => None,
        });
    Ok(numbers.max())
}

/// The error for a segment that must be there and is not.
pub fn missing(log: LogId, number: SegmentNo) -> StoreError {
    let path = ObjectKey::Raw {
        log,
        segment: number,
    }
    .path();
    StoreError::Damaged {
        path,
        why: "it is missing, though a later one or a seal says it exists".into(),
    }
}

/// An object that says something of a log, as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The log.
    pub log: LogId,
    /// Another one as soon as the object's content is; `None` where the store does not tell.
    pub version: Option<String>,
}

/// All known logs, in order of their ids.
pub async fn logs(store: &Store) -> Result<Vec<Listed>, StoreError> {
    let parse = |key| match key {
        ObjectKey::Log { log } => Some(log),
        _ => None,
    };
    list_logs(store, folders::logs(), parse).await
}

/// The logs that have a fence.
pub async fn fences(store: &Store) -> Result<Vec<LogId>, StoreError> {
    let parse = |key| match key {
        ObjectKey::Fence { log } => Some(log),
        _ => None,
    };
    let fences = list_logs(store, folders::fences(), parse).await?;
    Ok(fences.into_iter().map(|fence| fence.log).collect())
}

async fn list_logs(
    store: &Store,
    folder: object_store::path::Path,
    parse: impl Fn(ObjectKey) -> Option<LogId>,
) -> Result<Vec<Listed>, StoreError> {
    let objects: Vec<_> = store
        .list(Some(&folder))
        .try_collect()
        .await
        .map_err(|e| StoreError::request("list", &folder, e))?;
    let listed = |meta: object_store::ObjectMeta| {
        let log = parse(ObjectKey::parse(&meta.location).ok()?)?;
        let version = meta.e_tag;
        Some(Listed { log, version })
    };
    let mut logs: Vec<Listed> = objects.into_iter().filter_map(listed).collect();
    logs.sort_unstable_by_key(|listed| listed.log);
    Ok(logs)
}

/// The fence of a log, if somebody ended it.
pub async fn fence(store: &Store, log: LogId) -> Result<Option<Fence>, StoreError> {
    Ok(end(store, log).await?.and_then(|end| end.fence))
}

/// Where a log was ended, if somebody did.
pub async fn end(store: &Store, log: LogId) -> Result<Option<LogEnd>, StoreError> {
    let belongs = |end: &LogEnd| end.log == log;
    read_own(store, ObjectKey::Fence { log }, belongs).await
}

/// Ends a log, create-only.
pub async fn put_fence(store: &Store, fence: &LogEnd) -> Result<Outcome, StoreError> {
    let path = ObjectKey::Fence { log: fence.log }.path();
    store::create_or_same(store, &path, json(&path, fence)?).await
}

/// Says that a log is about to be ended in its collector's place.
pub async fn announce_salvage(store: &Store, log: LogId) -> Result<(), StoreError> {
    let path = ObjectKey::Salvage { log }.path();
    let said = store::create(store, &path, json(&path, &log)?).await;
    said.map(drop)
}

/// Whether somebody has begun to end a log in its collector's place.
pub async fn is_salvaged(store: &Store, log: LogId) -> Result<bool, StoreError> {
    store::exists(store, &ObjectKey::Salvage { log }.path()).await
}

/// What is said of a log.
pub async fn log_info(store: &Store, log: LogId) -> Result<Option<LogInfo>, StoreError> {
    read_own(store, ObjectKey::Log { log }, |info: &LogInfo| {
        info.log == log
    })
    .await
}

/// The seal of one epoch; `None` while it is open.
pub async fn seal(store: &Store, log: LogId, epoch: Epoch) -> Result<Option<Seal>, StoreError> {
    read_own(store, ObjectKey::Seal { log, epoch }, |seal: &Seal| {
        (seal.log, seal.epoch) == (log, epoch) && seal.is_possible()
    })
    .await
}

impl Seal {
    /// Whether there can be such an epoch: a segment holds an event, but for one that is cut off.
    fn is_possible(&self) -> bool {
        let segments = (self.segments.last.0).checked_sub(self.segments.first.0);
        let events = (self.seqs.last.0.saturating_add(1)).checked_sub(self.seqs.first.0);
        matches!((segments, events), (Some(more), Some(events)) if more <= events)
    }
}

/// When an epoch was sealed, unix milliseconds by the store's clock; `None` if it is not.
pub async fn sealed_ms(store: &Store, log: LogId, epoch: Epoch) -> Result<Option<i64>, StoreError> {
    let path = ObjectKey::Seal { log, epoch }.path();
    match store.head(&path).await {
        Ok(object) => Ok(Some(object.last_modified.timestamp_millis())),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(source) => Err(StoreError::request("look at", &path, source)),
    }
}

/// Stores a seal, create-only.
pub async fn put_seal(store: &Store, seal: &Seal) -> Result<Outcome, StoreError> {
    let path = ObjectKey::Seal {
        log: seal.log,
        epoch: seal.epoch,
    }
    .path();
    store::create_or_same(store, &path, json(&path, seal)?).await
}

/// Says that a log exists; must precede its first segment.
pub async fn register_log(store: &Store, info: &LogInfo) -> Result<(), StoreError> {
    let path = ObjectKey::Log { log: info.log }.path();
    store::create(store, &path, json(&path, info)?)
        .await
        .map(drop)
}

/// Says something new of a log. Only its collector does.
pub async fn update_log(store: &Store, info: &LogInfo) -> Result<(), StoreError> {
    let path = ObjectKey::Log { log: info.log }.path();
    store::replace(store, &path, json(&path, info)?).await
}

/// Says of a log that ended at `last` that it did, if that is not said yet. Only who comes after
/// its collector does.
pub async fn retire_log(store: &Store, log: LogId, last: Seq) -> Result<(), StoreError> {
    let retired_at = Some(last);
    match log_info(store, log).await {
        Ok(Some(info)) if info.retired_at.is_none() => {
            update_log(store, &LogInfo { retired_at, ..info }).await
        }
        Ok(_) => Ok(()),
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::warn!(%error, "it is written anew: the log was drained");
            let restored = LogInfo {
                log,
                created_ms: 0,
                predecessor: None,
                retired_at,
                closed: None,
                account: None,
            };
            update_log(store, &restored).await
        }
        Err(error) => Err(error),
    }
}

pub(crate) fn json<T: Serialize>(
    path: &object_store::path::Path,
    value: &T,
) -> Result<Bytes, StoreError> {
    let bytes = serde_json::to_vec(value);
    bytes.map(Bytes::from).map_err(|e| StoreError::Damaged {
        path: path.clone(),
        why: e.to_string(),
    })
}

/// The JSON under a key, which must say of itself that it belongs there: an object in the wrong
/// place is as bad as a damaged one.
pub(crate) async fn read_own<T: DeserializeOwned>(
    store: &Store,
    key: ObjectKey,
    belongs: impl FnOnce(&T) -> bool,
) -> Result<Option<T>, StoreError> {
    let path = key.path();
    let Some(bytes) = store::read(store, &path).await? else {
        return Ok(None);
    };
    let why = match serde_json::from_slice(&bytes) {
        Ok(value) if belongs(&value) => return Ok(Some(value)),
        Ok(_) => "it speaks of another log or epoch".into(),
        Err(error) => error.to_string(),
    };
    Err(StoreError::Damaged { path, why })
}
