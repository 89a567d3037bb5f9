//! All logs there are, followed cheaply: what is said of a retired log never changes.

use std::collections::BTreeMap;

use model::{Horizon, LogId};
use storage::store::{Store, StoreError};

use crate::raw::{self, LogInfo};

/// What is known of every log.
#[derive(Debug, Clone, Default)]
pub struct Directory(BTreeMap<LogId, LogInfo>);

impl Directory {
    /// Looks for new logs, and anew at those that were not retired.
    pub async fn refresh(&mut self, store: &Store) -> Result<(), StoreError> {
        for log in raw::logs(store).await? {
            if self
                .0
                .get(&log)
                .is_some_and(|info| info.retired_at.is_some())
            {
                continue;
            }
            if let Some(info) = raw::log_info(store, log).await? {
                self.0.insert(log, info);
            }
        }
        Ok(())
    }

    /// Every log, in order.
    pub fn logs(&self) -> impl Iterator<Item = &LogInfo> {
        self.0.values()
    }

    /// The logs of which events may lie beyond `horizon`, now or later.
    pub fn open_beyond<'a>(&'a self, horizon: &'a Horizon) -> impl Iterator<Item = &'a LogInfo> {
        self.logs().filter(|info| info.is_open_beyond(horizon))
    }

    /// One log.
    pub fn get(&self, log: LogId) -> Option<&LogInfo> {
        self.0.get(&log)
    }
}
