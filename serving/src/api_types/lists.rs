//! Lists of other types.

use model::EntityId;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// What `cursor` must be for the next page; null: this is the last one.
    #[schema(required, example = json!(null))]
    pub next_cursor: Option<String>,
}

/// A list without pages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Items<T> {
    /// All of it.
    pub items: Vec<T>,
}

/// What became of many links.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct BulkAnswer {
    /// The links that were made.
    pub created: Vec<Done>,
    /// Those that were changed, or are so already.
    pub changed: Vec<Done>,
    /// Of these, the places in the request of those that were so already.
    #[schema(example = json!([1]))]
    pub unchanged: Vec<usize>,
    /// Those that were deleted.
    pub deleted: Vec<Done>,
    /// Those that were refused; they do not hold up the others.
    pub rejected: Vec<Refused>,
}

/// A link that was made, changed or deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    /// Its place in the request, from 0.
    #[schema(example = 0)]
    pub index: usize,
    /// Its id.
    #[schema(value_type = String, example = "lnk_0000000000005")]
    pub id: EntityId,
    /// The path it answers at.
    #[schema(value_type = String, example = "spring")]
    pub slug: Box<str>,
}

/// A link that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refused {
    /// Its place in the request, from 0.
    #[schema(example = 1)]
    pub index: usize,
    /// Stable word for programs.
    #[schema(example = "taken")]
    pub code: &'static str,
    /// For people.
    #[schema(example = "the slug `spring` is taken")]
    pub detail: String,
}
