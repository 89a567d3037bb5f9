//! The bell: one small object that every write rings which others follow (ledgers, logs, fences, seals).
//! Each process listens to it once a second, and looks at the rest when it has rung, not all the time.
//!
//! It only says *when* to look. What is seen is always read from where it is, and nothing is ever concluded
//! from silence: a ring that is lost, late or never made costs promptness, since everybody looks every
//! [`SELDOM`] all the same. No clock is compared: a ring is a random number.

mod look;
mod rung;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use model::{Randomness, random::new_nonce};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};

pub use self::look::{Begun, Look};
use self::rung::Rung;
use crate::{
    object_keys::ObjectKey,
    store::{self, Store, StoreError},
};

/// How often others are listened for.
const LISTEN: Duration = Duration::from_secs(1);
/// Who has no answer after so long is deaf.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two rings of one process, so that a thousand writes are not a thousand rings.
const GAP: Duration = Duration::from_millis(250);
/// Before a ring that failed is made again.
const AGAIN: Duration = Duration::from_secs(1);
/// How often everything is looked at while the bell is silent.
pub const SELDOM: Duration = Duration::from_secs(30);

/// A process's end of it. Clones are the same. The default one is deaf: who looks by it looks as often as they may.
#[derive(Clone, Default)]
pub struct Bell(Arc<Inner>);

#[derive(Default)]
struct Inner {
    rope: Option<Rope>,
    heard: watch::Sender<Heard>,
    /// How often this process was to ring, and up to where it has.
    own: AtomicU64,
    told: AtomicU64,
    /// Something is to be told.
    untold: Notify,
    /// Whether somebody tells; otherwise each write does so itself.
    kept: AtomicBool,
}

struct Rope {
    store: Store,
    random: Arc<dyn Randomness>,
}

/// What is known of the bell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Heard {
    /// How often it has rung, here or elsewhere.
    strokes: u64,
    /// Whether others would be heard.
    others: bool,
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bell({:?})", self.heard())
    }
}

impl Bell {
    /// A store each of whose writes rings that others follow, and its bell.
    pub fn over(store: Store, random: Arc<dyn Randomness>) -> (Store, Self) {
        let bell = Self(Arc::new(Inner {
            rope: Some(Rope {
                store: Arc::clone(&store),
                random,
            }),
            ..Inner::default()
        }));
        (Rung::new(store, bell.clone()), bell)
    }

    /// How often it has rung, here or elsewhere, as far as is known.
    pub fn strokes(&self) -> u64 {
        self.heard().strokes
    }

    /// Whether what was looked at `age` ago, at `strokes`, may be taken as it is. While others are not heard: within `recent`.
    pub fn holds(&self, strokes: u64, age: Duration, recent: Duration) -> bool {
        let heard = self.heard();
        match heard.others {
            true => strokes == heard.strokes && age < SELDOM,
            false => age <= recent,
        }
    }

    /// Tells others of writes, and listens for theirs, for as long as it is awaited.
    pub async fn keep(&self) {
        let Some(rope) = &self.0.rope else {
            return std::future::pending().await;
        };
        let _kept = Kept::begin(&self.0);
        tokio::join!(self.listen(rope), self.tell_always(rope));
    }

    /// Tells others what is still to be told, when nobody keeps it any more.
    pub async fn end(&self) {
        self.tell_if_alone().await;
    }

    fn heard(&self) -> Heard {
        *self.0.heard.borrow()
    }

    /// Something was written, or may have been: this process knows at once, others are told.
    pub fn ring(&self) {
        self.0.own.fetch_add(1, Ordering::SeqCst);
        self.0.heard.send_modify(|heard| heard.strokes += 1);
        self.0.untold.notify_one();
    }

    /// Tells others where nobody does so for this process, which may end right after its write.
    async fn tell_if_alone(&self) {
        let Some(rope) = &self.0.rope else { return };
        if self.0.kept.load(Ordering::SeqCst) {
            return;
        }
        let told = timeout(PATIENCE, self.tell(rope)).await;
        if !matches!(told, Ok(Ok(()))) {
            tracing::warn!(
                "the bell cannot be rung; other processes may see this write half a minute later"
            );
        }
    }

    /// Tells others of all that was written until now.
    async fn tell(&self, rope: &Rope) -> Result<(), StoreError> {
        let own = self.0.own.load(Ordering::SeqCst);
        if own > self.0.told.load(Ordering::SeqCst) {
            let nonce = format!("{:032x}", new_nonce(&*rope.random));
            // Whichever of two rings stays, it is another than before.
            store::replace(&rope.store, &ObjectKey::Bell.path(), Bytes::from(nonce)).await?;
            self.0.told.fetch_max(own, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn tell_always(&self, rope: &Rope) {
        loop {
            let mut said = false;
            while let Err(error) = self.tell(rope).await {
                if !std::mem::replace(&mut said, true) {
                    tracing::warn!(%error, "the bell cannot be rung; other processes may see what is written here half a minute later");
                }
                metrics::counter!("millrace_bell_errors_total").increment(1);
                sleep(AGAIN).await;
            }
            sleep(GAP).await;
            self.0.untold.notified().await;
        }
    }

    async fn listen(&self, rope: &Rope) {
        let mut last = None;
        loop {
            self.listen_once(rope, &mut last).await;
            sleep(LISTEN).await;
        }
    }

    /// Listens once; `last` is what was heard before, if that was an answer.
    async fn listen_once(&self, rope: &Rope, last: &mut Option<Option<Bytes>>) {
        let path = ObjectKey::Bell.path();
        let answer = timeout(PATIENCE, store::read(&rope.store, &path)).await;
        let now = answer.ok().and_then(Result::ok);
        if now == *last {
            return;
        }
        let others = now.is_some();
        if !others {
            tracing::warn!("the bell cannot be heard; everything is looked at all the time");
        }
        *last = now;
        self.0.heard.send_modify(|heard| {
            heard.strokes += 1;
            heard.others = others;
        });
    }
}

/// Somebody tells and listens; dropped, nobody does.
struct Kept<'a>(&'a Inner);

impl<'a> Kept<'a> {
    fn begin(inner: &'a Inner) -> Self {
        inner.kept.store(true, Ordering::SeqCst);
        Self(inner)
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.0.kept.store(false, Ordering::SeqCst);
        self.0.heard.send_modify(|heard| heard.others = false);
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
