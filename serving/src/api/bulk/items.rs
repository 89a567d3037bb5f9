//! The items of a body: of a JSON array, or of lines.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};
use utoipa::ToSchema;
use web::Problem;

use super::{super::body, LinkBody};

/// Most items in one request.
const MAX_ITEMS: usize = 10_000;

/// An item as read, or why it could not be.
pub(super) type Item<T> = Result<T, Problem>;

/// What can be read of an item's text.
pub(super) trait FromText: Sized {
    fn from_text(text: &[u8]) -> Item<Self>;
}

/// What changes of which link. It is read by [`FromText`], which tells unknown fields by name.
#[derive(Deserialize, ToSchema)]
pub(crate) struct LinkChange {
    /// The link's id, or `ext_` and what the account calls it.
    #[schema(example = "lnk_0000000000005")]
    pub(super) id: String,
    /// The fields that change.
    #[serde(flatten)]
    pub(super) body: LinkBody,
}

/// The id of a link, or `ext_` and what the account calls it.
#[derive(Deserialize, ToSchema)]
#[schema(value_type = String, example = "lnk_0000000000005")]
pub(crate) struct ItemId(pub(super) String);

impl FromText for LinkBody {
    fn from_text(text: &[u8]) -> Item<Self> {
        body::parse(text)
    }
}

impl FromText for ItemId {
    fn from_text(text: &[u8]) -> Item<Self> {
        body::parse(text)
    }
}

impl FromText for LinkChange {
    fn from_text(text: &[u8]) -> Item<Self> {
        let mut fields: Map<String, Value> = body::parse(text)?;
        let Some(Value::String(id)) = fields.remove("id") else {
            let why = "`id` must be a text: the link's id, or ext_ and its external id";
            return Err(Problem::bad_request("invalid", why));
        };
        // Unknown fields are told by name, as elsewhere.
        let rest = serde_json::to_vec(&fields).map_err(Problem::internal)?;
        let body = body::parse(&rest)?;
        Ok(Self { id, body })
    }
}

pub(super) fn parse<T: FromText>(bytes: &[u8]) -> Result<Vec<Item<T>>, Problem> {
    let texts = split(bytes)?;
    if texts.len() > MAX_ITEMS {
        let detail = format!("a request holds at most {MAX_ITEMS} links");
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
    Ok(texts.into_iter().map(T::from_text).collect())
}

/// The JSON texts of the items.
fn split(bytes: &[u8]) -> Result<Vec<&[u8]>, Problem> {
    let text = bytes.trim_ascii();
    if text.first() == Some(&b'[') {
        let array: Vec<&RawValue> = body::parse(text)?;
        let texts = array.into_iter().map(|value| value.get().as_bytes());
        return Ok(texts.collect());
    }
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    Ok(lines.filter(|line| !line.is_empty()).collect())
}
