//! This process's share of the logs: as many as the others have, taken over from those that died.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use model::LogId;
use storage::{error::LiveError, leases::Leases};

/// How long a lease lasts without being renewed: so long a log may wait for another worker.
pub(crate) const TTL: Duration = Duration::from_secs(5);

/// The logs that this process follows.
pub(crate) struct Share {
    leases: Arc<dyn Leases>,
    worker: u64,
    held: BTreeSet<LogId>,
}

impl Share {
    /// Nothing yet. `worker` must be this process's alone.
    pub(crate) fn new(leases: Arc<dyn Leases>, worker: u64) -> Self {
        Self {
            leases,
            worker,
            held: BTreeSet::new(),
        }
    }

    /// The logs among `wanted` that this process is to follow now. Without an answer it goes on
    /// with those it has: two workers on one log do no harm.
    pub(crate) async fn of(&mut self, wanted: &[LogId]) -> BTreeSet<LogId> {
        if let Err(error) = self.renew(wanted).await {
            tracing::warn!(%error, "leases cannot be renewed; logs are followed as before");
            self.held.retain(|log| wanted.contains(log));
        }
        metrics::gauge!("millrace_speed_logs").set(self.held.len() as f64);
        self.held.clone()
    }

    async fn renew(&mut self, wanted: &[LogId]) -> Result<(), LiveError> {
        let workers = self.leases.beat(self.worker, TTL).await?.max(1);
        let most = wanted.len().div_ceil(workers);
        let gone: Vec<LogId> = self
            .held
            .iter()
            .filter(|l| !wanted.contains(l))
            .copied()
            .collect();
        for log in gone {
            self.give(log).await?;
        }
        for log in self.held.clone() {
            if !self.leases.take(log, self.worker, TTL).await? {
                self.held.remove(&log);
            }
        }
        while self.held.len() > most {
            let Some(log) = self.held.last().copied() else {
                break;
            };
            self.give(log).await?;
        }
        for log in wanted {
            if self.held.len() < most
                && !self.held.contains(log)
                && self.leases.take(*log, self.worker, TTL).await?
            {
                self.held.insert(*log);
            }
        }
        Ok(())
    }

    async fn give(&mut self, log: LogId) -> Result<(), LiveError> {
        self.held.remove(&log);
        self.leases.give(log, self.worker).await
    }

    /// Gives everything back: others need not wait.
    pub(crate) async fn end(mut self) {
        for log in std::mem::take(&mut self.held) {
            if let Err(error) = self.leases.give(log, self.worker).await {
                tracing::warn!(%error, "a lease ends by itself in a few seconds");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Mutex};

    use async_trait::async_trait;

    use super::*;

    #[derive(Default)]
    struct Table {
        workers: Mutex<BTreeSet<u64>>,
        owners: Mutex<BTreeMap<LogId, u64>>,
    }

    impl Table {
        fn dies(&self, worker: u64) {
            self.workers.lock().unwrap().remove(&worker);
            self.owners.lock().unwrap().retain(|_, w| *w != worker);
        }
    }

    #[async_trait]
    impl Leases for Table {
        async fn beat(&self, worker: u64, _: Duration) -> Result<usize, LiveError> {
            let mut workers = self.workers.lock().unwrap();
            workers.insert(worker);
            Ok(workers.len())
        }

        async fn take(&self, log: LogId, worker: u64, _: Duration) -> Result<bool, LiveError> {
            Ok(*self.owners.lock().unwrap().entry(log).or_insert(worker) == worker)
        }

        async fn give(&self, log: LogId, worker: u64) -> Result<(), LiveError> {
            self.owners
                .lock()
                .unwrap()
                .retain(|l, w| (*l, *w) != (log, worker));
            Ok(())
        }
    }

    #[tokio::test]
    async fn logs_are_shared_evenly_and_taken_over() {
        let table = Arc::new(Table::default());
        let logs: Vec<LogId> = (1..=5).map(LogId).collect();
        let mut shares: Vec<Share> = (0..3).map(|w| Share::new(table.clone(), w)).collect();
        assert_eq!(shares[0].of(&logs).await.len(), 5, "the first has all");
        for _ in 0..3 {
            for share in &mut shares {
                share.of(&logs).await;
            }
        }
        let held: Vec<usize> = shares.iter().map(|s| s.held.len()).collect();
        assert_eq!(held.iter().sum::<usize>(), 5, "each log has one");
        assert!(held.iter().all(|n| (1..=2).contains(n)), "{held:?}");
        table.dies(1);
        shares.remove(1);
        for _ in 0..2 {
            for share in &mut shares {
                share.of(&logs).await;
            }
        }
        assert_eq!(shares.iter().map(|s| s.held.len()).sum::<usize>(), 5);
        let last = shares.pop().unwrap();
        last.end().await;
        table.dies(2);
        assert_eq!(shares[0].of(&logs).await.len(), 5);
        assert_eq!(
            shares[0].of(&logs[..2]).await.len(),
            2,
            "a drained log goes"
        );
        assert_eq!(table.owners.lock().unwrap().len(), 2);
    }
}
