//! Pages of the origins that an account allows may ask the API with its keys
//! (<https://fetch.spec.whatwg.org/#http-cors-protocol>). There are no cookies: a key travels in a header only,
//! so that there is nothing to forge.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use web::bearer;

use crate::app::App;

/// What a page may send, and read.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, if-none-match, if-range, range",
);
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "location, retry-after, etag, idempotency-replayed, ratelimit-limit, ratelimit-remaining, ratelimit-reset, \
        accept-ranges, content-range, millrace-as-of, millrace-complete, millrace-query-id",
);
/// How long a browser remembers that it may, seconds.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");

/// Says to pages of allowed origins that they may ask and read.
pub(crate) async fn allowed_origins(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    let asks = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if asks {
        // The question comes without a key: whose it will be is seen when it is used.
        let text = origin.to_str().unwrap_or_default();
        return match app.catalog.read(|state| state.is_origin_allowed(text)) {
            true => may_ask(origin),
            false => next.run(request).await,
        };
    }
    let is_allowed = is_allowed_by_key(&app, request.headers(), &origin);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if is_allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

fn may_ask(origin: HeaderValue) -> Response {
    let said: [(HeaderName, HeaderValue); 5] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
        (header::VARY, HeaderValue::from_static("origin")),
    ];
    (StatusCode::NO_CONTENT, said).into_response()
}

/// Whether the account of the key that is sent allows the page's origin.
fn is_allowed_by_key(app: &App, headers: &HeaderMap, origin: &HeaderValue) -> bool {
    let key = bearer(headers).and_then(|secret| app.catalog.key(secret));
    let account = key.and_then(|key| app.catalog.account(key.account));
    let origins = account.iter().flat_map(|a| &a.settings.allowed_origins);
    origins
        .into_iter()
        .any(|allowed| allowed.as_bytes() == origin.as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt;

    use super::*;
    use crate::testing::Site;

    const PAGE: &str = "https://intern.example";

    async fn send(site: &Site, method: Method, origin: &str, key: &str) -> Response {
        let mut request = Request::builder()
            .method(&method)
            .uri("/v1/account")
            .header(header::ORIGIN, origin);
        request = match method == Method::OPTIONS {
            true => request.header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET"),
            false => request.header(header::AUTHORIZATION, format!("Bearer {key}")),
        };
        let request = request.body(Body::empty()).unwrap();
        site.router.clone().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn only_pages_that_the_account_of_the_key_allows_may_read() {
        let site = Site::new().await;
        let (account, key) = site.account().await;
        let (_, other) = site.account().await;
        let mut changed = (*site.app.catalog.account(account).unwrap()).clone();
        changed.settings.allowed_origins = vec![PAGE.into()];
        let put = vec![catalog::Change::PutAccount(changed)];
        site.app.catalog.commit(|_| Ok(put.clone())).await.unwrap();

        let asked = send(&site, Method::OPTIONS, PAGE, "").await;
        assert_eq!(asked.status(), StatusCode::NO_CONTENT);
        assert_eq!(asked.headers()["access-control-allow-origin"], PAGE);
        let stranger = send(&site, Method::OPTIONS, "https://evil.example", "").await;
        assert_eq!(stranger.status(), StatusCode::METHOD_NOT_ALLOWED);

        let read = |origin, key| send(&site, Method::GET, origin, key);
        let own = read(PAGE, &key).await;
        assert_eq!(own.status(), StatusCode::OK);
        assert_eq!(own.headers()["access-control-allow-origin"], PAGE);
        assert!(
            !own.headers()
                .contains_key("access-control-allow-credentials")
        );
        for (origin, key) in [(PAGE, &other), ("https://evil.example", &key)] {
            let answer = read(origin, key).await;
            let allowed = answer.headers().get("access-control-allow-origin");
            assert!(allowed.is_none(), "{origin}");
        }
    }
}
