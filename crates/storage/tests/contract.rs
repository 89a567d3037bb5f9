//! Every implementation of the store, the stream and the live cells keeps the same contract.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use model::{Clock, SystemClock};
use object_store::path::Path;
use storage::{
    cells::{MemoryCells, RedisCells},
    leases::{Leases, RedisLeases},
    redis_client::RedisClient,
    redis_keys,
    reservations::{MemoryReservations, PENDING_MS, RedisReservations},
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
    reservations_contract::run(&keys, async |_| {}, async || keys.flush()).await;
}

#[tokio::test]
async fn single_redis() {
    let server = RedisServer::start();
    let client = RedisClient::at(&server.url()).unwrap();
    client.require_noeviction().await.unwrap();
    stream_contract::run(Arc::new(RedisStream::new(client.clone()))).await;
    leases_pass_on(&RedisLeases::new(client.clone())).await;
    let flush = async || assert!(server.command(&["FLUSHALL"]).contains("OK"));
    let age = async |key: &str| {
        let key = redis_keys::reservation(key);
        let pending = format!("pending:{}:a", now_ms() - PENDING_MS);
        server.command(&["SET", &key, &pending, "PX", "100000"]);
    };
    let keys = RedisReservations::new(client.clone(), random);
    reservations_contract::run(&keys, age, flush).await;
    cells_contract::run(Arc::new(RedisCells::new(client, random)), flush).await;
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
