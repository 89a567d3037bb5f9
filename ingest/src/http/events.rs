//! `POST /v1/events`: server-side events and replays, many at once.

use std::sync::Arc;

use axum::{Json, body::Body, extract::State};
use catalog::Scope;
use http::{HeaderMap, header};
use model::{EntityId, Event};
use serde_json::{Value, json};
use web::{Problem, bearer};

use super::{
    MAX_BODY, Sender, body,
    incoming::{Incoming, Refusal},
    kept::Kept,
    unpack::{split, unpack},
};
use crate::recorder::{EventRecorder, Recorded, TOO_MANY_KEYS, too_many_keys};

pub(super) async fn post(
    State(recorder): State<Arc<EventRecorder>>,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    // In this order: nobody without a key costs more than their connection.
    let account = match authorize(&recorder, &headers) {
        Ok(account) => account,
        Err(problem) => return Err(body::refuse(body, problem).await),
    };
    let holders = recorder.holders(account, &sender.seen);
    let held = recorder.bodies.enter(holders.clone());
    let (body, _held) = body::read(body, MAX_BODY, held).await?;
    let mut turn = recorder.handled.enter(holders);
    if !turn.take(1) {
        return Err(body::busy());
    }
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .map(|v| v.as_bytes().to_vec());
    let parsing = Arc::clone(&recorder);
    // Unpacking and reading up to 10 MiB of JSON takes long enough to hold up other requests.
    let parsed =
        tokio::task::spawn_blocking(move || parse(&parsing, account, encoding.as_deref(), body));
    let Parsed {
        events,
        indexes,
        mut refused,
    } = parsed.await.map_err(Problem::internal)??;
    let results = recorder.record(events).await;
    let results = results.map_err(|e| {
        Problem::unavailable(
            "unrecorded",
            format!("nothing of this request was recorded: {e}; send it again"),
            2,
        )
    })?;
    let mut accepted = Vec::new();
    let mut duplicates = 0;
    let mut refuse = |index, code, detail| {
        recorder.tallies.rejected(account, code, 1);
        refused.push((index, Refusal { code, detail }));
    };
    for (result, index) in results.iter().zip(indexes) {
        match result {
            Recorded::Accepted(id) => accepted.push(*id),
            Recorded::Duplicate(_) => duplicates += 1,
            Recorded::Pending => {
                let detail =
                    "this key is being recorded just now; send the event again in a second";
                refuse(index, "in_progress", detail.into());
            }
            Recorded::TooManyKeys => refuse(index, TOO_MANY_KEYS, too_many_keys()),
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

fn authorize(recorder: &EventRecorder, headers: &HeaderMap) -> Result<EntityId, Problem> {
    let key = bearer(headers).and_then(|secret| recorder.catalog.key(secret));
    let key = key.ok_or_else(Problem::unauthorized)?;
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
    recorder: &EventRecorder,
    account: EntityId,
    encoding: Option<&[u8]>,
    body: Vec<u8>,
) -> Result<Parsed, Problem> {
    let unpacked = unpack(encoding, body)?;
    let texts = split(&unpacked)?;
    let now_ms = recorder.clock.now_ms();
    let mut parsed = Parsed {
        events: Vec::with_capacity(texts.len()),
        indexes: Vec::with_capacity(texts.len()),
        refused: Vec::new(),
    };
    for (index, text) in texts.into_iter().enumerate() {
        match Incoming::parse(text).and_then(|incoming| incoming.event(recorder, account, now_ms)) {
            Ok(event) => {
                parsed.events.push(event);
                parsed.indexes.push(index);
            }
            Err(refusal) => {
                recorder.tallies.rejected(account, refusal.code, 1);
                recorder.rejected.push(
                    &account.to_string(),
                    refusal.code,
                    &refusal.detail,
                    &Kept::of(text),
                    now_ms,
                );
                parsed.refused.push((index, refusal));
            }
        }
    }
    Ok(parsed)
}
