//! The ways to a store: a name may stand for several servers, which must not each have their own idea of who was first.

use std::collections::BTreeSet;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use url::Url;

use crate::store::{self, Store, StoreError};

/// Ways that are tried at most.
const MOST: usize = 8;

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
    let mut addresses = addresses(&endpoint).await;
    if addresses.len() < 2 {
        return Ok(vec![usual]);
    }
    let mut ways = Vec::new();
    while let Some(address) = addresses.pop_first().filter(|_| ways.len() < MOST) {
        let way = store::open_at(url, &format!("http://{address}"))?;
        // A name may have addresses at which nobody listens, as `localhost` does.
        if store::exists(&way, &object_store::path::Path::from("probe/way"))
            .await
            .is_ok()
        {
            ways.push(way);
        }
    }
    Ok(match ways.is_empty() {
        true => vec![usual],
        false => ways,
    })
}

async fn addresses(endpoint: &Url) -> BTreeSet<std::net::SocketAddr> {
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
