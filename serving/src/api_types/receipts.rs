//! Receipts of events.

use handover::reading::Missing;
use model::{EntityId, Epoch, EventId, EventKind, LogId, Seq};
use serde::Serialize;
use utoipa::ToSchema;

/// Where an acknowledged event is, and what counts it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipt {
    /// Its id.
    #[schema(value_type = String, example = "0000000000000000000000002D-3")]
    pub event_id: EventId,
    /// `click`, `view` or `conversion`.
    #[serde(rename = "type")]
    #[schema(example = "click")]
    pub kind: &'static str,
    /// What it happened on.
    #[serde(flatten)]
    #[schema(value_type = ObjectFields)]
    pub object: ObjectField,
    /// The campaign it counts for, too.
    #[schema(required, value_type = Option<String>, example = "cmp_0000000000006")]
    pub campaign: Option<EntityId>,
    /// When it happened.
    #[schema(example = "2026-01-02T03:04:04Z")]
    pub occurred_at: String,
    /// When it was acknowledged.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub received_at: String,
    /// Whether the account excludes its sender's network: it counts like a bot's.
    pub excluded: bool,
    /// Whether it is yet to be decided if it repeats another.
    pub unchecked: bool,
    /// How far it has come.
    #[schema(example = "stored")]
    pub state: EventState,
    /// The log it was written in.
    #[schema(value_type = String, example = "0000000000000000000000002D")]
    pub log: LogId,
    /// Its number there.
    #[schema(example = 3)]
    #[schema(value_type = u64)]
    pub seq: Seq,
    /// Its epoch there.
    #[schema(example = 1)]
    #[schema(value_type = u64)]
    pub epoch: Epoch,
    /// The object that holds it.
    pub stored: Stored,
    /// What counts it.
    pub counted: Counted,
}

/// The field with the object's id, as `POST /v1/events` calls it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ObjectField {
    Link(EntityId),
    Pixel(EntityId),
    Goal(EntityId),
}

/// One of the fields of [`ObjectField`].
#[derive(ToSchema)]
#[schema(example = json!({"link": "lnk_0000000000005"}))]
#[expect(dead_code, reason = "the schema of `ObjectField`")]
struct ObjectFields {
    /// Of a click: the id of its link.
    link: Option<String>,
    /// Of a view: the id of its pixel.
    pixel: Option<String>,
    /// Of a conversion: the id of its goal.
    goal: Option<String>,
}

impl ObjectField {
    /// The field of events of this kind.
    pub(crate) fn new(kind: EventKind, object: EntityId) -> Self {
        match kind {
            EventKind::Click => Self::Link(object),
            EventKind::View => Self::Pixel(object),
            EventKind::Conversion => Self::Goal(object),
        }
    }
}

/// How far an event has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EventState {
    /// On the disk of its collector.
    Recorded,
    /// In the object store.
    Stored,
    /// There, and its epoch is complete.
    Sealed,
    /// In the settled numbers.
    Settled,
}

/// The object that holds an event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stored {
    /// Its key; null: it is on its way there.
    #[schema(required, example = "raw/0000000000000000000000002D/000000000001.seg")]
    pub segment: Option<String>,
    /// Whether the event's epoch is complete.
    pub sealed: bool,
}

/// Which layer counts an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Layer {
    /// Live cells.
    Live,
    /// Settled views.
    Batch,
}

/// What counts an event in answers of now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"by": "live", "manifest": null, "complete": true, "missing": []}))]
pub(crate) struct Counted {
    /// The layer; null: none yet.
    #[schema(required)]
    pub by: Option<Layer>,
    /// The manifest that settles it.
    #[schema(required)]
    pub manifest: Option<u64>,
    /// Whether answers of now have it for certain.
    pub complete: bool,
    /// What they lack.
    #[schema(value_type = Vec<String>)]
    pub missing: Vec<Missing>,
    /// The event that is counted instead, which this one repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub duplicate_of: Option<EventId>,
}
