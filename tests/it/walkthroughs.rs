//! What docs/DATA.md does with pandas, Polars and DuckDB is done as it stands there, and finds what the API says.

use std::path::Path;

use serde_json::json;

use crate::support::{
    http::Customer,
    process::Server,
    tools::{find, printed, run},
};

/// Pieces of Python in a document, in their order.
fn pieces(document: &str) -> Vec<&str> {
    let parts = document.split("```python\n").skip(1);
    parts
        .map(|part| part.split("```").next().unwrap())
        .collect()
}

#[tokio::test]
async fn what_the_documents_do_with_data_works() {
    let Some(python) = find(testing::here!(), "python") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "spring", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    let click = |country: &str| json!({"link": "spring", "country": country});
    let events = json!(["DE", "AT", "DE", "DE", "AT", "US"].map(click));
    let url = format!("{}/v1/events", customer.collector);
    let sent = customer.http.post(url).bearer_auth(&customer.key);
    sent.json(&events).send().await.unwrap();
    customer
        .wait_for_stats("metrics=clicks", |answer| answer["totals"]["clicks"] == 6)
        .await;
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/DATA.md");
    let document = std::fs::read_to_string(document).unwrap();
    let pieces = pieces(&document);
    assert_eq!(pieces.len(), 3, "pandas, Polars, DuckDB");
    let program = folder.path().join("walk.py");
    let inside = format!("import os\nos.chdir({:?})\n", folder.path());
    std::fs::write(&program, inside + &pieces.concat()).unwrap();
    let set = [
        ("MILLRACE_URL", server.api.as_str()),
        ("MILLRACE_KEY", customer.key.as_str()),
    ];
    let told = printed(&run(&python, &[program.to_str().unwrap()], &set).await);
    let words: Vec<&str> = told.split_whitespace().collect();
    let expected = [
        "country clicks DE 3 AT 2 US 1",
        "country clicks DE 3 AT 2 US 1",
        "[('DE', 3), ('AT', 2), ('US', 1)]",
    ];
    assert_eq!(words.join(" "), expected.join(" "), "{told}");
}
