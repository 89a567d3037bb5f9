//! Pages of any origin may send events, without credentials (<https://fetch.spec.whatwg.org/#http-cors-protocol>).

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};

/// How long a browser remembers that it may, seconds.
const REMEMBERED: HeaderValue = HeaderValue::from_static("86400");

/// Answers the question whether a page may send, and says with each answer that it may read it.
pub(super) async fn any_origin(request: Request, next: Next) -> Response {
    let asks = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match asks {
        true => StatusCode::NO_CONTENT.into_response(),
        false => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    if asks {
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, content-encoding",
            ),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED);
    } else {
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("millrace-event-id, retry-after"),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, routing::post};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_page_of_any_origin_may_send_and_read_the_answer() {
        let doors = Router::new()
            .route("/v1/events", post(|| async { "taken" }))
            .layer(axum::middleware::from_fn(any_origin));
        let asked = Request::options("/v1/events")
            .header("origin", "https://shop.example")
            .header("access-control-request-method", "POST");
        let answer = doors
            .clone()
            .oneshot(asked.body(Body::empty()).unwrap())
            .await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        let allowed = answer.headers()["access-control-allow-headers"].to_str();
        assert!(allowed.unwrap().contains("authorization"));
        assert!(
            !answer
                .headers()
                .contains_key("access-control-allow-credentials")
        );
        let sent = Request::post("/v1/events").body(Body::empty()).unwrap();
        let answer = doors.oneshot(sent).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    }
}
