//! Counting everything that is settled anew, from raw, with today's rules: step by step, into files of its own.
//! How far it has come is kept in a ledger of its own, so that whoever runs next goes on from there. Meanwhile the
//! schedule goes on. When it has come as far as the newest manifest, its numbers take the place of
//! those that were, which are kept for a day, so that one can go back to them.

use std::collections::BTreeSet;

use handover::{
    directory::Directory,
    manifest::{Manifest, Recounted},
    manifests::{Manifests, Published},
    sealed,
    skips::Skips,
};
use object_store::path::Path;
use storage::ledger::Appended;

use super::{
    Report,
    changes::changes,
    deps::{RollupDeps, RollupError},
    merge, names, step,
    write::Writer,
};

/// How long the numbers that were replaced are kept, milliseconds.
pub(super) const KEEP_MS: i64 = 24 * 60 * 60_000;

/// Counting anew, as far as it has come.
pub(super) struct Recount<'a> {
    deps: &'a RollupDeps,
    /// How far it has come. Its newest entry is empty when none is under way.
    progress: Manifests,
    pub(super) report: Report,
}

/// The ledger of recounts that are under way.
pub(super) fn progress(deps: &RollupDeps) -> Manifests {
    Manifests::in_ledger(deps.env.store.clone(), "recounts")
}

impl<'a> Recount<'a> {
    pub(super) fn new(deps: &'a RollupDeps) -> Self {
        Self {
            deps,
            progress: progress(deps),
            report: Report::default(),
        }
    }

    /// Counts until it has come as far as the newest manifest; gives that one, and what takes its place.
    pub(super) async fn run(&mut self) -> Result<(Published, Manifest), RollupError> {
        let mut directory = Directory::default();
        loop {
            let current = self.deps.manifests.latest().await?;
            directory.refresh(&self.deps.env.store).await?;
            let so_far = self.progress.latest().await?;
            let mut manifest = (*so_far.manifest).clone();
            if manifest.rules != self.deps.rules.version() {
                // Nothing, or what other rules say: its files are swept in time.
                manifest = Manifest::default();
            }
            match self.step(&directory, &current, &so_far, manifest).await? {
                None => {}
                Some(manifest) => {
                    let manifest = self.finished(&current, manifest).await?;
                    return Ok((current, manifest));
                }
            }
        }
    }

    /// One step, kept; or what there is, if it has come as far as `current`.
    async fn step(
        &mut self,
        directory: &Directory,
        current: &Published,
        so_far: &Published,
        mut manifest: Manifest,
    ) -> Result<Option<Manifest>, RollupError> {
        let end = |log| Some(current.manifest.horizon.of(log).epoch.next());
        let (store, horizon) = (&self.deps.env.store, &manifest.horizon);
        let (most, skips) = (self.deps.step(), Skips::read(store).await?);
        let taken = sealed::beyond(store, directory, horizon, end, &skips, most).await?;
        if taken.is_empty() {
            return Ok(Some(manifest));
        }
        let mut writer = Writer::new(&self.deps.env, so_far.n + 1);
        let done = self.take(&mut writer, current, &mut manifest, &taken).await;
        let report = match done {
            Ok(report) => report,
            Err(error) => {
                writer.discard().await;
                return Err(error);
            }
        };
        let stamp = self.deps.env.stamp();
        if self.progress.publish(so_far, &manifest, stamp).await? == Appended::Conflict {
            writer.discard().await;
            return Err(RollupError::Recounting);
        }
        self.report.add(report);
        self.report.steps += 1;
        // Nobody reads what is under way: what was merged goes at once.
        let named = names(&manifest);
        let before = names(&so_far.manifest).into_iter();
        let gone = before.filter(|name| !named.contains(name));
        writer.adopt(gone.map(|name| Path::from(name.as_str())));
        writer.tidy(&self.kept(current, named)).await;
        Ok(None)
    }

    /// What must not be deleted: decisions are shared with what is published.
    fn kept(&self, current: &Published, mut named: BTreeSet<String>) -> BTreeSet<String> {
        named.extend(names(&current.manifest));
        named
    }

