//! Going back from a full run: the numbers from before it, with what was settled since counted into them.

use handover::{
    directory::Directory,
    manifest::Manifest,
    manifests::Published,
    restatements::{Cause, Late},
    sealed,
    skips::Skips,
};

use super::{
    Report,
    deps::{RollupDeps, RollupError},
    erase, names,
    recount::behind,
    restated, step,
    write::Writer,
};

/// How long the numbers that were replaced are kept, milliseconds.
pub(super) const KEEP_MS: i64 = 24 * 60 * 60_000;

/// The numbers from before a full run, on their way to be the newest again.
pub(super) struct Back {
    manifest: Manifest,
    /// Of what was settled since.
    pub(super) report: Report,
}

impl Back {
    /// The manifest from before the last full run.
    pub(super) async fn begin(deps: &RollupDeps, current: &Published) -> Result<Self, RollupError> {
        let Some(recounted) = &current.manifest.recounted else {
            return Err(RollupError::NothingToGoBackTo);
        };
        let not_kept = || RollupError::NotKept {
            at: model::time::rfc3339(recounted.at_ms),
        };
        let old = deps.manifests.get(recounted.before).await?;
        let manifest = Manifest {
            // What is decided of repeated events and of conversions since holds for these numbers, too.
            duplicates: current.manifest.duplicates.clone(),
            attributions: current.manifest.attributions.clone(),
            touches: current.manifest.touches.clone(),
            // Who is erased since is erased in them, too: see `catch_up`.
            erased: None,
            // What is expired since goes from them, too.
            expired: None,
            ..(*old.ok_or_else(not_kept)?.manifest).clone()
        };
        // What is on neither list is deleted.
        let mut kept = names(&current.manifest);
        let dropped = current.manifest.dropped.iter();
        kept.extend(dropped.map(|dropped| dropped.path.clone()));
        if recounted.at_ms + KEEP_MS <= deps.env.clock.now_ms()
            || names(&manifest).iter().any(|name| !kept.contains(name))
        {
            return Err(not_kept());
        }
        let report = Report::default();
        Ok(Self { manifest, report })
    }

    /// Counts into it what `current` settles and it does not; gives what takes the place of `current`.
    pub(super) async fn catch_up(
        &mut self,
        deps: &RollupDeps,
        current: &Published,
        writer: &mut Writer<'_>,
    ) -> Result<Manifest, RollupError> {
        let mut directory = Directory::default();
        directory.refresh(&deps.env.store).await?;
        self.manifest.next_run = self.manifest.next_run.max(current.manifest.next_run);
        let skips = Skips::read(&deps.env.store).await?;
        loop {
            let end = |log| Some(current.manifest.horizon.of(log).epoch.next());
            let (store, horizon) = (&deps.env.store, &self.manifest.horizon);
            let taken =
                sealed::beyond(store, &directory, horizon, end, &skips, deps.step()).await?;
            if taken.is_empty() {
                break;
            }
            let decided = &current.manifest;
            let took = step::take(deps, writer, decided, &mut self.manifest, &taken).await?;
            self.report.add(took);
        }
        behind(&current.manifest, &self.manifest)?;
        let newest = &current.manifest;
        erase::catch_up(deps, writer, newest, &mut self.manifest).await?;
        let restated = restated::tell(deps, newest, Cause::Recount, Late::default()).await?;
        Ok(Manifest {
            restated,
            unsure: newest.unsure.clone(),
            duplicates: newest.duplicates.clone(),
            attributions: newest.attributions.clone(),
            touches: newest.touches.clone(),
            dropped: newest.dropped.clone(),
            swept_ms: newest.swept_ms,
            recounts: newest.recounts,
            recounted: None,
            ..self.manifest.clone()
        })
    }
}
