//! Schemas say all that there is: an answer has no field that its schema does not name, and a body may have none.

use serde_json::{Map, Value, json};

/// What takes parameters that nobody knows: whoever reports conversions sends what it has.
const OPEN: [&str; 1] = ["ConversionForm"];

/// Makes one object of each schema that is several, and closes all of them.
pub(super) fn close(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object().cloned() else {
        return;
    };
    for (name, schema) in &schemas {
        if schema["allOf"].is_array() {
            document["components"]["schemas"][name] = one(schema, &schemas);
        }
    }
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        let closed = schemas
            .iter_mut()
            .filter(|(name, _)| !OPEN.contains(&name.as_str()));
        closed.for_each(|(_, schema)| close_all(schema));
    }
}

/// The object that has all fields of the parts.
fn one(schema: &Value, schemas: &Map<String, Value>) -> Value {
    let mut whole = schema.clone();
    let Some(fields) = whole.as_object_mut() else {
        return whole;
    };
    let parts = fields.remove("allOf").unwrap_or_default();
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in parts.as_array().into_iter().flatten() {
        let name = part["$ref"]
            .as_str()
            .and_then(|path| path.rsplit('/').next());
        let named = name.and_then(|name| schemas.get(name));
        let part = named.map_or_else(|| part.clone(), |named| one(named, schemas));
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    if !properties.is_empty() {
        fields.insert("type".into(), json!("object"));
        fields.insert("properties".into(), Value::Object(properties));
        if !required.is_empty() {
            fields.insert("required".into(), Value::Array(required));
        }
        return whole;
    }
    match schema["properties"].is_object() {
        true => schema.clone(),
        false => whole,
    }
}

fn close_all(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(close_all),
        Value::Object(fields) => {
            fields.values_mut().for_each(close_all);
            let is_object = fields.get("properties").is_some_and(Value::is_object);
            if is_object && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".into(), json!(false));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_become_one_and_all_are_closed() {
        let mut document = json!({"components": {"schemas": {
            "A": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            "B": {"allOf": [{"$ref": "#/components/schemas/A"},
                {"type": "object", "properties": {"b": {"type": "object", "properties": {"c": {}}}}, "required": ["b"]}]},
            "Map": {"type": "object", "additionalProperties": {"type": "string"}},
            "ConversionForm": {"type": "object", "properties": {"a": {}}},
        }}});
        close(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["A"]["additionalProperties"], false);
        assert_eq!(schemas["B"]["required"], json!(["a", "b"]));
        assert_eq!(schemas["B"]["additionalProperties"], false);
        assert_eq!(
            schemas["B"]["properties"]["b"]["additionalProperties"],
            false
        );
        assert!(schemas["B"]["allOf"].is_null());
        assert_eq!(
            schemas["Map"]["additionalProperties"],
            json!({"type": "string"})
        );
        assert!(schemas["ConversionForm"]["additionalProperties"].is_null());
    }
}
