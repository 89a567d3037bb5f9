//! Taking a change back: what it made of a row is made undone, and what others made of it since stays. Pure.

use std::collections::BTreeSet;

use catalog::{By, CatalogError, Change, State, routing::LinkOptions};
use model::{EntityId, EntityKind};
use serde_json::{Map, Value, json};

use super::rows::Row;

fn not(why: impl Into<String>) -> CatalogError {
    let why = why.into();
    CatalogError::NotUndone { why }
}

/// Whether a change may be taken back at all, whatever has become of the row since.
pub(super) fn may(row: &Row, by: &By) -> Result<(), CatalogError> {
    match (row.kind, by) {
        ("key", _) => Err(not(
            "a key that opened too much must not open it again; make another one",
        )),
        ("share", _) => Err(not(
            "a share that showed too much must not show it again; make another one",
        )),
        ("webhook", _) => Err(not(
            "what was sent was sent, and a secret that was replaced must not come back; change it",
        )),
        ("account" | "domain" | "plan", By::Operator) => {
            Err(not("whoever runs the installation made it; ask them"))
        }
        ("account", _) if row.before.is_none() => Err(not("an account stays")),
        _ => Ok(()),
    }
}

/// The change that takes it back, and the row before and after that.
pub(super) fn undo(
    state: &State,
    row: &Row,
    now_ms: i64,
    is_verified: bool,
) -> Result<(Change, Row), CatalogError> {
    let now = current(state, row);
    let change = match (&row.before, &row.after, &now) {
        (Some(before), None, None) => renewed(before.clone(), now_ms, is_verified),
        (_, None, _) => return Err(not("there is one again since")),
        (_, Some(_), None) => return Err(not("it was deleted since: undo that first")),
        (None, Some(after), Some(now)) if is_same(after, now) => deleted(row)?,
        (None, Some(_), Some(_)) => return Err(not("it was changed since: delete it")),
        (Some(before), Some(after), Some(now)) => {
            let mut merged = merged(before, after, now)?;
            match (&mut merged, now) {
                (Change::PutCost(cost), _) => cost.changed_ms = now_ms,
                // Whose a domain is is looked up, and not undone.
                (Change::PutDomain(domain), Change::PutDomain(now)) => {
                    domain.verified = now.verified;
                }
                _ => {}
            }
            merged
        }
    };
    let is_deletion = row.before.is_none();
    let undone = Row {
        kind: row.kind,
        id: row.id.clone(),
        account: row.account,
        before: now,
        after: (!is_deletion).then(|| change.clone()),
    };
    Ok((change, undone))
}

/// The row as it is now: the change that puts it.
fn current(state: &State, row: &Row) -> Option<Change> {
    let id = || row.id.parse::<EntityId>().ok();
    match row.kind {
        "account" => state
            .account(row.account)
            .map(|it| Change::PutAccount((**it).clone())),
        "link" => live(state.links.get(id()?)).map(Change::PutLink),
        "pixel" => live(state.pixels.get(id()?)).map(Change::PutPixel),
        "goal" => live(state.goals.get(id()?)).map(Change::PutGoal),
        "campaign" => live(state.campaigns.get(id()?)).map(Change::PutCampaign),
        // Somebody else may have it since: then it is not ours to change, and not free.
        "domain" => state
            .domain(&row.id)
            .filter(|it| it.account == row.account)
            .map(|it| Change::PutDomain((**it).clone())),
        "cost" => state
            .cost(row.account, &row.id)
            .map(|it| Change::PutCost((**it).clone())),
        "segment" => {
            let found = state.segment(row.account, &row.id);
            found.map(|it| Change::PutSegment((**it).clone()))
        }
        "annotation" => {
            let found = state.annotation(row.account, &row.id);
            found.map(|it| Change::PutAnnotation((**it).clone()))
        }
        _ => None,
    }
}

fn live<T: catalog::Row>(row: Option<&std::sync::Arc<T>>) -> Option<T> {
    row.filter(|row| !row.deleted()).map(|row| T::clone(row))
}

/// A row that was deleted, as it is put back.
fn renewed(mut change: Change, now_ms: i64, is_verified: bool) -> Change {
    match &mut change {
        Change::PutCost(cost) => cost.changed_ms = now_ms,
        // Whose it is is shown anew.
        Change::PutDomain(domain) => domain.verified = is_verified,
        _ => {}
    }
    change
}

