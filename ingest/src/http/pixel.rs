//! `GET /p/{pixel}.gif`: a view.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, Uri, header};
use model::EntityId;
use web::Problem;

use super::{Sender, acknowledge, parameter, parse_query};
use crate::{
    recorder::EventRecorder,
    request_facts::{Target, subs, utm},
};

/// The smallest transparent GIF89a.
const GIF: &[u8; 43] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

pub(super) async fn view(
    State(recorder): State<Arc<EventRecorder>>,
    Path(file): Path<String>,
    method: Method,
    uri: Uri,
    sender: Sender,
) -> Response {
    let id = file
        .strip_suffix(".gif")
        .and_then(|id| id.parse::<EntityId>().ok());
    let Some(pixel) = id
        .and_then(|id| recorder.catalog.pixel(id))
        .filter(|p| !p.deleted)
    else {
        return Problem::not_found("there is no such pixel").into_response();
    };
    let query = parse_query(uri.query());
    let mut seen = sender.seen;
    seen.utm = utm(|name| parameter(&query, name));
    seen.subs = subs(|name| parameter(&query, name));
    let target = Target {
        object: pixel.id,
        account: pixel.account,
        campaign: pixel.campaign,
    };
    let id = match method {
        Method::GET => recorder.record_one(recorder.event(target, seen)).await.ok(),
        _ => None,
    };
    let mut response = GIF.as_slice().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/gif"));
    acknowledge(headers, id);
    response
}
