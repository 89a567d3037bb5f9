//! The document of the API, made from its routes, and where it is served.

mod closed;
mod collector;
mod conditions;
mod examples;
pub(crate) mod refusals;
#[cfg(test)]
pub(crate) mod tests;

use axum::Extension;
use bytes::Bytes;
use http::header;
use serde_json::{Value, json};
use utoipa::{
    Modify, OpenApi as _,
    openapi::{
        OpenApi,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use web::{HealthDocument, ProblemBody};

/// What is said of the API as a whole.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Millrace",
        description = "Click analytics that is live and exact. Send `Authorization: Bearer KEY`. \
            Times are RFC 3339, money is a decimal string, and what is wrong is told as \
            `application/problem+json` with a `code` for programs.",
    ),
    servers((url = "/", description = "This installation")),
    components(schemas(ProblemBody)),
    modifiers(&Keys),
    tags(
        (name = "Numbers", description = "Clicks, views, conversions and visitors, exact at every moment"),
        (name = "Events", description = "Where an acknowledged event is, and what counts it"),
        (name = "Forecasts", description = "What is to be expected"),
        (name = "Links", description = "Addresses that lead visitors on"),
        (name = "Domains", description = "Domains of the account, at which its links answer"),
        (name = "Pixels", description = "Images that count views"),
        (name = "Goals", description = "What visitors shall do"),
        (name = "Campaigns", description = "Links, pixels and goals that belong together"),
        (name = "Costs", description = "What was paid for a link or a campaign in a period"),
        (name = "Accounts", description = "Accounts and their settings"),
        (name = "Plans", description = "Quotas that have a name, for whoever runs the installation: see docs/ACCOUNTS.md"),
        (name = "Keys", description = "API keys of an account"),
        (name = "Segments", description = "Filters that have a name"),
        (name = "Shares", description = "Tokens that show numbers within filters"),
        (name = "Webhooks", description = "Messages and postbacks to others when something happens: see docs/WEBHOOKS.md"),
        (name = "Erasures", description = "Erasing visitors: see docs/ERASURE.md"),
        (name = "Changes", description = "Who changed what, and taking it back"),
        (name = "Annotations", description = "What happened when"),
        (name = "Audit", description = "Whether everything was counted"),
        (name = "Jobs", description = "What runs on schedule"),
        (name = "Collector", description = "What visitors and their servers call, at the address of the collectors"),
        (name = "Operation", description = "Whether a process is well, and what this API is"),
    ),
)]
struct About;

/// How callers show who they are.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = |about: &str| {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.description = Some(about.to_owned());
            SecurityScheme::Http(scheme)
        };
        let components = document.components.get_or_insert_default();
        let key = bearer(
            "An API key of an account. Its scopes: read; create (objects and events, and nothing else); write, which \
                includes both; admin, which includes all. Of the numbers, and of the objects that it names, the token of a \
                share, too.",
        );
        components.add_security_scheme("key", key);
        let token = bearer("The admin token of whoever runs the installation.");
        components.add_security_scheme("admin_token", token);
    }
}

/// The text of the document, for the route that serves it.
#[derive(Clone)]
pub(crate) struct Document(pub Bytes);

/// The whole document, with an example of everything; `routes` are what the routes say of themselves.
pub(crate) fn document(routes: OpenApi) -> Value {
    let mut about = About::openapi();
    about.merge(routes);
    about.merge(HealthDocument::openapi());
    about.merge(collector::Collector::openapi());
    let mut document = json!(about);
    document["components"]["examples"] = refusals::examples();
    conditions::add(&mut document);
    closed::close(&mut document);
    examples::add(&mut document);
    say_plainly(&mut document);
    document
}

/// Says what generators of clients do not know in another way: arrays of so many items of one kind without
/// `prefixItems`, and nothing of a default that is as good as none.
fn say_plainly(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(say_plainly),
        Value::Object(fields) => {
            fields.values_mut().for_each(say_plainly);
            let is_empty = |default: &mut Value| *default == json!([]) || *default == json!({});
            if fields.get_mut("default").is_some_and(is_empty) {
                fields.remove("default");
            }
            let items = fields.get("prefixItems").and_then(Value::as_array).cloned();
            let Some([first, others @ ..]) = items.as_deref() else {
                return;
            };
            if others.iter().all(|other| other == first) {
                let count = json!(others.len() + 1);
                fields.insert("items".into(), first.clone());
                fields.insert("minItems".into(), count.clone());
                fields.insert("maxItems".into(), count);
                fields.remove("prefixItems");
            }
        }
        _ => {}
    }
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "Operation", responses(
    (status = 200, description = "OpenAPI 3.1.", body = Object, example = json!({"openapi": "3.1.0"})),
))]
pub(crate) async fn get_document(
    Extension(document): Extension<Document>,
) -> ([(header::HeaderName, &'static str); 1], Bytes) {
    ([(header::CONTENT_TYPE, "application/json")], document.0)
}
