//! From the body of `POST /v1/events` to the texts of its events: bounded, whatever is sent.

use std::{fmt, io::Read};

use http::StatusCode;
use serde::{
    Deserializer,
    de::{SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use web::Problem;

use super::{MAX_BODY, body::too_large, parameters::without_mark};

/// Events in one request at most.
pub(super) const MAX_EVENTS: usize = 10_000;
/// Most that a sender may make us hold to unpack zstd, as a power of two; what is larger than the
/// largest body helps nobody.
const ZSTD_WINDOW: u32 = 24;

/// The body, unpacked.
pub(super) fn unpack(encoding: Option<&[u8]>, body: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let unreadable = |e: std::io::Error| {
        Problem::bad_request(
            "invalid_encoding",
            format!("the body cannot be unpacked: {e}"),
        )
    };
    let encoding = encoding.map(|name| name.trim_ascii().to_ascii_lowercase());
    let reader: Box<dyn Read + '_> = match encoding.as_deref() {
        None | Some(b"identity" | b"") => return Ok(body),
        Some(b"gzip" | b"x-gzip") => Box::new(flate2::read::MultiGzDecoder::new(body.as_slice())),
        Some(b"zstd") => {
            let mut decoder = zstd::Decoder::new(body.as_slice()).map_err(unreadable)?;
            decoder.window_log_max(ZSTD_WINDOW).map_err(unreadable)?;
            Box::new(decoder)
        }
        Some(_) => {
            let detail = "Content-Encoding must be gzip, zstd or none";
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "invalid_encoding",
                detail,
            ));
        }
    };
    let mut out = Vec::new();
    reader
        .take(MAX_BODY as u64 + 1)
        .read_to_end(&mut out)
        .map_err(unreadable)?;
    if out.len() > MAX_BODY {
        return Err(too_large(MAX_BODY));
    }
    Ok(out)
}

/// The JSON texts of the events: of an array, of one object, or of lines.
pub(super) fn split(body: &[u8]) -> Result<Vec<&[u8]>, Problem> {
    let text = without_mark(body).trim_ascii();
    let texts = if text.first() == Some(&b'[') {
        array(text).map_err(|e| malformed(&e))?
    } else if serde_json::from_slice::<&RawValue>(text).is_ok() {
        vec![text]
    } else {
        lines(text)?
    };
    match texts.len() > MAX_EVENTS {
        true => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_many_events",
            format!("at most {MAX_EVENTS} events in one request"),
        )),
        false => Ok(texts),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::bad_request("malformed_json", format!("the body is not JSON: {error}"))
}

fn array(text: &[u8]) -> serde_json::Result<Vec<&[u8]>> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let texts = reader.deserialize_seq(Texts)?;
    reader.end()?;
    Ok(texts)
}

/// The elements of an array; one more than is allowed, at most, of those that are too many.
struct Texts;

impl<'a> Visitor<'a> for Texts {
    type Value = Vec<&'a [u8]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = array.next_element::<&RawValue>()? {
            if texts.len() <= MAX_EVENTS {
                texts.push(text.get().as_bytes());
            }
        }
        Ok(texts)
    }
}

fn lines(text: &[u8]) -> Result<Vec<&[u8]>, Problem> {
    let lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.filter(|line| !line.is_empty());
    let lines: Vec<&[u8]> = lines.take(MAX_EVENTS + 1).collect();
    match lines.len() {
        0 => Err(Problem::bad_request(
            "empty",
            "the body holds no event; send a JSON array or one JSON object a line",
        )),
        1 => Err(malformed(
            &serde_json::from_slice::<Value>(text)
                .err()
                .unwrap_or_else(|| serde::de::Error::custom("not an object")),
        )),
        _ => Ok(lines),
    }
}
