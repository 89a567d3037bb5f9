//! What is written of a job.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Why a run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RunReason)]
pub enum Reason {
    /// It was due.
    Schedule,
    /// Somebody asked.
    Request,
    /// It had been due while nobody could run it. However often that was, it is caught up once.
    CatchUp,
}

/// One entry of the ledger `jobs-{name}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// What was due up to then needs no run.
    Served { served_ms: i64 },
    /// Somebody wants a run that begins after this.
    Requested { by: String, close_epochs: bool },
    /// A run began; its number is that of this entry.
    Started(Started),
    /// The run's process is alive.
    Heartbeat { run: u64 },
    /// The run ended.
    Finished(Finished),
}

/// The beginning of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Started {
    /// When it was due, unix milliseconds; `None` for what nobody had scheduled.
    pub scheduled_for: Option<i64>,
    pub reason: Reason,
    /// The process that runs it.
    pub by: String,
    /// Collectors are asked to hand over what they have first.
    #[serde(default)]
    pub close_epochs: bool,
    /// What was due up to then needs no other run, unix milliseconds.
    pub served_ms: i64,
    /// The run whose process has died, which this one begins again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_over: Option<u64>,
    /// How many processes have begun it before.
    #[serde(default)]
    pub deaths: u32,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finished {
    pub run: u64,
    pub ok: bool,
    /// What it did, or why it failed.
    pub detail: Value,
    pub took_ms: i64,
}
