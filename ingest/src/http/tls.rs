//! `GET /internal/tls?domain=…`: whether a proxy may fetch a certificate for a host, as Caddy asks it for each that it
//! does not know (`on_demand_tls`, `ask`). Anybody may ask: whether links answer at a host can be seen anyhow.

use std::sync::Arc;

use axum::extract::State;
use catalog::domain;
use http::{StatusCode, Uri};

use super::{parameter, parse_query};
use crate::recorder::EventRecorder;

pub(super) async fn ask(State(recorder): State<Arc<EventRecorder>>, uri: Uri) -> StatusCode {
    let asked = parameter(&parse_query(uri.query()), "domain");
    let Some(host) = asked.as_deref().and_then(domain::host) else {
        return StatusCode::BAD_REQUEST;
    };
    let is_own = recorder
        .host
        .as_deref()
        .is_some_and(|own| own.eq_ignore_ascii_case(&host));
    match is_own || recorder.catalog.verified_domain(&host).is_some() {
        true => StatusCode::OK,
        false => StatusCode::NOT_FOUND,
    }
}
