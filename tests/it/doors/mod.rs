//! What somebody who means harm sends to each door: addresses that would lead visitors elsewhere, values that would break
//! out of where they stand, bodies that would take the process down, slugs one after another.

mod addresses;
mod bodies;
mod guesses;
mod values;

use serde_json::Value;

use crate::support::{http::Customer, process::Server};

struct Site {
    folder: tempfile::TempDir,
    server: Server,
    customer: Customer,
}

impl Site {
    async fn up(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server::up(&folder.path().join("data"), more);
        server.start().await;
        let customer = Customer::of(&server).await;
        Self {
            folder,
            server,
            customer,
        }
    }

    /// Asks the API; the status and the code, or what each item came to.
    async fn api(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.customer.api);
        let request = self.customer.http.request(method.parse().unwrap(), url);
        let request = request.bearer_auth(&self.customer.key).json(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }
}
