//! The settled state as a whole, what was turned away, and the sum of it all.

use std::collections::{BTreeMap, BTreeSet};

use handover::{directory::Directory, manifests::Published, raw::LogInfo, tally};
use model::{Epoch, LogId, time::rfc3339};
use storage::error::StorageError;

use crate::{
    left_out,
    report::{Audit, Kind, LogAudit},
    run::Auditor,
    seqs::Seqs,
    views,
    visitors::Sample,
    walk::Walk,
};

impl Auditor<'_> {
    /// The settled state as a whole, and its views.
    pub(crate) async fn settled(&mut self, walks: &[Walk]) -> Result<(), StorageError> {
        let manifest = &self.published.manifest;
        let rows: u64 = manifest.events().map(|events| events.file.rows).sum();
        if rows + manifest.expired_count != manifest.events_count {
            let why = format!(
                "manifest {} covers {} events, its files hold {rows}, and {} are expired",
                self.published.n, manifest.events_count, manifest.expired_count
            );
            self.find(Kind::Batch, None, Seqs::default(), why);
        }
        let seen: BTreeSet<(LogId, Epoch)> = walks
            .iter()
            .flat_map(|walk| walk.seals.iter().map(|s| (s.log, s.epoch)))
            .filter(|(log, epoch)| *epoch <= manifest.horizon.of(*log).epoch)
            .collect();
        let prints: Vec<_> = self
            .counted
            .prints
            .iter()
            .map(|(of, p)| (*of, p.count))
            .collect();
        for (of, count) in prints.into_iter().filter(|(of, _)| !seen.contains(of)) {
            let why = format!(
                "the table events has {count} events of it that no seal accounts for, or has them twice"
            );
            self.find(Kind::Batch, Some(of), Seqs::default(), why);
        }
        self.left_out().await
    }

    /// What is left out, and the views, which count the rest.
    async fn left_out(&mut self) -> Result<(), StorageError> {
        let manifest = &self.published.manifest;
        let duplicates = std::mem::take(&mut self.duplicates);
        for (event, why) in left_out::wrong(&self.deps.store, manifest, &duplicates).await? {
            let why = match event {
                Some(id) => format!("event {id}: {why}"),
                None => why,
            };
            self.find(Kind::Batch, None, Seqs::default(), why);
        }
        let decided = std::mem::take(&mut self.decided);
        let expired = decided.expired();
        for (id, why) in decided.wrong(manifest) {
            let why = format!("event {id}: {why}");
            self.find(Kind::Batch, None, Seqs::default(), why);
        }
        let before = &self.base.manifest;
        // Of files that cannot be read it is said already.
        let whole = self.counted.is_whole;
        let value = self.value_before.wrapping_add(self.counted.value_micros);
        let value = whole.then_some(value);
        let store = &self.deps.store;
        let mut found = views::differences(store, manifest, before, &duplicates, value).await?;
        let none = Sample::new(manifest, self.published.n);
        let sample = std::mem::replace(&mut self.counted.visitors, none);
        // Days of the version before that are not taken over have their visitors in files of their own.
        if manifest.day_views.is_empty() {
            let all = whole && self.base.n == 0;
            found.extend(sample.differences(store, manifest, all, &expired).await?);
        }
        for why in found {
            self.find(Kind::View, None, Seqs::default(), why);
        }
        self.duplicates = duplicates;
        Ok(())
    }

    pub(crate) async fn finish(self, directory: &Directory) -> Result<Audit, StorageError> {
        let mut all = tally::Turned::default();
        let mut as_of = None;
        let mut logs = Vec::new();
        let mut tallies: BTreeMap<LogId, tally::Tally> = BTreeMap::new();
        for tally in tally::all(&self.deps.store).await? {
            tallies.insert(tally.log, tally);
        }
        let shown: BTreeSet<LogId> = self.epochs.iter().map(|e| e.log).collect();
        for info in directory.logs() {
            let tally = tallies.remove(&info.log);
            if let Some(tally) = &tally {
                all.add(&tally.all);
                if info.retired_at.is_none() {
                    as_of = Some(as_of.map_or(tally.as_of_ms, |old: i64| old.min(tally.as_of_ms)));
                }
            }
            let turned = tally.as_ref().is_some_and(|t| !t.all.is_empty());
            if turned || shown.contains(&info.log) {
                logs.push(log_audit(info, self.base, tally));
            }
        }
        Ok(Audit {
            agrees: self.findings.is_empty(),
            manifest: self.published.n,
            events: self.published.manifest.events_count,
            duplicates: self.duplicates.len() as u64,
            value_micros: self.value_before.wrapping_add(self.counted.value_micros),
            value_micros_before: self.value_before,
            checked_at: rfc3339(self.deps.clock.now_ms()),
            checked_before: self.base.n,
            live_unknown: self.live.err(),
            findings: self.findings,
            logs,
            epochs: self.epochs,
            unrecorded: all.unrecorded,
            rejected: all.rejected,
            turned_away_as_of: as_of.map(rfc3339),
        })
    }
}

fn log_audit(info: &LogInfo, base: &Published, tally: Option<tally::Tally>) -> LogAudit {
    let before = base.manifest.horizon.of(info.log);
    let as_of = tally.as_ref().map(|t| rfc3339(t.as_of_ms));
    let turned = tally.map(|t| t.all).unwrap_or_default();
    LogAudit {
        log: info.log,
        retired: info.retired_at.is_some(),
        epochs_before: before.epoch,
        last_seq_before: before.seq,
        unrecorded: turned.unrecorded,
        rejected: turned.rejected,
        turned_away_as_of: as_of,
    }
}
