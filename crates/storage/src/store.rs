//! Opening an object store, and the create-only write that everything atomic rests on.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use object_store::{
    BackoffConfig, ObjectStore, ObjectStoreExt, PutMode, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut},
    memory::InMemory,
    path::Path,
};
use url::Url;

use crate::{durable_local::DurableLocal, prefixed::Prefixed};

/// Where objects lie.
pub type Store = Arc<dyn ObjectStore>;

/// What went wrong with the object store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is not one we can open.
    #[error("store address `{url}`: {why}; use file:///folder, s3://bucket/prefix or memory://")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The folder or bucket cannot be opened.
    #[error("cannot open the store `{url}`: {source}; check the path, its rights and AWS_*")]
    Open {
        /// What was given.
        url: String,
        /// What the backend said.
        source: object_store::Error,
    },
    /// A request failed after its retries.
    #[error("cannot {action} `{path}`: {source}; it can be tried again when the store answers")]
    Request {
        /// What was being done.
        action: &'static str,
        /// The object.
        path: Path,
        /// What the backend said.
        source: object_store::Error,
    },
    /// An object could not be read as what it must be.
    #[error("object `{path}` is damaged: {why}; restore it from a backup or report a bug")]
    Damaged {
        /// The object.
        path: Path,
        /// What is wrong with it.
        why: String,
    },
}

impl StoreError {
    /// `action` on `path` failed with `source`.
    pub fn request(action: &'static str, path: &Path, source: object_store::Error) -> Self {
        let path = path.clone();
        Self::Request {
            action,
            path,
            source,
        }
    }
}

/// What a create-only write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The object is there now, and we put it there.
    New,
    /// There was one already. After retried requests it may be ours: compare if that matters.
    Exists,
}

/// What [`create_or_same`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Stored by this call.
    New,
    /// Already there with the same bytes: as good as new.
    Same,
    /// Already there with other bytes. Never success.
    Different,
}

/// Opens the store at `url`: `file:///folder` (made if missing, every write fsynced),
/// `s3://bucket/prefix` (keys, endpoint and region from the `AWS_*` environment) or `memory://`
/// (empty, gone with the process). Blocks for a moment on folders: call it at start only.
pub fn open(url: &str) -> Result<Store, StoreError> {
    let address = |why: String| StoreError::Address {
        url: url.to_string(),
        why,
    };
    let parsed = Url::parse(url).map_err(|e| address(e.to_string()))?;
    // Cut off, two addresses would be one store.
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(address("write `?` in it as %3F and `#` as %23".into()));
    }
    let opened = match parsed.scheme() {
        "memory" => Ok(Arc::new(InMemory::new()) as Store),
        "file" => {
            let not_local = |()| address("not a local folder".into());
            let folder: PathBuf = parsed.to_file_path().map_err(not_local)?;
            DurableLocal::open(&folder).map(|local| Arc::new(local) as Store)
        }
        "s3" => {
            let bucket = parsed.host_str().filter(|host| !host.is_empty());
            let bucket = bucket.ok_or_else(|| address("no bucket".into()))?;
            let prefix = parsed.path().trim_matches('/');
            open_s3(AmazonS3Builder::from_env(), bucket, prefix)
        }
        other => return Err(address(format!("unknown scheme `{other}`"))),
    };
    opened.map_err(|source| StoreError::Open {
        url: url.to_string(),
        source,
    })
}

/// The S3 store at `url`, at another endpoint than the environment's.
pub(crate) fn open_at(url: &str, endpoint: &str) -> Result<Store, StoreError> {
    let parsed = Url::parse(url).map_err(|e| StoreError::Address {
        url: url.to_string(),
        why: e.to_string(),
    })?;
    let builder = AmazonS3Builder::from_env().with_endpoint(endpoint);
    let bucket = parsed.host_str().unwrap_or_default();
    let opened = open_s3(builder, bucket, parsed.path().trim_matches('/'));
    opened.map_err(|source| StoreError::Open {
        url: url.to_string(),
        source,
    })
}

pub(crate) fn open_s3(
    builder: AmazonS3Builder,
    bucket: &str,
    prefix: &str,
) -> object_store::Result<Store> {
    let builder = builder.with_bucket_name(bucket);
    let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint);
    let plain = endpoint.is_some_and(|e| e.starts_with("http://"));
    // Time-outs stay at the client's defaults (connect 5 s, request 30 s) or what AWS_* says.
    let builder = if plain {
        builder.with_allow_http(true)
    } else {
        builder
    };
    let s3 = builder
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_retry(bounded_retries())
        .build()?;
    Ok(match prefix {
        "" => Arc::new(s3),
        prefix => Arc::new(Prefixed::new(s3, prefix)),
    })
}

fn bounded_retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(3),
            base: 2.0,
        },
        max_retries: 4,
        retry_timeout: Duration::from_secs(45),
    }
}

