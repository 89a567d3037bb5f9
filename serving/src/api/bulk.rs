//! Many links in one request and one commit. A link that is refused does not hold up the others.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use catalog::{CatalogError, Change, Link};
use http::StatusCode;
use model::{EntityKind, random::new_id};
use serde_json::value::RawValue;
use web::Problem;

use super::{
    auth::{Caller, Writer},
    body,
    failure::{code, problem},
    links::{self, LinkBody},
    objects::{ChangeContext, Resource},
};
use crate::{
    api_types::{BulkAnswer, Created, Refused},
    app::App,
    openapi::refusals::{Body, Busy, Commit, Key, Many, Refusals, TooMany},
    rooms::Crowded,
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

/// Makes many links in one commit
///
/// A JSON array, or one JSON object a line. A link that is refused does not hold up the others.
#[utoipa::path(
    post, path = "/v1/links/bulk", tag = "Links",
    request_body(
        content((Vec<LinkBody> = "application/json"), (LinkBody = "application/x-ndjson")),
    ),
    responses(
        (status = 200, description = "What became of each.", body = BulkAnswer),
        Refusals<(Key, Body, Many, Commit, (Busy, TooMany))>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn create_many_links(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    request: Request,
) -> Result<Json<BulkAnswer>, Problem> {
    body::content_type(request.headers(), &TYPES)?;
    let room = app.rooms.large_bodies.enter(caller.account);
    let _room = room.map_err(|crowded| match crowded {
        Crowded::Account => Problem::too_many("this account sends two large requests already", 1),
        Crowded::Everybody => Problem::unavailable("busy", "too many large requests at once", 1),
    })?;
    let bytes = body::read(request, MAX_BODY).await?;
    let items = tokio::task::spawn_blocking(move || parse(&bytes))
        .await
        .map_err(Problem::internal)??;
    app.may_make(caller.account, items.len())?;
    let mut answer = BulkAnswer::default();
    let decide = |state: &catalog::State| {
        answer = BulkAnswer::default();
        let mut context = ChangeContext::new(state, &*app.env.random);
        Ok(answer.decide(&items, &mut context, &app, &caller))
    };
    app.catalog.commit(decide).await.map_err(problem)?;
    Ok(Json(answer))
}

impl BulkAnswer {
    /// Decides each item; gives the changes that make the links.
    fn decide(
        &mut self,
        items: &[Item],
        context: &mut ChangeContext<'_>,
        app: &App,
        caller: &Caller,
    ) -> Vec<Change> {
        let mut changes = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let made = match item {
                Ok(body) => make(body, context, app, caller)
                    .map_err(|error| (code(&error), error.to_string())),
                Err(problem) => Err((problem.code, problem.detail.clone())),
            };
            match made {
                Ok(link) => {
                    let (id, slug) = (link.id, link.slug.clone());
                    context.used.insert(slug.clone());
                    context.called.extend(link.external_id().map(Box::from));
                    self.created.push(Created { index, id, slug });
                    changes.push(link.put());
                }
                Err((code, detail)) => self.rejected.push(Refused {
                    index,
                    code,
                    detail,
                }),
            }
        }
        changes
    }
}

fn make(
    body: &LinkBody,
    context: &ChangeContext<'_>,
    app: &App,
    caller: &Caller,
) -> Result<Link, CatalogError> {
    let id = new_id(EntityKind::Link, context.random);
    let mut link = Link::blank(id, caller.account, app.env.clock.now_ms());
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
