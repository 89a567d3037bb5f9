//! The rollup: sealed epochs in, exact numbers out, in steps of a bounded size. Each is published
//! by itself, so that a backlog of any size is worked off, and seen to be.

mod chunks;
mod collect;
mod deps;
mod duplicates;
mod events;
mod fill;
mod fold;
mod full;
mod merge;
mod step;
mod takeover;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use handover::{
    manifest::{Dropped, Manifest},
    manifests::Published,
    runs::Table,
    sealed,
};
use model::{Epoch, LogId, failpoint::reach};
use serde::Serialize;
use storage::ledger::Appended;

use self::deps::TRIES;
pub use self::deps::{RollupDeps, RollupError};
use self::write::Writer;
pub(crate) use self::{events::schema as events_schema, write::run_key};

/// Events of one step, and one epoch's more: what is published at once. Memory follows chunks.
const STEP: u64 = 500_000;

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
    /// Whether this run published any.
    pub published: bool,
    /// Events taken.
    pub events: u64,
    /// Of these, events that are not counted: another with the same sender's key is.
    pub duplicates: u64,
    /// Epochs taken.
    pub epochs: u64,
    /// Steps published, each with its events.
    pub steps: u64,
    /// Files that were merged into others.
    pub merged: u64,
    /// Logs that are held back, and why.
    pub held: Vec<String>,
    /// Of a full run: rows of each cube that are not as they were, where there are any.
    pub changed: Vec<(String, u64)>,
}

impl Report {
    fn add(&mut self, step: Report) {
        self.events += step.events;
        self.duplicates += step.duplicates;
        self.epochs += step.epochs;
        self.steps += step.steps;
        self.merged += step.merged;
    }
}

/// Runs the rollup: takes all that is sealed, then puts in order what there is.
pub async fn run(deps: &RollupDeps, mode: Mode) -> Result<Report, RollupError> {
    let mut run = Run {
        deps,
        report: Report::default(),
        held: BTreeMap::new(),
        gone: collect::dropped(deps).await?,
        outrun: 0,
    };
    if mode == Mode::Full {
        while run.go_on(Work::TakeOver).await? {}
        run.go_on(Work::Full).await?;
    }
    while run.go_on(Work::TakeOver).await? {}
    run.go_on(Work::BeginFilling).await?;
    // What is new goes before history.
    while run.go_on(Work::Step).await? || run.go_on(Work::Fill).await? {
        while run.merge().await? {}
    }
    while run.merge().await? {}
    run.report.manifest = deps.manifests.latest().await?.n;
    Ok(run.report)
}

/// What is published at once.
#[derive(Debug, Clone, Copy)]
enum Work {
    Full,
    TakeOver,
    BeginFilling,
    Step,
    Fill,
}

/// A run that is under way.
struct Run<'a> {
    deps: &'a RollupDeps,
    report: Report,
    /// Epochs that are damaged, of logs that wait for them.
    held: BTreeMap<LogId, Epoch>,
    /// Objects that were dropped long ago and are deleted.
    gone: BTreeSet<String>,
    /// How often in a row somebody else was faster.
    outrun: u32,
}

