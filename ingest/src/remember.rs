//! Senders' keys are put back when the store of keys has forgotten: each collector those of its own
//! log, one of them all that are in the object store. Until then events say that their keys could
//! not be checked.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use model::{EventId, LogId, Record};
use storage::{
    blocking,
    directory::Directory,
    duplicates::{self, Duplicates, DuplicatesError},
    keys::{self, Keyed},
    ledger::LedgerError,
    manifest::Manifest,
    manifests::Manifests,
    raw,
    reservations::KEEP_MS,
    store::{Store, StoreError},
    stream::LiveError,
    views::ViewError,
};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    keys::{AT_ONCE, Keys},
    log::{Shared, Source},
    session::Current,
};

/// How often it is looked whether keys were lost.
const LOOK: Duration = Duration::from_secs(1);
/// Pause before all keys are put back again after that was not enough: they may not fit.
const AGAIN: Duration = Duration::from_secs(60);
/// How long the doors stay closed at a start for keys that are put back.
const START_LIMIT: Duration = Duration::from_secs(20);

/// Why keys could not be put back. It is tried again.
#[derive(Debug, thiserror::Error)]
enum RememberError {
    #[error(transparent)]
    Live(#[from] LiveError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    File(#[from] ViewError),
    #[error(transparent)]
    Duplicates(#[from] DuplicatesError),
    #[error("a segment cannot be read: {0}")]
    Disk(#[from] std::io::Error),
}

/// Puts senders' keys back.
pub(crate) struct Memory {
    keys: Arc<Keys>,
    store: Store,
    manifests: Manifests,
    current: Current,
    /// The log, and the state of the store of keys, that were dealt with last.
    own: Option<(LogId, String)>,
    /// The state in which all keys were put back last, and when.
    tried: Option<(String, Instant)>,
}

impl Memory {
    pub(crate) fn new(keys: Arc<Keys>, store: Store, current: Current) -> Self {
        Self {
            keys,
            manifests: Manifests::new(Arc::clone(&store)),
            store,
            current,
            own: None,
            tried: None,
        }
    }

    /// Looks for the first time, before the doors open: keys of the last run may be pending, or
    /// forgotten with the process.
    pub(crate) async fn begin(&mut self) {
        if timeout(START_LIMIT, self.look_and_report()).await.is_err() {
            tracing::warn!("not all senders' keys could be put back in time for the start");
        }
    }

    /// Looks until `closed`.
    pub(crate) async fn keep(mut self, closed: CancellationToken) {
        let looking = async {
            loop {
                tokio::time::sleep(LOOK).await;
                self.look_and_report().await;
            }
        };
        tokio::select! {
            biased;
            () = closed.cancelled() => {}
            () = looking => {}
        }
    }

    async fn look_and_report(&mut self) {
        match self.look().await {
            Ok(whole) => {
                let whole = if whole { 1.0 } else { 0.0 };
                metrics::gauge!("millrace_keys_whole").set(whole);
            }
            Err(error) => {
                metrics::gauge!("millrace_keys_whole").set(0.0);
                tracing::warn!(%error, "senders' keys cannot be put back yet; their events are marked as unchecked");
            }
        }
    }

    /// Whether all keys are there.
    async fn look(&mut self) -> Result<bool, RememberError> {
        let state = self.keys.store.state().await?;
        let log = self.current.log();
        let own = (log.id(), state.clone());
        // Until the log is known to all, nobody can know that its keys are missing.
        if self.own.as_ref() != Some(&own) && log.shared().is_registered() {
            self.keys.let_pass().await;
            if put_back_own(&self.keys, log.shared()).await? {
                self.keys.store.put_own(log.id(), &state).await?;
                self.own = Some(own.clone());
            }
        }
        let is_mine = self.own.as_ref() == Some(&own);
        let mut whole = self.keys.store.whole().await?;
        if whole.as_ref() != Some(&state) && self.is_due(&state) {
            if self.put_back_all(&state).await? {
                self.keys.store.put_whole(&state).await?;
                tracing::info!("all senders' keys are there");
            }
            whole = self.keys.store.whole().await?;
        }
        let whole = whole.filter(|whole| is_mine && *whole == state);
        let is_whole = whole.is_some();
        self.keys.set_whole(whole);
        Ok(is_whole)
    }

    fn is_due(&self, state: &String) -> bool {
        let just = |(tried, at): &(String, Instant)| tried == state && at.elapsed() < AGAIN;
        !self.tried.as_ref().is_some_and(just)
    }

    /// Puts back all keys that the object store knows of; `false` if there are others, or if
    /// somebody else is at it.
    ///
    /// A key is either on its collector's disk, which has put it back before it says so, or in
    /// raw: what goes from the disk is there before.
    async fn put_back_all(&mut self, state: &String) -> Result<bool, RememberError> {
        let mut directory = Directory::default();
        directory.refresh(&self.store).await?;
        for info in directory.logs().filter(|info| info.retired_at.is_none()) {
            if self.keys.store.own(info.log).await?.as_ref() != Some(state) {
                return Ok(false);
            }
        }
        if !self.keys.store.take_turn().await? {
            return Ok(false);
        }
        self.tried = Some((state.clone(), Instant::now()));
        let manifest = self.manifests.latest().await?.manifest;
        let dropped = duplicates::read(&self.store, &manifest).await?;
        for file in &manifest.keys {
            if file.last_ms + KEEP_MS > self.keys.clock.now_ms() {
                self.put_back_file(file, &dropped).await?;
            }
        }
        for info in directory.logs() {
            self.put_back_raw(info.log, &manifest).await?;
        }
        Ok(true)
    }

    async fn put_back_file(
        &self,
        file: &storage::manifest::KeysFile,
        dropped: &Duplicates,
    ) -> Result<(), RememberError> {
        let mut parts = keys::read(&self.store, &file.file).await?;
        while let Some(mut rows) = parts.try_next().await? {
            rows.retain(|row| !dropped.contains_key(&row.event));
            put_back(&self.keys, rows).await?;
        }
        Ok(())
    }

    async fn put_back_raw(&self, log: LogId, manifest: &Manifest) -> Result<(), RememberError> {
        let mut number = manifest.horizon.of(log).segment + 1;
        while let Some(segment) = raw::segment(&self.store, log, number).await? {
            let rows = keyed(log, &segment.records);
            put_back(&self.keys, rows).await?;
            number += 1;
        }
        Ok(())
    }
}

fn keyed(log: LogId, records: &[Record]) -> Vec<Keyed> {
    let keyed = records.iter().filter_map(|record| Keyed::of(log, record));
    keyed.collect()
}

/// Puts back the keys of all events that are on this collector's disk now; `false` if some cannot
/// be read before their segment is sealed.
async fn put_back_own(keys: &Keys, shared: &Arc<Shared>) -> Result<bool, RememberError> {
    let end = shared.durable_seq();
    let mut position = 0;
    while position < end {
        match shared.after(position) {
            Source::Nothing => return Ok(false),
            Source::Gone(here) => position = here,
            Source::Memory(batch) => {
                put_back(keys, keyed(shared.log, &batch.records)).await?;
                position = batch.last();
            }
            Source::File(segment) => {
                let reader = Arc::clone(shared);
                match blocking::run(move || reader.records(segment.number)).await {
                    Ok(records) => put_back(keys, keyed(shared.log, &records)).await?,
                    // Deleted since we looked: it is in raw.
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                    Err(e) => return Err(e.into()),
                }
                position = segment.last_seq;
            }
        }
    }
    Ok(true)
}

async fn put_back(keys: &Keys, rows: Vec<Keyed>) -> Result<(), LiveError> {
    let now_ms = keys.clock.now_ms();
    let fresh = rows
        .into_iter()
        .map(|row| (row.name(), row.event, row.received_ms + KEEP_MS - now_ms))
        .filter(|(.., keep_ms)| *keep_ms > 0);
    let confirm = |(key, id, keep_ms): (String, EventId, i64)| async move {
        keys.confirm(&key, id, keep_ms).await
    };
    let confirm = stream::iter(fresh).map(confirm).buffer_unordered(AT_ONCE);
    confirm.try_collect().await
}
