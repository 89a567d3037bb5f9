//! The rollup: sealed epochs in, exact views out. Take, enrich, aggregate, merge, publish.

mod aggregate;
mod deps;
mod duplicates;
mod events;
mod sql;
mod uniques;
mod write;

use std::collections::BTreeSet;

use handover::{
    manifest::{Manifest, WholeViews},
    manifests::Published,
    raw::Seal,
    sealed,
};
use model::failpoint::reach;
use serde::Serialize;
use storage::ledger::Appended;

use self::deps::TRIES;
pub use self::deps::{RollupDeps, RollupError};
pub(crate) use self::events::schema as events_schema;
use self::write::Writer;

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
    let taken = sealed::beyond(&deps.env.store, &base.horizon).await?;
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
    let stamp = deps.env.stamp();
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
