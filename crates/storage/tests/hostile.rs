//! What strangers left in Redis: property tests of what reads live cells, checkpoints and leases, over a
//! real server.

use std::time::Duration;

use bytes::Bytes;
use model::{
    Covered, EntityId, EntityKind, Epoch, EpochStart, Fence, FoldVersion, Horizon, LogId, Seq,
    Target,
};
use proptest::{collection::vec, option, prelude::*, sample::Index};
use storage::{
    cells::{Checkpoint, HighWatermark, LiveCells, RedisCells, StoredCell},
    error::LiveError,
    leases::{Leases, RedisLeases},
    redis_client::RedisClient,
    redis_keys,
    testing::redis_server::RedisServer,
};
use tokio::runtime::Runtime;

const LOG: LogId = LogId(7);
const ENTITY: EntityId = EntityId {
    kind: EntityKind::Link,
    raw: 9,
};
const TTL: Duration = Duration::from_secs(60);

/// A server for all cases of a test.
struct Site {
    client: RedisClient,
    runtime: Runtime,
    _server: RedisServer,
}

impl Site {
    fn start() -> Self {
        let server = RedisServer::start();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        Self {
            client: RedisClient::at(&server.url()).unwrap(),
            runtime: runtime.enable_all().build().unwrap(),
            _server: server,
        }
    }

    /// Forgets everything, then does `commands`.
    fn holds(&self, commands: &[redis::Cmd]) {
        self.runtime.block_on(async {
            let mut connection = self.client.shared().await.unwrap();
            let flush = redis::cmd("FLUSHALL");
            for command in std::iter::once(&flush).chain(commands) {
                let done = command.query_async::<redis::Value>(&mut connection).await;
                done.unwrap();
            }
        });
    }

    fn cells(&self) -> RedisCells {
        RedisCells::new(self.client.clone(), || 1)
    }
}

fn set(key: &str, text: &[u8]) -> redis::Cmd {
    redis::cmd("SET").arg(key).arg(text).clone()
}

/// Whether an error says which key is damaged.
fn is_named(error: &LiveError, key: &str) -> bool {
    match error {
        LiveError::Damaged { key: named, .. } => named == key && error.to_string().contains(key),
        _ => false,
    }
}

fn any_checkpoint() -> impl Strategy<Value = Checkpoint> {
    (any::<[u64; 7]>(), any::<[i64; 2]>(), any::<String>()).prop_map(
        |([fence, fold, base, seq, epoch, before, target], [lag_ms, at_ms], generations)| {
            Checkpoint {
                fence: Fence::of(fence),
                fold: FoldVersion(fold),
                generations,
                base: Epoch(base),
                seq: Seq(seq),
                epoch: EpochStart::from((Epoch(epoch), Seq(before))),
                lag_ms,
                target: Target::from(target),
                at_ms,
            }
        },
    )
}

/// Fields that are nearly those of cells.
fn any_field() -> impl Strategy<Value = String> {
    let number = prop_oneof!["[0-9]{1,21}", "[+-]?[0-9]{1,3}", "[ -~]{0,4}"];
    let log = prop_oneof![Just(LOG.to_string()), "[0-9A-Z]{26}", "[ -~]{0,4}"];
    (log, "[:#]{0,2}", number, option::of("[#:x]")).prop_map(|(log, colon, epoch, end)| {
        format!("{log}{colon}{epoch}{}", end.unwrap_or_default())
    })
}

fn any_version() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[0-9]{40}([0-9]{20})?".prop_map(String::into_bytes),
        "[0-9+ä-]{0,42}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..45),
    ]
}

#[test]
fn a_checkpoint_is_read_whole_or_named() {
    let site = Site::start();
    proptest!(|(checkpoint in any_checkpoint(), at in any::<Index>(), by in any::<u8>(), noise in vec(any::<u8>(), 0..3))| {
        let (cells, key) = (site.cells(), redis_keys::checkpoint(LOG));
        let mut text = serde_json::to_vec(&checkpoint).unwrap();
        let at = at.index(text.len());
        text[at] ^= by;
        text.splice(at..at, noise);
        site.holds(&[set(&key, &text)]);
        let read = site.runtime.block_on(cells.checkpoint(LOG));
        match read {
            Ok(read) => {
                // Nobody takes it for another one than it is.
                let fence = Fence::of(Fence::number(read.as_ref().unwrap().fence) ^ 1);
                let other = Checkpoint { fence, ..checkpoint.clone() };
                prop_assert!(!site.runtime.block_on(cells.put_checkpoint(LOG, Some(&other), &checkpoint)).unwrap());
                prop_assert_eq!(site.runtime.block_on(cells.checkpoint(LOG)).unwrap(), read);
            }
            Err(error) => prop_assert!(is_named(&error, &key) || std::str::from_utf8(&text).is_err(), "{}", error),
        }
        site.holds(&[]);
        prop_assert!(site.runtime.block_on(cells.put_checkpoint(LOG, None, &checkpoint)).unwrap());
        prop_assert!(site.runtime.block_on(cells.put_checkpoint(LOG, Some(&checkpoint), &checkpoint)).unwrap());
        prop_assert_eq!(site.runtime.block_on(cells.checkpoint(LOG)).unwrap(), Some(checkpoint));
    });
}

