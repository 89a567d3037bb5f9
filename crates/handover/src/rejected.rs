//! Refused events, as collectors keep them: lines of JSON, in objects of each account.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use model::EntityId;
use object_store::{ObjectStoreExt, path::Path};
use serde::Deserialize;
use serde_json::value::RawValue;
use storage::{
    object_keys::{ObjectKey, folders},
    store::{Store, StoreError},
};

/// Objects read at once.
const READS_AT_ONCE: usize = 8;

/// A refused event.
#[derive(Debug, Clone, Deserialize)]
pub struct RejectedEvent {
    /// Names it: where it is.
    #[serde(skip)]
    pub id: String,
    /// When it came, RFC 3339.
    #[serde(default)]
    pub at: String,
    /// Why it was refused: a word for programs.
    pub code: String,
    /// Why, for people.
    pub detail: String,
    /// How long it was, bytes.
    pub bytes: u64,
    /// Its fields, as far as they may be kept, as they were written; `None` if it could not be read.
    #[serde(default)]
    pub event: Option<BTreeMap<String, Box<RawValue>>>,
    /// Names of fields that are not kept.
    #[serde(default)]
    pub without: Vec<String>,
}

/// Where a refused event is: the object, and its line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    object: (i64, String),
    line: usize,
}

impl Place {
    /// Reads the id of a refused event.
    pub fn parse(id: &str) -> Option<Self> {
        let mut parts = id.splitn(3, '.');
        let (at, name, line) = (parts.next()?, parts.next()?, parts.next()?);
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let place = Self {
            object: (at.parse().ok()?, name.to_owned()),
            line: line.parse().ok()?,
        };
        (is_name && !name.is_empty() && name.len() <= 64 && place.object.0 >= 0).then_some(place)
    }

    fn path(&self, account: EntityId) -> Path {
        let (at_ms, name) = self.object.clone();
        ObjectKey::Rejected {
            account,
            at_ms,
            name,
        }
        .path()
    }

    fn id(&self) -> String {
        format!("{}.{}.{}", self.object.0, self.object.1, self.line)
    }
}

/// Refused events of an account, the newest first: those before `before`.
///
/// # Errors
///
/// The store's.
pub async fn newest(
    store: &Store,
    account: EntityId,
    before: Option<&Place>,
    limit: usize,
) -> Result<Vec<RejectedEvent>, StoreError> {
    let mut found = Vec::new();
    for day in days(store, account, before).await? {
        let mut reads = stream::iter(objects(store, &day, before).await?)
            .map(|object| read(store, account, Place { object, line: 0 }))
            .buffered(READS_AT_ONCE);
        while let Some(mut events) = reads.try_next().await? {
            events.retain(|(place, _)| before.is_none_or(|before| place < before));
            found.extend(events.into_iter().rev().map(|(_, event)| event));
            if found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// The folders of the days of an account on which something was refused, until that of `before`, the newest first.
async fn days(
    store: &Store,
    account: EntityId,
    before: Option<&Place>,
) -> Result<Vec<Path>, StoreError> {
    let folder = folders::rejected(account);
    let listed = store.list_with_delimiter(Some(&folder)).await;
    let listed = listed.map_err(|error| StoreError::request("list", &folder, error))?;
    // Their names are in the order of time.
    let last = before.map(|place| place.path(account));
    let is_wanted = |day: &Path| {
        last.as_ref()
            .is_none_or(|last| day.as_ref() <= last.as_ref())
    };
    let mut days = listed.common_prefixes;
    days.retain(is_wanted);
    days.sort_unstable_by(|a, b| b.cmp(a));
    Ok(days)
}

/// The objects of a day until that of `before`, the newest first.
async fn objects(
    store: &Store,
    day: &Path,
    before: Option<&Place>,
) -> Result<Vec<(i64, String)>, StoreError> {
    let listed: Vec<_> = store
        .list(Some(day))
        .try_collect()
        .await
        .map_err(|error| StoreError::request("list", day, error))?;
    let objects = listed
        .iter()
        .filter_map(|meta| match ObjectKey::parse(&meta.location) {
            Ok(ObjectKey::Rejected { at_ms, name, .. }) => Some((at_ms, name)),
            _ => None,
        });
    let is_wanted = |object: &(i64, String)| before.is_none_or(|place| *object <= place.object);
    let mut objects: Vec<(i64, String)> = objects.filter(is_wanted).collect();
    objects.sort_unstable_by(|a, b| b.cmp(a));
    Ok(objects)
}

/// The refused event of an account with this id.
///
/// # Errors
///
/// The store's.
pub async fn find(
    store: &Store,
    account: EntityId,
    id: &str,
) -> Result<Option<RejectedEvent>, StoreError> {
    let Some(wanted) = Place::parse(id) else {
        return Ok(None);
    };
    let events = read(store, account, wanted.clone()).await?;
    let found = events.into_iter().find(|(place, _)| *place == wanted);
    Ok(found.map(|(_, event)| event))
}

/// The events of an object, in its order. One that is gone has none.
async fn read(
    store: &Store,
    account: EntityId,
    of: Place,
) -> Result<Vec<(Place, RejectedEvent)>, StoreError> {
    let path = of.path(account);
    let failed = |error| StoreError::request("read", &path, error);
    let bytes = match store.get(&path).await {
        Ok(found) => found.bytes().await.map_err(failed)?,
        Err(object_store::Error::NotFound { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let events = lines.filter_map(|(line, text)| {
        let mut event: RejectedEvent = serde_json::from_slice(text).ok()?;
        let place = Place { line, ..of.clone() };
        event.id = place.id();
        Some((place, event))
    });
    Ok(events.collect())
}

#[cfg(test)]
mod tests {
    use model::EntityKind;

    use super::*;

    fn account(raw: u64) -> EntityId {
        EntityId::new(EntityKind::Account, raw)
    }

    #[tokio::test]
    async fn the_newest_come_first_a_page_at_a_time_and_nobody_has_those_of_others() {
        let store = storage::store::open("memory://").unwrap();
        for (raw, at_ms, codes) in [
            (1, 5, "abc"),
            (1, 7, "de"),
            (1, 2 * 86_400_000, "fg"),
            (2, 6, "x"),
        ] {
            let lines = codes.chars().map(|code| {
                format!(
                    r#"{{"at":"","code":"{code}","detail":"","bytes":2,"event":{{"value":1.50}}}}"#
                )
            });
            let path = Place {
                object: (at_ms, "n".into()),
                line: 0,
            };
            let body = lines.collect::<Vec<_>>().join("\n") + "\n";
            store
                .put(&path.path(account(raw)), body.into())
                .await
                .unwrap();
        }
        let mut codes = String::new();
        let mut before = None;
        loop {
            let page = newest(&store, account(1), before.as_ref(), 2)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            before = Place::parse(&last.id);
            codes.extend(page.iter().map(|event| event.code.as_str()));
        }
        assert_eq!(codes, "gfedcba");
        let one = find(&store, account(1), "5.n.1").await.unwrap().unwrap();
        assert_eq!((one.code.as_str(), one.id.as_str()), ("b", "5.n.1"));
        assert_eq!(
            one.event.unwrap()["value"].get(),
            "1.50",
            "as it was written"
        );
        for wrong in ["5.n.3", "6.n.0", "5.../x.0", "5", "", "-1.n.0", "5.n.1.2"] {
            let found = find(&store, account(1), wrong).await.unwrap();
            assert!(found.is_none(), "{wrong}");
        }
    }
}
