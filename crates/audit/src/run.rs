//! One audit.

use std::sync::Arc;

use catalog::Catalog;
use handover::{
    directory::Directory,
    duplicates::{self, Duplicates},
    manifests::{Manifests, Published},
};
use model::{Clock, Covered, Epoch, LogId};
use storage::{
    cells::LiveCells,
    error::{Kind as ErrorKind, StorageError},
    store::Store,
};

use crate::{
    batch::{self, Counted, Placed},
    decided::Decided,
    live::{self, LiveView},
    record::{self, Record},
    report::{Audit, EpochAudit, Finding, Kind},
    seqs::Seqs,
    visitors::Sample,
    walk::Walk,
};

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

/// Compares what was accepted, stored, live-counted and batch-counted. What earlier audits found
/// to agree is not read again, unless all is wanted (`full`) or the settled state was recomputed.
pub async fn audit(deps: &AuditDeps, full: bool) -> Result<Audit, StorageError> {
    let published = deps.manifests.latest().await?;
    let record = match full {
        true => Record::default(),
        false => record::latest(&deps.store).await?,
    };
    // Values were not looked at by the version before: then everything is looked at once.
    let (agreed, value) = match record.value_micros {
        Some(value) => (record.agreed, value),
        None => (0, 0),
    };
    let base = base(deps, &published, agreed).await?;
    let mut directory = Directory::default();
    directory.refresh(&deps.store).await?;
    let mut auditor = Auditor::new(deps, &published, &base);
    auditor.value_before = if base.n > 0 { value } else { 0 };
    auditor.carry_on(record);
    let mut walks = Vec::new();
    for info in directory.logs() {
        let covered = base.manifest.horizon.of(info.log);
        if info.is_open_beyond(&base.manifest.horizon) {
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
) -> Result<Published, StorageError> {
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

/// An audit in progress.
pub(crate) struct Auditor<'a> {
    pub deps: &'a AuditDeps,
    pub published: &'a Published,
    pub base: &'a Published,
    pub live: Result<LiveView, String>,
    pub files: Vec<Placed>,
    pub counted: Counted,
    /// Values of the events that count and are not read again.
    pub value_before: i64,
    pub duplicates: Duplicates,
    pub decided: Decided,
    pub compared: usize,
    pub findings: Vec<Finding>,
    pub epochs: Vec<EpochAudit>,
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
            counted: Counted::new(Sample::new(&published.manifest, published.n)),
            value_before: 0,
            duplicates: Duplicates::default(),
            decided: Decided::default(),
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

    /// Notes a difference.
    pub(crate) fn find(
        &mut self,
        kind: Kind,
        of: Option<(LogId, Epoch)>,
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
                if matches!(error, StorageError::Content { .. }) {
                    self.find(Kind::Live, None, Seqs::default(), why.clone());
                }
                Err(why)
            }
        };
    }

    async fn read_batch(&mut self) -> Result<(), StorageError> {
        let manifest = &self.published.manifest;
        self.duplicates = match duplicates::read(&self.deps.store, manifest).await {
            Ok(duplicates) => duplicates,
            Err(error) if error.kind() != ErrorKind::Damaged => return Err(error),
            Err(why) => {
                self.find(Kind::Batch, None, Seqs::default(), why.to_string());
                Duplicates::default()
            }
        };
        let (store, before) = (&self.deps.store, &self.base.manifest);
        self.decided = match Decided::read(store, manifest, before).await {
            Ok(decided) => decided,
            Err(error) if error.kind() != ErrorKind::Damaged => return Err(error),
            Err(why) => {
                self.find(Kind::Batch, None, Seqs::default(), why.to_string());
                Decided::default()
            }
        };
        let sample = Sample::new(manifest, self.published.n);
        let (files, duplicates) = (&self.files, &self.duplicates);
        self.counted = batch::counted(store, files, duplicates, &mut self.decided, sample).await?;
        for why in std::mem::take(&mut self.counted.unreadable) {
            self.find(Kind::Batch, None, Seqs::default(), why);
        }
        Ok(())
    }
}
