//! `POST /v1/events`: server-side events and replays, many at once.

use std::{io::Read, sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, BodyDataStream},
    extract::State,
};
use futures::StreamExt;
use http::{HeaderMap, StatusCode, header};
use model::{EntityId, Event};
use serde_json::{Value, json, value::RawValue};
use storage::catalog::Scope;
use web::Problem;

use super::{
    MAX_BODY,
    incoming::{Incoming, Refusal},
};
use crate::door::{Door, Recorded};

/// Events in one request at most.
const MAX_EVENTS: usize = 10_000;
/// How long a body may take.
const BODY_LIMIT: Duration = Duration::from_secs(60);
/// How much, and for how long, is read of a body that was refused.
const DRAIN_BYTES: usize = 32 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(5);

pub(super) async fn post(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    // In this order: nobody without a key costs more than their connection.
    let allowed = authorize(&door, &headers);
    let room = door.bodies.try_acquire();
    let (account, _room) = match (allowed, room) {
        (Ok(account), Ok(room)) => (account, room),
        (Err(problem), _) => return Err(refuse_body(body, problem).await),
        (Ok(_), Err(_)) => {
            let busy = Problem::unavailable("busy", "too many large requests at once", 1);
            return Err(refuse_body(body, busy).await);
        }
    };
    let read = tokio::time::timeout(BODY_LIMIT, read_body(body)).await;
    let body = read.map_err(|_| {
        Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            "the body took too long",
        )
    })??;
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .map(|v| v.as_bytes().to_vec());
    let parsing = Arc::clone(&door);
    // Unpacking and reading up to 10 MiB of JSON takes long enough to hold up other requests.
    let parsed =
        tokio::task::spawn_blocking(move || parse(&parsing, account, encoding.as_deref(), &body));
    let Parsed {
        events,
        indexes,
        mut refused,
    } = parsed.await.map_err(Problem::internal)??;
    let results = door.record(events).await;
    let results = results.map_err(|e| {
        Problem::unavailable(
            "unrecorded",
            format!("nothing of this request was recorded: {e}; send it again"),
            2,
        )
    })?;
    let mut accepted = Vec::new();
    let mut duplicates = 0;
    for (result, index) in results.iter().zip(indexes) {
        match result {
            Recorded::Accepted(id) => accepted.push(*id),
            Recorded::Duplicate(_) => duplicates += 1,
            Recorded::Pending => {
                let code = "in_progress";
                let detail =
                    "this key is being recorded just now; send the event again in a second";
                door.tallies.rejected(account, code, 1);
                refused.push((
                    index,
                    Refusal {
                        code,
                        detail: detail.into(),
                    },
                ));
            }
        }
    }
    refused.sort_by_key(|(index, _)| *index);
    let refused: Vec<Value> = refused
        .iter()
        .map(|(index, r)| json!({"index": index, "code": r.code, "detail": r.detail}))
        .collect();
    Ok(Json(json!({
        "accepted": accepted.len(),
        "duplicates": duplicates,
        "rejected": refused,
        "first_event_id": accepted.first(),
        "last_event_id": accepted.last(),
    })))
}

/// The whole body, within its bound.
async fn read_body(body: Body) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|_| Problem::bad_request("invalid_body", "the body ended early"))?;
        if bytes.len() + chunk.len() > MAX_BODY {
            return Err(refuse_rest(chunks, too_large()).await);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Reads on for a while without keeping anything: a client that is still sending would take a
/// closed connection for a failure and never see the answer.
async fn refuse_rest(mut chunks: BodyDataStream, problem: Problem) -> Problem {
    let drain = async {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(chunk)) = chunks.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // Whether it ended or took too long, the answer is the same.
    let _ = tokio::time::timeout(DRAIN_TIME, drain).await;
    problem
}

async fn refuse_body(body: Body, problem: Problem) -> Problem {
    refuse_rest(body.into_data_stream(), problem).await
}

fn authorize(door: &Door, headers: &HeaderMap) -> Result<EntityId, Problem> {
    let header = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok());
    let secret = header
        .and_then(|v| v.strip_prefix("Bearer "))
        .map(str::trim);
    let key = secret
        .and_then(|s| door.catalog.key(s))
        .ok_or_else(Problem::unauthorized)?;
    if !key.allows(Scope::Write) {
        return Err(Problem::forbidden(
            "this key may only read; recording events needs the scope write",
        ));
    }
    Ok(key.account)
}

