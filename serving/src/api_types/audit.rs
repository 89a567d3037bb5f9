//! The audit of an account.

use std::collections::BTreeMap;

use audit::Audit;
use model::EntityId;
use serde::Serialize;
use utoipa::ToSchema;

/// What is answered: it depends on who asks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AuditAnswer {
    /// To the admin token.
    Installation(Box<Audit>),
    /// To an API key.
    Account(AccountAudit),
}

/// What was accepted of an account's events, and what counts them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountAudit {
    /// Its id.
    #[schema(value_type = String, example = "acc_0000000000001")]
    pub account: EntityId,
    /// Whether nothing differs.
    #[schema(example = true)]
    pub agrees: bool,
    /// Events that batch has settled.
    pub settled: CountedSettled,
    /// Events that are counted live.
    pub live: CountedLive,
    /// Events that could not be written, by reason.
    #[schema(example = json!({}))]
    pub unrecorded: BTreeMap<String, u64>,
    /// Events that were refused, by reason.
    #[schema(example = json!({"invalid_time": 6}))]
    pub rejected: BTreeMap<String, u64>,
    /// How far `unrecorded` and `rejected` go at least.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub turned_away_as_of: Option<String>,
}

/// Settled events of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountedSettled {
    /// The manifest that was looked at.
    #[schema(example = 7)]
    pub manifest: u64,
    /// Events in the table of events.
    #[schema(example = 30)]
    pub stored: u64,
    /// Events that the numbers count.
    #[schema(example = 30)]
    pub counted: u64,
    /// Events that repeat another, which is counted.
    pub duplicates: u64,
    /// The days that have any.
    pub days: Vec<AuditedDay>,
    /// The first day that is compared, UTC, where it is later than what was asked for: events from before are not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-01-01")]
    pub kept_from: Option<String>,
}

/// One UTC day of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditedDay {
    /// The day.
    #[schema(example = "2026-01-02")]
    pub date: String,
    /// Events in the table of events.
    #[schema(example = 30)]
    pub stored: u64,
    /// Events that the numbers count.
    #[schema(example = 30)]
    pub counted: u64,
    /// Events that repeat another, which is counted.
    pub duplicates: u64,
    /// Whether `stored` is `counted` and `duplicates` together.
    #[schema(example = true)]
    pub agrees: bool,
}

/// Live events of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountedLive {
    /// Events that live cells count.
    #[schema(example = 2)]
    pub counted: u64,
    /// Whether nothing is missing there.
    #[schema(example = true)]
    pub complete: bool,
}
