//! The clients are of the document as it is, and do what their examples say; and a tool that other people wrote finds
//! no answer that the document does not promise.

use std::{fs, path::Path};

use serde_json::json;

use crate::support::{
    http::Customer,
    process::Server,
    tools::{find, printed, run},
};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn clients_are_of_the_document() {
    let document = repository().join("docs/openapi.json");
    let sum = run(Path::new("sha256sum"), &[document.to_str().unwrap()], &[]).await;
    let sum = printed(&sum);
    let known = fs::read_to_string(repository().join("clients/openapi.sha256")).unwrap();
    assert!(
        sum.starts_with(known.trim()),
        "the document is another one: run clients/generate.sh"
    );
}

async fn example_works(test: &str, tool: &str, file: &str) {
    let Some(tool) = find(test, tool) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let file = repository().join("clients").join(file);
    let told = run(
        &tool,
        &[file.to_str().unwrap(), &server.api, &server.collector],
        &[("MILLRACE_KEY", &customer.key)],
    )
    .await;
    let told = printed(&told);
    assert!(told.contains("clicks today: 1 complete: "), "{told}");
}

#[tokio::test]
async fn the_example_in_python_works() {
    example_works(testing::here!(), "python", "python/example.py").await;
}

#[tokio::test]
async fn the_example_in_typescript_works() {
    example_works(testing::here!(), "node", "typescript/example.ts").await;
}

/// Requests that schemathesis makes of each operation in its last phase.
const EXAMPLES: &str = "8";

#[tokio::test]
async fn schemathesis_finds_no_answer_that_is_not_promised() {
    let Some(tool) = find(testing::here!(), "schemathesis") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "spring", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    let goal = json!({"name": "Sale", "currency": "EUR"});
    customer.create("goals", &goal).await;
    let url = format!("{}/v1/events", customer.collector);
    let events = json!([{"link": "spring"}, {"type": "conversion", "goal": "Sale", "value": "2"}]);
    let request = customer.http.post(url).bearer_auth(&customer.key);
    request.json(&events).send().await.unwrap();
    customer.settle().await;
    let document = format!("{}/openapi.json", server.api);
    let header = format!("Authorization: Bearer {}", customer.key);
    let told = run(
        &tool,
        &[
            "run",
            &document,
            "--header",
            &header,
            "--max-examples",
            EXAMPLES,
            "--seed",
            "1",
            "--exclude-tag",
            "Collector",
            "--exclude-path",
            "/v1/live",
            "--no-color",
            "--exclude-checks",
            "unsupported_method,ignored_auth",
        ],
        &[],
    )
    .await;
    printed(&told);
}
