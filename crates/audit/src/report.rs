//! What an audit says.

use std::{collections::BTreeMap, fmt};

use model::{Epoch, LogId, Seq, Span};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::seqs::Seqs;

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Audit {
    /// Whether nothing differs.
    #[schema(example = true)]
    pub agrees: bool,
    /// The manifest that was looked at.
    #[schema(example = 7)]
    pub manifest: u64,
    /// Events it covers.
    #[schema(example = 1200)]
    pub events: u64,
    /// Of these, events that are not counted: another with the same sender's key is, and the door
    /// could not know.
    pub duplicates: u64,
    /// When it was made, RFC 3339.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub checked_at: String,
    /// What earlier audits found to agree and this one did not read again: all that this
    /// manifest covers; 0: nothing.
    #[schema(example = 6)]
    pub checked_before: u64,
    /// Values of the events that count, micro-units of whatever currency modulo 2^64: for the next audit.
    #[serde(skip)]
    #[schema(ignore)]
    pub value_micros: i64,
    /// Those of what was checked before.
    #[serde(skip)]
    #[schema(ignore)]
    pub value_micros_before: i64,
    /// Why live counts were not compared at all, if they were not.
    #[schema(required, example = json!(null))]
    pub live_unknown: Option<String>,
    /// What differs.
    #[schema(example = json!([]))]
    pub findings: Vec<Finding>,
    /// Every log with an epoch in `epochs` or with events that were turned away.
    pub logs: Vec<LogAudit>,
    /// Every epoch that was looked at; with those that are open at the end of each log as one.
    pub epochs: Vec<EpochAudit>,
    /// Events that could not be written, by reason, over all logs.
    #[schema(example = json!({}))]
    pub unrecorded: BTreeMap<String, u64>,
    /// Events that were refused, by reason, over all logs.
    #[schema(example = json!({"invalid_time": 6}))]
    pub rejected: BTreeMap<String, u64>,
    /// How far `unrecorded` and `rejected` go at least, RFC 3339: the oldest word of a collector
    /// that is not retired. One that was killed takes its last seconds of these with it.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub turned_away_as_of: Option<String>,
}

/// One log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LogAudit {
    /// Its id.
    #[schema(value_type = String, example = "0000000000000000000000002D")]
    pub log: LogId,
    /// Whether its collector has drained it: nothing will be added.
    pub retired: bool,
    /// Epochs up to this one were found to agree earlier; see [`Audit::checked_before`].
    #[schema(value_type = u64, example = 2)]
    pub epochs_before: Epoch,
    /// The last event of those.
    #[schema(value_type = u64, example = 800)]
    pub last_seq_before: Seq,
    /// Events that could not be written, by reason.
    #[schema(example = json!({}))]
    pub unrecorded: BTreeMap<String, u64>,
    /// Events that were refused, by reason.
    #[schema(example = json!({"invalid_time": 6}))]
    pub rejected: BTreeMap<String, u64>,
    /// When its collector last wrote these, RFC 3339.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub turned_away_as_of: Option<String>,
}

/// One epoch of one log, or the open end of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EpochAudit {
    /// The log.
    #[schema(value_type = String, example = "0000000000000000000000002D")]
    pub log: LogId,
    /// The epoch; of the open end the first one without a seal.
    #[schema(value_type = u64, example = 3)]
    pub epoch: Epoch,
    /// Whether it is complete.
    #[schema(example = true)]
    pub sealed: bool,
    /// Its first and last event; of the open end as far as known, `None` if it has none.
    #[schema(required, value_type = Option<(u64, u64)>, example = json!([801, 1200]))]
    pub seqs: Option<Span<Seq>>,
    /// Events that were acknowledged; of the open end as far as known.
    #[schema(example = 400)]
    pub accepted: u64,
    /// Events that raw objects hold; of the open end until now.
    #[schema(example = 400)]
    pub stored: u64,
    /// Events that the accounts' live cells count; `None` if they cannot be compared.
    #[schema(required, example = 400)]
    pub live_counted: Option<u64>,
    /// Why there is no `live_counted`.
    #[schema(required, example = json!(null))]
    pub live_unknown: Option<String>,
    /// Events in the settled table; `None` if no batch has covered the epoch yet.
    #[schema(required, example = 400)]
    pub batch_counted: Option<u64>,
    /// Whether nothing differs.
    #[schema(example = true)]
    pub agrees: bool,
}

/// What kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FindingKind)]
pub enum Kind {
    /// A damaged disk lost acknowledged events before they were stored.
    Lost,
    /// Raw objects or seals are missing, damaged or contradict each other.
    Stored,
    /// Live cells count otherwise.
    Live,
    /// The settled table holds other events.
    Batch,
    /// A view counts otherwise.
    View,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What kind.
    pub kind: Kind,
    /// The log, if it is of one.
    #[schema(required, value_type = Option<String>, example = "0000000000000000000000002D")]
    pub log: Option<LogId>,
    /// The epoch, if it is of one.
    #[schema(required, value_type = Option<u64>)]
    pub epoch: Option<Epoch>,
    /// The events, as first and last numbers.
    #[schema(value_type = Vec<(u64, u64)>)]
    pub seqs: Seqs,
    /// For people.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(log) = self.log {
            write!(f, "log {log} ")?;
        }
        if let Some(epoch) = self.epoch {
            write!(f, "epoch {epoch} ")?;
        }
        if !self.seqs.is_empty() {
            write!(f, "events {}", self.seqs)?;
        }
        let colon = if self.log.is_some() { ": " } else { "" };
        write!(f, "{colon}{}", self.detail)
    }
}

impl Audit {
    /// One line about what differs: the first finding and how many more there are. `None` if
    /// nothing does.
    pub fn complaint(&self) -> Option<String> {
        let first = self.findings.first()?;
        Some(match self.findings.len() - 1 {
            0 => first.to_string(),
            more => format!("{first} (and {more} more)"),
        })
    }
}
