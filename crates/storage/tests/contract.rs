//! Every implementation of the store, the stream and the live cells keeps the same contract.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use model::{Clock, EventId, LogId, Seq, SystemClock};
use object_store::path::Path;
use storage::{
    cells::{HighWatermark, LiveCells, MemoryCells, RedisCells},
    error::LiveError,
    leases::{Leases, RedisLeases},
    redis_client::RedisClient,
    reservations::{
        KEEP_MS, MemoryReservations, PENDING_MS, RedisReservations, Reservations, Reserved,
    },
    store,
    stream::{MemoryStream, RedisStream},
    testing::{
        cells_contract, redis_cluster::RedisCluster, redis_server::RedisServer,
        reservations_contract, s3_server::S3Server, store_contract, stream_contract,
    },
};

fn random() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_in_memory_and_on_a_folder() {
    store_contract::run(store::open("memory://").unwrap()).await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}/new/er", folder.path().display());
    store_contract::run(store::open(&url).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3() {
    let server = S3Server::start();
    store_contract::run(server.store()).await;
}

/// Real S3 answers a conditional PUT that meets another one with 409, and nothing is stored.
#[tokio::test(flavor = "multi_thread")]
async fn s3_that_refuses_a_creation_is_not_taken_for_an_object_that_exists() {
    let server = S3Server::start();
    server.refuse_every(3);
    let store = server.store();
    for n in 1..=9 {
        let path = Path::from(format!("created/{n}"));
        let created = store::create(&store, &path, "first".into()).await;
        let exists = store::exists(&store, &path).await.unwrap();
        assert_eq!(created.is_ok(), exists, "{created:?}");
    }
}

#[tokio::test]
async fn memory() {
    stream_contract::run(Arc::new(MemoryStream::default())).await;
    let cells = Arc::new(MemoryCells::default());
    cells_contract::run(cells.clone(), async || cells.flush()).await;
    let keys = MemoryReservations::default();
    reservations_contract::run(
        &keys,
        1_700_000_000_000,
        async |_| {},
        async || keys.flush(),
    )
    .await;
}

#[tokio::test]
async fn single_redis() {
    let server = RedisServer::start();
    let client = RedisClient::at(&server.url()).unwrap();
    client.require_noeviction().await.unwrap();
    stream_contract::run(Arc::new(RedisStream::new(client.clone()))).await;
    leases_pass_on(&RedisLeases::new(client.clone())).await;
    let flush = async || assert!(server.command(&["FLUSHALL"]).contains("OK"));
    let age = async |_: &str| {
        let ago = PENDING_MS.to_string();
        let aged = server.command(&["EVAL", AGE_PENDING, "0", &ago]);
        assert!(aged.starts_with('1'), "{aged}");
    };
    let keys = RedisReservations::new(client.clone(), random);
    reservations_contract::run(&keys, now_ms(), age, flush).await;
    cells_contract::run(Arc::new(RedisCells::new(client, random)), flush).await;
}

/// Makes all pending keys older by ARGV[1] milliseconds.
const AGE_PENDING: &str = "
for _, key in ipairs(redis.call('KEYS', 'mr:k:{*')) do
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local since, owner = string.match(all[i + 1], '^p(%d+):(.*)$')
    if since then
      redis.call('HSET', key, all[i], string.format('p%.0f:', since - ARGV[1]) .. owner)
    end
  end
end
return 1";

/// What a key costs, and that those of others stay where one fills its memory.
#[tokio::test]
async fn keys_are_small_and_leave_room_for_the_rest() {
    const KEYS: u64 = 200_000;
    let server = RedisServer::start();
    let client = RedisClient::at(&server.url()).unwrap();
    let keys = RedisReservations::new(client.clone(), random);
    let used = || {
        let info = server.command(&["INFO", "memory"]);
        let line = info.lines().find_map(|l| l.strip_prefix("used_memory:"));
        line.unwrap().trim().parse::<u64>().unwrap()
    };
    let event = |seq| EventId {
        log: LogId(u128::MAX / 3),
        seq: Seq(1_000_000 + seq),
    };
    let now = now_ms();
    let before = used();
    let confirm = |n: u64| {
        let keys = &keys;
        async move {
            let name = format!("{:016x}:{n:032x}", 7);
            keys.confirm(&name, event(n), KEEP_MS, now).await.unwrap();
        }
    };
    stream::iter(0..KEYS).for_each_concurrent(64, confirm).await;
    let each = (used() - before) / KEYS;
    assert!(each <= 60, "{each} bytes a key");
    let taken = keys
        .reserve(&format!("{:016x}:{:032x}", 7, 5), "a", now)
        .await;
    assert_eq!(taken.unwrap(), Reserved::Taken(event(5)));
    // Above its share of the memory nothing is remembered any more; what is known stays known.
    let full = RedisReservations::new(client, random);
    let limit = (used() * 100 / 61).to_string();
    server.command(&["CONFIG", "SET", "maxmemory", &limit]);
    assert_eq!(
        full.reserve("new", "a", now).await.unwrap(),
        Reserved::Crowded
    );
    assert!(!full.has_room().await);
    let is_put = full.confirm("new", event(0), KEEP_MS, now).await.unwrap();
    assert!(!is_put, "and nobody is told that it is");
    assert_eq!(full.taken_by("new", now).await.unwrap(), None);
    let known = full
        .reserve(&format!("{:016x}:{:032x}", 7, 6), "a", now)
        .await;
    assert_eq!(known.unwrap(), Reserved::Taken(event(6)));
}

fn now_ms() -> i64 {
    SystemClock.now_ms()
}

/// One owner at a time, who is followed once it no longer says that it lives.
async fn leases_pass_on(leases: &dyn Leases) {
    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(50);
    let log = model::LogId(7);
    assert_eq!(leases.beat(1, LONG).await.unwrap(), 1);
    assert_eq!(leases.beat(2, SHORT).await.unwrap(), 2);
    assert!(leases.take(log, 1, LONG).await.unwrap());
    assert!(leases.take(log, 1, LONG).await.unwrap(), "renewed");
    assert!(!leases.take(log, 2, LONG).await.unwrap());
    leases.give(log, 2).await.unwrap();
    assert!(!leases.take(log, 2, LONG).await.unwrap(), "not its own");
    leases.give(log, 1).await.unwrap();
    assert!(leases.take(log, 2, SHORT).await.unwrap());
    let until = Instant::now() + Duration::from_secs(20);
    while !leases.take(log, 1, LONG).await.unwrap() {
        assert!(Instant::now() < until, "a lease that ends is free");
    }
    while leases.beat(1, LONG).await.unwrap() > 1 {
        assert!(Instant::now() < until, "a silent worker is forgotten");
    }
}

#[tokio::test]
async fn redis_that_evicts_is_refused() {
    let server = RedisServer::start();
    server.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let client = RedisClient::at(&server.url()).unwrap();
    let error = client.require_noeviction().await.unwrap_err();
    assert!(error.to_string().contains("noeviction"), "{error}");
}

#[tokio::test]
async fn redis_cluster() {
    let cluster = RedisCluster::start();
    let client = RedisClient::at(&cluster.url()).unwrap();
    client.require_noeviction().await.unwrap();
    stream_contract::run(Arc::new(RedisStream::new(client.clone()))).await;
    let keys = RedisReservations::new(client.clone(), random);
    for n in 0..50 {
        let (name, now) = (format!("key-{n}"), now_ms());
        let event = EventId {
            log: LogId(7),
            seq: Seq(n),
        };
        assert_eq!(keys.reserve(&name, "a", now).await.unwrap(), Reserved::New);
        keys.confirm(&name, event, KEEP_MS, now).await.unwrap();
        let again = keys.reserve(&name, "b", now).await.unwrap();
        assert_eq!(again, Reserved::Taken(event));
    }
    // One node that loses its keys is enough to tell.
    let flush = async || {
        for node in &cluster.nodes {
            assert!(node.command(&["FLUSHALL"]).contains("OK"));
        }
    };
    cells_contract::run(Arc::new(RedisCells::new(client.clone(), random)), flush).await;
    let before = client.generations(Some(random())).await.unwrap();
    cluster.nodes[1].command(&["FLUSHALL"]);
    assert_ne!(client.generations(Some(random())).await.unwrap(), before);
}

/// A master that hung while its replica took over is master in its own eyes for a moment, and takes writes that are
/// lost. Whoever reads the generations before it writes must see them change afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_master_took_is_of_an_old_generation() {
    let mut cluster = RedisCluster::start_replicated();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|n| tokio::spawn(announce(cluster.url(), n, Arc::clone(&stop))))
        .collect();
    for round in 0..2 {
        let master = cluster.masters()[round];
        tokio::task::block_in_place(|| cluster.fail_over_without_death(master));
    }
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Says its number once in each generation, under a key of each server, until `stop`. What it said last must be there.
async fn announce(url: String, number: u64, stop: Arc<AtomicBool>) {
    let cells = RedisCells::new(RedisClient::at(&url).unwrap(), random);
    let logs: Vec<LogId> = (0..9)
        .map(|n| LogId(u128::from(number * 100 + n)))
        .collect();
    let mut announced = None;
    let mut changes = 0;
    loop {
        let is_last = stop.load(Ordering::SeqCst);
        let said = async {
            let generations = cells.generations(true).await?;
            if announced.as_ref() != Some(&generations) {
                for log in &logs {
                    let seq = Seq(changes);
                    let generations = generations.clone();
                    let high_watermark = HighWatermark { generations, seq };
                    cells.put_high_watermark(*log, &high_watermark).await?;
                }
                announced = Some(generations);
                changes += 1;
            }
            Ok::<_, LiveError>(())
        };
        if said.await.is_ok() && is_last {
            break;
        }
    }
    for log in logs {
        let said = cells.high_watermark(log).await.unwrap();
        let said = said.map(|said| said.generations);
        assert_eq!(
            said, announced,
            "{log} of writer {number} after {changes} changes"
        );
    }
    assert!(changes > 1, "each fail-over is a change: {changes}");
}
