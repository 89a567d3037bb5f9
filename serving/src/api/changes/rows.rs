//! Rows of the catalog before and after a change, and how they differ.

use std::collections::BTreeMap;

use catalog::{Account, Change, State, plan::INSTALLATION};
use model::EntityId;
use serde_json::{Map, Value, json};

use super::super::{costs, domains, objects::Resource};
use crate::{
    api_types::{
        AccountView, AnnotationView, FieldChange, KeyView, PlanView, SegmentView, ShareView,
        SomeQuotasView, WebhookView,
    },
    app::App,
};

/// What is shown in the place of a secret.
const HIDDEN: &str = "(hidden)";
/// Fields that say nothing: they never change, or follow others.
const SILENT: [&str; 7] = [
    "id",
    "account",
    "accounts",
    "url",
    "created_at",
    "last_used",
    "changed_at",
];

/// A row before and after a change.
pub(super) struct Row {
    pub kind: &'static str,
    pub id: String,
    pub account: EntityId,
    /// The change that puts it as it was.
    pub before: Option<Change>,
    /// The change that puts it as it is since.
    pub after: Option<Change>,
}

/// The kind and the id of the row that a change is of.
pub(super) fn name_of(change: &Change) -> Option<(&'static str, String)> {
    Some(match change {
        Change::PutAccount(row) => ("account", row.id.to_string()),
        Change::PutPlan(row) => ("plan", row.name.to_string()),
        Change::DeletePlan(name) => ("plan", name.to_string()),
        Change::PutKey(row) => ("key", row.id.to_string()),
        Change::RevokeKey(id) => ("key", id.to_string()),
        Change::PutLink(row) => ("link", row.id.to_string()),
        Change::PutPixel(row) => ("pixel", row.id.to_string()),
        Change::PutGoal(row) => ("goal", row.id.to_string()),
        Change::PutCampaign(row) => ("campaign", row.id.to_string()),
        Change::Delete(id) => (id.kind.name(), id.to_string()),
        Change::PutDomain(row) => ("domain", row.host.to_string()),
        Change::DeleteDomain(host) => ("domain", host.to_string()),
        Change::PutCost(row) => ("cost", row.id.to_string()),
        Change::DeleteCost { id, .. } => ("cost", id.to_string()),
        Change::PutAnnotation(row) => ("annotation", row.id.to_string()),
        Change::DeleteAnnotation { id, .. } => ("annotation", id.to_string()),
        Change::PutSegment(row) => ("segment", row.id.to_string()),
        Change::DeleteSegment { id, .. } => ("segment", id.to_string()),
        Change::PutShare(row) => ("share", row.id.to_string()),
        Change::DeleteShare { id, .. } => ("share", id.to_string()),
        Change::PutWebhook(row) => ("webhook", row.id.to_string()),
        Change::DeleteWebhook { id, .. } => ("webhook", id.to_string()),
        _ => return None,
    })
}

/// Whose row a change puts.
fn account_of(change: &Change) -> Option<EntityId> {
    Some(match change {
        Change::PutAccount(row) => row.id,
        Change::PutPlan(_) => INSTALLATION,
        Change::PutKey(row) => row.account,
        Change::PutLink(row) => row.account,
        Change::PutPixel(row) => row.account,
        Change::PutGoal(row) => row.account,
        Change::PutCampaign(row) => row.account,
        Change::PutDomain(row) => row.account,
        Change::PutCost(row) => row.account,
        Change::PutAnnotation(row) => row.account,
        Change::PutSegment(row) => row.account,
        Change::PutShare(row) => row.account,
        Change::PutWebhook(row) => row.account,
        _ => return None,
    })
}

