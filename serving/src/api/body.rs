//! Bodies of requests: bounded in size and time, JSON, and nothing that is not understood.

use std::{borrow::Cow, time::Duration};

use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr, Schema,
        schema::{SchemaType, Type},
    },
};
use web::Problem;

use super::{meant, strict};

/// Largest ordinary body, bytes.
pub(super) const MAX_BODY: usize = 256 << 10;
/// How long a client may take to send a body.
const TIME: Duration = Duration::from_secs(30);
/// Longest error text that may quote from the body, characters.
const MAX_QUOTE: usize = 300;

/// A JSON body.
pub(crate) struct Body<T>(pub T);

impl<S, T> FromRequest<S> for Body<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        content_type(request.headers(), &["application/json"])?;
        let bytes = read(request, MAX_BODY).await?;
        parse(&bytes).map(Self)
    }
}

/// Reads JSON.
pub(crate) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    strict::from_slice(bytes).map_err(|error| {
        let detail = meant::told(error.to_string());
        let detail: String = detail.chars().take(MAX_QUOTE).collect();
        match error.is_data() {
            true => Problem::bad_request("invalid", detail),
            false => {
                Problem::bad_request("malformed_json", format!("the body is not JSON: {detail}"))
            }
        }
    })
}

/// Refuses bodies of other types than `allowed`.
pub(crate) fn content_type(headers: &HeaderMap, allowed: &[&str]) -> Result<(), Problem> {
    let refuse = |detail: String| {
        Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            detail,
        ))
    };
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.as_bytes());
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        return refuse("this address takes bodies without Content-Encoding only".into());
    }
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let given = given
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim();
    match allowed
        .iter()
        .any(|allowed| allowed.eq_ignore_ascii_case(given))
    {
        true => Ok(()),
        false => refuse(format!(
            "send the header Content-Type: {}",
            allowed.join(" or ")
        )),
    }
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let late = |_| {
        Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "the body did not arrive in time",
        )
    };
    tokio::time::timeout(TIME, collect(request, limit))
        .await
        .map_err(late)?
}

async fn collect(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let mut chunks = request.into_body().into_data_stream();
    let mut body = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let broken =
            |_| Problem::bad_request("incomplete_body", "the body could not be read to its end");
        let chunk = chunk.map_err(broken)?;
        if body.len() + chunk.len() > limit {
            let detail = format!("a body holds at most {} KiB here", limit >> 10);
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                detail,
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// An amount of money in the document: a decimal, better as a text, which no program rounds.
pub(crate) struct Money;

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        let kinds = [Type::String, Type::Number];
        let kinds = kinds.into_iter().collect::<SchemaType>();
        let about = "A decimal, better as a text, which no program rounds.";
        let schema = ObjectBuilder::new().schema_type(kinds);
        schema.description(Some(about)).examples(["12.50"]).into()
    }
}

impl ToSchema for Money {
    fn name() -> Cow<'static, str> {
        "Money".into()
    }
}

/// A field that may be left out (nothing is changed) or null (back to its default).
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Given<T> {
    /// Left out.
    #[default]
    Absent,
    /// Null.
    Null,
    /// Anything else.
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

impl<T: Clone> Given<T> {
    /// Sets `target` as given; null makes it its type's default.
    pub(crate) fn set<U: From<T> + Default>(&self, target: &mut U) {
        match self {
            Self::Absent => {}
            Self::Null => *target = U::default(),
            Self::Value(value) => *target = value.clone().into(),
        }
    }

    /// Like [`Given::set`], for values that must be `read` first.
    pub(crate) fn set_with<U: Default, E>(
        &self,
        target: &mut U,
        read: impl FnOnce(&T) -> Result<U, E>,
    ) -> Result<(), E> {
        match self {
            Self::Absent => {}
            Self::Null => *target = U::default(),
            Self::Value(value) => *target = read(value)?,
        }
        Ok(())
    }
}
