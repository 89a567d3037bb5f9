//! Erasing whose time has come, and telling when nothing of them is left.

use handover::erasures::{self, Carried};
use model::failpoint::reach;

use super::Run;
use crate::rollup::{
    collect,
    deps::RollupError,
    erase::{self, Erasures},
    error::TRIES,
    recount,
    write::Writer,
};

impl Run<'_> {
    /// Looks who is to be erased. What fails is told when it is time for that: nobody waits for it.
    pub(in crate::rollup) async fn look_for_erasures(&mut self) {
        self.erasures = Erasures::look(self.deps).await;
    }

    /// Erases the visitors whose time has come.
    pub(in crate::rollup) async fn erase(&mut self) {
        if self.failed.is_none() {
            let done = self.erase_due().await;
            self.failed = done.err();
        }
    }

    async fn erase_due(&mut self) -> Result<(), RollupError> {
        let erasures = std::mem::replace(&mut self.erasures, Ok(Erasures::default()))?;
        for _ in 0..TRIES {
            let current = self.deps.manifests.latest().await?;
            let due = erasures.due(&current.manifest);
            if due.is_empty() {
                self.erasures = Ok(erasures);
                return Ok(());
            }
            let mut manifest = (*current.manifest).clone();
            let mut writer = Writer::new(&self.deps.env, current.n + 1);
            let erased = erase::erase(self.deps, &mut writer, &mut manifest, &due).await;
            if erased.is_err() {
                writer.discard().await;
            }
            let counts = erased?;
            reach("erase.files");
            if self.append(&current, manifest, &writer).await? {
                reach("erase.published");
                self.report.erased += due.len() as u64;
                let carried = Carried {
                    manifest: current.n + 1,
                    at_ms: self.deps.env.clock.now_ms(),
                };
                for asked in due {
                    let events = counts.get(&asked.id).copied().unwrap_or(0);
                    let store = &self.deps.env.store;
                    erasures::carried_out(store, asked, carried, events).await?;
                }
                self.erasures = Ok(erasures);
                return Ok(());
            }
            writer.discard().await;
        }
        Err(RollupError::Outrun)
    }

    /// Tells of erasures that no file from before is left, where that is so.
    pub(in crate::rollup) async fn see_off_erasures(&mut self) {
        if self.failed.is_none() {
            let done = self.see_off().await;
            self.failed = done.err();
        }
    }

    async fn see_off(&mut self) -> Result<(), RollupError> {
        let carried = match &mut self.erasures {
            Ok(erasures) => std::mem::take(&mut erasures.carried),
            Err(_) => return Ok(()),
        };
        if carried.is_empty() {
            return Ok(());
        }
        let current = self.deps.manifests.latest().await?;
        let under_way = recount::under_way(self.deps, &current.manifest).await?;
        let is_behind = under_way.is_some_and(|it| {
            let now = &current.manifest;
            it.erased != now.erased || it.erased_accounts != now.erased_accounts
        });
        let now_ms = self.deps.env.clock.now_ms();
        let mut waits_for_more = false;
        for asked in carried {
            let Some(carried) = asked.carried else {
                continue;
            };
            let mut dropped = current.manifest.dropped.iter();
            let is_left = dropped.any(|dropped| dropped.manifest <= carried.manifest);
            if !is_left && !is_behind {
                erasures::done(&self.deps.env.store, &asked, now_ms).await?;
            }
            waits_for_more |= is_left && collect::waits_for_manifests(&current, carried, now_ms);
        }
        if waits_for_more {
            // Nothing happens here, and files wait for manifests to follow.
            let writer = Writer::new(&self.deps.env, current.n + 1);
            let same = (*current.manifest).clone();
            self.append(&current, same, &writer).await?;
        }
        Ok(())
    }
}
