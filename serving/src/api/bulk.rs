//! Many links in one request and one commit. A link that is refused does not hold up the others.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use catalog::{CatalogError, Change, Link};
use http::StatusCode;
use model::{EntityKind, random::new_id};
use serde_json::{Value, json, value::RawValue};
use web::Problem;

use super::{
    Api,
    auth::{Caller, Writer},
    body,
    failure::{code, problem},
    links::{self, LinkBody},
    objects::{ChangeContext, Resource},
};

/// Most links in one request.
const MAX_LINKS: usize = 5_000;
/// Largest body, bytes.
const MAX_BODY: usize = 16 << 20;
/// What the body may be.
const TYPES: [&str; 3] = [
    "application/json",
    "application/x-ndjson",
    "application/jsonl",
];

/// A link as read, or why it could not be.
type Item = Result<LinkBody, Problem>;

pub(super) async fn create(
    State(api): State<Arc<Api>>,
    Writer(caller): Writer,
    request: Request,
) -> Result<Json<Value>, Problem> {
    body::content_type(request.headers(), &TYPES)?;
    let busy = |_| Problem::unavailable("busy", "too many large requests at once", 1);
    let _room = api.large_bodies.try_acquire().map_err(busy)?;
    let bytes = body::read(request, MAX_BODY).await?;
    let items = tokio::task::spawn_blocking(move || parse(&bytes))
        .await
        .map_err(Problem::internal)??;
    let mut decided = Decided::default();
    let decide = |state: &catalog::State| {
        decided = Decided::default();
        Ok(decided.decide(
            &items,
            &mut ChangeContext::new(state, &*api.random),
            &api,
            &caller,
        ))
    };
    api.catalog.commit(decide).await.map_err(problem)?;
    Ok(Json(
        json!({"created": decided.created, "rejected": decided.rejected}),
    ))
}

/// What became of the items.
#[derive(Default)]
struct Decided {
    created: Vec<Value>,
    rejected: Vec<Value>,
}

impl Decided {
    fn decide(
        &mut self,
        items: &[Item],
        context: &mut ChangeContext<'_>,
        api: &Api,
        caller: &Caller,
    ) -> Vec<Change> {
        let mut changes = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let made = match item {
                Ok(body) => make(body, context, api, caller)
                    .map_err(|error| (code(&error), error.to_string())),
                Err(problem) => Err((problem.code, problem.detail.clone())),
            };
            match made {
                Ok(link) => {
                    self.created
                        .push(json!({"index": index, "id": link.id, "slug": link.slug}));
                    context.used.insert(link.slug.clone());
                    changes.push(link.put());
                }
                Err((code, detail)) => {
                    self.rejected
                        .push(json!({"index": index, "code": code, "detail": detail}));
                }
            }
        }
        changes
    }
}

fn make(
    body: &LinkBody,
    context: &ChangeContext<'_>,
    api: &Api,
    caller: &Caller,
) -> Result<Link, CatalogError> {
    let id = new_id(EntityKind::Link, context.random);
    let mut link = Link::blank(id, caller.account, api.clock.now_ms());
    link.change(body, context)?;
    links::check(&link, context)?;
    Ok(link)
}

fn parse(bytes: &[u8]) -> Result<Vec<Item>, Problem> {
    let texts = split(bytes)?;
    if texts.len() > MAX_LINKS {
        let detail = format!("a request holds at most {MAX_LINKS} links");
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_many",
            detail,
        ));
    }
    if texts.is_empty() {
        let detail = "the body holds no link; send a JSON array, or one JSON object a line";
        return Err(Problem::bad_request("empty", detail));
    }
    Ok(texts.into_iter().map(body::parse).collect())
}

/// The JSON texts of the links: of an array, or of lines.
fn split(bytes: &[u8]) -> Result<Vec<&[u8]>, Problem> {
    let text = bytes.trim_ascii();
    if text.first() == Some(&b'[') {
        let array: Vec<&RawValue> = body::parse(text)?;
        return Ok(array
            .into_iter()
            .map(|value| value.get().as_bytes())
            .collect());
    }
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    Ok(lines.filter(|line| !line.is_empty()).collect())
}
