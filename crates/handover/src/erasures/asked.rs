//! What is asked for, and what became of it.

use futures::{StreamExt, TryStreamExt, stream};
use model::{EntityId, EventId};
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use storage::{
    object_keys::{ObjectKey, folders},
    store::{self, Store, StoreError},
};

/// Objects that are read at once.
const AT_ONCE: usize = 8;

/// An erasure that is to be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Its name: `ers_` and 13 digits.
    pub id: String,
    /// Whose visitor it is.
    pub account: EntityId,
    /// When it was asked for, unix milliseconds.
    pub at_ms: i64,
    /// The visitor's number; gone when it is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<u64>,
    /// An event that is erased, too: the one by which the visitor was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// The account itself is erased, not a visitor of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_account: bool,
    /// Requests to collectors (`ledger/control`) up to this one were made before: what was recorded before the erasure was
    /// asked for is in epochs that are closed by a later one.
    pub after: u64,
    /// That it is carried out, and old files are still to be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Carried>,
}

/// That an erasure is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The first manifest without the visitor.
    pub manifest: u64,
    /// When, unix milliseconds.
    pub at_ms: i64,
}

/// What is told of an erasure, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its name.
    pub id: String,
    /// Whose visitor it is.
    pub account: EntityId,
    /// When it was asked for, unix milliseconds.
    pub at_ms: i64,
    /// From when on no answer had the visitor any more, unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_ms: Option<i64>,
    /// So many events were erased.
    #[serde(default)]
    pub events: u64,
    /// When no file from before was left, unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_ms: Option<i64>,
}

impl Asked {
    fn key(&self) -> ObjectKey {
        ObjectKey::Erasing {
            account: self.account,
            erasure: self.id.clone(),
        }
    }

    fn told_key(&self) -> ObjectKey {
        ObjectKey::Erasure {
            account: self.account,
            erasure: self.id.clone(),
        }
    }
}

/// Asks for an erasure. The same one may be asked for again.
///
/// # Errors
///
/// The store's: it may be asked for, or not.
pub async fn ask(store: &Store, asked: &Asked) -> Result<(), StoreError> {
    let told = Told {
        id: asked.id.clone(),
        account: asked.account,
        at_ms: asked.at_ms,
        erased_ms: None,
        events: 0,
        done_ms: None,
    };
    // In this order it is never said to be asked for and not carried out.
    store::create(store, &asked.key().path(), json(&asked.key(), asked)?).await?;
    let key = asked.told_key();
    store::create(store, &key.path(), json(&key, &told)?).await?;
    Ok(())
}

/// All that are to be carried out, or to be seen off, at most so many.
///
/// # Errors
///
/// The store's.
pub async fn asked(store: &Store, most: usize) -> Result<Vec<Asked>, StoreError> {
    let folder = folders::erasing();
    let objects: Vec<_> = store
        .list(Some(&folder))
        .take(most)
        .try_collect()
        .await
        .map_err(|error| StoreError::request("list", &folder, error))?;
    let keys = objects.into_iter().map(|object| object.location);
    let keys: Vec<ObjectKey> = keys
        .filter_map(|path| ObjectKey::parse(&path).ok())
        .collect();
    read_all(store, keys).await
}

/// How many of an account are not carried out yet.
///
/// # Errors
///
/// The store's.
pub async fn open(store: &Store, account: EntityId) -> Result<usize, StoreError> {
    let folder = folders::erasing_of(account);
    let objects = store.list(Some(&folder));
    let objects: Vec<_> = objects
        .try_collect()
        .await
        .map_err(|error| StoreError::request("list", &folder, error))?;
    Ok(objects.len())
}

/// What is told of one.
///
/// # Errors
///
/// The store's.
pub async fn told(
    store: &Store,
    account: EntityId,
    erasure: String,
) -> Result<Option<Told>, StoreError> {
    read(store, &ObjectKey::Erasure { account, erasure }).await
}