struct Parsed {
    events: Vec<Event>,
    /// Where each of them stood in the request.
    indexes: Vec<usize>,
    refused: Vec<(usize, Refusal)>,
}

fn parse(
    door: &Door,
    account: EntityId,
    encoding: Option<&[u8]>,
    body: &[u8],
) -> Result<Parsed, Problem> {
    let unpacked = unpack(encoding, body)?;
    let texts = split(&unpacked)?;
    if texts.len() > MAX_EVENTS {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_many_events",
            format!("at most {MAX_EVENTS} events in one request"),
        ));
    }
    let now_ms = door.clock.now_ms();
    let mut parsed = Parsed {
        events: Vec::with_capacity(texts.len()),
        indexes: Vec::with_capacity(texts.len()),
        refused: Vec::new(),
    };
    for (index, text) in texts.into_iter().enumerate() {
        match Incoming::parse(text).and_then(|incoming| incoming.event(door, account, now_ms)) {
            Ok(event) => {
                parsed.events.push(event);
                parsed.indexes.push(index);
            }
            Err(refusal) => {
                door.tallies.rejected(account, refusal.code, 1);
                door.rejected.push(
                    &account.to_string(),
                    refusal.code,
                    &refusal.detail,
                    &without_address(text),
                );
                parsed.refused.push((index, refusal));
            }
        }
    }
    Ok(parsed)
}

/// The text of a refused event as it is kept: addresses are never stored.
fn without_address(text: &[u8]) -> String {
    let Ok(Value::Object(mut event)) = serde_json::from_slice(text) else {
        return String::from_utf8_lossy(text).into_owned();
    };
    if let Some(ip) = event.get_mut("ip") {
        let network = ip
            .as_str()
            .and_then(|ip| ip.parse().ok())
            .map(enrich::truncate_ip);
        *ip = network.map_or(Value::Null, Value::String);
    }
    Value::Object(event).to_string()
}

fn unpack(encoding: Option<&[u8]>, body: &[u8]) -> Result<Vec<u8>, Problem> {
    let unreadable = |e: std::io::Error| {
        Problem::bad_request(
            "invalid_encoding",
            format!("the body cannot be unpacked: {e}"),
        )
    };
    let reader: Box<dyn Read> = match encoding {
        None | Some(b"identity") => return Ok(body.to_vec()),
        Some(b"gzip") => Box::new(flate2::read::MultiGzDecoder::new(body)),
        Some(b"zstd") => Box::new(zstd::Decoder::new(body).map_err(unreadable)?),
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
        return Err(too_large());
    }
    Ok(out)
}

/// The JSON texts of the events: of an array, of one object, or of lines.
fn split(body: &[u8]) -> Result<Vec<&[u8]>, Problem> {
    let text = body.trim_ascii();
    let malformed = |e: serde_json::Error| {
        Problem::bad_request("malformed_json", format!("the body is not JSON: {e}"))
    };
    if text.first() == Some(&b'[') {
        let array: Vec<&RawValue> = serde_json::from_slice(text).map_err(malformed)?;
        return Ok(array.into_iter().map(|v| v.get().as_bytes()).collect());
    }
    if serde_json::from_slice::<&RawValue>(text).is_ok() {
        return Ok(vec![text]);
    }
    let lines = text
        .split(|b| *b == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|l| !l.is_empty());
    let lines: Vec<&[u8]> = lines.collect();
    match lines.is_empty() {
        true => Err(Problem::bad_request(
            "empty",
            "the body holds no event; send a JSON array or one JSON object a line",
        )),
        false if lines.len() == 1 => Err(malformed(
            serde_json::from_slice::<Value>(text)
                .err()
                .unwrap_or_else(|| serde::de::Error::custom("not an object")),
        )),
        false => Ok(lines),
    }
}

fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!(
            "a request holds at most {} MiB, packed or unpacked",
            MAX_BODY >> 20
        ),
    )
}
