//! What holds for many routes at once and is said of each: tags of answers, requests that name themselves, how many may be
//! sent.

use serde_json::{Value, json};

/// Says it of every operation that it holds for.
pub(super) fn add(document: &mut Value) {
    let paths = document["paths"].as_object_mut();
    for (path, methods) in paths.into_iter().flatten() {
        let methods = methods.as_object_mut().into_iter().flatten();
        for (method, operation) in methods.filter(|_| path.starts_with("/v1/")) {
            if operation["tags"] == json!(["Collector"]) {
                continue;
            }
            if method == "get" && has_json(&operation["responses"]["200"]) {
                tagged(operation);
            }
            if !operation["responses"]["412"].is_null() {
                header(operation, IF_MATCH);
            }
            if !operation["responses"]["422"].is_null() && method == "post" {
                header(operation, ONCE);
            }
            limited(operation);
        }
    }
}

/// A header of requests: its name, what it does, and an example.
type Header = (&'static str, &'static str, &'static str);

const IF_MATCH: Header = (
    "If-Match",
    "The `ETag` of what was looked at: where it is not so any more nothing is changed, and 412 says what is there now.",
    "*",
);
const IF_NONE_MATCH: Header = (
    "If-None-Match",
    "The `ETag` of an answer before: where it is still so the answer is 304.",
    "\"0123456789abcdef01234567\"",
);
const ONCE: Header = (
    "Idempotency-Key",
    "Names the request: one with the same name and the same content within 24 hours does nothing and is answered the same.",
    "3f1c7d52-order-7",
);

fn has_json(response: &Value) -> bool {
    response["content"]["application/json"].is_object()
}

fn header(operation: &mut Value, (name, about, example): Header) {
    let parameter = json!({
        "name": name, "in": "header", "required": false, "description": about,
        "schema": {"type": "string"}, "example": example,
    });
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

fn tagged(operation: &mut Value) {
    header(operation, IF_NONE_MATCH);
    let tag = json!({"description": "Of what it says.", "schema": {"type": "string"}});
    operation["responses"]["200"]["headers"]["ETag"] = tag.clone();
    operation["responses"]["304"] = json!({
        "description": "It is as the caller has it.",
        "headers": {"ETag": tag},
    });
}

fn limited(operation: &mut Value) {
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    let integer = |about: &str| json!({"description": about, "schema": {"type": "integer"}});
    let headers = json!({
        "RateLimit-Limit": integer("Requests that the account may send in a minute."),
        "RateLimit-Remaining": integer("How many of them are left."),
        "RateLimit-Reset": integer("Seconds until all of them are there again."),
    });
    let code = "too_many_requests";
    responses.entry("429").or_insert_with(|| {
        let there = format!("#/components/examples/429_{code}");
        json!({
            "description": format!("`{code}`"),
            "content": {"application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code: {"$ref": there}},
            }},
        })
    });
    for (status, response) in responses.iter_mut() {
        if status.starts_with('2') || status == "429" {
            for (name, header) in headers.as_object().into_iter().flatten() {
                response["headers"][name] = header.clone();
            }
        }
    }
}
