//! Annotations, shares and changes.

use catalog::{Annotation, By, Share};
use model::{EntityId, time::rfc3339};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::segments::text_of;

/// What happened when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Annotation)]
pub(crate) struct AnnotationView {
    /// Its id.
    #[schema(value_type = String, example = "ann_0000000000004")]
    id: Box<str>,
    /// When it happened, or began.
    #[schema(example = "2026-01-02T09:30:00Z")]
    from: String,
    /// Before when it ended; null: it is of a moment.
    #[schema(required, example = "2026-01-02T11:00:00Z")]
    to: Option<String>,
    /// What happened.
    #[schema(value_type = String, example = "Newsletter sent")]
    text: Box<str>,
    /// What it is about; null: all of the account.
    #[schema(required, value_type = Option<String>, example = "lnk_0000000000005")]
    object: Option<EntityId>,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    created_at: String,
}

impl AnnotationView {
    /// As clients see it.
    pub(crate) fn new(row: &Annotation) -> Self {
        Self {
            id: row.id.clone(),
            from: rfc3339(row.from * 60_000),
            to: row.to.map(|minute| rfc3339(minute * 60_000)),
            text: row.text.clone(),
            object: row.object,
            created_at: rfc3339(row.created_ms),
        }
    }
}

/// What a share shows, without its token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Share)]
pub(crate) struct ShareView {
    /// Its id.
    #[schema(value_type = String, example = "shr_0000000000004")]
    id: Box<str>,
    /// For people.
    #[schema(value_type = String, example = "Agency")]
    name: Box<str>,
    /// Filters of every question, as in the query of `/v1/stats`; objects by their ids.
    #[schema(example = "link=lnk_0000000000005&country=DE%2CAT")]
    filters: String,
    /// Whether metrics of money are hidden.
    hides_money: bool,
    /// From when on it shows nothing; null: it has no end.
    #[schema(required, example = "2027-01-01T00:00:00Z")]
    expires_at: Option<String>,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    created_at: String,
}

impl ShareView {
    /// As clients see it.
    pub(crate) fn new(share: &Share) -> Self {
        Self {
            id: share.id.clone(),
            name: share.name.clone(),
            filters: text_of(&share.filters),
            hides_money: share.hides_money,
            expires_at: share.expires_ms.map(rfc3339),
            created_at: rfc3339(share.created_ms),
        }
    }
}

/// A new share.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewShare {
    /// The share.
    #[serde(flatten)]
    pub share: ShareView,
    /// Its token. It is shown once.
    #[schema(example = "mrs_7h4c…")]
    pub token: String,
}

/// Who changed what of one object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ObjectChange {
    /// Its id, for undoing it.
    #[schema(example = "17.0")]
    pub id: String,
    /// When.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub at: String,
    /// Who.
    pub by: Actor,
    /// `link`, `pixel`, `goal`, `campaign`, `cost`, `domain`, `annotation`, `segment`, `share`, `webhook`, `key`, `account` or `plan`.
    #[schema(example = "link")]
    pub kind: &'static str,
    /// The id of what was changed.
    #[schema(example = "lnk_0000000000005")]
    pub object: String,
    /// `created`, `changed` or `deleted`.
    #[schema(example = "changed")]
    pub what: &'static str,
    /// The fields that are other than before.
    pub fields: Vec<FieldChange>,
    /// The change that this takes back; null: none.
    #[schema(required, example = json!(null))]
    pub undoes: Option<Box<str>>,
    /// Whether it can be undone, as long as the same fields are not changed again.
    pub undoable: bool,
}

/// Who changed something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Actor {
    /// `key`, `operator`: whoever runs the installation, or `system`: the installation itself.
    #[schema(example = "key")]
    kind: &'static str,
    /// The key's id.
    #[schema(required, value_type = Option<String>, example = "key_0000000000009")]
    id: Option<Box<str>>,
    /// The key's name then.
    #[schema(required, value_type = Option<String>, example = "reports")]
    name: Option<Box<str>>,
}

impl From<By> for Actor {
    fn from(by: By) -> Self {
        match by {
            By::Operator => Self {
                kind: "operator",
                id: None,
                name: None,
            },
            By::System => Self {
                kind: "system",
                id: None,
                name: None,
            },
            By::Key { id, name } => Self {
                kind: "key",
                id: Some(id),
                name: Some(name),
            },
        }
    }
}

/// A field before and after a change. Secrets are not shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldChange {
    /// Its name, with a dot between the names of fields in fields.
    #[schema(example = "destination")]
    pub field: String,
    /// As it was; null also where there was nothing.
    #[schema(required, value_type = Option<Value>, example = "https://shop.example/")]
    pub before: Value,
    /// As it is since.
    #[schema(required, value_type = Option<Value>, example = "https://shop.example/spring")]
    pub after: Value,
}