impl Run<'_> {
    /// Does one piece of work; false if there is none.
    async fn go_on(&mut self, work: Work) -> Result<bool, RollupError> {
        loop {
            let current = self.deps.manifests.latest().await?;
            let mut writer = Writer::new(self.deps, current.n + 1);
            let mut manifest = (*current.manifest).clone();
            let done = self
                .attempt(work, &current, &mut manifest, &mut writer)
                .await;
            let report = match done {
                Ok(Some(report)) => report,
                Ok(None) => return Ok(false),
                Err(error) => {
                    writer.discard().await;
                    // A full run needs everything: what is settled must not become unsettled.
                    match work {
                        Work::Full => return Err(error),
                        _ => self.hold(error)?,
                    }
                    continue;
                }
            };
            if self.publish(&current, manifest, &writer).await? {
                self.report.published = true;
                self.report.add(report);
                self.outrun = 0;
                return Ok(true);
            }
        }
    }

    /// Holds back a log whose epoch is damaged; any other error ends the run.
    fn hold(&mut self, error: RollupError) -> Result<(), RollupError> {
        let RollupError::Held { log, epoch, .. } = &error else {
            return Err(error);
        };
        if self.held.get(log).is_some_and(|held| held <= epoch) {
            return Err(error);
        }
        self.held.insert(*log, *epoch);
        tracing::error!(%error, "a log is held back");
        self.report.held.push(error.to_string());
        Ok(())
    }

    /// Changes the manifest; `None` if there is nothing to do.
    async fn attempt(
        &mut self,
        work: Work,
        current: &Published,
        manifest: &mut Manifest,
        writer: &mut Writer<'_>,
    ) -> Result<Option<Report>, RollupError> {
        let deps = self.deps;
        match work {
            Work::Full => {
                let (recomputed, report, changed) = full::recompute(deps, current, writer).await?;
                self.report.changed = changed;
                *manifest = recomputed;
                Ok(Some(report))
            }
            Work::TakeOver => {
                let some = takeover::some(deps, writer, manifest).await?;
                Ok(some.then(Report::default))
            }
            Work::BeginFilling => Ok(fill::begin(manifest).then(Report::default)),
            Work::Fill => {
                let some = fill::some(deps, writer, manifest, &self.held).await?;
                Ok(some.then(Report::default))
            }
            Work::Step => {
                let store = &deps.env.store;
                let taken = sealed::beyond(store, &manifest.horizon, &self.held, STEP).await?;
                if taken.is_empty() {
                    return Ok(None);
                }
                let report = step::take(deps, writer, &current.manifest, manifest, &taken).await?;
                Ok(Some(Report { steps: 1, ..report }))
            }
        }
    }

    /// Does one merge; false if there is none. What it wrote holds for later manifests, too, as long
    /// as they name the files that it merged.
    async fn merge(&mut self) -> Result<bool, RollupError> {
        let mut current = self.deps.manifests.latest().await?;
        let mut writer = Writer::new(self.deps, current.n + 1);
        let merged = merge::next(self.deps, &mut writer, &current.manifest).await;
        if merged.is_err() {
            writer.discard().await;
        }
        let Some(merged) = merged? else {
            return Ok(false);
        };
        reach("rollup.merged");
        loop {
            let mut manifest = (*current.manifest).clone();
            if !merged.apply(&mut manifest) {
                writer.discard().await;
                return Ok(true);
            }
            if self.append(&current, manifest).await? {
                self.report.published = true;
                self.report.merged += merged.files();
                return Ok(true);
            }
            current = self.deps.manifests.latest().await?;
        }
    }

    /// Publishes, or takes back what was written: then it is to be done again.
    async fn publish(
        &mut self,
        current: &Published,
        manifest: Manifest,
        writer: &Writer<'_>,
    ) -> Result<bool, RollupError> {
        if self.append(current, manifest).await? {
            return Ok(true);
        }
        writer.discard().await;
        self.outrun += 1;
        tracing::info!("somebody else published first; starting over");
        match self.outrun < TRIES {
            true => Ok(false),
            false => Err(RollupError::Outrun),
        }
    }

    /// Appends to the manifests, with what is dropped by it; false if somebody else was faster.
    async fn append(
        &mut self,
        current: &Published,
        mut manifest: Manifest,
    ) -> Result<bool, RollupError> {
        manifest.format = Default::default();
        manifest
            .dropped
            .retain(|old| !self.gone.contains(&old.path));
        let at_ms = self.deps.env.clock.now_ms();
        let names = names(&manifest);
        let left = names_not_in(&current.manifest, &names);
        manifest.dropped.extend(left.map(|path| Dropped {
            path,
            at_ms,
            manifest: current.n + 1,
        }));
        let stamp = self.deps.env.stamp();
        reach("rollup.files");
        let appended = self
            .deps
            .manifests
            .publish(current, &manifest, stamp)
            .await?;
        if appended == Appended::Yes {
            reach("rollup.published");
            self.deps.manifests.latest().await?;
            tracing::info!(manifest = current.n + 1, "numbers are published");
        }
        Ok(appended == Appended::Yes)
    }
}

/// All objects of events and numbers that a manifest names.
fn names(manifest: &Manifest) -> BTreeSet<String> {
    let events = manifest.events().map(|events| events.path);
    let runs = [Table::Sums, Table::Visits].into_iter().flat_map(|table| {
        let files = manifest.runs(table).iter();
        files.map(move |run| run_key(table, run.file.name.clone()).path())
    });
    let all = events.chain(runs).chain(takeover::paths(manifest));
    all.map(|path| path.to_string()).collect()
}

fn names_not_in(before: &Manifest, names: &BTreeSet<String>) -> impl Iterator<Item = String> {
    let before = self::names(before);
    before.into_iter().filter(|name| !names.contains(name))
}
