//! Comparing one sealed epoch.

use handover::raw::Seal;
use storage::error::StorageError;

use crate::{
    batch,
    report::{EpochAudit, Kind},
    run::Auditor,
    seqs::Seqs,
    stored::{self, Stored},
};

/// Epochs whose events are compared one by one; of more that differ only the counts are told.
const MAX_COMPARED: usize = 10;

impl Auditor<'_> {
    /// One complete epoch.
    pub(crate) async fn sealed(&mut self, seal: &Seal) -> Result<(), StorageError> {
        let stored = stored::of_epoch(&self.deps.store, seal).await?;
        let before = self.findings.len();
        self.compare_stored(seal, &stored);
        let live = self.compare_live(seal, &stored);
        let batch_counted = self.compare_batch(seal, &stored).await?;
        let (live_counted, live_unknown) = apart(live);
        self.epochs.push(EpochAudit {
            log: seal.log,
            epoch: seal.epoch,
            sealed: true,
            seqs: Some(seal.seqs),
            accepted: seal.seqs.count(),
            stored: stored.print.count,
            live_counted,
            live_unknown,
            batch_counted,
            agrees: self.findings.len() == before,
        });
        Ok(())
    }

    fn compare_stored(&mut self, seal: &Seal, stored: &Stored) {
        let of = Some((seal.log, seal.epoch));
        let counts = stored.print.count == seal.count;
        if stored.unreadable.is_empty() && counts && stored.missing.is_empty() {
            return;
        }
        if self.published.manifest.skipped(seal.log, seal.epoch) {
            let why = "given up by `millrace skip`: its raw objects could not be read";
            self.find(Kind::Lost, of, stored.missing.clone(), why);
            return;
        }
        let (kind, why) = match (stored.unreadable.is_empty(), counts) {
            (true, true) => (
                Kind::Lost,
                "acknowledged, and lost by a damaged disk before they were stored".to_owned(),
            ),
            (true, false) => (
                Kind::Stored,
                format!(
                    "its segments hold {} events, its seal says {}",
                    stored.print.count, seal.count
                ),
            ),
            (false, _) => (Kind::Stored, stored.unreadable.join("; ")),
        };
        self.find(kind, of, stored.missing.clone(), why);
    }

    fn compare_live(&mut self, seal: &Seal, stored: &Stored) -> Result<u64, String> {
        let live = self.live.as_ref().map_err(String::clone)?;
        let counted = live.sealed(seal.log, seal.epoch, seal.seqs.last)?;
        let expected = self.expected(seal, stored);
        if counted != expected {
            let why = format!("live cells count {counted} events, {expected} are stored");
            let (of, seqs) = (
                (seal.log, seal.epoch),
                Seqs::range(seal.seqs.first, seal.seqs.last),
            );
            self.find(Kind::Live, Some(of), seqs, why);
        }
        Ok(counted)
    }

    /// Events of the epoch in the settled table; `None` if no batch has covered it.
    async fn compare_batch(
        &mut self,
        seal: &Seal,
        stored: &Stored,
    ) -> Result<Option<u64>, StorageError> {
        if self.published.manifest.horizon.of(seal.log).epoch < seal.epoch {
            return Ok(None);
        }
        let of = (seal.log, seal.epoch);
        let print = self.counted.prints.get(&of).copied().unwrap_or_default();
        let same = match self.is_told(seal, stored) {
            true => print == stored.print,
            false => print.count == seal.count,
        };
        if !same {
            self.name_events(seal, stored, print.count).await?;
        }
        Ok(Some(print.count))
    }

    /// Finds out which events of an epoch the settled table lacks or has too often.
    async fn name_events(
        &mut self,
        seal: &Seal,
        stored: &Stored,
        counted: u64,
    ) -> Result<(), StorageError> {
        let (of, store) = ((seal.log, seal.epoch), &self.deps.store);
        let counts = format!(
            "the table events has {counted}, {} are stored",
            self.expected(seal, stored)
        );
        if self.compared >= MAX_COMPARED {
            let all = Seqs::range(seal.seqs.first, seal.seqs.last);
            self.find(Kind::Batch, Some(of), all, counts);
            return Ok(());
        }
        self.compared += 1;
        let all = match self.is_told(seal, stored) {
            true => stored::numbers(store, seal).await?,
            false => seal.seqs.seqs().collect(),
        };
        let there = batch::numbers(store, &self.files, of).await?;
        let missing = Seqs::difference(&all, &there);
        let surplus = Seqs::difference(&there, &all);
        if !missing.is_empty() {
            let why = format!("not in the table events; {counts}");
            self.find(Kind::Batch, Some(of), missing, why);
        }
        if !surplus.is_empty() {
            let why = format!("in the table events more often than stored; {counts}");
            self.find(Kind::Batch, Some(of), surplus, why);
        }
        Ok(())
    }
}

impl Auditor<'_> {
    /// How many events of a sealed epoch must be counted: those stored, or, where raw objects cannot be read,
    /// those that its seal says.
    fn expected(&self, seal: &Seal, stored: &Stored) -> u64 {
        match self.is_told(seal, stored) {
            true => stored.print.count,
            false => seal.count,
        }
    }

    /// Whether what can be read is what must be counted.
    fn is_told(&self, seal: &Seal, stored: &Stored) -> bool {
        let skipped = self.published.manifest.skipped(seal.log, seal.epoch);
        stored.unreadable.is_empty() || skipped
    }
}

/// The count, or why there is none.
pub(crate) fn apart(live: Result<u64, String>) -> (Option<u64>, Option<String>) {
    match live {
        Ok(counted) => (Some(counted), None),
        Err(why) => (None, Some(why)),
    }
}
