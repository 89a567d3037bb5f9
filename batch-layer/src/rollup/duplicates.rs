//! One event counts for each sender's key. Where a door could not be sure, it is decided here, by
//! the first batch that sees both events. The decision is part of the manifest and stays: a full
//! recompute takes it over, so that it comes to the same numbers.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use datafusion::{arrow::array::RecordBatch, error::DataFusionError};
use futures::TryStreamExt;
use handover::{
    directory::Directory,
    duplicates::{self, Duplicate, Duplicates},
    manifest::{Manifest, SenderKeysFile},
    sender_keys::{self, Keyed},
};
use model::{EventId, LogId};
use object_store::path::Path;
use storage::{object_keys::ObjectKey, reservations::KEEP_MS};

use super::{
    deps::{RollupDeps, RollupError},
    write::{Writer, conform},
};
use crate::engine;

/// What a step finds by senders' keys.
pub(super) struct Found {
    /// Events that are not counted: others with the same key are.
    pub(super) left_out: Vec<EventId>,
    /// What is counted of keys that fresh events have, and of which one could not be checked.
    pub(super) unsure: Vec<Keyed>,
}

/// Finds the events that are not to be counted and notes them in `manifest`, whose keys are those
/// of `fresh` afterwards, too; tells which are new. `before` is the newest manifest: what it
/// covers is decided on.
pub(super) async fn find(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    before: &Manifest,
    fresh: Vec<SenderKeysFile>,
    manifest: &mut Manifest,
) -> Result<Found, RollupError> {
    let mut all = duplicates::read(&deps.env.store, before).await?;
    let (mut new, mut undecided) = (Vec::new(), Vec::new());
    let unsure = manifest
        .sender_keys
        .iter()
        .chain(&fresh)
        .any(|k| k.unchecked > 0);
    if unsure && !fresh.is_empty() {
        undecided = look(deps, before, &all, &fresh, &manifest.sender_keys).await?;
        let settled = |k: &Keyed| k.event.seq <= before.horizon.of(k.event.log).seq;
        let found = decide(undecided.clone(), settled);
        new.extend(found.iter().map(|duplicate| duplicate.event));
        all.extend(found.into_iter().map(|d| (d.event, d)));
        undecided.retain(|row| !all.contains_key(&row.event));
    }
    manifest.sender_keys.extend(fresh);
    manifest.duplicates = match new.is_empty() {
        true => before.duplicates.clone(),
        false => {
            let bytes = duplicates::encode(&all)?;
            let key = |name| ObjectKey::Duplicates { name };
            Some(writer.put(key, all.len() as u64, bytes).await?)
        }
    };
    Ok(Found {
        left_out: new,
        unsure: undecided,
    })
}

/// Name of the table of new keys, and of the table of those before.
const FRESH: &str = "fresh";
const OLD: &str = "old";

/// Events may be late: a collector was away.
pub(super) const LATE_MS: i64 = 2 * 86_400_000;

/// The first moment whose keys count in a run after `before`, unix milliseconds. A collector's
/// clock may be ahead by years.
pub(super) fn since(deps: &RollupDeps, before: &Manifest) -> i64 {
    before.settled_ms.min(deps.env.clock.now_ms()) - KEEP_MS - LATE_MS
}

/// Logs whose next epoch may hold an event that a covered one repeats, or the other way round.
/// What was accepted before it could be known that it is repeated is in an epoch that is open now.
pub(super) async fn unsure(
    deps: &RollupDeps,
    before: &Manifest,
    manifest: &Manifest,
    unchecked: bool,
) -> Result<BTreeSet<LogId>, RollupError> {
    let epoch = |of: &Manifest, log: LogId| of.horizon.of(log).epoch;
    let still = |log: &&LogId| epoch(manifest, **log) == epoch(before, **log);
    let mut unsure: BTreeSet<LogId> = before.unsure.iter().filter(still).copied().collect();
    if unchecked {
        let mut directory = Directory::default();
        directory.refresh(&deps.env.store).await?;
        // What is imported is not seen before it is decided on.
        let open = directory.open_beyond(&manifest.horizon);
        unsure.extend(open.filter(|info| !info.is_import()).map(|info| info.log));
    }
    Ok(unsure)
}

async fn look(
    deps: &RollupDeps,
    before: &Manifest,
    known: &Duplicates,
    fresh: &[SenderKeysFile],
    old: &[SenderKeysFile],
) -> Result<Vec<Keyed>, RollupError> {
    let context = engine::context(deps)?;
    engine::register_as(&context, FRESH, &paths(fresh), sender_keys::schema()).await?;
    engine::register_as(&context, OLD, &paths(old), sender_keys::schema()).await?;
    let query = context.sql(&unsure_keys(since(deps, before))).await?;
    let mut batches = query.execute_stream().await?;
    let mut rows: Vec<Keyed> = Vec::new();
    while let Some(batch) = batches.try_next().await? {
        let undecided = decode(&batch)?.into_iter();
        rows.extend(undecided.filter(|row| !known.contains_key(&row.event)));
    }
    Ok(rows)
}

fn paths(files: &[SenderKeysFile]) -> Vec<Path> {
    let path = |name: &String| ObjectKey::Keys { name: name.clone() }.path();
    files.iter().map(|keys| path(&keys.file.name)).collect()
}