/// What is told of the next ones of an account, in the order of their names, after one of them.
///
/// # Errors
///
/// The store's.
pub async fn of_account(
    store: &Store,
    account: EntityId,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<Told>, StoreError> {
    let folder = folders::erasures(account);
    let objects: Vec<_> = store
        .list(Some(&folder))
        .try_collect()
        .await
        .map_err(|error| StoreError::request("list", &folder, error))?;
    let keys = objects.into_iter();
    let keys = keys.filter_map(|object| ObjectKey::parse(&object.location).ok());
    let is_next = |key: &ObjectKey| match key {
        ObjectKey::Erasure { erasure, .. } => after.is_none_or(|after| &**erasure > after),
        _ => false,
    };
    let mut keys: Vec<ObjectKey> = keys.filter(is_next).collect();
    keys.sort();
    keys.truncate(most);
    read_all(store, keys).await
}

/// Tells that an erasure is carried out, of so many events, and forgets the visitor's number.
///
/// # Errors
///
/// The store's.
pub async fn carried_out(
    store: &Store,
    asked: Asked,
    carried: Carried,
    events: u64,
) -> Result<(), StoreError> {
    let key = asked.told_key();
    let before: Option<Told> = read(store, &key).await?;
    let first = before.as_ref().and_then(|told| told.erased_ms);
    let told = Told {
        id: asked.id.clone(),
        account: asked.account,
        at_ms: before.as_ref().map_or(asked.at_ms, |told| told.at_ms),
        erased_ms: first.or(Some(carried.at_ms)),
        events,
        done_ms: None,
    };
    store::replace(store, &key.path(), json(&key, &told)?).await?;
    let asked = Asked {
        visitor: None,
        event: None,
        carried: Some(carried),
        ..asked
    };
    let key = asked.key();
    store::replace(store, &key.path(), json(&key, &asked)?).await
}

/// Tells that no file from before is left.
///
/// # Errors
///
/// The store's.
pub async fn done(store: &Store, asked: &Asked, at_ms: i64) -> Result<(), StoreError> {
    let key = asked.told_key();
    if let Some(told) = read::<Told>(store, &key).await? {
        let told = Told {
            done_ms: Some(at_ms),
            ..told
        };
        store::replace(store, &key.path(), json(&key, &told)?).await?;
    }
    let path = asked.key().path();
    match store.delete(&path).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(StoreError::request("delete", &path, error)),
    }
}

async fn read_all<T: DeserializeOwned>(
    store: &Store,
    keys: Vec<ObjectKey>,
) -> Result<Vec<T>, StoreError> {
    let read = |key: ObjectKey| async move { read(store, &key).await };
    let found = stream::iter(keys).map(read).buffered(AT_ONCE);
    // One that has gone meanwhile is done.
    found
        .try_filter_map(async |found| Ok(found))
        .try_collect()
        .await
}

async fn read<T: DeserializeOwned>(
    store: &Store,
    key: &ObjectKey,
) -> Result<Option<T>, StoreError> {
    let path = key.path();
    let damaged = |error: serde_json::Error| StoreError::Damaged {
        path: path.clone(),
        why: error.to_string(),
    };
    let bytes = store::read(store, &path).await?;
    bytes
        .map(|bytes| serde_json::from_slice(&bytes).map_err(damaged))
        .transpose()
}

fn json(key: &ObjectKey, said: &impl Serialize) -> Result<bytes::Bytes, StoreError> {
    let bytes = serde_json::to_vec(said).map_err(|error| StoreError::Damaged {
        path: key.path(),
        why: error.to_string(),
    });
    bytes.map(Into::into)
}

#[cfg(test)]
mod tests {
    use model::EntityKind;

    use super::*;

    fn one(account: u64, id: &str) -> Asked {
        Asked {
            id: id.into(),
            account: EntityId::new(EntityKind::Account, account),
            at_ms: 5,
            visitor: Some(77),
            event: None,
            is_account: false,
            after: 3,
            carried: None,
        }
    }

    #[tokio::test]
    async fn an_erasure_is_told_from_its_begin_to_its_end() {
        let store = store::open("memory://").unwrap();
        let (ours, other) = (one(1, "ers_1"), one(2, "ers_1"));
        for _ in 0..2 {
            ask(&store, &ours).await.unwrap();
        }
        ask(&store, &other).await.unwrap();
        assert_eq!(
            asked(&store, 9).await.unwrap(),
            [ours.clone(), other.clone()]
        );
        assert_eq!(open(&store, ours.account).await.unwrap(), 1);
        let telling = async || told(&store, ours.account, ours.id.clone()).await.unwrap();
        assert_eq!(telling().await.unwrap().erased_ms, None);
        let carried = Carried {
            manifest: 4,
            at_ms: 6,
        };
        carried_out(&store, ours.clone(), carried, 12)
            .await
            .unwrap();
        let left = asked(&store, 9).await.unwrap();
        assert_eq!(left[0].visitor, None, "its number is forgotten");
        assert_eq!(left[0].carried, Some(carried));
        let now = telling().await.unwrap();
        assert_eq!(
            (now.erased_ms, now.events, now.done_ms),
            (Some(6), 12, None)
        );
        done(&store, &left[0], 9).await.unwrap();
        assert_eq!(asked(&store, 9).await.unwrap(), [other]);
        assert_eq!(telling().await.unwrap().done_ms, Some(9));
        let all = of_account(&store, ours.account, None, 9).await.unwrap();
        assert_eq!(all, [telling().await.unwrap()]);
        let rest = of_account(&store, ours.account, Some("ers_1"), 9).await;
        assert!(rest.unwrap().is_empty());
    }
}
