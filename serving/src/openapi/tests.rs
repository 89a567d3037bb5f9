//! The document says what the API does, and the checked-in copy is the document.

use std::path::Path;

use http::Method;
use serde_json::{Value, json};

use crate::routes::document;

mod calls;
mod promises;

pub(crate) use promises::promised;

/// Set to write the copy anew.
const BLESS: &str = "MILLRACE_BLESS";

#[test]
fn the_copy_of_the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let text = format!("{:#}\n", document());
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let copy = std::fs::read_to_string(&path).unwrap_or_default();
    let first = text.lines().zip(copy.lines()).position(|(a, b)| a != b);
    assert!(
        copy == text,
        "docs/openapi.json is not what the routes say, from line {} on; if clients may see the \
         difference, run: {BLESS}=1 cargo test -p serving openapi",
        first.map_or(1, |line| line + 1),
    );
}

/// All operations of this API: path, method, and what is said of it.
fn operations(document: &Value) -> Vec<(String, Method, Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            all.push((path.clone(), method, operation.clone()));
        }
    }
    // Those of collectors are at another address.
    all.retain(|(_, _, operation)| operation["tags"] != json!(["Collector"]));
    all
}

#[test]
fn everything_is_described_and_has_an_example() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        let what = format!("{method} {path}");
        assert!(operation["summary"].is_string(), "{what}");
        let tags = document["tags"].as_array().unwrap();
        let tag = &operation["tags"][0];
        assert!(
            tags.iter().any(|known| known["name"] == *tag),
            "{what}: {tag}"
        );
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let (name, example) = (&parameter["name"], &parameter["example"]);
            assert!(parameter["description"].is_string(), "{what}: {name}");
            // What `cursor` may be is only known from the page before.
            assert!(!example.is_null() || name == "cursor", "{what}: {name}");
        }
        let responses = operation["responses"].as_object().unwrap();
        let contents = responses.values().chain([&operation["requestBody"]]);
        let contents = contents.filter_map(|answer| answer["content"].as_object());
        for content in contents.flat_map(|types| types.values()) {
            let (one, more) = (&content["example"], &content["examples"]);
            assert!(!one.is_null() || more.is_object(), "{what}: {content}");
        }
    }
}
