//! Events that their accounts do not keep any longer (ADR 38) are taken out of the table of events, and out of nothing else: what
//! was counted stays counted.
//!
//! Once a day there is a new list of who keeps events since when, and it is noted which files may hold some that are expired by it;
//! these are written anew, some at a time, and steps go between. Until that is done, some events stay in lists a little longer.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use datafusion::{
    arrow::{
        array::{AsArray, BooleanArray, RecordBatch, TimestampMillisecondArray},
        compute::{filter_record_batch, max},
        datatypes::TimestampMillisecondType,
    },
    parquet::arrow::{ArrowWriter, ParquetRecordBatchStreamBuilder, ProjectionMask},
};
use futures::TryStreamExt;
use handover::{
    expiry::{self, Expired},
    manifest::{EventsFile, Manifest},
    salts,
};
use model::{EntityId, time};
use storage::{object_keys::ObjectKey, parquet_object::ObjectReader};

use super::{
    deps::{RollupDeps, RollupError},
    events::properties,
    write::Writer,
};

/// Events in files that are looked through at once, and one file's more.
const ROWS: u64 = 2_000_000;
/// The columns that say whether an event is expired.
const COLUMNS: [&str; 3] = ["account", "time", "received"];

/// Makes a new list if it is time for one, or else writes some files anew; false if there is nothing to do.
pub(super) async fn some(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
) -> Result<bool, RollupError> {
    if grow(deps, writer, manifest).await? {
        return Ok(true);
    }
    let mut due: Vec<&mut EventsFile> = manifest
        .event_files
        .iter_mut()
        .filter(|file| file.has_expired)
        .collect();
    if due.is_empty() {
        return Ok(false);
    }
    let expired = expiry::read(&deps.env.store, manifest.expired.as_ref()).await?;
    let mut rows = 0;
    for file in &mut due {
        if rows > ROWS {
            break;
        }
        rows += file.file.rows;
        manifest.expired_count += rest(deps, writer, file, &expired).await?;
    }
    manifest.event_files.retain(|file| file.file.rows > 0);
    Ok(true)
}

/// Gives a manifest the list of today, if that says more than its own.
async fn grow(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
) -> Result<bool, RollupError> {
    let Some(accounts) = &deps.accounts else {
        return Ok(false);
    };
    let mut keeps = accounts.keeps();
    // Their events are nobody's, whom nobody can ask.
    keeps.retain(|account, _| !manifest.erased_accounts.contains(account));
    let before = expiry::read(&deps.env.store, manifest.expired.as_ref()).await?;
    let now_ms = deps.env.clock.now_ms();
    if before.grown(&keeps, now_ms) == before {
        return Ok(false);
    }
    // A clock that is ahead would take out what is to be kept: the store's own clock is asked before.
    let now_ms = now_ms.min(salts::store_now(&deps.env).await?);
    let after = before.grown(&keeps, now_ms);
    if after == before {
        return Ok(false);
    }
    let since = |account: &u64| keeps.get(account).map(|kept| kept.since);
    note(manifest, &before, &after, since);
    let bytes = after.encode().map_err(|error| {
        RollupError::Version(format!(
            "a list of what is expired cannot be written: {error}"
        ))
    })?;
    let (key, rows) = (|name| ObjectKey::Expired { name }, after.before.len());
    manifest.expired = Some(writer.put(key, rows as u64, bytes).await?);
    Ok(true)
}

/// Gives `manifest`, which is to take the place of `current`, the list of that.
pub(super) async fn catch_up(
    deps: &RollupDeps,
    current: &Manifest,
    manifest: &mut Manifest,
) -> Result<(), RollupError> {
    if manifest.expired == current.expired {
        return Ok(());
    }
    let store = &deps.env.store;
    let before = expiry::read(store, manifest.expired.as_ref()).await?;
    let after = expiry::read(store, current.expired.as_ref()).await?;
    note(manifest, &before, &after, |_| None);
    manifest.expired.clone_from(&current.expired);
    Ok(())
}

