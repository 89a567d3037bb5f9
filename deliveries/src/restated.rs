//! Which restatements a webhook is still to be told. Each object names the one before it, the manifest names the newest: the
//! way goes from there back to what was told.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use handover::restatements::{self, Restatements};
use storage::store::{Store, StoreError};

/// Restatements that are looked for: years of them. What is older is passed over.
const MOST: usize = 10_000;
/// What is so much older than what was told was there before it, milliseconds: the way back has missed that.
const FAR_MS: i64 = 3_600_000;

/// Where the way back ends.
#[derive(Debug, Default)]
pub(crate) struct Until {
    /// At this one, which was told.
    pub told: Option<String>,
    /// At one that was made before this time, unix milliseconds.
    pub before_ms: i64,
}

/// See the module.
pub(crate) struct Restated {
    store: Store,
    /// What each that was read is followed by: when it was made, and the one before it.
    links: Mutex<BTreeMap<String, Link>>,
}

#[derive(Clone)]
struct Link {
    at_ms: i64,
    previous: Option<String>,
}

impl Restated {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            links: Mutex::default(),
        }
    }

    /// The names of those from `newest` back, the oldest first.
    pub async fn after(&self, newest: &str, until: &Until) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        let mut next = Some(newest.to_owned());
        while let Some(name) = next.take()
            && until.told.as_ref() != Some(&name)
        {
            let Some(link) = self.link(&name).await? else {
                break;
            };
            if link.at_ms < until.before_ms {
                break;
            }
            if names.len() >= MOST {
                tracing::warn!("restatements before {name} are told to nobody: there are too many");
                break;
            }
            names.push(name);
            next = link.previous;
        }
        names.reverse();
        Ok(names)
    }

    /// One of them; `None` if it is gone.
    pub async fn read(&self, name: &str) -> Result<Option<Restatements>, StoreError> {
        restatements::read(&self.store, name).await
    }

    async fn link(&self, name: &str) -> Result<Option<Link>, StoreError> {
        let kept = || self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = kept().get(name).cloned() {
            return Ok(Some(link));
        }
        let Some(told) = self.read(name).await? else {
            return Ok(None);
        };
        let link = Link {
            at_ms: told.at_ms,
            previous: told.previous,
        };
        let mut links = kept();
        if links.len() >= MOST {
            // Their names begin with their times.
            links.pop_first();
        }
        links.insert(name.to_owned(), link.clone());
        Ok(Some(link))
    }

    /// Where the way back to one that was told ends.
    pub async fn until(&self, told: &str) -> Result<Until, StoreError> {
        // If it is on no way back (a recount was taken back) what is older is known all the same.
        let at_ms = self.link(told).await?.map_or(0, |link| link.at_ms);
        Ok(Until {
            told: Some(told.to_owned()),
            before_ms: at_ms - FAR_MS,
        })
    }
}

#[cfg(test)]
mod tests {
    use handover::restatements::{Cause, Late};

    use super::*;

    async fn put(store: &Store, name: &str, at_ms: i64, previous: Option<&str>) {
        let told = Restatements {
            at_ms,
            settled_ms: 0,
            cause: Cause::Late,
            late: Late::default(),
            previous: previous.map(str::to_owned),
        };
        restatements::write(store, name, &told).await.unwrap();
    }

    #[tokio::test]
    async fn the_way_back_ends_where_it_was_told() {
        let store = storage::store::open("memory://").unwrap();
        let hour = FAR_MS;
        put(&store, "a", hour, None).await;
        put(&store, "b", 2 * hour, Some("a")).await;
        put(&store, "c", 3 * hour, Some("b")).await;
        // Made beside `c`, by a run that was taken back.
        put(&store, "x", 3 * hour + 1, Some("b")).await;
        put(&store, "d", 4 * hour, Some("c")).await;
        let restated = Restated::new(store);
        let after = async |newest, until: &Until| restated.after(newest, until).await.unwrap();
        let all = Until {
            before_ms: i64::MIN,
            ..Until::default()
        };
        assert_eq!(after("d", &all).await, ["a", "b", "c", "d"]);
        let since = Until {
            told: None,
            before_ms: 2 * hour,
        };
        assert_eq!(after("d", &since).await, ["b", "c", "d"]);
        let told = restated.until("b").await.unwrap();
        assert_eq!(after("d", &told).await, ["c", "d"]);
        assert_eq!(after("b", &told).await, [""; 0]);
        let beside = restated.until("x").await.unwrap();
        assert_eq!(after("d", &beside).await, ["c", "d"], "none is missed");
        let gone = Until {
            told: Some("gone".into()),
            before_ms: 0,
        };
        assert_eq!(after("nobody", &gone).await, [""; 0]);
    }
}
