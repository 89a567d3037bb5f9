//! A run: pieces of work, each published by itself.

mod erasures;
mod full;

use std::collections::BTreeMap;

use handover::{
    directory::Directory,
    manifest::{Dropped, Manifest},
    manifests::Published,
    retired, sealed,
    skips::Skips,
};
use model::{Bug, Epoch, LogId, failpoint::reach, planted};
use storage::ledger::Appended;

use super::{
    Report, attribute, back, collect,
    deps::{RollupDeps, RollupError},
    erase::Erasures,
    error::TRIES,
    expire, fill, merge, names,
    recount::Begin,
    step, sweep, takeover,
    write::Writer,
};

/// What is published at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Everything anew.
    Full,
    /// What was counted anew before.
    Publish,
    /// What was counted anew before is given up.
    Discard,
    /// What was before that.
    Back,
    /// Day files of the version before become runs.
    TakeOver,
    /// It is noted which cubes lack history.
    BeginFilling,
    /// What is sealed.
    Step,
    /// History of new cubes.
    Fill,
    /// Events that accounts do not keep any longer.
    Expire,
    /// Runs become one.
    Merge,
    /// Files of clicks of named visitors become fewer.
    Touches,
    /// What nothing names is dropped.
    Sweep,
    /// What was dropped is deleted.
    Collect,
}

/// A run that is under way.
pub(super) struct Run<'a> {
    deps: &'a RollupDeps,
    report: Report,
    directory: Directory,
    /// Epochs that are damaged, of logs that wait for them.
    held: BTreeMap<LogId, Epoch>,
    /// Visitors who are to be erased, or why that is not known.
    erasures: Result<Erasures, RollupError>,
    /// How often in a row somebody else was faster.
    outrun: u32,
    /// The first failure of what goes beside steps.
    failed: Option<RollupError>,
}

impl<'a> Run<'a> {
    pub(super) fn new(deps: &'a RollupDeps) -> Self {
        Self {
            deps,
            report: Report::default(),
            directory: Directory::default(),
            held: BTreeMap::new(),
            erasures: Ok(Erasures::default()),
            outrun: 0,
            failed: None,
        }
    }

    /// Takes all that is sealed.
    pub(super) async fn steps(&mut self) -> Result<(), RollupError> {
        while self.once(Work::Step).await? {
            self.beside(Work::Merge).await;
            self.beside(Work::Touches).await;
        }
        Ok(())
    }

    /// Counts history of new cubes.
    pub(super) async fn fill(&mut self) -> Result<(), RollupError> {
        self.between_steps(Work::Fill).await
    }

    /// Takes out events that accounts do not keep any longer.
    pub(super) async fn expire(&mut self) -> Result<(), RollupError> {
        self.between_steps(Work::Expire).await
    }

    /// Does all work of a kind, a piece after the other: what is new goes before each.
    async fn between_steps(&mut self, work: Work) -> Result<(), RollupError> {
        while self.failed.is_none() {
            match self.once(work).await {
                Ok(true) => self.beside(Work::Merge).await,
                Ok(false) => break,
                Err(error) => self.failed = Some(error),
            }
            self.steps().await?;
        }
        Ok(())
    }

    /// Does all work of a kind, unless some has failed before; what fails is told at the end.
    pub(super) async fn beside(&mut self, work: Work) {
        if self.failed.is_none() {
            let done = self.all(work).await;
            self.failed = done.err();
        }
    }

    /// Does all work of a kind.
    pub(super) async fn all(&mut self, work: Work) -> Result<(), RollupError> {
        while self.once(work).await? {}
        Ok(())
    }

