//! One audit.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use model::{Clock, Covered, LogId, time::rfc3339};
use storage::{
    catalog::Catalog,
    cells::LiveCells,
    directory::Directory,
    ledger::LedgerError,
    manifests::{Manifests, Published},
    raw::{self, LogInfo, Seal},
    store::{Store, StoreError},
    tally,
};

use crate::{
    batch::{self, Counted, Placed},
    live::{self, LiveReadError, LiveView},
    record::{self, Record},
    report::{Audit, EpochAudit, Finding, Kind, LogAudit},
    seqs::Seqs,
    stored::{self, Stored},
    views,
};

/// Epochs whose events are compared one by one; of more that differ only the counts are told.
const MAX_COMPARED: usize = 10;

/// What an audit works with.
pub struct AuditDeps {
    /// Object store.
    pub store: Store,
    /// The settled state.
    pub manifests: Manifests,
    /// Whose cells there are.
    pub catalog: Catalog,
    /// Live cells, if they can be seen from this process.
    pub cells: Option<Arc<dyn LiveCells>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Why there is no audit: not a difference, but something that does not answer.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Compares what was accepted, stored, live-counted and batch-counted. What earlier audits found
/// to agree is not read again, unless all is wanted (`full`) or the settled state was recomputed.
pub async fn audit(deps: &AuditDeps, full: bool) -> Result<Audit, AuditError> {
    let published = deps.manifests.latest().await?;
    let record = match full {
        true => Record::default(),
        false => record::latest(&deps.store).await?,
    };
    let base = base(deps, &published, record.agreed).await?;
    let mut directory = Directory::default();
    directory.refresh(&deps.store).await?;
    let mut auditor = Auditor::new(deps, &published, &base);
    auditor.carry_on(record);
    let mut walks = Vec::new();
    for info in directory.logs() {
        let covered = base.manifest.horizon.of(info.log);
        if info.retired_at.is_none_or(|last| last > covered.seq) {
            walks.push(auditor.walk(info, covered).await?);
        }
    }
    // Live cells after the seals: a sealed epoch that is folded to its end stays so.
    auditor.read_live(&walks).await;
    auditor.read_batch().await?;
    for walk in &walks {
        for seal in &walk.seals {
            auditor.sealed(seal).await?;
        }
        auditor.open_end(walk).await?;
    }
    auditor.settled(&walks).await?;
    auditor.finish(&directory).await
}

/// The manifest whose epochs need not be read again: the one remembered, if the present one only
/// adds to it.
async fn base(
    deps: &AuditDeps,
    published: &Published,
    agreed: u64,
) -> Result<Published, AuditError> {
    if agreed == 0 || agreed > published.n {
        return Ok(Published::default());
    }
    let base = deps.manifests.get(agreed).await?.unwrap_or_default();
    let grown =
        |(log, old): (&LogId, &Covered)| published.manifest.horizon.of(*log).epoch >= old.epoch;
    let extends = batch::extends(&published.manifest, &base.manifest)
        && base.manifest.horizon.0.iter().all(grown);
    Ok(if extends { base } else { Published::default() })
}

/// One log, as far as its seals go.
struct Walk {
    info: LogInfo,
    seals: Vec<Seal>,
    /// What the seals cover together.
    end: Covered,
}

struct Auditor<'a> {
    deps: &'a AuditDeps,
    published: &'a Published,
    base: &'a Published,
    live: Result<LiveView, String>,
    files: Vec<Placed>,
    counted: Counted,
    compared: usize,
    findings: Vec<Finding>,
    epochs: Vec<EpochAudit>,
}

impl<'a> Auditor<'a> {
    fn new(deps: &'a AuditDeps, published: &'a Published, base: &'a Published) -> Self {
        let unseen =
            "live cells are in the memory of the process that serves: ask GET /v1/audit of its API";
        Self {
            deps,
            published,
            base,
            live: Err(unseen.into()),
            files: batch::files(&published.manifest, &base.manifest),
            counted: Counted::default(),
            compared: 0,
            findings: Vec::new(),
            epochs: Vec::new(),
        }
    }

