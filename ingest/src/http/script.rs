//! `GET /mr.js`: the script for pages. It sends views and conversions by beacon, sets no cookies, and works under a strict
//! policy for contents (`script-src` and `connect-src` of the collector). docs/SCRIPT.md says how it is used.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, header};

const SCRIPT: &str = include_str!("mr.js");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

pub(super) async fn get() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (RESOURCE_POLICY, "cross-origin"),
    ];
    (headers, SCRIPT).into_response()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn it_is_small() {
        let mut packed = zstd::Encoder::new(Vec::new(), 19).unwrap();
        packed.write_all(SCRIPT.as_bytes()).unwrap();
        let bytes = packed.finish().unwrap().len();
        assert!(bytes < 2_048, "{bytes}");
        assert!(SCRIPT.is_ascii(), "whatever a page says of its characters");
    }
}