    async fn take(
        &self,
        writer: &mut Writer<'_>,
        current: &Published,
        manifest: &mut Manifest,
        taken: &[handover::raw::Seal],
    ) -> Result<Report, RollupError> {
        // All that is taken is settled, so that what is decided of it stays decided.
        let decided = &current.manifest;
        let report = step::take(self.deps, writer, decided, manifest, taken).await?;
        while let Some(merged) = merge::next(self.deps, writer, manifest).await? {
            merged.apply(manifest);
        }
        Ok(report)
    }

    /// The manifest that takes the place of `current`.
    async fn finished(
        &mut self,
        current: &Published,
        recounted: Manifest,
    ) -> Result<Manifest, RollupError> {
        let before = &current.manifest;
        behind(before, &recounted)?;
        self.report.changed = changes(self.deps, before, &recounted).await?;
        Ok(Manifest {
            next_run: recounted.next_run.max(before.next_run),
            unsure: before.unsure.clone(),
            duplicates: before.duplicates.clone(),
            dropped: before.dropped.clone(),
            swept_ms: before.swept_ms,
            recounted: Some(Recounted {
                before: current.n,
                at_ms: self.deps.env.clock.now_ms(),
                changed: self.report.changed.iter().cloned().collect(),
            }),
            ..recounted
        })
    }

    /// Says that it is done, and none is under way. If that cannot be said, the next one finds everything
    /// counted already, and gives the same numbers.
    pub(super) async fn end(&self) -> Result<(), RollupError> {
        let so_far = self.progress.latest().await?;
        let stamp = self.deps.env.stamp();
        self.progress
            .publish(&so_far, &Manifest::default(), stamp)
            .await?;
        Ok(())
    }
}

/// What is settled must not become unsettled: live counters of it are gone.
fn behind(before: &Manifest, after: &Manifest) -> Result<(), RollupError> {
    for (log, covered) in &before.horizon.0 {
        let now = after.horizon.of(*log);
        if now.epoch < covered.epoch {
            return Err(RollupError::Held {
                log: *log,
                epoch: now.epoch.next(),
                why: format!(
                    "its seal is missing, and epochs up to {} are settled; nothing was replaced",
                    covered.epoch
                ),
            });
        }
    }
    Ok(())
}

/// The manifest of before the last recount, with what was settled since counted as it counts; `None` if there was
/// none.
pub(super) async fn before(
    deps: &RollupDeps,
    current: &Published,
    writer: &mut Writer<'_>,
) -> Result<Option<(Manifest, Report)>, RollupError> {
    let Some(recounted) = &current.manifest.recounted else {
        return Ok(None);
    };
    if recounted.at_ms + KEEP_MS <= deps.env.clock.now_ms() {
        return Err(RollupError::NotKept {
            at: model::time::rfc3339(recounted.at_ms),
        });
    }
    let Some(old) = deps.manifests.get(recounted.before).await? else {
        return Ok(None);
    };
    let mut manifest = (*old.manifest).clone();
    manifest.next_run = current.manifest.next_run;
    let (mut directory, mut report) = (Directory::default(), Report::default());
    directory.refresh(&deps.env.store).await?;
    loop {
        let end = |log| Some(current.manifest.horizon.of(log).epoch.next());
        let (store, horizon) = (&deps.env.store, &manifest.horizon);
        let skips = Skips::read(store).await?;
        let taken = sealed::beyond(store, &directory, horizon, end, &skips, deps.step()).await?;
        if taken.is_empty() {
            break;
        }
        let decided = &current.manifest;
        report.add(step::take(deps, writer, decided, &mut manifest, &taken).await?);
    }
    behind(&current.manifest, &manifest)?;
    let named = names(&manifest);
    manifest.unsure = current.manifest.unsure.clone();
    manifest.duplicates = current.manifest.duplicates.clone();
    manifest.dropped = current.manifest.dropped.clone();
    manifest
        .dropped
        .retain(|dropped| !named.contains(&dropped.path));
    manifest.recounted = None;
    report.steps = 1;
    Ok(Some((manifest, report)))
}
