//! Messages of the live stream.

use serde::Serialize;
use utoipa::ToSchema;

use super::Numbers;

/// A message of the live stream: one a second.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveMessage {
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub now: String,
    /// The numbers of today.
    pub today: Numbers,
    /// The last seconds.
    pub last_seconds: LastSeconds,
    /// Whether nothing is missing.
    #[schema(example = true)]
    pub complete: bool,
    /// Whether an event may be counted that repeats another.
    pub unchecked: bool,
    /// Longest delay of live numbers, milliseconds.
    #[schema(example = 12)]
    pub live_lag_ms: i64,
}

/// What happened in the last seconds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastSeconds {
    /// Clicks.
    #[schema(example = 42)]
    pub clicks: i64,
    /// In so many seconds.
    #[schema(example = 10)]
    pub seconds: usize,
}

/// What is sent as an event `problem` instead of a message. The stream goes on.
#[derive(Debug, Serialize)]
pub(crate) struct LiveProblem {
    /// Stable word for programs.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}
