//! Counts that other tools made, which no event stands behind: kept beside everything that is counted here, one object
//! for each account and source, and never added to it.

use futures::{StreamExt, TryStreamExt, stream};
use model::EntityId;
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};
use storage::{
    object_keys::{ObjectKey, folders},
    store::{self, Store, StoreError},
};

use crate::raw::{json, read_own};

/// Most counts of one source.
pub const MOST_ROWS: usize = 100_000;
/// Most sources of one account.
pub const MOST_SOURCES: usize = 20;
/// Objects read at once.
const READS_AT_ONCE: usize = 4;

/// What one source counted for one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Whose links they are.
    pub account: EntityId,
    /// What the account calls the source, see [`storage::object_keys::is_name`].
    pub source: String,
    /// Until when it had counted, unix milliseconds.
    pub as_of_ms: i64,
    /// Its counts.
    pub rows: Vec<Total>,
}

/// How many clicks a link had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// The link.
    pub link: EntityId,
    /// On this day, as days since 1970-01-01; none: in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<i64>,
    /// Of a count of all: since when the link was there, unix milliseconds, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
    /// So many.
    pub clicks: u64,
}

impl Totals {
    /// All counts together.
    pub fn clicks(&self) -> u64 {
        self.rows
            .iter()
            .fold(0, |sum, row| sum.saturating_add(row.clicks))
    }
}

fn key(account: EntityId, source: &str) -> ObjectKey {
    let source = source.to_owned();
    ObjectKey::Totals { account, source }
}

/// What all sources of an account have counted, in the order of their names. One that is damaged is an error: without it
/// numbers would be said to be less.
///
/// # Errors
///
/// The store fails.
pub async fn of(store: &Store, account: EntityId) -> Result<Vec<Totals>, StoreError> {
    let folder = folders::totals(account);
    let listed: Vec<_> = store
        .list(Some(&folder))
        .try_collect()
        .await
        .map_err(|error| StoreError::request("list", &folder, error))?;
    let mut sources: Vec<String> = listed
        .iter()
        .filter_map(|object| match ObjectKey::parse(&object.location) {
            Ok(ObjectKey::Totals { source, .. }) => Some(source),
            _ => None,
        })
        .collect();
    sources.sort_unstable();
    let reads = sources.into_iter().map(|source| {
        let belongs = move |totals: &Totals| totals.account == account;
        read_own(store, key(account, &source), belongs)
    });
    let reads: Vec<_> = reads.collect();
    let read: Vec<Option<Totals>> = stream::iter(reads)
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await?;
    Ok(read.into_iter().flatten().collect())
}

/// Puts what a source counted in the place of what it had counted before.
///
/// # Errors
///
/// The store fails.
pub async fn put(store: &Store, totals: &Totals) -> Result<(), StoreError> {
    let path = key(totals.account, &totals.source).path();
    store::replace(store, &path, json(&path, totals)?).await
}

/// Forgets what a source counted; whether there was anything.
///
/// # Errors
///
/// The store fails.
pub async fn delete(store: &Store, account: EntityId, source: &str) -> Result<bool, StoreError> {
    let path = key(account, source).path();
    match store.delete(&path).await {
        Ok(()) => Ok(true),
        Err(object_store::Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(StoreError::request("delete", &path, error)),
    }
}

#[cfg(test)]
mod tests {
    use model::EntityKind;

    use super::*;

    fn totals(account: u64, source: &str, clicks: u64) -> Totals {
        Totals {
            account: EntityId::new(EntityKind::Account, account),
            source: source.into(),
            as_of_ms: 5,
            rows: vec![Total {
                link: EntityId::new(EntityKind::Link, 7),
                day: Some(3),
                since_ms: None,
                clicks,
            }],
        }
    }

    #[tokio::test]
    async fn the_newest_counts_of_a_source_stand_and_only_those_of_the_account() {
        let store = store::open("memory://").unwrap();
        for new in [
            totals(1, "b", 2),
            totals(1, "a", 3),
            totals(1, "b", 4),
            totals(2, "a", 9),
        ] {
            put(&store, &new).await.unwrap();
        }
        let account = EntityId::new(EntityKind::Account, 1);
        let all = of(&store, account).await.unwrap();
        assert_eq!(all, [totals(1, "a", 3), totals(1, "b", 4)]);
        assert!(delete(&store, account, "a").await.unwrap());
        assert_eq!(of(&store, account).await.unwrap(), [totals(1, "b", 4)]);
        store::replace(&store, &key(account, "b").path(), "{".into())
            .await
            .unwrap();
        assert!(matches!(
            of(&store, account).await,
            Err(StoreError::Damaged { .. })
        ));
        let text = serde_json::to_string(&totals(1, "b", 4)).unwrap();
        assert_eq!(
            text,
            r#"{"account":"acc_0000000000001","source":"b","as_of_ms":5,"rows":[{"link":"lnk_0000000000007","day":3,"clicks":4}]}"#
        );
    }
}
