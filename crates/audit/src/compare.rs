//! Comparing one sealed epoch.

use handover::raw::Seal;
use model::Seq;
use storage::error::StorageError;

use crate::{
    batch,
    report::{EpochAudit, Kind},
    run::Auditor,
    seqs::Seqs,
    stored::{self, Content, Stored},
};

/// Epochs whose events are compared one by one; of more that differ only the counts are told.
const MAX_COMPARED: usize = 10;

impl Auditor<'_> {
    /// One complete epoch.
    pub(crate) async fn sealed(&mut self, seal: &Seal) -> Result<(), StorageError> {
        let (decided, duplicates) = (&mut self.decided, &self.duplicates);
        let stored = stored::of_epoch(&self.deps.store, seal, decided, duplicates).await?;
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
            stored: stored.count(),
            live_counted,
            live_unknown,
            batch_counted,
            agrees: self.findings.len() == before,
        });
        Ok(())
    }

    fn compare_stored(&mut self, seal: &Seal, stored: &Stored) {
        let of = Some((seal.log, seal.epoch));
        let counts = stored.count() == seal.count;
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
                    stored.count(),
                    seal.count
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
        let differs = if counted.events != expected {
            Some(format!(
                "live cells count {} events, {expected} are stored",
                counted.events
            ))
        } else if stored.unreadable.is_empty() && counted.value_micros != stored.value_micros {
            Some(format!(
                "live cells sum values of {}, {} are stored (millionths)",
                counted.value_micros, stored.value_micros
            ))
        } else {
            None
        };
        if let Some(why) = differs {
            let (of, seqs) = (
                (seal.log, seal.epoch),
                Seqs::range(seal.seqs.first, seal.seqs.last),
            );
            self.find(Kind::Live, Some(of), seqs, why);
        }
        Ok(counted.events)
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
            // How many of those that cannot be read are expired nobody knows.
            false if self.decided.has_expired() => {
                let most = seal.count.saturating_sub(stored.expired);
                (stored.print.count..=most).contains(&print.count)
            }
            false => print.count == seal.count,
        };
        if !same {
            self.name_events(seal, stored, print.count).await?;
        }
        let value = &mut self.counted.value_micros;
        *value = value.wrapping_add(stored.expired_micros);
        // What is expired was counted, and stays so.
        Ok(Some(print.count + stored.expired))
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
            self.expected(seal, stored) - stored.expired
        );
        if self.compared >= MAX_COMPARED {
            let all = Seqs::range(seal.seqs.first, seal.seqs.last);
            self.find(Kind::Batch, Some(of), all, counts);
            return Ok(());
        }
        self.compared += 1;
        let numbers = |events: &[(Seq, Content)]| events.iter().map(|(seq, _)| *seq).collect();
        let there = batch::events(store, &self.files, of, &self.decided).await?;
        let (all, changed) = match self.is_told(seal, stored) {
            true => {
                let all = stored::events(store, seal, &self.decided).await?;
                (numbers(&all), changed(&all, &there))
            }
            false => (seal.seqs.seqs().collect(), Seqs::default()),
        };
        let there: Vec<Seq> = numbers(&there);
        let missing = Seqs::difference(&all, &there);
        let surplus = Seqs::difference(&there, &all);
        if !changed.is_empty() {
            let why = "with other values or visitors in the table events than stored";
            self.find(Kind::Batch, Some(of), changed, why);
        }
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
            true => stored.count(),
            false => seal.count,
        }
    }

    /// Whether what can be read is what must be counted.
    fn is_told(&self, seal: &Seal, stored: &Stored) -> bool {
        let skipped = self.published.manifest.skipped(seal.log, seal.epoch);
        stored.unreadable.is_empty() || skipped
    }
}

/// Events that are on both lists, and say other things. Both are in order.
fn changed(all: &[(Seq, Content)], there: &[(Seq, Content)]) -> Seqs {
    let mut changed = Seqs::default();
    for (seq, content) in there {
        let stored = all.binary_search_by_key(seq, |(seq, _)| *seq);
        if stored.is_ok_and(|at| all[at].1 != *content) {
            changed.push(*seq, *seq);
        }
    }
    changed
}

/// The count, or why there is none.
pub(crate) fn apart(live: Result<u64, String>) -> (Option<u64>, Option<String>) {
    match live {
        Ok(counted) => (Some(counted), None),
        Err(why) => (None, Some(why)),
    }
}
