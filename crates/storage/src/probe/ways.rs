//! The ways to a store: a name may stand for several servers, which must not each have their own idea of who was first.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures::future::join_all;
use object_store::{
    ObjectStoreExt,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
};
use url::Url;

use crate::{
    object_keys::ObjectKey,
    store::{self, Store, StoreError},
};

/// Ways that are tried at most.
const MOST: usize = 8;
/// How long one may take to be written to.
const LIMIT: Duration = Duration::from_secs(4);

/// A store, and how it is reached.
pub struct Ways {
    /// The same store, by each way.
    pub stores: Vec<Store>,
    /// Whether its lists must be in order, as those of S3 are: those of a folder are in none.
    pub is_ordered: bool,
}

/// The store at `url` (see [`store::open`]), by each address that the name of its server stands for. By one only where
/// the connection is encrypted, since certificates are of names.
pub async fn ways(url: &str) -> Result<Ways, StoreError> {
    let stores = stores(url).await?;
    let is_ordered = url.starts_with("s3:");
    Ok(Ways { stores, is_ordered })
}

async fn stores(url: &str) -> Result<Vec<Store>, StoreError> {
    let usual = store::open(url)?;
    let builder = AmazonS3Builder::from_env();
    let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint);
    let is_s3 = url.starts_with("s3:");
    let endpoint = endpoint.filter(|_| is_s3).and_then(|e| Url::parse(&e).ok());
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.scheme() == "http") else {
        return Ok(vec![usual]);
    };
    let addresses = addresses(&endpoint).await;
    if addresses.len() < 2 {
        return Ok(vec![usual]);
    }
    let ways = addresses.into_iter().take(MOST).enumerate();
    let ways = ways.map(|(n, address)| usable(url, address, n as u64));
    let ways: Vec<Store> = join_all(ways).await.into_iter().flatten().collect();
    Ok(match ways.is_empty() {
        true => vec![usual],
        false => ways,
    })
}

/// The store at one address, if it can be written there: at some addresses of a name nobody listens (`localhost` has
/// one), and some servers go by the name that they are called.
async fn usable(url: &str, address: SocketAddr, n: u64) -> Option<Store> {
    let way = store::open_at(url, &format!("http://{address}")).ok()?;
    let run = format!("way{}", std::process::id());
    let path = ObjectKey::Probe { run, n }.path();
    let written = store::replace(&way, &path, Bytes::from_static(b"way"));
    let is_written = tokio::time::timeout(LIMIT, written).await;
    is_written.ok()?.ok()?;
    // What is left the next probe deletes.
    let _ = way.delete(&path).await;
    Some(way)
}

async fn addresses(endpoint: &Url) -> BTreeSet<SocketAddr> {
    let Some(host) = endpoint.host_str() else {
        return BTreeSet::new();
    };
    let port = endpoint.port_or_known_default().unwrap_or(80);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match tokio::net::lookup_host((host, port)).await {
        Ok(found) => found.collect(),
        // Whoever uses the store says that it cannot be found.
        Err(_) => BTreeSet::new(),
    }
}
