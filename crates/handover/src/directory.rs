//! All logs there are, followed cheaply: what is said of a retired log never changes.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt, TryStreamExt, stream};
use model::{Horizon, LogId};
use storage::store::{Store, StoreError};

use crate::{
    raw::{self, Listed, LogInfo},
    retired,
};

/// How many logs are read at once.
const READS_AT_ONCE: usize = 16;

/// What is known of every log. Clones are cheap.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    logs: Arc<BTreeMap<LogId, Known>>,
    /// Whether the object was read that says what is known of retired logs.
    looked_back: bool,
}

#[derive(Debug, Clone)]
struct Known {
    info: LogInfo,
    /// Of the object that says so; `None`: it is looked at anew each time.
    version: Option<String>,
    /// Why that object cannot be read, if it cannot.
    damage: Option<String>,
}

impl Known {
    /// Nothing else will ever be said of it.
    fn is_final(&self) -> bool {
        self.info.retired_at.is_some() && self.damage.is_none()
    }
}

impl Directory {
    /// Looks for new logs, and anew at those of which something new is said. One request when
    /// there is nothing new.
    pub async fn refresh(&mut self, store: &Store) -> Result<(), StoreError> {
        let listed = raw::logs(store).await?;
        if !self.looked_back {
            let known = retired::read(store).await?.into_iter();
            let logs = Arc::make_mut(&mut self.logs);
            logs.extend(known.map(|info| {
                (
                    info.log,
                    Known {
                        info,
                        version: None,
                        damage: None,
                    },
                )
            }));
            self.looked_back = true;
        }
        let news: Vec<Listed> = listed
            .into_iter()
            .filter(|seen| self.is_new(seen))
            .collect();
        if news.is_empty() {
            return Ok(());
        }
        let reads = stream::iter(news).map(|seen| read(store, seen));
        let read: Vec<Option<Known>> = reads.buffered(READS_AT_ONCE).try_collect().await?;
        let logs = Arc::make_mut(&mut self.logs);
        logs.extend(
            read.into_iter()
                .flatten()
                .map(|known| (known.info.log, known)),
        );
        Ok(())
    }

    fn is_new(&self, seen: &Listed) -> bool {
        self.logs.get(&seen.log).is_none_or(|known| {
            !known.is_final() && (seen.version.is_none() || known.version != seen.version)
        })
    }

    /// Every log, in order. One whose object is damaged is said to go on: so nobody takes for
    /// complete what may not be.
    pub fn logs(&self) -> impl Iterator<Item = &LogInfo> {
        self.logs.values().map(|known| &known.info)
    }

    /// The logs of which events may lie beyond `horizon`, now or later.
    pub fn open_beyond<'a>(&'a self, horizon: &'a Horizon) -> impl Iterator<Item = &'a LogInfo> {
        self.logs().filter(|info| info.is_open_beyond(horizon))
    }

    /// One log.
    pub fn get(&self, log: LogId) -> Option<&LogInfo> {
        self.logs.get(&log).map(|known| &known.info)
    }

    /// Whether what is said of a log cannot be read.
    pub fn is_damaged(&self, log: LogId) -> bool {
        self.logs
            .get(&log)
            .is_some_and(|known| known.damage.is_some())
    }

    /// The logs of which nothing new will ever be said.
    pub fn retired(&self) -> impl Iterator<Item = &LogInfo> {
        let known = self.logs.values().filter(|known| known.is_final());
        known.map(|known| &known.info)
    }
}

