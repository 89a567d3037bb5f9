//! Having collectors hand over what they have, before a job reads it.

use std::{sync::Arc, time::Duration};

use model::LogId;
use storage::{
    cells::LiveCells,
    directory::Directory,
    installation::{Control, Request},
    ledger::LedgerError,
    manifests::Manifests,
    raw,
    store::{Store, StoreError},
};
use tokio::time::{Instant, sleep};

use crate::history::Shared;

/// Events that were acknowledged before are visible in the marks after this.
const SETTLE: Duration = Duration::from_millis(300);
/// How often the seals are looked for.
const POLL: Duration = Duration::from_millis(250);

/// Closes the epochs of all collectors. Clones share what it works with.
#[derive(Clone)]
pub struct EpochCloser {
    shared: Shared,
    cells: Arc<dyn LiveCells>,
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

/// Why epochs could not be closed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum CloseError {
    /// A ledger failed.
    Ledger(#[from] LedgerError),
    /// The store failed.
    Store(#[from] StoreError),
}

impl EpochCloser {
    /// A closer that waits for seals no longer than `patience`; 30 seconds are usual.
    pub fn new(shared: Shared, cells: Arc<dyn LiveCells>, patience: Duration) -> Self {
        Self {
            shared,
            cells,
            patience,
        }
    }

    /// Asks every collector to close its epoch, and waits until the seals cover what was recorded
    /// before the call. A collector that does not answer holds up nobody for long.
    pub async fn close(&self) -> Result<Closed, CloseError> {
        sleep(SETTLE).await;
        let Shared {
            store,
            clock,
            random,
        } = &self.shared;
        let mut late = self.open_epochs().await?;
        let mut sealed = Vec::new();
        if late.is_empty() {
            return Ok(Closed {
                sealed,
                late: Vec::new(),
            });
        }
        Control::new(store.clone())
            .ask(Request::CloseEpochs, &**clock, &**random)
            .await?;
        let until = Instant::now() + self.patience;
        loop {
            let mut waiting = Vec::new();
            for (log, epoch) in late {
                match raw::seal(store, log, epoch).await? {
                    Some(_) => sealed.push(log),
                    None => waiting.push((log, epoch)),
                }
            }
            late = waiting;
            if late.is_empty() || Instant::now() >= until {
                let late = late.into_iter().map(|(log, _)| log).collect();
                return Ok(Closed { sealed, late });
            }
            sleep(POLL).await;
        }
    }

    /// The epoch of the newest known event of every log that goes on, unless it is sealed.
    async fn open_epochs(&self) -> Result<Vec<(LogId, u64)>, CloseError> {
        let store = &self.shared.store;
        let mut logs = Directory::default();
        logs.refresh(store).await?;
        let horizon = Manifests::new(store.clone())
            .latest()
            .await?
            .manifest
            .horizon
            .clone();
        let mut open = Vec::new();
        for info in logs.logs().filter(|info| info.retired_at.is_none()) {
            let covered = horizon.of(info.log);
            // Without live numbers, what is stored says how far the log goes at least.
            let mark = self.cells.mark(info.log).await.ok().flatten();
            let live = mark
                .filter(|mark| mark.seq > covered.seq)
                .map(|mark| mark.epoch.0);
            let epoch = live.max(stored_epoch(store, info.log, covered.segment + 1).await?);
            if let Some(epoch) = epoch.filter(|epoch| *epoch > covered.epoch) {
                open.push((info.log, epoch));
            }
        }
        Ok(open)
    }
}

/// The epoch of the newest stored segment from segment `from`.
async fn stored_epoch(store: &Store, log: LogId, from: u64) -> Result<Option<u64>, StoreError> {
    let Some(newest) = raw::newest_segment(store, log, from).await? else {
        return Ok(None);
    };
    let segment = raw::segment(store, log, newest).await?;
    Ok(segment.map(|segment| segment.header.epoch))
}
