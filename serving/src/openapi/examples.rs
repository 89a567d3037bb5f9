//! Examples of bodies and answers, put together from those of their fields: these stand beside
//! the fields, and so an example has all fields that there are.

use serde_json::{Map, Value, json};

/// How deep schemas are followed: none of ours is deeper, and none may go round in circles.
const DEEPEST: u32 = 12;

/// Adds an example to every body and every answer of `document` that has none.
pub(super) fn add(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for_each_content(document, &mut |content| {
        if content.get("example").is_none() && content.get("examples").is_none() {
            content["example"] = example(&schemas, &content["schema"], 0);
        }
    });
}

/// Bodies and answers by type, wherever they are in the document.
fn for_each_content(value: &mut Value, act: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("content", Value::Object(types)) => types.values_mut().for_each(&mut *act),
                    // Fields of a schema may be called so.
                    ("properties", _) => {}
                    (_, value) => for_each_content(value, act),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|v| for_each_content(v, act)),
        _ => {}
    }
}

/// An example of what `schema` describes.
fn example(schemas: &Value, schema: &Value, depth: u32) -> Value {
    let of = |schema: &Value| example(schemas, schema, depth + 1);
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(given) = schema.get("example") {
        return given.clone();
    }
    if let Some(given) = schema["examples"].as_array().and_then(|all| all.first()) {
        return given.clone();
    }
    if let Some(name) = schema["$ref"].as_str() {
        return of(&schemas[name.rsplit('/').next().unwrap_or_default()]);
    }
    if let Some(one) = schema["enum"].as_array().and_then(|all| all.first()) {
        return one.clone();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(of);
        let fields = parts.filter_map(|part| part.as_object().cloned()).flatten();
        return Value::Object(fields.collect());
    }
    let any = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    if let Some(any) = any {
        let something = any.iter().find(|one| one["type"] != "null");
        return something.map_or(Value::Null, of);
    }
    of_type(schema, of)
}

fn of_type(schema: &Value, of: impl Fn(&Value) -> Value) -> Value {
    let types = [&schema["type"]].into_iter();
    let types = types.chain(schema["type"].as_array().into_iter().flatten());
    match types.filter_map(Value::as_str).find(|name| *name != "null") {
        Some("object") => {
            let fields = schema["properties"].as_object();
            let fields = fields.into_iter().flatten();
            let fields: Map<_, _> = fields.map(|(name, s)| (name.clone(), of(s))).collect();
            Value::Object(fields)
        }
        Some("array") => match (&schema["items"], schema["prefixItems"].as_array()) {
            (_, Some(items)) => items.iter().map(of).collect(),
            (items, None) => json!([of(items)]),
        },
        Some("integer") => json!(0),
        Some("number") => json!(0.0),
        Some("boolean") => json!(false),
        Some("string") => json!("text"),
        _ => Value::Null,
    }
}
