//! Counting everything that is settled anew, from raw, with today's rules: step by step, into files of its own.
//! How far it has come is kept in a ledger of its own, so that whoever runs next goes on from there. Meanwhile the
//! schedule goes on. When it has come as far as the newest manifest, its numbers take the place of
//! those that were, which are kept for a day, so that one can go back to them. Which entry of the ledger was published is
//! in the manifest, so that both happen at once.

use std::collections::BTreeSet;

use handover::{
    directory::Directory,
    manifest::{DoorRulesFile, Manifest, Recounted},
    manifests::{Manifests, Published},
    restatements::{Cause, Late},
    sealed,
    skips::Skips,
};
use model::failpoint::reach;
use object_store::path::Path;
use storage::ledger::Appended;

use super::{
    Report,
    changes::changes,
    deps::{RollupDeps, RollupError},
    door_rules::DoorRules,
    erase,
    error::TRIES,
    merge, names, restated, step,
    write::Writer,
};

/// Where counting may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// Where a run before ended; at the first event, if none did or if it had other rules.
    Anywhere,
    /// Only where a run with the same rules ended.
    Staged,
}

/// What is counted anew and has come as far as the newest manifest.
pub(super) struct CaughtUp {
    pub(super) current: Published,
    /// Its entry in the ledger.
    n: u64,
    pub(super) recounted: Manifest,
}

/// Counting anew, as far as it has come.
pub(super) struct Recount<'a> {
    deps: &'a RollupDeps,
    begin: Begin,
    /// What was published or given up when this began: nobody else may do either meanwhile.
    before: Option<u64>,
    /// How far it has come.
    progress: Manifests,
    /// What came of it, once that is known: comparing all numbers takes long, and what is published meanwhile adds to
    /// both sides.
    changed: Option<Vec<(String, u64)>>,
    pub(super) report: Report,
}

fn progress(deps: &RollupDeps) -> Manifests {
    Manifests::in_ledger(deps.env.store.clone(), "recounts")
}

/// The recount that is under way beside a manifest: its files are needed.
pub(super) async fn under_way(
    deps: &RollupDeps,
    manifest: &Manifest,
) -> Result<Option<Manifest>, RollupError> {
    let so_far = progress(deps).latest().await?;
    Ok((so_far.n > manifest.recounts).then(|| (*so_far.manifest).clone()))
}

/// Ends whatever counts anew, so that the next one begins at the first event; gives what there was of it. Its files stay
/// until a manifest says that it is given up: somebody may be publishing it.
pub(super) async fn throw_away(deps: &RollupDeps) -> Result<Published, RollupError> {
    let progress = progress(deps);
    for _ in 0..TRIES {
        let current = deps.manifests.latest().await?;
        let staged = progress.latest().await?;
        if !is_staged(&current, &staged) {
            return Err(RollupError::NothingStaged);
        }
        let nothing = Manifest::default();
        let appended = progress
            .publish(&staged, &nothing, deps.env.stamp())
            .await?;
        if appended == Appended::Yes {
            return Ok(staged);
        }
    }
    Err(RollupError::Recounting)
}

/// Whether something is counted that is neither published nor given up.
fn is_staged(current: &Published, so_far: &Published) -> bool {
    so_far.n > current.manifest.recounts && !so_far.manifest.horizon.0.is_empty()
}

impl<'a> Recount<'a> {
    pub(super) fn new(deps: &'a RollupDeps, begin: Begin) -> Self {
        Self {
            deps,
            begin,
            before: None,
            progress: progress(deps),
            changed: None,
            report: Report::default(),
        }
    }

    /// Counts until it has come as far as the newest manifest.
    pub(super) async fn run(&mut self) -> Result<CaughtUp, RollupError> {
        let mut directory = Directory::default();
        loop {
            let current = self.deps.manifests.latest().await?;
            let recounts = current.manifest.recounts;
            if *self.before.get_or_insert(recounts) != recounts {
                return Err(RollupError::EndedByOthers);
            }
            directory.refresh(&self.deps.env.store).await?;
            let so_far = self.progress.latest().await?;
            let counted = self.counted(&current, &so_far)?;
            let done = self.step(&directory, &current, &so_far, counted).await?;
            if let Some(recounted) = done {
                behind(&current.manifest, &recounted)?;
                let n = so_far.n;
                return Ok(CaughtUp {
                    current,
                    n,
                    recounted,
                });
            }
        }
    }

