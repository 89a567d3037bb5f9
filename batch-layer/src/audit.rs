//! The audit: for every collector and epoch, accepted = stored = batch-counted, and what is
//! counted in the views is what was taken.

use std::collections::BTreeMap;

use datafusion::arrow::{
    array::{Array, AsArray},
    compute::cast,
    datatypes::{DataType, Int64Type, UInt64Type},
};
use model::LogId;
use serde::Serialize;
use storage::{directory::Directory, manifests::Published, raw};

use crate::{MillDeps, MillError, ReportError, query};

/// Rows of one audit query at most.
const MAX_ROWS: usize = 10_000_000;

/// One epoch of one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditedEpoch {
    /// The log.
    pub log: LogId,
    /// The epoch.
    pub epoch: u64,
    /// Numbers its seal spans.
    pub accepted: u64,
    /// Events its raw segments hold.
    pub stored: u64,
    /// Events of it in the table `events`; `None` if no batch has covered it yet.
    pub counted: Option<u64>,
    /// Numbers that no segment holds: a damaged disk lost them.
    pub lost: Vec<u64>,
}

impl AuditedEpoch {
    /// Whether all numbers agree.
    pub fn agrees(&self) -> bool {
        self.accepted == self.stored && self.counted.is_none_or(|n| n == self.stored)
    }
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// The manifest that was looked at.
    pub manifest: u64,
    /// Every sealed epoch.
    pub epochs: Vec<AuditedEpoch>,
    /// Events in the manifest, and the events that the accounts' totals add up to.
    pub events: u64,
    /// See `events`.
    pub totals: u64,
}

impl Audit {
    /// Whether everything agrees.
    pub fn agrees(&self) -> bool {
        self.events == self.totals && self.epochs.iter().all(AuditedEpoch::agrees)
    }
}

/// Why an audit could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A log or a manifest cannot be read.
    #[error(transparent)]
    Mill(#[from] MillError),
    /// A query failed.
    #[error(transparent)]
    Query(#[from] ReportError),
}

/// Compares seals, raw segments, events and totals.
pub async fn audit(deps: &MillDeps) -> Result<Audit, AuditError> {
    let published = deps.manifests.latest().await.map_err(MillError::from)?;
    let counted = counted(deps).await?;
    let epochs = epochs(deps, &published, &counted).await?;
    let sum = "SELECT CAST(COALESCE(SUM(clicks + bot_clicks + views + bot_views + conversions), 0) AS BIGINT) AS n FROM total WHERE entity LIKE 'acc_%'";
    let rows = query(deps, sum, 1).await?;
    let totals = rows
        .iter()
        .filter(|b| b.num_rows() > 0)
        .map(|b| b.column(0).as_primitive::<Int64Type>().value(0) as u64)
        .sum();
    Ok(Audit {
        manifest: published.n,
        epochs,
        events: published.manifest.events_count,
        totals,
    })
}

/// Events in the table `events` by log and epoch.
async fn counted(deps: &MillDeps) -> Result<BTreeMap<(LogId, u64), u64>, AuditError> {
    let sql = "SELECT log, epoch, CAST(COUNT(*) AS BIGINT) AS n FROM events GROUP BY log, epoch";
    let mut counted = BTreeMap::new();
    for batch in query(deps, sql, MAX_ROWS).await? {
        let logs = cast(batch.column(0), &DataType::Utf8).map_err(MillError::from)?;
        let logs = logs.as_string::<i32>();
        let epochs = cast(batch.column(1), &DataType::UInt64).map_err(MillError::from)?;
        let (epochs, counts) = (
            epochs.as_primitive::<UInt64Type>(),
            batch.column(2).as_primitive::<Int64Type>(),
        );
        for row in 0..logs.len() {
            if let Ok(log) = logs.value(row).parse() {
                counted.insert((log, epochs.value(row)), counts.value(row) as u64);
            }
        }
    }
    Ok(counted)
}

async fn epochs(
    deps: &MillDeps,
    published: &Published,
    counted: &BTreeMap<(LogId, u64), u64>,
) -> Result<Vec<AuditedEpoch>, MillError> {
    let mut directory = Directory::default();
    directory.refresh(&deps.store).await?;
    let mut epochs = Vec::new();
    for info in directory.logs() {
        let covered = published.manifest.horizon.of(info.log).epoch;
        let mut epoch = 1;
        while let Some(seal) = raw::seal(&deps.store, info.log, epoch).await? {
            let (mut stored, mut expected, mut lost) = (0, seal.seqs.0, Vec::new());
            for number in seal.segments.0..=seal.segments.1 {
                let segment = raw::segment(&deps.store, info.log, number).await?;
                let segment = segment.ok_or_else(|| raw::missing(info.log, number))?;
                for record in segment.records {
                    lost.extend(expected..record.seq);
                    expected = record.seq + 1;
                    stored += 1;
                }
            }
            let counted =
                (epoch <= covered).then(|| counted.get(&(info.log, epoch)).copied().unwrap_or(0));
            let accepted = seal.seqs.1 - seal.seqs.0 + 1;
            epochs.push(AuditedEpoch {
                log: info.log,
                epoch,
                accepted,
                stored,
                counted,
                lost,
            });
            epoch += 1;
        }
    }
    Ok(epochs)
}
