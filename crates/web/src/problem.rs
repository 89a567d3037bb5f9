//! Errors as `application/problem+json` (RFC 9457).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use storage::{
    error::{Kind, LiveError, StorageError},
    ledger::LedgerError,
    store::StoreError,
};
use utoipa::ToSchema;

/// After how many seconds a store that does not answer is tried again.
const STORE_RETRY_AFTER: u32 = 5;

/// An error for the client: its status, a stable code, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable word for programs.
    pub code: &'static str,
    /// What happened and what to do; for people. Never holds secrets or inner errors.
    pub detail: String,
    /// Seconds after which another try makes sense.
    pub retry_after: Option<u32>,
    /// What is there now, of what the caller wanted to change.
    pub current: Option<Box<serde_json::Value>>,
}

impl Problem {
    /// A problem of any kind.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after: None,
            current: None,
        }
    }

    /// 400: the request makes no sense.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404: there is no such thing, or it is somebody else's.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 401: no key, or one that is not valid.
    pub fn unauthorized() -> Self {
        let detail = "send a valid key: Authorization: Bearer KEY";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// 403: the key may not do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 403: the account may do nothing now; `reason` is for its people.
    pub fn suspended(reason: &str) -> Self {
        let detail = format!(
            "this account is suspended: {reason}; nothing of it is lost, ask whoever runs this installation"
        );
        Self::new(StatusCode::FORBIDDEN, "account_suspended", detail)
    }

    /// 412: it is not as the caller thinks any more; `current` is what is there now.
    pub fn changed(detail: impl Into<String>, current: serde_json::Value) -> Self {
        let problem = Self::new(StatusCode::PRECONDITION_FAILED, "changed", detail);
        Self {
            current: Some(Box::new(current)),
            ..problem
        }
    }

    /// 409: not now, or not a second time.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 429: this account asks for too much at once, or in a while; try again after this many seconds.
    pub fn too_many(detail: impl Into<String>, retry_after: u32) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail);
        Self {
            retry_after: Some(retry_after),
            ..problem
        }
    }

    /// 503: try again after this many seconds.
    pub fn unavailable(code: &'static str, detail: impl Into<String>, retry_after: u32) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
        Self {
            retry_after: Some(retry_after),
            ..problem
        }
    }

    /// 500: logs the inner error and hides it from the client.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something failed here; it has been logged",
        )
    }
}

/// The one answer to whatever goes wrong with a store: what it says of it is logged, not told.
impl From<&StorageError> for Problem {
    fn from(error: &StorageError) -> Self {
        let unavailable = |code, detail| Self::unavailable(code, detail, STORE_RETRY_AFTER);
        match (error.kind(), error) {
            (Kind::Unavailable, StorageError::Live(_)) => {
                tracing::warn!(%error, "the live store does not answer");
                unavailable("live_unavailable", "the live store does not answer")
            }
            (Kind::Unavailable, _) => {
                tracing::warn!(%error, "the object store does not answer");
                unavailable("store_unavailable", "the object store does not answer")
            }
            (Kind::Conflict, _) => {
                tracing::warn!(%error, "it is unknown whether a change was stored");
                let detail =
                    "nobody can say whether this was stored; look before you send it again";
                unavailable("outcome_unknown", detail)
            }
            (Kind::Damaged, StorageError::Live(_)) => {
                tracing::error!(%error, "the live store holds what is not ours");
                let detail = "the live store holds what Millrace did not write; the operator can empty it, live numbers are rebuilt";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "damaged", detail)
            }
            (Kind::Damaged, _) => {
                tracing::error!(%error, "a stored object cannot be used");
                let detail = "a stored object that is needed for the answer cannot be read; the operator's `millrace audit --full` tells more";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "damaged", detail)
            }
            (Kind::Bug, _) => Self::internal(error),
        }
    }
}

macro_rules! problems_of_stores {
    ($($error:ty),*) => {$(
        impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                Self::from(&StorageError::from(error))
            }
        }
    )*};
}
problems_of_stores!(StorageError, StoreError, LiveError, LedgerError);

/// A problem as JSON.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Always `about:blank`: `code` tells more.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The words that HTTP has for the status.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Stable word for programs.
    code: &'static str,
    /// What happened and what to do; for people.
    detail: String,
    /// With 412: what is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    current: Option<Box<serde_json::Value>>,
}

impl From<Problem> for ProblemBody {
    fn from(problem: Problem) -> Self {
        Self {
            kind: "about:blank",
            title: problem.status.canonical_reason().unwrap_or("Error"),
            status: problem.status.as_u16(),
            code: problem.code,
            detail: problem.detail,
            current: problem.current,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status, self.retry_after);
        let body = Json(ProblemBody::from(self));
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
