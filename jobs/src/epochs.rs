//! Closing all epochs, so that a batch takes everything until now.

use std::time::Duration;

use handover::{
    directory::Directory,
    installation::{Control, Request},
    raw::{self, LogInfo},
};
use model::{Epoch, LogId};
use storage::{
    env::Env,
    error::StorageError,
    store::{Store, StoreError},
};
use tokio::time::{Instant, sleep};

/// How often the collectors' answers are looked for.
const POLL: Duration = Duration::from_millis(250);

/// Closes the epochs of all collectors. Clones share what it works with.
#[derive(Clone)]
pub struct EpochCloser {
    env: Env,
    patience: Duration,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Logs all of whose events up to the call are sealed.
    pub sealed: Vec<LogId>,
    /// Logs that were not waited for any longer: their collectors are away, or slow.
    pub late: Vec<LogId>,
}

impl EpochCloser {
    /// A closer that waits for collectors no longer than `patience`; 30 seconds are usual.
    pub fn new(env: Env, patience: Duration) -> Self {
        Self { env, patience }
    }

    /// Asks every collector to close its epoch, and waits until each has said that it did and the
    /// seal is there: then everything acknowledged before the call is sealed. A collector that
    /// does not answer holds up nobody for long.
    pub async fn close(&self) -> Result<Closed, StorageError> {
        let store = &self.env.store;
        let mut logs = Directory::default();
        logs.refresh(store).await?;
        let mut late: Vec<LogId> = open(&logs).map(|info| info.log).collect();
        let mut sealed = Vec::new();
        if late.is_empty() {
            return Ok(Closed { sealed, late });
        }
        let request = Control::new(store.clone())
            .ask(Request::CloseEpochs, &self.env)
            .await?;
        let until = Instant::now() + self.patience;
        loop {
            logs.refresh(store).await?;
            let mut waiting = Vec::new();
            for log in late {
                match has_closed(store, logs.get(log), request).await? {
                    true => sealed.push(log),
                    false => waiting.push(log),
                }
            }
            late = waiting;
            if late.is_empty() || Instant::now() >= until {
                return Ok(Closed { sealed, late });
            }
            sleep(POLL).await;
        }
    }
}

/// Logs that go on.
fn open(logs: &Directory) -> impl Iterator<Item = &LogInfo> {
    logs.logs().filter(|info| info.retired_at.is_none())
}

/// Whether a collector has carried out `request`, and the seal it led to is stored.
async fn has_closed(
    store: &Store,
    info: Option<&LogInfo>,
    request: u64,
) -> Result<bool, StoreError> {
    let Some(info) = info else { return Ok(false) };
    if info.retired_at.is_some() {
        return Ok(true);
    }
    match info.closed {
        Some(closed) if closed.request < request => Ok(false),
        Some(closed) if closed.epoch == Epoch::ZERO => Ok(true),
        Some(closed) => Ok(raw::seal(store, info.log, closed.epoch).await?.is_some()),
        None => Ok(false),
    }
}
