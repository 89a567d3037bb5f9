//! Senders' keys are put back when the store of keys has forgotten: each collector those of its own
//! log, one of them all that are in the object store. Until then events say that their keys could
//! not be checked.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use handover::{
    directory::Directory,
    duplicates::{self, Duplicates},
    manifest::Manifest,
    manifests::Manifests,
    raw,
    sender_keys::{self, Keyed},
    views::ViewError,
};
use model::{EventId, LogId, Record, Seq};
use storage::{
    bell::{self, Bell},
    blocking,
    error::{LiveError, StorageError},
    reservations::KEEP_MS,
    store::Store,
};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    log::{Shared, Source},
    sender_keys::{AT_ONCE, SenderKeys},
    session::Current,
};

/// How often it is looked whether keys were lost.
const LOOK: Duration = Duration::from_secs(1);
/// Pause before all keys are put back again where there is no room for them.
const AGAIN: Duration = Duration::from_secs(3600);
/// How long the doors stay closed at a start for keys that are put back.
const START_LIMIT: Duration = Duration::from_secs(20);

/// Why keys could not be put back. It is tried again.
#[derive(Debug, thiserror::Error)]
enum RestoreError {
    #[error(transparent)]
    Storage(StorageError),
    #[error("a segment cannot be read: {0}")]
    Disk(#[from] std::io::Error),
    #[error("the store of senders' keys has no room for all of them; give Redis more memory")]
    NoRoom,
}

storage::from_storage_errors!(RestoreError);
storage::from_storage_errors!(RestoreError: ViewError);

/// Puts senders' keys back.
pub(crate) struct KeyRestorer {
    keys: Arc<SenderKeys>,
    store: Store,
    manifests: Manifests,
    directory: Directory,
    directory_look: bell::Look,
    current: Current,
    /// The log, and the generations of the store of keys, that were dealt with last.
    own: Option<(LogId, String)>,
    /// The log whose collector was last said to be waited for.
    awaited: Option<LogId>,
    /// The generations in which all keys were put back for which there was no room, and when.
    tried: Option<(String, Instant)>,
}

impl KeyRestorer {
    pub(crate) fn new(keys: Arc<SenderKeys>, store: Store, bell: Bell, current: Current) -> Self {
        Self {
            keys,
            manifests: Manifests::new(Arc::clone(&store)),
            store,
            directory: Directory::default(),
            directory_look: bell::Look::new(bell, LOOK),
            current,
            own: None,
            awaited: None,
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
        if let Err(error) = self.look().await {
            // Somebody else's turn, or ours again.
            self.tried = None;
            tell(self.keys.set_whole(None));
            tracing::warn!(%error, "senders' keys cannot be put back yet; their events are marked as unchecked");
        }
    }

    async fn look(&mut self) -> Result<(), RestoreError> {
        let generations = self.keys.store.generations(true).await?;
        if !self.keys.is_whole_in(&generations) {
            tell(self.keys.set_whole(None));
        }
        let is_told = self.keys.confirm_rest().await;
        // Where there is none nothing is put back. What is there stays believed until a key finds no room.
        let has_room = self.keys.store.has_room().await;
        let log = self.current.log();
        let own = (log.id(), generations.clone());
        // Until the log is known to all, nobody can know that its keys are missing.
        if has_room && self.own.as_ref() != Some(&own) && log.shared().is_registered() {
            self.keys.begin_own().await;
            self.keys.let_pass().await;
            if put_back_own(&self.keys, log.shared()).await? {
                self.keys.store.put_own(log.id(), &generations).await?;
                self.own = Some(own.clone());
            }
        }
        let mut whole = self.keys.store.whole().await?;
        if has_room && whole.as_ref() != Some(&generations) && self.is_due(&generations) {
            self.put_back_all(&generations).await?;
            whole = self.keys.store.whole().await?;
        }
        let is_mine = is_told && self.own.as_ref() == Some(&own);
        let whole = whole.filter(|whole| is_mine && *whole == generations);
        tell(self.keys.set_whole(whole));
        Ok(())
    }

    fn is_due(&self, generations: &str) -> bool {
        let just = |(tried, at): &(String, Instant)| tried == generations && at.elapsed() < AGAIN;
        !self.tried.as_ref().is_some_and(just)
    }

    /// Puts back all keys that the object store knows of, unless there are others, or somebody else
    /// is at it; says so if all are there then.
    ///
    /// A key is either on its collector's disk, which has put it back before it says so, or in
    /// raw: what goes from the disk is there before.
    async fn put_back_all(&mut self, generations: &str) -> Result<(), RestoreError> {
        // Who is waited for is asked of the store of keys. That nobody is, is never believed of logs seen before.
        if !self.directory_look.is_due() && self.missing(generations).await?.is_some() {
            return Ok(());
        }
        let begun = self.directory_look.begin();
        self.directory.refresh(&self.store).await?;
        self.directory_look.done(begun);
        if let Some(log) = self.missing(generations).await? {
            if self.awaited != Some(log) {
                tracing::info!(%log, "senders' keys that only this log's collector holds are waited for: start it, or salvage the log");
                self.awaited = Some(log);
            }
            return Ok(());
        }
        if !self.keys.store.take_turn().await? {
            return Ok(());
        }
        self.awaited = None;
        let manifest = self.manifests.latest().await?.manifest;
        let dropped = duplicates::read(&self.store, &manifest).await?;
        for file in &manifest.sender_keys {
            if file.last_ms + KEEP_MS > self.keys.clock.now_ms() {
                self.put_back_file(file, &dropped).await?;
            }
        }
        // Imported events have no keys.
        let open = self.directory.open_beyond(&manifest.horizon);
        for info in open.filter(|info| !info.is_import()) {
            self.put_back_raw(info.log, &manifest).await?;
        }
        let now = self.keys.store.generations(true).await?;
        if now == generations {
            self.keys.store.put_whole(generations).await?;
            tracing::info!("all senders' keys are there");
        }
        // There is no room for all of them: trying again at once would change nothing.
        self.tried = self.keys.store.is_crowded().then(|| (now, Instant::now()));
        Ok(())
    }

    /// A log that goes on and whose collector has not put its own keys back.
    async fn missing(&self, generations: &str) -> Result<Option<LogId>, LiveError> {
        // All of the log that was in this folder before is in raw, whatever is said of it yet.
        let shared = Arc::clone(self.current.log().shared());
        let before = shared.predecessor.map(|before| before.log);
        let open = self.directory.logs();
        for info in open.filter(|i| i.retired_at.is_none() && Some(i.log) != before) {
            if self.keys.store.own(info.log).await?.as_deref() != Some(generations) {
                return Ok(Some(info.log));
            }
        }
        Ok(None)
    }

    async fn put_back_file(
        &self,
        file: &handover::manifest::SenderKeysFile,
        dropped: &Duplicates,
    ) -> Result<(), RestoreError> {
        let mut parts = sender_keys::read(&self.store, &file.file).await?;
        while let Some(mut rows) = parts.try_next().await? {
            rows.retain(|row| !dropped.contains_key(&row.event));
            put_back(&self.keys, rows).await?;
        }
        Ok(())
    }

    async fn put_back_raw(&self, log: LogId, manifest: &Manifest) -> Result<(), RestoreError> {
        let mut number = manifest.horizon.of(log).segment.next();
        while let Some(segment) = raw::segment(&self.store, log, number).await? {
            let rows = keyed(log, &segment.records);
            put_back(&self.keys, rows).await?;
            number = number.next();
        }
        Ok(())
    }
}

fn tell(whole: bool) {
    metrics::gauge!("millrace_keys_whole").set(if whole { 1.0 } else { 0.0 });
}

fn keyed(log: LogId, records: &[Record]) -> Vec<Keyed> {
    let keyed = records.iter().flat_map(|record| Keyed::of(log, record));
    keyed.collect()
}

/// Puts back the keys of all events that are on this collector's disk now; `false` if some can
/// not be read any more.
async fn put_back_own(keys: &SenderKeys, shared: &Arc<Shared>) -> Result<bool, RestoreError> {
    let end = shared.durable_seq();
    let mut position = Seq::ZERO;
    while position < end {
        match shared.after(position) {
            // In the open segment, and no longer in memory: it is readable when it is sealed.
            Source::Nothing if shared.is_stopped() => return Ok(false),
            Source::Nothing => {
                let _ = timeout(LOOK, shared.changed.notified()).await;
            }
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

async fn put_back(keys: &SenderKeys, rows: Vec<Keyed>) -> Result<(), RestoreError> {
    let now_ms = keys.clock.now_ms();
    let fresh = rows
        .into_iter()
        .map(|row| (row.name(), row.event, row.received_ms + KEEP_MS - now_ms))
        .filter(|(.., keep_ms)| *keep_ms > 0);
    let confirm = |(key, id, keep_ms): (String, EventId, i64)| async move {
        match keys.confirm(&key, id, keep_ms).await? {
            true => Ok(()),
            false => Err(RestoreError::NoRoom),
        }
    };
    let confirm = stream::iter(fresh).map(confirm).buffer_unordered(AT_ONCE);
    confirm.try_collect().await
}
