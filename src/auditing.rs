//! The audit in a process that serves: for the job, over the API, and as an alarm.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use async_trait::async_trait;
use audit::{Audit, AuditDeps, Records};
use serving::{AuditControl, NoAudit};
use storage::{bell::Look, env::Env, error::StorageError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::batch_runtime::BatchRuntime;

/// How often the newest record of an audit is looked for.
const LOOK: Duration = Duration::from_secs(5);
/// How long a request over the API waits for an audit.
const PATIENCE: Duration = Duration::from_secs(300);

/// Makes audits on the rollup's threads. Cheap to clone.
#[derive(Clone)]
pub struct Auditing {
    deps: Arc<AuditDeps>,
    env: Env,
    batch: BatchRuntime,
    /// One request over the API at a time.
    room: Arc<Semaphore>,
}

impl Auditing {
    /// Audits with `deps` on the threads of `batch`.
    pub fn new(deps: AuditDeps, env: Env, batch: BatchRuntime) -> Self {
        Self {
            deps: Arc::new(deps),
            env,
            batch,
            room: Arc::new(Semaphore::new(1)),
        }
    }

    /// Makes one of what is new, and records it for the alarm of every process.
    pub async fn record(&self) -> anyhow::Result<Audit> {
        let audit = self.audit(false, None).await??;
        let remembered = audit::remember(&self.env, &audit).await;
        remembered.context("the audit could not be recorded")?;
        Ok(audit)
    }

    async fn audit(
        &self,
        full: bool,
        room: Option<OwnedSemaphorePermit>,
    ) -> anyhow::Result<Result<Audit, StorageError>> {
        let deps = Arc::clone(&self.deps);
        let work = move |_| async move {
            let audit = audit::audit(&deps, full).await;
            drop(room);
            audit
        };
        self.batch.run(work).await
    }
}

#[async_trait]
impl AuditControl for Auditing {
    async fn audit(&self, full: bool) -> Result<Audit, NoAudit> {
        // Kept until the audit ends, also when nobody waits for it any more.
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_| NoAudit::Busy)?;
        let audit = tokio::time::timeout(PATIENCE, self.audit(full, Some(room)));
        let audit = audit.await.map_err(|_| NoAudit::Late)?;
        let audit = audit.map_err(|error| NoAudit::Broken(storage::error::told(&*error)))?;
        Ok(audit?)
    }
}

/// Shows what the newest audit of the installation found, whichever process made it: as the gauge
/// `millrace_audit_mismatches`, and in the health of this process, which stays ready: what was
/// counted wrong is no reason to turn visitors away.
pub async fn alarm(env: Env, health: Health, stop: CancellationToken) {
    let records = Records::new(Arc::clone(&env.store));
    let look = Look::to_show(env.bell, LOOK);
    let gauge = metrics::gauge!("millrace_audit_mismatches");
    gauge.set(0);
    let mut seen = 0;
    while !stop.is_cancelled() {
        let begun = look.begin();
        let newest = async {
            let n = records.newest().await?;
            match n > seen {
                true => Ok(records.get(n).await?.map(|record| (n, record))),
                false => Ok(None),
            }
        };
        let newest = newest.await;
        if newest.is_ok() {
            look.done(begun);
        }
        match newest {
            Ok(Some((n, record))) => {
                gauge.set(record.findings as f64);
                health.warn("audit", record.complaint);
                seen = n;
            }
            Ok(None) => {}
            Err(error) => {
                let error: storage::ledger::LedgerError = error;
                tracing::warn!(%error, "the newest audit cannot be read");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = look.due() => {}
        }
    }
}