/// The row of this name before and after `change`.
pub(super) fn row_of(
    (kind, id): (&'static str, String),
    before: Option<&Change>,
    change: &Change,
) -> Option<Row> {
    let after = match (change, before) {
        (Change::RevokeKey(_), Some(Change::PutKey(key))) => {
            let mut key = key.clone();
            key.revoked = true;
            Some(Change::PutKey(key))
        }
        _ => account_of(change).map(|_| change.clone()),
    };
    let account = after.as_ref().or(before).and_then(account_of)?;
    Some(Row {
        kind,
        id,
        account,
        before: before.cloned(),
        after,
    })
}

/// A row as clients see it: no secrets.
fn view(app: &App, state: &State, change: &Change) -> Value {
    match change {
        Change::PutAccount(row) => account(state, row),
        Change::PutPlan(row) => json!(PlanView::new(state, row)),
        Change::PutKey(row) => json!(KeyView::new(row, None)),
        Change::PutLink(row) => json!(row.view(app)),
        Change::PutPixel(row) => json!(row.view(app)),
        Change::PutGoal(row) => json!(row.view(app)),
        Change::PutCampaign(row) => json!(row.view(app)),
        Change::PutDomain(row) => json!(domains::view(app, row)),
        Change::PutCost(row) => json!(costs::view_amid(state, row)),
        Change::PutAnnotation(row) => json!(AnnotationView::new(row)),
        Change::PutSegment(row) => json!(SegmentView::new(row)),
        Change::PutShare(row) => json!(ShareView::new(row)),
        Change::PutWebhook(row) => json!(WebhookView::new(row)),
        _ => Value::Null,
    }
}

/// An account with what was said of its quotas: what holds since depends on plans, too.
fn account(state: &State, row: &Account) -> Value {
    let mut view = json!(AccountView::new(state, row));
    if let Some(fields) = view.as_object_mut() {
        fields.insert("quotas".into(), json!(SomeQuotasView::from(*row.quotas)));
        fields.remove("quotas_from");
        fields.remove("keep_events_days");
    }
    view
}

/// The fields that are other than before.
pub(super) fn fields(app: &App, state: &State, row: &Row) -> Vec<FieldChange> {
    let flat = |change: &Option<Change>| {
        let mut fields = BTreeMap::new();
        if let Some(change) = change {
            flatten("", view(app, state, change), &mut fields);
        }
        fields
    };
    let (mut before, after) = (flat(&row.before), flat(&row.after));
    let mut fields = Vec::new();
    for (field, after) in after {
        let before = before.remove(&field).unwrap_or_default();
        if before != after {
            fields.push(FieldChange {
                field,
                before,
                after,
            });
        }
    }
    let gone = before.into_iter().filter(|(_, before)| !before.is_null());
    fields.extend(gone.map(|(field, before)| FieldChange {
        field,
        before,
        after: Value::Null,
    }));
    fields.extend(secret(row));
    fields
}

/// That the secret of a goal or of a webhook is another one, which is not shown.
fn secret(row: &Row) -> Option<FieldChange> {
    let of = |change: &Option<Change>| match change {
        Some(Change::PutGoal(goal)) => goal.options.as_ref()?.secret.clone(),
        Some(Change::PutWebhook(webhook)) => Some(webhook.secret.clone()),
        _ => None,
    };
    let (before, after) = (of(&row.before), of(&row.after));
    let shown = |is: bool| if is { json!(HIDDEN) } else { Value::Null };
    (before != after).then(|| FieldChange {
        field: "secret".into(),
        before: shown(before.is_some()),
        after: shown(after.is_some()),
    })
}

/// The fields of an object, those of objects in it with a dot.
fn flatten(prefix: &str, value: Value, fields: &mut BTreeMap<String, Value>) {
    let Value::Object(object) = value else {
        return;
    };
    let object: Map<String, Value> = object;
    for (name, value) in object {
        if prefix.is_empty() && SILENT.contains(&&*name) {
            continue;
        }
        let name = match prefix {
            "" => name,
            prefix => format!("{prefix}.{name}"),
        };
        match value {
            Value::Object(_) => flatten(&name, value, fields),
            value => drop(fields.insert(name, value)),
        }
    }
}
