//! Whether an answer is one that the document promises. Every test that calls the API asks.

use std::{collections::BTreeMap, sync::LazyLock};

use http::Method;
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(crate::routes::document);

/// Checks that the document names this answer: its status; of a problem its code, of anything
/// else its fields. What no documented route answers is not looked at.
#[track_caller]
pub(crate) fn promised(method: &Method, uri: &str, status: u16, body: &[u8]) {
    let path = uri.split('?').next().unwrap_or_default();
    let Some(operation) = operation(method, path) else {
        return;
    };
    let what = format!("{method} {uri}: {status}");
    let answer = &operation["responses"][status.to_string()];
    assert!(!answer.is_null(), "{what} is not documented");
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(problem) = answer["content"].get("application/problem+json") {
        let code = body["code"].as_str().unwrap_or_default();
        let known = problem["examples"].get(code).is_some();
        assert!(known, "{what} {code} is not documented");
        return;
    }
    // What is no JSON has no fields.
    let types = ["application/json", "text/event-stream"].into_iter();
    if let Some(json) = types.filter_map(|name| answer["content"].get(name)).next() {
        assert_eq!(differs(&json["schema"], &body, ""), None, "{what}: {body}");
    }
}

/// What is said of the route at `path`. Whole names go before parameters, as in the router.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        let mut both = template.iter().zip(&path);
        template.len() == path.len() && both.all(|(a, b)| a == b || a.starts_with('{'))
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let fitting = paths.iter().filter(|(template, _)| fits(template));
    let (_, methods) = fitting.min_by_key(|(template, _)| template.contains('{'))?;
    let operation = methods.get(method.as_str().to_lowercase());
    // Collectors are at another address.
    operation.filter(|operation| operation["tags"][0] != "Collector")
}

/// How `value` is other than `schema` says; `at` is where it stands.
fn differs(schema: &Value, value: &Value, at: &str) -> Option<String> {
    let schema = resolve(schema);
    if let Some(any) = schema["oneOf"].as_array() {
        let mut all = any.iter().map(|one| differs(one, value, at));
        return all
            .all(|one| one.is_some())
            .then(|| format!("{at}: it is none of them"));
    }
    if let Some(known) = schema["enum"].as_array() {
        return (!known.contains(value)).then(|| format!("{at}: it is not in the list"));
    }
    let types = schema["type"]
        .as_array()
        .map_or(std::slice::from_ref(&schema["type"]), Vec::as_slice);
    if !schema["type"].is_null() && !types.iter().any(|name| is_a(name, value)) {
        return Some(format!("{at}: it is no {}", schema["type"]));
    }
    match value {
        Value::Array(items) if !schema["items"].is_null() => {
            let mut items = items.iter();
            items.find_map(|item| differs(&schema["items"], item, &format!("{at}[]")))
        }
        Value::Object(fields) => {
            let known = fields_of(schema);
            // Without any it may be any object.
            let mut given = fields.iter().filter(|_| !known.is_empty());
            let strange = given.find_map(|(name, value)| match known.get(&**name) {
                Some((schema, _)) => differs(schema, value, &format!("{at}.{name}")),
                None => Some(format!("{at}.{name}: it is not documented")),
            });
            let mut needed = known.iter().filter(|(_, (_, always))| *always);
            let lacking = needed.find(|(name, _)| !fields.contains_key(**name));
            strange.or(lacking.map(|(name, _)| format!("{at}.{name}: it is absent")))
        }
        _ => None,
    }
}

fn is_a(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap_or_default() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        _ => value.is_object(),
    }
}

/// The fields that an object of this schema may have, and whether it always has them.
fn fields_of(schema: &Value) -> BTreeMap<&str, (&Value, bool)> {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let mut fields: BTreeMap<&str, _> = parts.flat_map(|part| fields_of(resolve(part))).collect();
    let required = schema["required"].as_array();
    let always = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let own = schema["properties"].as_object().into_iter().flatten();
    fields.extend(own.map(|(name, schema)| (&**name, (schema, always(name)))));
    fields
}

fn resolve(schema: &Value) -> &Value {
    let Some(name) = schema["$ref"].as_str() else {
        return schema;
    };
    let name = name.rsplit('/').next().unwrap_or_default();
    resolve(&DOCUMENT["components"]["schemas"][name])
}
