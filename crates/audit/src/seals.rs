//! The seals of a log.

use handover::{
    raw::{self, LogInfo, Seal},
    sealed,
};
use model::{Covered, Seq, Span};
use storage::{error::StorageError, store::StoreError};

use crate::{report::Kind, run::Auditor, seqs::Seqs, walk::Walk};

impl Auditor<'_> {
    /// The seals of a log beyond what was checked before.
    pub(crate) async fn walk(
        &mut self,
        info: &LogInfo,
        from: Covered,
    ) -> Result<Walk, StorageError> {
        let horizon = self.published.manifest.horizon.of(info.log);
        let (mut end, mut seals) = (from, Vec::new());
        let mut epoch = from.epoch;
        loop {
            epoch = epoch.next();
            let skipped = self.published.manifest.skipped(info.log, epoch);
            let found = match raw::seal(&self.deps.store, info.log, epoch).await {
                Err(StoreError::Damaged { .. }) | Ok(None) if skipped => {
                    let why = "given up by `millrace skip`: its seal could not be read";
                    let of = Some((info.log, epoch));
                    self.find(Kind::Lost, of, Seqs::default(), why);
                    sealed::given_up(&self.deps.store, info.log, end).await
                }
                found => found,
            };
            let why = match found {
                Ok(Some(seal)) => {
                    self.check_seal(&seal, end.seq, horizon);
                    end = Covered {
                        epoch,
                        seq: seal.seqs.last,
                        segment: seal.segments.last,
                    };
                    seals.push(seal);
                    continue;
                }
                Ok(None) if epoch > horizon.epoch => break,
                Ok(None) => "its seal is missing, though batch has covered it".to_owned(),
                Err(error @ StoreError::Damaged { .. }) => error.to_string(),
                Err(error) => return Err(error.into()),
            };
            self.find(Kind::Stored, Some((info.log, epoch)), Seqs::default(), why);
            if epoch >= horizon.epoch {
                break;
            }
        }
        if end.epoch < horizon.epoch {
            end = horizon;
        }
        let info = info.clone();
        Ok(Walk { info, seals, end })
    }

    /// A seal must continue the one before, which ends with event `before`, and be what batch saw.
    fn check_seal(&mut self, seal: &Seal, before: Seq, horizon: Covered) {
        let of = Some((seal.log, seal.epoch));
        let Span { first, last } = seal.seqs;
        if first != before.next() || last < first {
            let between = Seqs::range(before.next(), first.previous());
            let why = format!(
                "its seal begins with event {first} and ends with {last}, the one before ends with {before}"
            );
            self.find(Kind::Stored, of, between, why);
        }
        if seal.epoch == horizon.epoch && last != horizon.seq {
            let n = self.published.n;
            let why = format!(
                "manifest {n} covers it up to event {}, its seal ends with {last}",
                horizon.seq
            );
            self.find(Kind::Batch, of, Seqs::default(), why);
        }
    }
}