/// How often a creation is tried that meets another one, and by how much each pause is longer than the one before.
const CREATE_TRIES: u32 = 4;
const CONFLICT_PAUSE: Duration = Duration::from_millis(20);

/// Writes `bytes` at `path` unless something is there.
///
/// An error means that the outcome is unknown: the object may be there, now or a little later.
pub async fn create(store: &Store, path: &Path, bytes: Bytes) -> Result<Created, StoreError> {
    let mut tries = 0;
    loop {
        let mode = PutMode::Create.into();
        match store.put_opts(path, bytes.clone().into(), mode).await {
            Ok(_) => return Ok(Created::New),
            Err(source @ object_store::Error::AlreadyExists { .. }) => {
                if exists(store, path).await? {
                    return Ok(Created::Exists);
                }
                // S3 also says so (409) when another creation is under way, which may fail in the end; ours has failed.
                tries += 1;
                if tries == CREATE_TRIES {
                    return Err(StoreError::request("create", path, source));
                }
                tokio::time::sleep(CONFLICT_PAUSE * tries).await;
            }
            Err(source) => return Err(StoreError::request("create", path, source)),
        }
    }
}

/// Like [`create`], and tells whether what was there already is the same. Safe to repeat, also
/// after an error: that is how an unknown outcome is resolved.
pub async fn create_or_same(
    store: &Store,
    path: &Path,
    bytes: Bytes,
) -> Result<Outcome, StoreError> {
    if create(store, path, bytes.clone()).await? == Created::New {
        return Ok(Outcome::New);
    }
    Ok(match read(store, path).await? {
        Some(found) if found == bytes => Outcome::Same,
        Some(_) => Outcome::Different,
        None => return Err(vanished(path)),
    })
}

/// Puts an object in the place of what was there. Only for what a single process writes: of two
/// that replace, nobody knows whose object stays.
pub async fn replace(store: &Store, path: &Path, bytes: Bytes) -> Result<(), StoreError> {
    let mode = PutMode::Overwrite;
    let put = store.put_opts(path, bytes.into(), mode.into()).await;
    put.map(drop)
        .map_err(|e| StoreError::request("replace", path, e))
}

/// The whole object; `None` if there is none.
pub async fn read(store: &Store, path: &Path) -> Result<Option<Bytes>, StoreError> {
    let result = match store.get(path).await {
        Ok(result) => result.bytes().await,
        Err(error) => Err(error),
    };
    match result {
        Ok(bytes) => Ok(Some(bytes)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(source) => Err(StoreError::request("read", path, source)),
    }
}

/// Whether there is an object at `path`.
pub async fn exists(store: &Store, path: &Path) -> Result<bool, StoreError> {
    match store.head(path).await {
        Ok(_) => Ok(true),
        Err(object_store::Error::NotFound { .. }) => Ok(false),
        Err(source) => Err(StoreError::request("look up", path, source)),
    }
}

fn vanished(path: &Path) -> StoreError {
    StoreError::Damaged {
        path: path.clone(),
        why: "it was there and is gone; create-only objects are never deleted in use".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As on S3, where two that create at once may both be refused.
    #[tokio::test]
    async fn a_creation_that_is_refused_for_another_is_tried_again() {
        let server = crate::testing::s3_server::S3Server::start();
        server.refuse_every(2);
        let store = server.store();
        for name in ["a", "b", "c"] {
            let created = create(&store, &Path::from(name), "x".into()).await;
            assert_eq!(created.unwrap(), Created::New);
        }
        server.refuse_every(1);
        let refused = create(&store, &Path::from("d"), "x".into()).await;
        assert!(refused.is_err(), "not for ever");
    }

    #[tokio::test]
    async fn create_only_tells_new_same_and_different() {
        let folder = tempfile::tempdir().unwrap();
        for url in [
            "memory://".to_string(),
            format!("file://{}/new/er", folder.path().display()),
        ] {
            let store = open(&url).unwrap();
            let path = Path::from("a/b");
            let put = |text: &'static str| create_or_same(&store, &path, Bytes::from(text));
            assert_eq!(put("one").await.unwrap(), Outcome::New);
            assert_eq!(put("one").await.unwrap(), Outcome::Same);
            assert_eq!(put("two").await.unwrap(), Outcome::Different);
            assert_eq!(read(&store, &path).await.unwrap(), Some(Bytes::from("one")));
            assert!(!exists(&store, &Path::from("a/c")).await.unwrap());
        }
    }

    #[test]
    fn wrong_addresses_are_refused_with_advice() {
        for url in [
            "",
            "ftp://x",
            "s3://",
            "s3://bucket/site#1",
            "file:///tmp/site#1",
            "file:///tmp/site?1",
            "file://host/x",
            "/tmp/x",
        ] {
            let error = open(url).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains("use file:///folder"), "{error}");
        }
    }
}
