//! `GET /p/{pixel}.gif`: a view.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use catalog::Pixel;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use model::{EntityId, EventId};
use web::Problem;

use super::{Sender, acknowledge, parameter, parse_query};
use crate::{
    recorder::EventRecorder,
    request_facts::{MAX_TEXT, RequestFacts, Target, cut, subs, utm},
};

/// The smallest transparent GIF89a.
const GIF: &[u8; 43] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// A view that the script tells: its own address would stand where the page's referrer should, so that it says that.
pub(super) async fn beacon(
    State(recorder): State<Arc<EventRecorder>>,
    Path(file): Path<String>,
    uri: Uri,
    sender: Sender,
) -> Response {
    let Some(pixel) = find(&recorder, &file) else {
        return Problem::not_found("there is no such pixel").into_response();
    };
    let query = parse_query(uri.query());
    let mut seen = sender.seen;
    seen.referrer = cut(parameter(&query, "ref").unwrap_or_default(), MAX_TEXT);
    let id = record(&recorder, &pixel, &query, seen).await;
    let mut response = StatusCode::NO_CONTENT.into_response();
    acknowledge(response.headers_mut(), id);
    response
}

/// The pixel that an address names.
fn find(recorder: &EventRecorder, file: &str) -> Option<Arc<Pixel>> {
    let id = file.strip_suffix(".gif")?.parse::<EntityId>().ok()?;
    let pixel = recorder.catalog.pixel(id);
    pixel.filter(|pixel| !pixel.deleted && !recorder.is_suspended(pixel.account))
}

async fn record(
    recorder: &EventRecorder,
    pixel: &Pixel,
    query: &[(String, String)],
    mut seen: RequestFacts,
) -> Option<EventId> {
    seen.utm = utm(|name| parameter(query, name));
    seen.subs = subs(|name| parameter(query, name));
    let target = Target {
        object: pixel.id,
        account: pixel.account,
        campaign: pixel.campaign,
    };
    recorder.record_one(recorder.event(target, seen)).await.ok()
}

pub(super) async fn view(
    State(recorder): State<Arc<EventRecorder>>,
    Path(file): Path<String>,
    method: Method,
    uri: Uri,
    sender: Sender,
) -> Response {
    let Some(pixel) = find(&recorder, &file) else {
        return Problem::not_found("there is no such pixel").into_response();
    };
    let query = parse_query(uri.query());
    let id = match method {
        Method::GET => record(&recorder, &pixel, &query, sender.seen).await,
        _ => None,
    };
    let mut response = GIF.as_slice().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/gif"));
    acknowledge(headers, id);
    response
}
