//! What is turned away, by reason: counted in memory, and written to the store now and then. The
//! doors never wait for it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use handover::tally::{self, Span, Tally, Turned};
use model::{Clock, EntityId, LogId};
use storage::store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

/// How often what has changed is written.
const INTERVAL: Duration = Duration::from_secs(5);
/// A tally that has not changed is written this often, so that its time says how true it is: after a crash nobody knows
/// better when the collector was last there.
const STILL_MS: i64 = 15_000;
/// How long one attempt to write it may take: a drain waits for the last one.
const LIMIT: Duration = Duration::from_secs(10);

/// What this process has turned away.
pub struct Tallies {
    life: Mutex<Life>,
    clock: Arc<dyn Clock>,
    /// When the doors were opened, unix milliseconds; 0: they are not yet.
    open_ms: AtomicI64,
}

struct Life {
    tally: Tally,
    changed: bool,
}

impl Tallies {
    /// Nothing yet.
    pub fn new(log: LogId, clock: Arc<dyn Clock>) -> Self {
        let life = Life {
            tally: Tally::new(log),
            changed: true,
        };
        Self {
            life: Mutex::new(life),
            open_ms: AtomicI64::new(0),
            clock,
        }
    }

    /// The doors are open: from now on the collector is there.
    pub fn opened(&self) {
        self.open_ms.store(self.clock.now_ms(), Ordering::Relaxed);
        self.life().changed = true;
    }

    /// Events that could not be written.
    pub fn unrecorded(&self, account: EntityId, reason: &'static str, events: u64) {
        metrics::counter!("millrace_unrecorded_events_total", "reason" => reason).increment(events);
        let turned = Turned {
            unrecorded: one(reason, events),
            ..Turned::default()
        };
        self.count(account, &turned);
        let now_ms = self.clock.now_ms();
        self.life().tally.lose(account, events, now_ms);
    }

    /// Events that were refused.
    pub fn rejected(&self, account: EntityId, code: &'static str, events: u64) {
        metrics::counter!("millrace_rejected_events_total", "code" => code).increment(events);
        let turned = Turned {
            rejected: one(code, events),
            ..Turned::default()
        };
        self.count(account, &turned);
    }

    fn count(&self, account: EntityId, turned: &Turned) {
        let mut life = self.life();
        life.tally.count(account, turned);
        life.changed = true;
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn one(reason: &'static str, events: u64) -> BTreeMap<String, u64> {
    BTreeMap::from([(reason.to_owned(), events)])
}

/// Writes the tally until `shutdown`, and once more then.
pub async fn keep(store: Store, tallies: Arc<Tallies>, shutdown: CancellationToken) {
    let mut keeper = Keeper {
        store,
        tallies,
        earlier: None,
        written_ms: None,
    };
    while !shutdown.is_cancelled() {
        keeper.write_and_report().await;
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
    keeper.write_and_report().await;
}

struct Keeper {
    store: Store,
    tallies: Arc<Tallies>,
    /// What earlier lives of this log have counted, once that is known: nothing is written before.
    earlier: Option<Tally>,
    written_ms: Option<i64>,
}

impl Keeper {
    async fn write_and_report(&mut self) -> bool {
        match tokio::time::timeout(LIMIT, self.write()).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "how much was turned away could not be written yet");
            }
            Err(_) => tracing::warn!("how much was turned away could not be written in time"),
        }
        self.tallies.life().changed = true;
        false
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        let now_ms = self.tallies.clock.now_ms();
        let still = self.written_ms.is_some_and(|at| now_ms - at < STILL_MS);
        let mut tally = {
            let mut life = self.tallies.life();
            if !std::mem::take(&mut life.changed) && still {
                return Ok(());
            }
            life.tally.clone()
        };
        if self.earlier.is_none() {
            let found = tally::read(&self.store, tally.log).await?;
            self.earlier = Some(found.unwrap_or_else(|| Tally::new(tally.log)));
        }
        let open_ms = self.tallies.open_ms.load(Ordering::Relaxed);
        if open_ms > 0 {
            tally.up.push(Span {
                from_ms: open_ms,
                to_ms: now_ms.max(open_ms),
            });
        }
        if let Some(earlier) = &self.earlier {
            tally.add(earlier);
        }
        tally.as_of_ms = now_ms;
        tally::write(&self.store, &tally).await?;
        self.written_ms = Some(now_ms);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{EntityKind, ManualClock};
    use storage::store;

    const LOG: LogId = LogId(3);

    /// One life of a collector that ends well.
    async fn live(store: &Store, now_ms: i64, work: impl FnOnce(&Tallies)) {
        let clock = Arc::new(ManualClock::new(now_ms));
        let tallies = Arc::new(Tallies::new(LOG, Arc::clone(&clock) as _));
        tallies.opened();
        work(&tallies);
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        clock.set(now_ms + 500);
        keep(Arc::clone(store), tallies, shutdown).await;
    }

    #[tokio::test]
    async fn lives_of_a_log_add_up() {
        let store = store::open("memory://").unwrap();
        let account = EntityId::new(EntityKind::Account, 7);
        live(&store, 1_000, |t| t.unrecorded(account, "disk", 2)).await;
        live(&store, 2_000, |t| {
            t.unrecorded(account, "disk", 1);
            t.rejected(account, "invalid_time", 4);
        })
        .await;
        live(&store, 3_000, |_| {}).await;
        let tally = tally::read(&store, LOG).await.unwrap().unwrap();
        assert_eq!(tally.as_of_ms, 3_500);
        let span = |from_ms| Span {
            from_ms,
            to_ms: from_ms + 500,
        };
        assert_eq!(tally.up, [1_000, 2_000, 3_000].map(span));
        let lost = tally.lost[&account].iter();
        let lost: Vec<u64> = lost.map(|lost| lost.events).collect();
        assert_eq!(lost, [2, 1]);
        assert_eq!(tally.all.unrecorded, one("disk", 3));
        assert_eq!(tally.accounts[&account].rejected, one("invalid_time", 4));
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_written_later() {
        let tallies = Arc::new(Tallies::new(LOG, Arc::new(ManualClock::new(5))));
        let account = EntityId::new(EntityKind::Account, 7);
        tallies.rejected(account, "too_long", 1);
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("store");
        let store = store::open(&format!("file://{}", root.display())).unwrap();
        let mut keeper = Keeper {
            store: Arc::clone(&store),
            tallies,
            earlier: None,
            written_ms: None,
        };
        std::fs::remove_dir_all(&root).unwrap();
        std::fs::write(&root, "").unwrap();
        assert!(!keeper.write_and_report().await, "the store is away");
        std::fs::remove_file(&root).unwrap();
        std::fs::create_dir(&root).unwrap();
        assert!(keeper.write_and_report().await);
        let tally = tally::read(&store, LOG).await.unwrap().unwrap();
        assert_eq!(tally.all.rejected, one("too_long", 1));
    }
}
