//! What others decide: new links, and requests to close the epoch.

use std::{path::PathBuf, sync::Arc, time::Duration};

use catalog::Catalog;
use handover::{
    installation::{Control, Request},
    raw::{self, EpochsClosed, LogInfo},
};
use storage::{
    bell::{Bell, Look},
    error::StorageError,
    store::Store,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::session::Current;

/// How often the collector looks for new links and for requests of other roles.
const FOLLOW: Duration = Duration::from_secs(1);
/// How often a copy of the catalog is written at most.
const KEEP: Duration = Duration::from_secs(30);

/// Takes in new links, and closes the epoch when asked.
pub(crate) async fn follow(
    catalog: Catalog,
    copy: PathBuf,
    closer: Closer,
    bell: Bell,
    shutdown: CancellationToken,
) {
    let look = Look::new(bell, FOLLOW);
    let control = Control::new(Arc::clone(&closer.store));
    // What was asked before we came does not concern us: it was asked of others' events.
    let mut done = control.newest().await.ok();
    let mut kept = Kept::new(copy);
    while !shutdown.is_cancelled() {
        if look.is_due() {
            let begun = look.begin();
            let followed = catalog.follow_bell().await;
            if let Err(error) = &followed {
                tracing::warn!(%error, "new links could not be read");
            }
            let carried_out = closer.carry_out(&control, done).await;
            match &carried_out {
                Ok(n) => done = Some(*n),
                Err(error) => {
                    tracing::warn!(%error, "the epoch could not be closed as asked; trying again")
                }
            }
            if followed.is_ok() && carried_out.is_ok() {
                look.done(begun);
            }
        }
        catalog.store_uses_now_and_then().await;
        kept.keep(&catalog).await;
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            () = look.due() => {}
            () = tokio::time::sleep(FOLLOW) => {}
        }
    }
}

/// The copy of the catalog with which the next start does without the object store.
struct Kept {
    path: PathBuf,
    /// The entry it goes up to, and when it was written.
    written: Option<(u64, Instant)>,
}

impl Kept {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            written: None,
        }
    }

    async fn keep(&mut self, catalog: &Catalog) {
        let n = catalog.read(|state| state.n);
        let is_due = |(upto, at): (u64, Instant)| upto < n && at.elapsed() >= KEEP;
        if !self.written.is_none_or(is_due) {
            return;
        }
        match catalog.save_copy(&self.path).await {
            Ok(n) => self.written = Some((n, Instant::now())),
            Err(error) => {
                tracing::warn!(%error, "no copy of the links is kept beside the log");
                self.written = Some((n, Instant::now()));
            }
        }
    }
}

/// Closes the epoch of this collector's log when asked, and says so in the store.
pub(crate) struct Closer {
    pub(crate) store: Store,
    pub(crate) current: Current,
}

#[derive(Debug, thiserror::Error)]
enum CloseError {
    #[error(transparent)]
    Storage(StorageError),
    #[error(transparent)]
    Log(#[from] crate::log::AppendError),
}

storage::from_storage_errors!(CloseError);

impl Closer {
    /// Carries out the requests after `done`; tells the last one.
    async fn carry_out(&self, control: &Control, done: Option<u64>) -> Result<u64, CloseError> {
        let Some(done) = done else {
            return Ok(control.newest().await?);
        };
        let (n, requests) = control.after(done).await?;
        if requests.contains(&Request::CloseEpochs) {
            let (log, info) = self.current.get();
            let epoch = log.close_epoch().await?;
            let closed = Some(EpochsClosed { request: n, epoch });
            // A salvage may have ended the log: that must not be unsaid.
            let said = raw::log_info(&self.store, info.log).await?;
            if said.is_none_or(|said| said.retired_at.is_none()) {
                raw::update_log(&self.store, &LogInfo { closed, ..info }).await?;
            }
        }
        Ok(n)
    }
}