#[test]
fn watermarks_are_read_or_named() {
    let site = Site::start();
    proptest!(|(seq in any::<u64>(), generations in any::<String>(), at in any::<Index>(), by in any::<u8>(), prune_watermark in "[0-9+ a-]{0,22}")| {
        let (cells, keys) = (site.cells(), [redis_keys::high_watermark(LOG), redis_keys::prune_watermark(LOG)]);
        let high_watermark = HighWatermark { generations, seq: Seq(seq) };
        let mut text = serde_json::to_vec(&high_watermark).unwrap();
        let at = at.index(text.len());
        text[at] ^= by;
        site.holds(&[set(&keys[0], &text), set(&keys[1], prune_watermark.as_bytes())]);
        match site.runtime.block_on(cells.high_watermark(LOG)) {
            Ok(read) => prop_assert_eq!(serde_json::from_slice::<HighWatermark>(&text).ok(), read),
            Err(error) => prop_assert!(is_named(&error, &keys[0]) || std::str::from_utf8(&text).is_err(), "{}", error),
        }
        match site.runtime.block_on(cells.prune_watermark(LOG)) {
            Ok(read) => prop_assert_eq!(prune_watermark.parse(), Ok(read)),
            Err(error) => prop_assert!(is_named(&error, &keys[1]), "{}", error),
        }
        site.runtime.block_on(cells.put_high_watermark(LOG, &high_watermark)).unwrap();
        prop_assert_eq!(site.runtime.block_on(cells.high_watermark(LOG)).unwrap(), Some(high_watermark));
    });
}

#[test]
fn cells_of_strangers_are_named_or_left_alone() {
    let site = Site::start();
    proptest!(|(fields in vec((any_field(), option::of(any_version()), vec(any::<u8>(), 0..9)), 0..4), epoch in 0u64..1000, upto in any::<u64>())| {
        let (cells, key) = (site.cells(), redis_keys::live(ENTITY));
        let mut hash = redis::cmd("HSET");
        hash.arg(&key).arg("stranger").arg("x");
        for (field, version, body) in &fields {
            hash.arg(field).arg(body);
            if let Some(version) = version {
                hash.arg(format!("{field}#")).arg(version);
            }
        }
        site.holds(&[hash]);
        let ours = StoredCell { log: LogId(8), epoch: Epoch(epoch), fence: None, fold: FoldVersion::OURS, upto: Seq(upto), body: Bytes::from_static(b"ours") };
        site.runtime.block_on(cells.put(ENTITY, vec![ours.clone()])).unwrap();
        let read = || site.runtime.block_on(cells.cells(ENTITY));
        let before = read();
        let covered = Covered { epoch: Epoch(epoch), ..Covered::default() };
        let covered = Horizon([(LogId(8), covered)].into());
        let pruned = site.runtime.block_on(cells.prune(&covered)).unwrap();
        match (before, read()) {
            (Ok(mut before), Ok(mut left)) => {
                prop_assert!(before.contains(&ours));
                prop_assert!(before.len() <= fields.len() + 1);
                prop_assert!(left.iter().all(|cell| cell.log != LogId(8)));
                // No event is in epoch 0: it is covered from the beginning.
                for cells in [&mut before, &mut left] {
                    cells.retain(|cell| cell.log != LogId(8) && cell.epoch > Epoch::ZERO);
                    cells.sort_by_key(|cell| (cell.log, cell.epoch, cell.body.clone()));
                }
                prop_assert_eq!(left, before);
            }
            (Err(error), _) | (_, Err(error)) => prop_assert!(is_named(&error, &key), "{}", error),
        }
        prop_assert!((1..=fields.len() as u64 + 1).contains(&pruned), "{}", pruned);
    });
}

#[test]
fn leases_of_strangers_are_respected_and_end() {
    let site = Site::start();
    proptest!(|(owner in "[ -~]{1,20}", workers in vec("[ -~]{1,20}", 0..4), worker in any::<u64>(), later in any::<bool>())| {
        prop_assume!(owner != worker.to_string() && !workers.contains(&worker.to_string()));
        let key = redis_keys::lease(LOG);
        let end = if later { "+inf" } else { "1" };
        let mut speed = redis::cmd("ZADD");
        speed.arg(redis_keys::SPEED_LAYERS).arg(end).arg("somebody");
        workers.iter().for_each(|name| { speed.arg(end).arg(name); });
        site.holds(&[set(&key, owner.as_bytes()), speed]);
        let leases = RedisLeases::new(site.client.clone());
        let others: std::collections::BTreeSet<_> = workers.iter().map(String::as_str).chain(["somebody"]).collect();
        let alive = if later { others.len() } else { 0 };
        site.runtime.block_on(async {
            prop_assert_eq!(leases.beat(worker, TTL).await.unwrap(), alive + 1);
            prop_assert!(!leases.take(LOG, worker, TTL).await.unwrap());
            leases.give(LOG, worker).await.unwrap();
            prop_assert!(!leases.take(LOG, worker, TTL).await.unwrap(), "it was not ours to give");
            Ok(())
        })?;
        site.holds(&[]);
        prop_assert!(site.runtime.block_on(leases.take(LOG, worker, TTL)).unwrap());
    });
}
