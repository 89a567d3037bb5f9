//! What visitors are hashed with now, followed from the store, with a copy beside the log.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use enrich::{NamedKey, Salt};
use handover::salts::{self, Kept, Salts, Secret};
use model::VisitorPeriod;
use storage::{blocking, env::Env, private_files};
use tokio_util::sync::CancellationToken;
use web::Health;

/// How often salts are made ahead, and those whose time is over forgotten.
const EVERY: Duration = Duration::from_secs(3600);
/// After how long it is tried again where the store does not answer.
const AGAIN: Duration = Duration::from_secs(60);
/// How long the store may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The salts that are known now. Clones share them.
#[derive(Clone)]
pub struct CurrentSalts(Arc<RwLock<Salts>>);

impl CurrentSalts {
    /// Begins with these.
    pub fn new(salts: Salts) -> Self {
        Self(Arc::new(RwLock::new(salts)))
    }

    /// See [`Salts::of`].
    pub(crate) fn of(&self, period: VisitorPeriod, received: i64) -> Option<(Salt, bool)> {
        let salts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        salts.of(period, received)
    }

    /// See [`Salts::named`].
    pub(crate) fn named(&self) -> NamedKey {
        let salts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        salts.named()
    }

    fn set(&self, salts: Salts) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = salts;
    }

    fn forget_old(&self, now_ms: i64) {
        let mut salts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        salts.forget_old(now_ms);
    }
}

/// What follows the salts of an installation.
#[derive(Clone)]
pub struct SaltFollower {
    /// Store, clock, randomness.
    pub env: Env,
    /// What they are encrypted with.
    pub secret: Secret,
    /// Where they are kept, encrypted, for a start without the store.
    pub copy: PathBuf,
    /// Whether the store did not answer yet, so that some may be missing.
    pub is_behind: bool,
}

impl SaltFollower {
    /// The salts of the dates around now; makes those that are missing.
    pub async fn look(&self) -> Result<(Salts, Kept), salts::SaltError> {
        let (salts, kept) = salts::keep(&self.env, &self.secret).await?;
        self.write(&kept).await;
        Ok((salts, kept))
    }

    /// Those of the copy beside the log, but for dates whose time is over.
    pub async fn copied(&self) -> Option<Salts> {
        let path = self.copy.clone();
        let bytes = blocking::run(move || std::fs::read(path)).await.ok()?;
        let kept: Kept = serde_json::from_slice(&bytes).ok()?;
        let kept = kept.without_old(self.env.clock.now_ms());
        let opened = kept.open(&self.secret);
        opened
            .inspect_err(|error| tracing::warn!(%error, "the copy of the salts cannot be used"))
            .ok()
    }

    async fn write(&self, kept: &Kept) {
        let Ok(bytes) = serde_json::to_vec(kept) else {
            return;
        };
        let path = self.copy.clone();
        if let Err(error) = blocking::run(move || private_files::replace(&path, &bytes)).await {
            tracing::warn!(%error, "no copy of the salts is kept beside the log");
        }
    }

    /// Keeps `current` and the copy up to date until `closed`.
    pub(crate) async fn keep(
        self,
        current: CurrentSalts,
        health: Health,
        closed: CancellationToken,
    ) {
        let mut pause = if self.is_behind { AGAIN } else { EVERY };
        loop {
            tokio::select! {
                biased;
                () = closed.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            match self.look_in_time().await {
                Ok(salts) => {
                    current.set(salts);
                    health.warn("salts", None);
                    pause = EVERY;
                }
                Err(error) => {
                    tracing::warn!(error, "the salts of visitors cannot be followed");
                    let why =
                        "no salts could be made ahead; after two weeks visitors are not told apart";
                    health.warn("salts", Some(why.into()));
                    self.forget_old(&current).await;
                    pause = AGAIN;
                }
            }
        }
    }

    async fn look_in_time(&self) -> Result<Salts, String> {
        match tokio::time::timeout(LIMIT, self.look()).await {
            Ok(Ok((salts, _))) => Ok(salts),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the object store does not answer".into()),
        }
    }

    /// What is to be destroyed is forgotten here also while the store is away.
    async fn forget_old(&self, current: &CurrentSalts) {
        let now_ms = self.env.clock.now_ms();
        current.forget_old(now_ms);
        let path = self.copy.clone();
        let bytes = blocking::run(move || std::fs::read(path)).await;
        let kept = bytes
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
        if let Some(kept) = kept {
            self.write(&kept.without_old(now_ms)).await;
        }
    }
}
