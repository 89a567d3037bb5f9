//! Every implementation of the stream and the live cells keeps the same contract.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use storage::{
    cells::{MemoryCells, RedisCells},
    redis_client::RedisClient,
    stream::{MemoryStream, RedisStream},
    testing::{
        cells_contract,
        redis_server::{RedisCluster, RedisServer},
        stream_contract,
    },
};

fn random() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::SeqCst)
}

#[tokio::test]
async fn memory() {
    stream_contract::run(Arc::new(MemoryStream::default())).await;
    let cells = Arc::new(MemoryCells::default());
    cells_contract::run(cells.clone(), async || cells.flush()).await;
}

#[tokio::test]
async fn single_redis() {
    let server = RedisServer::start();
    let client = RedisClient::new(&server.url()).unwrap();
    client.require_noeviction().await.unwrap();
    stream_contract::run(Arc::new(RedisStream::new(client.clone()))).await;
    let flush = async || assert!(server.command(&["FLUSHALL"]).contains("OK"));
    cells_contract::run(Arc::new(RedisCells::new(client, random)), flush).await;
}

#[tokio::test]
async fn redis_that_evicts_is_refused() {
    let server = RedisServer::start();
    server.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let client = RedisClient::new(&server.url()).unwrap();
    let error = client.require_noeviction().await.unwrap_err();
    assert!(error.to_string().contains("noeviction"), "{error}");
}

#[tokio::test]
async fn redis_cluster() {
    let cluster = RedisCluster::start();
    let client = RedisClient::new(&cluster.url()).unwrap();
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