/// What is said of a log. Damage is its own alone: it does not keep anybody from the others.
async fn read(store: &Store, seen: Listed) -> Result<Option<Known>, StoreError> {
    let Listed { log, version } = seen;
    match raw::log_info(store, log).await {
        Ok(info) => Ok(info.map(|info| Known {
            info,
            version,
            damage: None,
        })),
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::error!(%log, %error, "what is said of a log cannot be read; the log counts as one that goes on, and answers name it");
            let damage = Some(error.to_string());
            let info = LogInfo::new(log);
            Ok(Some(Known {
                info,
                version,
                damage,
            }))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use model::Seq;
    use storage::{
        counted::Counted,
        object_keys::ObjectKey,
        store::{self, replace},
    };

    use super::*;

    fn info(log: u128, retired_at: Option<u64>) -> LogInfo {
        LogInfo {
            log: LogId(log),
            created_ms: 1,
            predecessor: None,
            retired_at: retired_at.map(Seq),
            closed: None,
            account: None,
        }
    }

    async fn logs(store: &Store, count: u128) {
        for log in 1..=count {
            let retired = (log < count).then_some(9);
            raw::register_log(store, &info(log, retired)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn following_costs_one_request_however_many_logs_there_are() {
        for count in [2, 100] {
            let counted = Counted::new(store::open("memory://").unwrap());
            let store: Store = counted.clone();
            logs(&store, count).await;
            let mut directory = Directory::default();
            directory.refresh(&store).await.unwrap();
            let before = counted.requests();
            directory.refresh(&store).await.unwrap();
            assert_eq!((counted.requests() - before).all(), 1, "nothing is new");
            let drained = info(count, Some(5));
            raw::update_log(&store, &drained).await.unwrap();
            raw::register_log(&store, &info(count + 1, None))
                .await
                .unwrap();
            directory.refresh(&store).await.unwrap();
            assert_eq!(directory.get(drained.log), Some(&drained));
            assert_eq!(directory.logs().count() as u128, count + 1);
        }
    }

    #[tokio::test]
    async fn a_start_reads_retired_logs_as_one_object() {
        let counted = Counted::new(store::open("memory://").unwrap());
        let store: Store = counted.clone();
        logs(&store, 200).await;
        let mut directory = Directory::default();
        directory.refresh(&store).await.unwrap();
        let env = testing_env(&store);
        retired::keep(&env, &directory).await;
        let before = counted.requests();
        let mut fresh = Directory::default();
        fresh.refresh(&store).await.unwrap();
        assert!(
            (counted.requests() - before).all() <= 6,
            "{:?}",
            counted.requests() - before
        );
        let all = |d: &Directory| d.logs().cloned().collect::<Vec<_>>();
        assert_eq!(
            all(&fresh),
            all(&directory),
            "every known log is still known"
        );
        let before = counted.requests();
        retired::keep(&env, &fresh).await;
        assert_eq!((counted.requests() - before).puts, 0, "nothing is new");
    }

    fn testing_env(store: &Store) -> storage::env::Env {
        storage::env::Env {
            store: store.clone(),
            bell: storage::bell::Bell::default(),
            clock: Arc::new(model::ManualClock::new(1)),
            random: Arc::new(model::random::SeededRandom::new(1)),
        }
    }

    #[tokio::test]
    async fn a_damaged_log_holds_back_nobody_else_until_it_is_restored() {
        let store = store::open("memory://").unwrap();
        logs(&store, 3).await;
        let path = ObjectKey::Log { log: LogId(2) }.path();
        replace(&store, &path, "{".into()).await.unwrap();
        let mut directory = Directory::default();
        directory.refresh(&store).await.unwrap();
        assert_eq!(directory.get(LogId(3)), Some(&info(3, None)));
        assert!(directory.is_damaged(LogId(2)) && !directory.is_damaged(LogId(3)));
        let open: Vec<LogId> = directory
            .open_beyond(&Horizon::default())
            .map(|i| i.log)
            .collect();
        assert!(open.contains(&LogId(2)), "it may hold anything");
        raw::update_log(&store, &info(2, Some(9))).await.unwrap();
        directory.refresh(&store).await.unwrap();
        assert!(!directory.is_damaged(LogId(2)));
    }

    #[tokio::test]
    async fn who_comes_after_a_damaged_log_that_was_drained_says_so_anew() {
        let store = store::open("memory://").unwrap();
        logs(&store, 2).await;
        let path = ObjectKey::Log { log: LogId(2) }.path();
        replace(&store, &path, "{".into()).await.unwrap();
        raw::retire_log(&store, LogId(2), Seq(7)).await.unwrap();
        let mut directory = Directory::default();
        directory.refresh(&store).await.unwrap();
        assert_eq!(directory.get(LogId(2)).unwrap().retired_at, Some(Seq(7)));
        assert!(!directory.is_damaged(LogId(2)));
    }
}
