//! The files of the dashboard and of the reference, which are part of the binary.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};
use web::Problem;

use crate::api::params::Segment;

/// Nothing but our own files, and no frame around them.
const CONTENT_SECURITY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// `GET /`, `GET /docs` and `GET /assets/{file}`, where files are in folders.
pub(crate) fn routes() -> Router {
    let index = |headers: HeaderMap| async move { answer("index.html", &headers) };
    let docs = |headers: HeaderMap| async move { answer("docs.html", &headers) };
    let file = |Segment(name): Segment, headers: HeaderMap| async move { answer(&name, &headers) };
    Router::new()
        .route("/", get(index))
        .route("/docs", get(docs))
        .route("/assets/{*file}", get(file))
}

fn answer(name: &str, headers: &HeaderMap) -> Response {
    let Some(file) = Assets::get(name) else {
        return Problem::not_found("there is no such file").into_response();
    };
    let tag = tag(&file);
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|given| names(given, &tag));
    let mut response = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => file.data.into_owned().into_response(),
    };
    let about = [
        (header::CONTENT_TYPE, content_type(name)),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in about {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Whether the list `given` of tags names `tag`, or any.
fn names(given: &HeaderValue, tag: &str) -> bool {
    let list = given.to_str().unwrap_or_default().split(',').map(str::trim);
    list.map(|one| one.trim_start_matches("W/"))
        .any(|one| one == tag || one == "*")
}

fn tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let digits: String = hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{digits}\"")
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}
