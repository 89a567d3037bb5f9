//! Full runs: counted, published, given up, and gone back from.

use handover::manifest::Dropped;
use model::failpoint::reach;

use super::Run;
use crate::rollup::{
    back::Back,
    deps::RollupError,
    error::TRIES,
    names,
    recount::{self, Begin, Recount},
    write::Writer,
};

/// Going back catches up with whoever publishes meanwhile, a little less each time.
const BACK_TRIES: u32 = 50;

impl Run<'_> {
    /// Counts everything anew, and publishes none of it.
    pub(in crate::rollup) async fn stage(&mut self) -> Result<(), RollupError> {
        let mut recount = Recount::new(self.deps, Begin::Anywhere);
        recount.run().await?;
        self.report.add(recount.report);
        Ok(())
    }

    /// Counts everything anew. What the schedule publishes meanwhile is counted, too, until both are at the
    /// same place.
    pub(in crate::rollup) async fn recount(&mut self, begin: Begin) -> Result<bool, RollupError> {
        let mut recount = Recount::new(self.deps, begin);
        for _ in 0..TRIES {
            let caught_up = recount.run().await?;
            if caught_up.recounted.horizon.0.is_empty() {
                return Ok(false);
            }
            // Files of its steps are kept: only what is written now may have to be taken back.
            let mut writer = Writer::new(&self.deps.env, caught_up.current.n + 1);
            let finished = recount.finished(&caught_up, &mut writer).await;
            if finished.is_err() {
                writer.discard().await;
            }
            let (manifest, current) = (finished?, caught_up.current);
            reach("rollup.recounted");
            if self.append(&current, manifest, &writer).await? {
                self.report.changed = std::mem::take(&mut recount.report.changed);
                self.report.add(recount.report.clone());
                return Ok(true);
            }
            writer.discard().await;
        }
        Err(RollupError::Outrun)
    }

    /// Gives up what is staged: its files go like all that is not needed any more. Where this is cut off, nothing is
    /// staged, and a sweep finds them.
    pub(in crate::rollup) async fn discard(&mut self) -> Result<bool, RollupError> {
        let staged = recount::throw_away(self.deps).await?;
        for _ in 0..TRIES {
            let current = self.deps.manifests.latest().await?;
            if current.manifest.recounts >= staged.n {
                return Err(RollupError::EndedByOthers);
            }
            let mut manifest = (*current.manifest).clone();
            manifest.recounts = staged.n + 1;
            let mut kept = names(&manifest);
            kept.extend(manifest.dropped.iter().map(|dropped| dropped.path.clone()));
            let files = names(&staged.manifest).into_iter();
            let files = files.filter(|name| !kept.contains(name));
            manifest.dropped.extend(files.map(|path| Dropped {
                path,
                at_ms: self.deps.env.clock.now_ms(),
                manifest: current.n + 1,
                longer_ms: 0,
            }));
            let writer = Writer::new(&self.deps.env, current.n + 1);
            if self.append(&current, manifest, &writer).await? {
                return Ok(true);
            }
        }
        Err(RollupError::Outrun)
    }

    /// Puts the numbers from before the last full run in the place of the newest, however often others publish
    /// meanwhile: what they settled is counted into them, too.
    pub(in crate::rollup) async fn go_back(&mut self) -> Result<bool, RollupError> {
        let mut current = self.deps.manifests.latest().await?;
        let mut back = Back::begin(self.deps, &current).await?;
        let mut writer = Writer::new(&self.deps.env, current.n + 1);
        let mut failed = RollupError::Outrun;
        for _ in 0..BACK_TRIES {
            let manifest = match back.catch_up(self.deps, &current, &mut writer).await {
                Ok(manifest) => manifest,
                Err(error) => {
                    failed = error;
                    break;
                }
            };
            if self.append(&current, manifest, &writer).await? {
                self.report.add(back.report);
                return Ok(true);
            }
            current = self.deps.manifests.latest().await?;
        }
        writer.discard().await;
        Err(failed)
    }
}