/// The change that deletes a row.
fn deleted(row: &Row) -> Result<Change, CatalogError> {
    let (account, id) = (row.account, row.id.as_str().into());
    match row.kind {
        "domain" => Ok(Change::DeleteDomain(id)),
        "cost" => Ok(Change::DeleteCost { account, id }),
        "annotation" => Ok(Change::DeleteAnnotation { account, id }),
        "segment" => Ok(Change::DeleteSegment { account, id }),
        _ => match row.id.parse::<EntityId>() {
            Ok(id) if id.kind != EntityKind::Account => Ok(Change::Delete(id)),
            _ => Err(not("it cannot be deleted")),
        },
    }
}

/// The fields of a row, as the ledger has them, without what follows from others.
fn fields(change: &Change) -> Option<Value> {
    let mut value = json!(change);
    let mut row = value.as_object_mut()?.values_mut().next()?.take();
    row.as_object_mut()?.remove("changed_ms");
    Some(row)
}

fn is_same(one: &Change, other: &Change) -> bool {
    fields(one) == fields(other)
}

/// The row as it is `now`, with the fields that are other in `after` than in `before` as they were before.
fn merged(before: &Change, after: &Change, now: &Change) -> Result<Change, CatalogError> {
    let (before, after, now_fields) = (fields(before), fields(after), fields(now));
    let merged = three_way(before.as_ref(), after.as_ref(), now_fields.as_ref(), "")?;
    let mut value = json!(now);
    let kept = value["put_cost"]["changed_ms"].clone();
    let row = value.as_object_mut().and_then(|it| it.values_mut().next());
    let (Some(row), Some(mut merged)) = (row, merged) else {
        return Err(not("it is no row"));
    };
    if !kept.is_null() {
        merged["changed_ms"] = kept;
    }
    *row = merged;
    let change = serde_json::from_value(value).map_err(|error| not(error.to_string()))?;
    Ok(without_empty(change))
}

/// Options that say nothing are none.
fn without_empty(mut change: Change) -> Change {
    match &mut change {
        Change::PutLink(link) => {
            let options = link.options.take();
            link.options = options.filter(|options| **options != LinkOptions::default());
        }
        Change::PutGoal(goal) => {
            let options = goal.options.take();
            goal.options = options.filter(|options| !options.is_default());
        }
        _ => {}
    }
    change
}

/// `now` with the difference between `after` and `before` taken back. What is absent is a field that is not written.
fn three_way(
    before: Option<&Value>,
    after: Option<&Value>,
    now: Option<&Value>,
    path: &str,
) -> Result<Option<Value>, CatalogError> {
    if before == after {
        return Ok(now.cloned());
    }
    if now == after {
        return Ok(before.cloned());
    }
    let all = [before, after, now].map(object);
    let [Some(before), Some(after), Some(now)] = all else {
        let field = path.strip_prefix("options.").unwrap_or(path);
        return Err(not(format!("`{field}` was changed since")));
    };
    let maps = [&before, &after, &now];
    let names: BTreeSet<&String> = maps.into_iter().flat_map(Map::keys).collect();
    let mut merged = Map::new();
    for name in names {
        let path = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        let value = three_way(before.get(name), after.get(name), now.get(name), &path)?;
        if let Some(value) = value {
            merged.insert(name.clone(), value);
        }
    }
    Ok((!merged.is_empty()).then_some(Value::Object(merged)))
}

/// An object; what is absent is an empty one.
fn object(value: Option<&Value>) -> Option<Map<String, Value>> {
    match value {
        None => Some(Map::new()),
        Some(Value::Object(object)) => Some(object.clone()),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_changed_since_stays_and_the_same_field_is_a_conflict() {
        let merge = |before: Value, after: Value, now: Value| {
            three_way(Some(&before), Some(&after), Some(&now), "").map(Option::unwrap_or_default)
        };
        let cases = [
            (
                json!({"a": 1, "b": 1}),
                json!({"a": 2, "b": 1}),
                json!({"a": 2, "b": 3}),
                Some(json!({"a": 1, "b": 3})),
            ),
            (json!({"a": 1}), json!({"a": 2}), json!({"a": 3}), None),
            (json!({"a": 1}), json!({}), json!({}), Some(json!({"a": 1}))),
            (
                json!({"o": {"x": 1}}),
                json!({"o": {"x": 2}}),
                json!({"o": {"x": 2, "y": 5}}),
                Some(json!({"o": {"x": 1, "y": 5}})),
            ),
            (
                json!({}),
                json!({"o": {"x": 2}}),
                json!({"o": {"x": 2, "y": 5}}),
                Some(json!({"o": {"y": 5}})),
            ),
            (
                json!({"l": [1]}),
                json!({"l": [1, 2]}),
                json!({"l": [1, 3]}),
                None,
            ),
        ];
        for (before, after, now, expected) in cases {
            let said = format!("{before} {after} {now}");
            assert_eq!(merge(before, after, now).ok(), expected, "{said}");
        }
    }
}
