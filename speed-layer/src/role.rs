//! The speed layer as a role: a worker for every log that may still change.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use enrich::Rules;
use handover::overview::Overview;
use model::{Clock, LogId};
use storage::{
    bell::{Bell, Look},
    cells::LiveCells,
    error::StorageError,
    leases::Leases,
    store::Store,
    stream::EventStream,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::{housekeeping::Housekeeper, share::Share, worker};

/// How often new logs are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How often what nobody needs is deleted.
const CLEAN: Duration = Duration::from_secs(3);

/// What the speed layer works with.
pub struct SpeedDeps {
    /// Object store.
    pub store: Store,
    /// Rings when something is written to it that others follow.
    pub bell: Bell,
    /// Where events come from.
    pub stream: Arc<dyn EventStream>,
    /// Where cells go.
    pub cells: Arc<dyn LiveCells>,
    /// Who follows which log.
    pub leases: Arc<dyn Leases>,
    /// A number that no other speed layer has.
    pub worker: u64,
    /// What batch has covered, and all logs.
    pub overview: Overview,
    /// Enrichment.
    pub rules: Arc<Rules>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What is not ready.
    pub health: Health,
}

/// How the speed layer behaves.
#[derive(Debug, Clone)]
pub struct SpeedSettings {
    /// Shortest time between flushes of one log.
    pub flush_interval: Duration,
}

impl Default for SpeedSettings {
    fn default() -> Self {
        Self {
            flush_interval: Duration::from_millis(5),
        }
    }
}

/// Follows all logs until `shutdown`.
pub async fn run(deps: SpeedDeps, settings: SpeedSettings, shutdown: CancellationToken) {
    let deps = Arc::new(deps);
    let mut share = Share::new(Arc::clone(&deps.leases), deps.worker);
    let mut workers: BTreeMap<LogId, (CancellationToken, JoinHandle<()>)> = BTreeMap::new();
    let look = Look::new(deps.bell.clone(), LOOK);
    let cleaning = tokio::spawn(clean(Arc::clone(&deps), shutdown.clone()));
    while !shutdown.is_cancelled() {
        let begun = look.is_due().then(|| look.begin());
        match wanted(&deps).await {
            Ok(wanted) => {
                begun.into_iter().for_each(|begun| look.done(begun));
                deps.health.up("speed");
                let mine = share.of(&wanted).await;
                adjust(&deps, &settings, &mut workers, &mine, &shutdown).await;
            }
            Err(error) => {
                tracing::warn!(%error, "logs could not be looked for");
                deps.health
                    .down("speed", "the object store does not answer");
            }
        }
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            () = look.due() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    for (_, worker) in workers.into_values() {
        finish(worker).await;
    }
    share.end().await;
    finish(cleaning).await;
}

/// Logs that may still change, or that batch has yet to cover. Of imported histories no cells are made: they may be far
/// larger than what is live, and batch settles them at once.
async fn wanted(deps: &SpeedDeps) -> Result<Vec<LogId>, StorageError> {
    let seen = deps.overview.follow().await?;
    let open = (seen.directory).open_beyond(&seen.published.manifest.horizon);
    let live = open.filter(|info| !info.is_import());
    Ok(live.map(|info| info.log).collect())
}

async fn adjust(
    deps: &Arc<SpeedDeps>,
    settings: &SpeedSettings,
    workers: &mut BTreeMap<LogId, (CancellationToken, JoinHandle<()>)>,
    mine: &BTreeSet<LogId>,
    shutdown: &CancellationToken,
) {
    for log in mine {
        // A worker ends only when told to, or by a panic: then another takes over.
        if workers
            .get(log)
            .is_none_or(|(_, worker)| worker.is_finished())
        {
            let stop = shutdown.child_token();
            let work = worker::run(Arc::clone(deps), settings.clone(), *log, stop.clone());
            workers.insert(*log, (stop, tokio::spawn(work)));
        }
    }
    let done: Vec<LogId> = workers
        .keys()
        .filter(|log| !mine.contains(log))
        .copied()
        .collect();
    for log in done {
        if let Some((stop, worker)) = workers.remove(&log) {
            stop.cancel();
            finish(worker).await;
        }
    }
}

async fn clean(deps: Arc<SpeedDeps>, shutdown: CancellationToken) {
    let mut housekeeper = Housekeeper::new(&deps);
    while !shutdown.is_cancelled() {
        let logs = wanted(&deps).await.unwrap_or_default();
        if let Err(error) = housekeeper.step(&deps, &logs).await {
            tracing::warn!(%error, "old live cells could not be deleted; they are not counted all the same");
        }
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(CLEAN) => {}
        }
    }
}

async fn finish(task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!(%error, "a worker of the speed layer failed");
    }
}
