//! Refused events.

use std::collections::BTreeMap;

use handover::rejected::RejectedEvent;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An event that was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RejectedEvent)]
pub(crate) struct RejectedView {
    /// Its id.
    #[schema(example = "1767323045000.0123456789abcdef.0")]
    id: String,
    /// When it came.
    #[schema(example = "2026-01-02T03:04:05Z")]
    at: String,
    /// Why it was refused: a word for programs.
    #[schema(example = "invalid_currency")]
    code: String,
    /// Why, for people.
    #[schema(example = "`EUX` is no currency")]
    detail: String,
    /// How long it was.
    #[schema(example = 72)]
    bytes: u64,
    /// Its fields, of an address the network; null if it could not be read.
    #[schema(required, value_type = Option<BTreeMap<String, Object>>, example = json!({"link": "spring", "currency": "EUX"}))]
    event: Option<BTreeMap<String, Box<RawValue>>>,
    /// Names of fields that are not kept: they may tell of a visitor.
    #[schema(example = json!(["visitor"]))]
    without: Vec<String>,
}

impl From<RejectedEvent> for RejectedView {
    fn from(of: RejectedEvent) -> Self {
        Self {
            id: of.id,
            at: of.at,
            code: of.code,
            detail: of.detail,
            bytes: of.bytes,
            event: of.event,
            without: of.without,
        }
    }
}