    /// What was done, or what failed beside it.
    pub(super) async fn finish(mut self) -> Result<Report, RollupError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.report.manifest = self.deps.manifests.latest().await?.n;
        Ok(self.report)
    }

    /// Does one piece of work; false if there is none.
    pub(super) async fn once(&mut self, work: Work) -> Result<bool, RollupError> {
        match work {
            Work::Merge => return self.merge().await,
            Work::Full => return self.recount(Begin::Anywhere).await,
            Work::Publish => return self.recount(Begin::Staged).await,
            Work::Discard => return self.discard().await,
            Work::Back => return self.go_back().await,
            Work::Collect => return self.collect().await,
            _ => {}
        }
        loop {
            let current = self.deps.manifests.latest().await?;
            let mut writer = Writer::new(&self.deps.env, current.n + 1);
            let mut manifest = (*current.manifest).clone();
            let done = self
                .attempt(work, &current, &mut manifest, &mut writer)
                .await;
            let report = match done {
                Ok(Some(report)) => report,
                Ok(None) => return Ok(false),
                Err(error) => {
                    writer.discard().await;
                    self.hold(error)?;
                    continue;
                }
            };
            if self.append(&current, manifest, &writer).await? {
                self.report.add(report);
                self.outrun = 0;
                return Ok(true);
            }
            writer.discard().await;
            self.outrun += 1;
            tracing::info!("somebody else published first; starting over");
            if self.outrun >= TRIES {
                return Err(RollupError::Outrun);
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
        if matches!(work, Work::Step | Work::Fill) {
            self.directory.refresh(&deps.env.store).await?;
            retired::keep(&deps.env, &self.directory).await;
        }
        let (directory, held) = (&self.directory, &self.held);
        let some = match work {
            Work::Step => {
                let (store, horizon) = (&deps.env.store, &manifest.horizon);
                let skips = Skips::read(store).await?;
                let end = |log| held.get(&log).copied();
                let taken =
                    sealed::beyond(store, directory, horizon, end, &skips, deps.step()).await?;
                if taken.is_empty() {
                    return Ok(None);
                }
                let report = step::take(deps, writer, &current.manifest, manifest, &taken).await?;
                return Ok(Some(Report { steps: 1, ..report }));
            }
            Work::TakeOver => takeover::some(deps, writer, manifest).await?,
            Work::BeginFilling => fill::begin(manifest),
            Work::Fill => fill::some(deps, writer, manifest, directory, held).await?,
            Work::Expire => expire::some(deps, writer, manifest).await?,
            Work::Touches => attribute::merge(deps, writer, manifest).await?,
            Work::Sweep => sweep::some(deps, current.n, manifest).await?,
            // They publish in a way of their own.
            Work::Full | Work::Publish | Work::Discard => false,
            Work::Merge | Work::Back | Work::Collect => false,
        };
        Ok(some.then(Report::default))
    }

    /// Takes what was dropped long ago off the list, and deletes it then; false if there is nothing. What is not
    /// deleted after all is found by a sweep.
    async fn collect(&mut self) -> Result<bool, RollupError> {
        for _ in 0..TRIES {
            let current = self.deps.manifests.latest().await?;
            let mut manifest = (*current.manifest).clone();
            let old = collect::old(self.deps, &current, &mut manifest).await?;
            if old.is_empty() {
                return Ok(false);
            }
            let writer = Writer::new(&self.deps.env, current.n + 1);
            if self.append(&current, manifest, &writer).await? {
                collect::delete(self.deps, old).await?;
                return Ok(true);
            }
        }
        Err(RollupError::Outrun)
    }

    /// Does one merge; false if there is none. What it wrote holds for later manifests, too, as long
    /// as they name the files that it merged.
    async fn merge(&mut self) -> Result<bool, RollupError> {
        let mut current = self.deps.manifests.latest().await?;
        let mut writer = Writer::new(&self.deps.env, current.n + 1);
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
            if self.append(&current, manifest, &writer).await? {
                self.report.merged += merged.files();
                return Ok(true);
            }
            current = self.deps.manifests.latest().await?;
        }
    }

    /// Appends to the manifests, with what is dropped by it; false if somebody else was faster.
    async fn append(
        &mut self,
        current: &Published,
        mut manifest: Manifest,
        writer: &Writer<'_>,
    ) -> Result<bool, RollupError> {
        manifest.format = Default::default();
        let at_ms = self.deps.env.clock.now_ms();
        // What a full run replaces is kept, so that one can go back to it.
        let replaced = manifest.recounted != current.manifest.recounted;
        let longer_ms = if replaced { back::KEEP_MS } else { 0 };
        let named = names(&manifest);
        // What is named again is needed again.
        let trusted = planted(Bug::CollectorTrustsList);
        let needed = |dropped: &Dropped| !trusted && named.contains(&dropped.path);
        manifest.dropped.retain(|dropped| !needed(dropped));
        let before = names(&current.manifest).into_iter();
        let left = before.filter(|name| !named.contains(name));
        manifest.dropped.extend(left.map(|path| Dropped {
            path,
            at_ms,
            manifest: current.n + 1,
            longer_ms,
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
            self.report.published = true;
            writer.tidy(&named).await;
            self.deps.manifests.latest().await?;
            tracing::info!(manifest = current.n + 1, "numbers are published");
        }
        Ok(appended == Appended::Yes)
    }
}
