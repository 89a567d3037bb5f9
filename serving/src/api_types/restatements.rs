//! What changed of days that were settled.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// What changed of a settled day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Restatement)]
pub(crate) struct RestatementView {
    /// When it changed.
    #[schema(example = "2026-01-05T03:04:05Z")]
    pub at: String,
    /// Why: `late_events`, or `recount`.
    #[schema(value_type = String, example = "late_events")]
    pub cause: &'static str,
    /// Which day, in the account's time zone; null: any day may have changed.
    #[schema(required, example = "2026-01-02")]
    pub date: Option<String>,
    /// By metric, how many more, or less, there are now.
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"clicks": 3}))]
    pub changed: BTreeMap<&'static str, i64>,
    /// By currency, how much more value there is now.
    #[schema(value_type = BTreeMap<String, String>, example = json!({"EUR": "-2.50"}))]
    pub value: BTreeMap<String, String>,
    /// Whether this is all that changed of the day.
    #[schema(example = true)]
    pub is_whole: bool,
}
