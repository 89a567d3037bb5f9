//! The rollup: sealed epochs in, exact views out. Take, enrich, aggregate, merge, publish.

mod aggregate;
mod duplicates;
mod events;
mod sql;
mod uniques;
mod write;

use model::failpoint::reach;
use std::{collections::BTreeSet, sync::Arc};

use datafusion::{arrow::error::ArrowError, error::DataFusionError, parquet::errors::ParquetError};
use enrich::Rules;
use handover::{
    installation::stamp,
    manifest::{Manifest, WholeViews},
    manifests::{Manifests, Published},
    raw::Seal,
    sealed,
};
use model::{Clock, Epoch, random::Randomness};
use serde::Serialize;
use storage::{error::StorageError, ledger::Appended, store::Store};

pub(crate) use self::events::schema as events_schema;
use self::write::Writer;

/// How often a run starts over because somebody else published first.
const TRIES: u32 = 5;

/// What the rollup works with.
pub struct RollupDeps {
    /// Object store.
    pub store: Store,
    /// Where views are published.
    pub manifests: Manifests,
    /// Enrichment.
    pub rules: Arc<Rules>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
}

/// What a run recomputes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What has been sealed since the last run.
    Incremental,
    /// Everything, from raw, with today's rules.
    Full,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The newest manifest after the run.
    pub manifest: u64,
    /// Whether this run published it.
    pub published: bool,
    /// Events taken.
    pub events: u64,
    /// Of these, events that are not counted: another with the same sender's key is.
    pub duplicates: u64,
    /// Epochs taken.
    pub epochs: u64,
    /// Days whose views were written.
    pub days: u64,
    /// Of a full run: rows of each cube's view that are not as they were, where there are any.
    pub changed: Vec<(String, u64)>,
}

/// Why a run failed. Nothing of it is visible; the next run does it again.
#[derive(Debug, thiserror::Error)]
pub enum RollupError {
    /// The object store failed, or holds what it must not.
    #[error(transparent)]
    Storage(StorageError),
    /// A query failed.
    #[error("a batch query failed: {0}")]
    Query(#[from] DataFusionError),
    /// Rows could not be built.
    #[error("batch rows: {0}")]
    Arrow(#[from] ArrowError),
    /// A file could not be written or read.
    #[error("batch file: {0}")]
    Parquet(#[from] ParquetError),
    /// Raw objects contradict their seal.
    #[error(
        "epoch {epoch} of log {log}: {why}; nothing was published, look at the log's raw objects"
    )]
    Inconsistent {
        /// The log.
        log: model::LogId,
        /// The epoch.
        epoch: Epoch,
        /// What does not fit.
        why: String,
    },
    /// Others published first, again and again.
    #[error("other batch runs published first, {TRIES} times in a row; their views are in place")]
    Outrun,
}

storage::from_storage_errors!(RollupError);

/// Runs the rollup once.
pub async fn run(deps: &RollupDeps, mode: Mode) -> Result<Report, RollupError> {
    for _ in 0..TRIES {
        if let Some(report) = attempt(deps, mode).await? {
            return Ok(report);
        }
        tracing::info!("somebody else published first; starting over");
    }
    Err(RollupError::Outrun)
}

/// One attempt; `None` if somebody else published first.
async fn attempt(deps: &RollupDeps, mode: Mode) -> Result<Option<Report>, RollupError> {
    let current = deps.manifests.latest().await?;
    let base = match mode {
        Mode::Incremental => (*current.manifest).clone(),
        Mode::Full => Manifest::default(),
    };
    let before = &current.manifest;
    let taken = sealed::beyond(&deps.store, &base.horizon).await?;
    if taken.is_empty() {
        return Ok(Some(Report {
            manifest: current.n,
            ..Report::default()
        }));
    }
    let mut writer = Writer::new(deps, current.n + 1);
    let rolled_up = roll_up(deps, &mut writer, before, base, taken).await;
    let compared = match (&rolled_up, mode) {
        (Ok((manifest, _)), Mode::Full) => {
            aggregate::changes(deps, &current.manifest, manifest).await
        }
        _ => Ok(Vec::new()),
    };
    if rolled_up.is_err() || compared.is_err() {
        writer.discard().await;
    }
    let ((manifest, report), changed) = (rolled_up?, compared?);
    publish(deps, &current, &manifest, &writer)
        .await
        .map(|published| {
            published.then_some(Report {
                manifest: current.n + 1,
                published: true,
                changed,
                ..report
            })
        })
}

/// Everything but publishing: the manifest that would be, in the place of `before`, of what `base`
/// has and what is taken.
async fn roll_up(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    before: &Manifest,
    base: Manifest,
    taken: Vec<Seal>,
) -> Result<(Manifest, Report), RollupError> {
    let mut manifest = base;
    // A new cube counts only what is taken from now on, unless nothing was taken before.
    let whole = model::CUBES.iter().filter(|cube| manifest.is_whole(cube));
    manifest.whole = WholeViews(whole.map(|cube| cube.name.to_owned()).collect());
    manifest.rules = deps.rules.version().to_owned();
    let since = duplicates::since(deps, before);
    manifest.sender_keys.retain(|keys| keys.last_ms >= since);
    let events::Fresh { days: fresh, keys } =
        events::write(deps, writer, &taken, since, &mut manifest).await?;
    let unchecked = keys.iter().any(|keys| keys.unchecked > 0);
    let duplicates = duplicates::find(deps, writer, before, keys, &mut manifest).await?;
    let days: BTreeSet<i64> = fresh.keys().copied().collect();
    for cube in model::CUBES {
        aggregate::cube(deps, writer, cube, &fresh, &mut manifest).await?;
    }
    uniques::write(deps, writer, &fresh, &mut manifest).await?;
    for (day, files) in fresh {
        manifest.events.entry(day).or_default().extend(files);
    }
    for epoch in &taken {
        manifest.horizon.0.insert(epoch.log, epoch.covered());
    }
    manifest.unsure = duplicates::unsure(deps, before, &manifest, unchecked).await?;
    let report = Report {
        events: taken.iter().map(|seal| seal.count).sum(),
        epochs: taken.len() as u64,
        duplicates,
        days: days.len() as u64,
        ..Report::default()
    };
    Ok((manifest, report))
}

async fn publish(
    deps: &RollupDeps,
    current: &Published,
    manifest: &Manifest,
    writer: &Writer<'_>,
) -> Result<bool, RollupError> {
    let stamp = stamp(&*deps.clock, &*deps.random);
    reach("rollup.files");
    match deps.manifests.publish(current, manifest, stamp).await? {
        Appended::Yes => {
            reach("rollup.published");
            deps.manifests.latest().await?;
            tracing::info!(manifest = current.n + 1, "views are published");
            Ok(true)
        }
        Appended::Conflict => {
            writer.discard().await;
            Ok(false)
        }
    }
}
