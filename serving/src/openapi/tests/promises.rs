//! Whether an answer is one that the document promises. Every test that calls the API asks.

use std::{collections::BTreeSet, sync::LazyLock};

use http::Method;
use serde_json::Value;

use super::super::document;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// Checks that the document names this answer: its status; of a problem its code, of anything
/// else its fields. What no documented route answers is not looked at.
#[track_caller]
pub(crate) fn promised(method: &Method, uri: &str, status: u16, body: &[u8]) {
    let path = uri.split('?').next().unwrap_or_default();
    let Some(operation) = operation(method, path) else {
        return;
    };
    let answer = &operation["responses"][status.to_string()];
    assert!(
        !answer.is_null(),
        "{method} {uri}: {status} is not documented"
    );
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(problem) = answer["content"].get("application/problem+json") {
        let code = body["code"].as_str().unwrap_or_default();
        let known = problem["examples"].get(code).is_some();
        assert!(known, "{method} {uri}: {status} {code} is not documented");
    } else if let (Some(fields), Some(answer)) = (body.as_object(), answer["content"].as_object()) {
        let schema = &answer.values().next().unwrap()["schema"];
        let known = fields_of(schema);
        if known.is_empty() {
            return; // It may be any object.
        }
        let strange: Vec<_> = fields
            .keys()
            .filter(|name| !known.contains(*name))
            .collect();
        assert!(
            strange.is_empty(),
            "{method} {uri}: {strange:?} are not documented"
        );
    }
}

/// What is said of the route at `path`. Whole names go before parameters, as in the router.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let fits = |template: &str| {
        let (mut a, mut b) = (template.split('/'), path.split('/'));
        a.by_ref()
            .zip(b.by_ref())
            .all(|(a, b)| a == b || a.starts_with('{'))
            && template.split('/').count() == path.split('/').count()
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let fitting = paths.iter().filter(|(template, _)| fits(template));
    let (_, methods) = fitting.min_by_key(|(template, _)| template.contains('{'))?;
    methods.get(&method.as_str().to_lowercase())
}

/// The fields that an object of this schema may have.
fn fields_of(schema: &Value) -> BTreeSet<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return fields_of(&DOCUMENT["components"]["schemas"][name]);
    }
    let parts = ["allOf", "oneOf"].into_iter();
    let parts = parts.filter_map(|several| schema[several].as_array());
    let mut fields: BTreeSet<String> = parts.flatten().flat_map(fields_of).collect();
    let own = schema["properties"].as_object();
    fields.extend(own.into_iter().flatten().map(|(name, _)| name.clone()));
    fields
}