    /// What there is to go on from; `None` if everything is still to be counted.
    fn counted(
        &self,
        current: &Published,
        so_far: &Published,
    ) -> Result<Option<Manifest>, RollupError> {
        let ours = self.deps.rules.version();
        let staged = is_staged(current, so_far);
        let fits = staged && so_far.manifest.rules == ours;
        // Whoever says what doors decide by now wants that, and not what they did when it was staged.
        let of_doors =
            |manifest: &Manifest| manifest.door_rules.as_ref().map(|file| file.hash.clone());
        let wanted = self.deps.door_rules.as_ref().map(DoorRules::hash);
        let others = wanted.is_some() && wanted != of_doors(&so_far.manifest);
        match self.begin {
            Begin::Staged if fits => Ok(Some((*so_far.manifest).clone())),
            Begin::Anywhere if fits && !others => Ok(Some((*so_far.manifest).clone())),
            Begin::Anywhere => Ok(None),
            Begin::Staged if staged => Err(RollupError::OtherRules {
                staged: so_far.manifest.rules.clone(),
                ours: ours.to_owned(),
            }),
            Begin::Staged => Err(RollupError::NothingStaged),
        }
    }

    /// One step, kept; or what there is, if it has come as far as `current`.
    async fn step(
        &mut self,
        directory: &Directory,
        current: &Published,
        so_far: &Published,
        counted: Option<Manifest>,
    ) -> Result<Option<Manifest>, RollupError> {
        let goes_on = counted.is_some();
        let mut manifest = counted.unwrap_or_default();
        let end = |log| Some(current.manifest.horizon.of(log).epoch.next());
        let (store, horizon) = (&self.deps.env.store, &manifest.horizon);
        let (most, skips) = (self.deps.step(), Skips::read(store).await?);
        let taken = sealed::beyond(store, directory, horizon, end, &skips, most).await?;
        if taken.is_empty() {
            return Ok(Some(manifest));
        }
        let mut writer = Writer::new(&self.deps.env, so_far.n + 1);
        if !goes_on {
            manifest.door_rules = self.door_rules(&mut writer, current).await?;
            // All that is counted from now on is counted without who is erased by now, or later: see `finished`.
            manifest.erased.clone_from(&current.manifest.erased);
            manifest
                .erased_accounts
                .clone_from(&current.manifest.erased_accounts);
            manifest.expired.clone_from(&current.manifest.expired);
        }
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
        reach("rollup.recounting");
        // What was merged goes at once: nobody publishes what was before this step, since more is settled by now. Of what
        // this takes the place of, which other rules counted, that is not so: it is swept in time. What is decided of
        // repeated events is shared.
        let named = names(&manifest);
        let before = match goes_on {
            true => names(&Manifest {
                duplicates: None,
                door_rules: None,
                erased: None,
                expired: None,
                ..(*so_far.manifest).clone()
            }),
            false => BTreeSet::new(),
        };
        let gone = before.into_iter().filter(|name| !named.contains(name));
        writer.adopt(gone.map(|name| Path::from(name.as_str())));
        writer.tidy(&self.kept(current, named)).await;
        Ok(None)
    }

    /// What must not be deleted: decisions are shared with what is published.
    fn kept(&self, current: &Published, mut named: BTreeSet<String>) -> BTreeSet<String> {
        named.extend(names(&current.manifest));
        named
    }

    /// What doors decide by, for all that is counted anew: what they do now, or what was applied before.
    async fn door_rules(
        &self,
        writer: &mut Writer<'_>,
        current: &Published,
    ) -> Result<Option<DoorRulesFile>, RollupError> {
        match &self.deps.door_rules {
            Some(rules) => Ok(Some(rules.keep(writer, &current.manifest).await?)),
            None => Ok(current.manifest.door_rules.clone()),
        }
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

    /// The manifest that takes the place of the one that it has come as far as.
    pub(super) async fn finished(
        &mut self,
        caught_up: &CaughtUp,
        writer: &mut Writer<'_>,
    ) -> Result<Manifest, RollupError> {
        let CaughtUp {
            current,
            n,
            recounted,
        } = caught_up;
        let before = &current.manifest;
        let mut recounted = recounted.clone();
        erase::catch_up(self.deps, writer, before, &mut recounted).await?;
        let changed = match self.changed.take() {
            Some(changed) => changed,
            None => changes(self.deps, before, &recounted).await?,
        };
        self.report.changed.clone_from(&changed);
        self.changed = Some(changed);
        let restated = restated::tell(self.deps, before, Cause::Recount, Late::default()).await?;
        Ok(Manifest {
            restated,
            next_run: recounted.next_run.max(before.next_run),
            unsure: before.unsure.clone(),
            duplicates: before.duplicates.clone(),
            attributions: before.attributions.clone(),
            touches: before.touches.clone(),
            dropped: before.dropped.clone(),
            swept_ms: before.swept_ms,
            recounts: *n,
            recounted: Some(Recounted {
                before: current.n,
                at_ms: self.deps.env.clock.now_ms(),
                changed: self.report.changed.iter().cloned().collect(),
            }),
            ..recounted
        })
    }
}

/// What is settled must not become unsettled: live counters of it are gone.
pub(super) fn behind(before: &Manifest, after: &Manifest) -> Result<(), RollupError> {
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