/// Notes which files may hold events that are expired by the one list, and were not by the other. Of accounts that are new on it
/// events may be `since` a day, if that is known.
fn note(
    manifest: &mut Manifest,
    before: &Expired,
    after: &Expired,
    since: impl Fn(&u64) -> Option<i64>,
) {
    // Many accounts keep their events equally long.
    let changes = after.before.iter().map(|(account, first)| {
        let was = before.first_day(*account).or_else(|| since(account));
        (was.unwrap_or(i64::MIN), *first)
    });
    let changes: BTreeSet<(i64, i64)> = changes.filter(|(was, is)| was < is).collect();
    for file in &mut manifest.event_files {
        let last = file
            .received
            .max(time::day_of(time::minute_of(file.last_ms)));
        let holds = |(was, is): &(i64, i64)| file.received < *is && *was <= last;
        file.has_expired |= changes.iter().any(holds);
    }
}

/// Puts in the place of a file what is left of it; tells how many events are not. None may be left: then it has no rows.
async fn rest(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    events: &mut EventsFile,
    expired: &Expired,
) -> Result<u64, RollupError> {
    events.has_expired = false;
    let received = events.received;
    let key = move |name| ObjectKey::Events { received, name };
    let path = key(events.file.name.clone()).path();
    let reader = ObjectReader::new(deps.env.store.clone(), path, events.file.bytes);
    let gone = count(reader.clone(), expired).await?;
    let left = events.file.rows.saturating_sub(gone);
    if gone == 0 {
        return Ok(0);
    }
    events.is_rest = true;
    match left {
        0 => events.file.rows = 0,
        _ => {
            let (bytes, last_ms) = left_of(reader, expired).await?;
            events.file = writer.put(key, left, bytes).await?;
            events.last_ms = last_ms.unwrap_or(events.last_ms);
        }
    }
    Ok(gone)
}

/// How many events of a file are expired.
async fn count(reader: ObjectReader, expired: &Expired) -> Result<u64, RollupError> {
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), COLUMNS);
    let mut batches = builder.with_projection(mask).build()?;
    let mut gone = 0;
    while let Some(batch) = batches.try_next().await? {
        gone += kept(&batch, expired).false_count() as u64;
    }
    Ok(gone)
}

/// What is left of a file, and when the last of it happened.
async fn left_of(
    reader: ObjectReader,
    expired: &Expired,
) -> Result<(Bytes, Option<i64>), RollupError> {
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
    let mut out = ArrowWriter::try_new(Vec::new(), builder.schema().clone(), Some(properties()?))?;
    let mut batches = builder.build()?;
    let mut last_ms = None;
    while let Some(batch) = batches.try_next().await? {
        let left = filter_record_batch(&batch, &kept(&batch, expired))?;
        last_ms = last_ms.max(times(&left, "time").and_then(max));
        out.write(&left)?;
    }
    Ok((out.into_inner()?.into(), last_ms))
}

/// Which events are not expired. What cannot be read is kept.
pub(super) fn kept(batch: &RecordBatch, expired: &Expired) -> BooleanArray {
    let accounts = batch.column_by_name("account");
    let accounts = accounts.and_then(|column| column.as_string_opt::<i32>());
    let columns = (accounts, times(batch, "time"), times(batch, "received"));
    let (Some(accounts), Some(occurred), Some(received)) = columns else {
        return BooleanArray::from(vec![true; batch.num_rows()]);
    };
    // Few accounts: a file is sorted by them.
    let mut known: BTreeMap<&str, u64> = BTreeMap::new();
    let is_kept = |row: usize| {
        let name = accounts.value(row);
        let account = *known.entry(name).or_insert_with(|| {
            let id = name.parse::<EntityId>();
            id.map_or(0, |id| id.raw)
        });
        Some(!expired.is_over(account, occurred.value(row), received.value(row)))
    };
    (0..batch.num_rows()).map(is_kept).collect()
}

fn times<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a TimestampMillisecondArray> {
    let column = batch.column_by_name(name)?;
    column.as_primitive_opt::<TimestampMillisecondType>()
}
