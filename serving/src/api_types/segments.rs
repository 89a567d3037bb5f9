//! Segments.

use catalog::{SavedSegment, share::Filters};
use model::time::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

/// Filters that have a name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Segment)]
pub(crate) struct SegmentView {
    /// Its id.
    #[schema(value_type = String, example = "seg_0000000000004")]
    id: Box<str>,
    /// How it is called, also in `segment=` of a question.
    #[schema(value_type = String, example = "German mail")]
    name: Box<str>,
    /// Its filters, as in the query of `/v1/stats`; objects by their ids.
    #[schema(example = "country=DE&utm_medium=email")]
    filters: String,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    created_at: String,
}

impl SegmentView {
    /// As clients see it.
    pub(crate) fn new(row: &SavedSegment) -> Self {
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            filters: text_of(&row.filters),
            created_at: rfc3339(row.created_ms),
        }
    }
}

/// Filters as a query has them.
pub(super) fn text_of(filters: &Filters) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in filters {
        text.append_pair(name, value);
    }
    text.finish()
}