fn decode(batch: &RecordBatch) -> Result<Vec<Keyed>, RollupError> {
    let batch = conform(batch, &sender_keys::schema())?;
    let rows = sender_keys::decode(&batch, "keys");
    Ok(rows.map_err(|e| DataFusionError::External(Arc::new(e).into()))?)
}

/// Which of the events of these keys are not counted. What is `settled` was decided on before; of
/// the others those whose key was checked come first, then those that were received first. Two
/// events whose keys both were checked are two: the key had been forgotten in time. An event may have
/// two keys, and repeats another by either; one that is left out stands for nobody.
fn decide(mut rows: Vec<Keyed>, settled: impl Fn(&Keyed) -> bool) -> Vec<Duplicate> {
    rows.sort_by_key(|k| (!settled(k), k.unchecked, k.received_ms, k.event));
    let mut counted: HashMap<String, Vec<&Keyed>> = HashMap::new();
    let mut left_out = Vec::new();
    for keys in rows.chunk_by(|a, b| a.event == b.event) {
        let same = keys.iter().find_map(|key| {
            let others = counted.get(&key.subject()).into_iter().flatten();
            others.copied().find(|other| is_same(other, key))
        });
        match same {
            Some(of) if !settled(&keys[0]) => left_out.push(Duplicate {
                event: keys[0].event,
                of: of.event,
                account: keys[0].account,
                occurred_ms: keys[0].occurred_ms,
            }),
            _ => {
                for key in keys {
                    counted.entry(key.subject()).or_default().push(key);
                }
            }
        }
    }
    left_out
}

fn is_same(one: &Keyed, other: &Keyed) -> bool {
    let apart = (one.received_ms - other.received_ms).abs();
    (one.unchecked || other.unchecked) && apart <= KEEP_MS && one.says_same(other)
}

/// Every event with a fresh key that could not be checked for one of them: of the keys that no fresh
/// event has, it was decided before. Those are few. Tables of keys: [`FRESH`], and [`OLD`] from
/// `since_ms` on.
fn unsure_keys(since_ms: i64) -> String {
    let columns = "account, key, log, seq, time, received, unchecked, status, amount, adjusts, repeats, own_key, \
         taken_back, value";
    // All reports of a transaction are looked at together.
    let subject = "split_part(key, '.', 1)";
    format!(
        "WITH near AS (SELECT {columns} FROM {FRESH} UNION ALL SELECT {columns} FROM {OLD} \
         WHERE CAST(received AS BIGINT) >= {since_ms}), \
         fresh AS (SELECT DISTINCT account AS fresh_account, {subject} AS fresh_key FROM {FRESH}), \
         unsure AS (SELECT DISTINCT account AS a, {subject} AS k FROM near \
         JOIN fresh ON account = fresh_account AND {subject} = fresh_key WHERE unchecked) \
         SELECT {columns} FROM unsure JOIN near ON account = a AND {subject} = k"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Seq;
    use model::{EventId, LogId};

    const DAY: i64 = 86_400_000;

    fn keyed(seq: u64, day: i64, unchecked: bool) -> Keyed {
        Keyed {
            account: 1,
            key: "k".into(),
            event: EventId {
                log: LogId(1),
                seq: Seq(seq),
            },
            occurred_ms: 0,
            received_ms: day * DAY,
            unchecked,
            said: None,
        }
    }

    /// Numbers of the events that are left out, and of those that count for them.
    fn left_out(same: &[Keyed], settled: &[u64]) -> Vec<(u64, u64)> {
        let decided = decide(same.to_vec(), |k| settled.contains(&k.event.seq.0));
        decided
            .iter()
            .map(|d| (d.event.seq.0, d.of.seq.0))
            .collect()
    }

    #[test]
    fn one_of_each_key_counts() {
        let (sure, unsure) = (keyed(2, 5, false), keyed(1, 4, true));
        let same = [unsure.clone(), sure.clone()];
        assert_eq!(left_out(&same, &[]), [(1, 2)], "the door had checked it");
        assert_eq!(left_out(&same, &[1]), [(2, 1)], "it was counted before");
        assert_eq!(left_out(&same, &[1, 2]), [], "both were");
        let many = [keyed(3, 3, true), keyed(2, 2, true), keyed(1, 1, true)];
        assert_eq!(left_out(&many, &[]), [(2, 1), (3, 1)], "the first one");
        assert_eq!(left_out(&[keyed(1, 1, false), sure], &[]), []);
    }

    #[test]
    fn an_event_repeats_another_by_either_of_its_keys() {
        let with = |seq, key: &str| Keyed {
            key: key.into(),
            ..keyed(seq, seq as i64, true)
        };
        let two = [with(2, "k"), with(2, "l")];
        let all = [&two[..], &[with(1, "k"), with(3, "l")]].concat();
        assert_eq!(left_out(&all, &[]), [(2, 1)], "3 repeats nothing counted");
        let all = [&two[..], &[with(3, "k"), with(4, "l")]].concat();
        assert_eq!(left_out(&all, &[]), [(3, 2), (4, 2)]);
    }

    #[test]
    fn a_key_may_be_used_again_after_its_time() {
        let late = keyed(2, 40, true);
        assert_eq!(left_out(&[keyed(1, 9, false), late.clone()], &[]), []);
        let again = [keyed(1, 9, false), keyed(3, 40, false), late];
        assert_eq!(left_out(&again, &[]), [(2, 3)]);
    }
}