    /// Losses in what is not read again are not forgotten.
    fn carry_on(&mut self, record: Record) {
        let horizon = &self.base.manifest.horizon;
        let before = |f: &Finding| match (f.log, f.epoch) {
            (Some(log), Some(epoch)) => epoch <= horizon.of(log).epoch,
            _ => false,
        };
        self.findings.extend(record.lost.into_iter().filter(before));
    }

    fn find(
        &mut self,
        kind: Kind,
        of: Option<(LogId, u64)>,
        seqs: Seqs,
        detail: impl Into<String>,
    ) {
        self.findings.push(Finding {
            kind,
            log: of.map(|(log, _)| log),
            epoch: of.map(|(_, epoch)| epoch),
            seqs,
            detail: detail.into(),
        });
    }

    /// The seals of a log beyond what was checked before.
    async fn walk(&mut self, info: &LogInfo, from: Covered) -> Result<Walk, AuditError> {
        let horizon = self.published.manifest.horizon.of(info.log);
        let (mut end, mut seals) = (from, Vec::new());
        for epoch in from.epoch + 1.. {
            let why = match raw::seal(&self.deps.store, info.log, epoch).await {
                Ok(Some(seal)) => {
                    self.check_seal(&seal, end.seq, horizon);
                    end = Covered {
                        epoch,
                        seq: seal.seqs.1,
                        segment: seal.segments.1,
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
    fn check_seal(&mut self, seal: &Seal, before: u64, horizon: Covered) {
        let (of, (first, last)) = (Some((seal.log, seal.epoch)), seal.seqs);
        if first != before + 1 || last < first {
            let between = Seqs::range(before + 1, first.saturating_sub(1));
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

    async fn read_live(&mut self, walks: &[Walk]) {
        let Some(cells) = &self.deps.cells else {
            return;
        };
        let horizon = &self.base.manifest.horizon;
        let after = walks
            .iter()
            .map(|w| (w.info.log, horizon.of(w.info.log).epoch))
            .collect();
        let read = live::read(&self.deps.store, cells, &self.deps.catalog, &after).await;
        self.live = match read {
            Ok(view) => Ok(view),
            Err(error) => {
                let why = error.to_string();
                if matches!(error, LiveReadError::Cell { .. }) {
                    self.find(Kind::Live, None, Seqs::default(), why.clone());
                }
                Err(why)
            }
        };
    }

    async fn read_batch(&mut self) -> Result<(), AuditError> {
        self.counted = batch::counted(&self.deps.store, &self.files).await?;
        for why in std::mem::take(&mut self.counted.unreadable) {
            self.find(Kind::Batch, None, Seqs::default(), why);
        }
        Ok(())
    }

    /// One complete epoch.
    async fn sealed(&mut self, seal: &Seal) -> Result<(), AuditError> {
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
            accepted: (seal.seqs.1 + 1).saturating_sub(seal.seqs.0),
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
        let counted = live.sealed(seal.log, seal.epoch, seal.seqs.1)?;
        let expected = expected(seal, stored);
        if counted != expected {
            let why = format!("live cells count {counted} events, {expected} are stored");
            let (of, seqs) = (
                (seal.log, seal.epoch),
                Seqs::range(seal.seqs.0, seal.seqs.1),
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
    ) -> Result<Option<u64>, AuditError> {
        if self.published.manifest.horizon.of(seal.log).epoch < seal.epoch {
            return Ok(None);
        }
        let of = (seal.log, seal.epoch);
        let print = self.counted.prints.get(&of).copied().unwrap_or_default();
        let same = match stored.unreadable.is_empty() {
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
    ) -> Result<(), AuditError> {
        let (of, store) = ((seal.log, seal.epoch), &self.deps.store);
        let counts = format!(
            "the table events has {counted}, {} are stored",
            expected(seal, stored)
        );
        if self.compared >= MAX_COMPARED {
            let all = Seqs::range(seal.seqs.0, seal.seqs.1);
            self.find(Kind::Batch, Some(of), all, counts);
            return Ok(());
        }
        self.compared += 1;
        let all = match stored.unreadable.is_empty() {
            true => stored::numbers(store, seal).await?,
            false => (seal.seqs.0..=seal.seqs.1).collect(),
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

    /// What a log has beyond its last seal.
    async fn open_end(&mut self, walk: &Walk) -> Result<(), AuditError> {
        let (log, end) = (walk.info.log, walk.end);
        if walk.info.retired_at.is_some_and(|last| last <= end.seq) {
            return Ok(());
        }
        let tail = stored::of_tail(&self.deps.store, log, end.segment, end.seq).await?;
        let of = Some((log, end.epoch + 1));
        let before = self.findings.len();
        if !tail.missing.is_empty() || !tail.unreadable.is_empty() {
            let why = match tail.unreadable.is_empty() {
                true => "acknowledged, and lost by a damaged disk before they were stored".into(),
                false => tail.unreadable.join("; "),
            };
            let kind = if tail.unreadable.is_empty() {
                Kind::Lost
            } else {
                Kind::Stored
            };
            self.find(kind, of, tail.missing.clone(), why);
        }
        let live = self.live.as_ref().map_err(String::clone);
        let live = live.and_then(|view| view.beyond(log, end.epoch).map_err(str::to_owned));
        let mut known = tail.last.max(walk.info.retired_at.unwrap_or(0));
        let live = live.and_then(|live| {
            known = known.max(live.all_upto);
            let bounds = bounds(end.seq, &tail, &live);
            if !(bounds.0..=bounds.1).contains(&live.counted) {
                let why = format!(
                    "live cells count {} events, from {} to {} were accepted",
                    live.counted, bounds.0, bounds.1
                );
                let seqs = Seqs::range(end.seq + 1, live.none_after);
                self.find(Kind::Live, of, seqs, why);
            }
            match live.all_upto >= tail.last {
                true => Ok(live.counted),
                false => Err("not all of it is folded yet".to_owned()),
            }
        });
        let (live_counted, live_unknown) = apart(live);
        self.epochs.push(EpochAudit {
            log,
            epoch: end.epoch + 1,
            sealed: false,
            seqs: (known > end.seq).then_some((end.seq + 1, known)),
            accepted: known - end.seq,
            stored: tail.count,
            live_counted,
            live_unknown,
            batch_counted: None,
            agrees: self.findings.len() == before,
        });
        Ok(())
    }

    /// The settled state as a whole, and its views.
    async fn settled(&mut self, walks: &[Walk]) -> Result<(), AuditError> {
        let manifest = &self.published.manifest;
        let rows: i64 = manifest
            .events
            .keys()
            .map(|day| views::events_of(manifest, *day))
            .sum();
        if rows != manifest.events_count as i64 {
            let why = format!(
                "manifest {} covers {} events, its files hold {rows}",
                self.published.n, manifest.events_count
            );
            self.find(Kind::Batch, None, Seqs::default(), why);
        }
        let seen: BTreeSet<(LogId, u64)> = walks
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
        let differences =
            views::differences(&self.deps.store, manifest, &self.base.manifest).await?;
        for why in differences {
            self.find(Kind::View, None, Seqs::default(), why);
        }
        Ok(())
    }

    async fn finish(self, directory: &Directory) -> Result<Audit, AuditError> {
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

/// How many events of a sealed epoch must be counted: those stored, or, where raw objects cannot
/// be read, those that its seal says.
fn expected(seal: &Seal, stored: &Stored) -> u64 {
    match stored.unreadable.is_empty() {
        true => stored.print.count,
        false => seal.count,
    }
}

/// How many events after `last` live cells may count: all up to their mark, but for lost ones,
/// and none after the last they hold.
fn bounds(last: u64, tail: &stored::Tail, live: &live::LiveTail) -> (u64, u64) {
    let ranges = tail.missing.ranges().iter();
    let lost: u64 = ranges
        .filter(|(first, _)| *first <= live.all_upto)
        .map(|(first, end)| (*end).min(live.all_upto) - first + 1)
        .sum();
    let least = live.all_upto.saturating_sub(last).saturating_sub(lost);
    (least, live.none_after.saturating_sub(last))
}

fn apart(live: Result<u64, String>) -> (Option<u64>, Option<String>) {
    match live {
        Ok(counted) => (Some(counted), None),
        Err(why) => (None, Some(why)),
    }
}
