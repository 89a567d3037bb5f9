//! `GET /v1/events/{event_id}`: the receipt of an acknowledged event: where it is stored, in which
//! epoch, and what counts it.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{FromRef, State},
    routing::get,
};
use handover::{lookup, raw};
use http::StatusCode;
use model::{EventId, EventKind, Record, time::rfc3339};
use serde_json::{Value, json};
use storage::{object_keys::ObjectKey, store::StoreError, stream::EventStream};
use tokio::sync::Semaphore;
use web::Problem;

use crate::{
    api::{Api, auth::Reader, params::Segment},
    stats::{Numbers, Sources, live},
};

/// Segments in memory at once: each may unpack to megabytes.
const LOOKUPS_AT_ONCE: usize = 4;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// What receipts are made from. Cheap to clone.
#[derive(Clone)]
struct Receipts {
    numbers: Numbers,
    stream: Arc<dyn EventStream>,
    room: Arc<Semaphore>,
}

impl FromRef<Receipts> for Arc<Api> {
    fn from_ref(receipts: &Receipts) -> Self {
        Arc::clone(&receipts.numbers.0.api)
    }
}

/// The route of this module.
pub(crate) fn routes(numbers: Numbers, stream: Arc<dyn EventStream>) -> Router {
    let room = Arc::new(Semaphore::new(LOOKUPS_AT_ONCE));
    Router::new()
        .route("/v1/events/{event_id}", get(receipt))
        .with_state(Receipts {
            numbers,
            stream,
            room,
        })
}

async fn receipt(
    State(receipts): State<Receipts>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<Json<Value>, Problem> {
    let wrong = |e: model::IdError| Problem::bad_request("invalid_event_id", e.to_string());
    let id: EventId = id.parse().map_err(wrong)?;
    let sources = &receipts.numbers.0;
    sources.look_once().await?;
    let found = receipts.find(id).await?;
    // Of an event that is somebody else's nobody learns that it exists.
    let own = found.filter(|found| found.record.event.account_id() == caller.account);
    let found = own.ok_or_else(no_such_event)?;
    let sealed = receipts.sealed(id, &found).await?;
    let counted = counted(sources, id, &found.record).await?;
    Ok(Json(view(id, &found, sealed, counted)))
}

/// One text for whatever cannot be seen: unknown, of another account, or too new.
fn no_such_event() -> Problem {
    Problem::not_found(
        "this account has no such event; one that was acknowledged in the last seconds may not be visible yet: ask again",
    )
}

/// An event, and the raw segment that holds it; `None`: it is on its way there.
struct Found {
    record: Record,
    segment: Option<u64>,
}

impl Receipts {
    /// First in the raw objects, then in the stream, then again: it may have been shipped, and
    /// the stream trimmed, meanwhile.
    async fn find(&self, id: EventId) -> Result<Option<Found>, Problem> {
        let sources = &self.numbers.0;
        if id.seq == 0 || sources.directory().get(id.log).is_none() {
            return Ok(None);
        }
        let turn = tokio::time::timeout(PATIENCE, self.room.acquire()).await;
        let busy = || Problem::unavailable("busy", "too many receipts are asked for at once", 1);
        let _turn = turn.ok().and_then(Result::ok).ok_or_else(busy)?;
        if let Some(found) = stored(sources, id).await.map_err(unavailable)? {
            return Ok(Some(found));
        }
        match lookup::streamed(&*self.stream, id).await {
            Ok(Some(record)) => {
                return Ok(Some(Found {
                    record,
                    segment: None,
                }));
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "an event could not be looked for in the stream");
                let detail = "the event is not stored yet, and the live store does not answer";
                return Err(Problem::unavailable("live_unavailable", detail, 2));
            }
        }
        stored(sources, id).await.map_err(unavailable)
    }

    /// Whether the event's epoch is complete.
    async fn sealed(&self, id: EventId, found: &Found) -> Result<bool, Problem> {
        let sources = &self.numbers.0;
        let epoch = found.record.epoch;
        if epoch <= sources.manifests.seen().manifest.horizon.of(id.log).epoch {
            return Ok(true);
        }
        let seal = raw::seal(&sources.store, id.log, epoch).await;
        Ok(seal.map_err(unavailable)?.is_some())
    }
}

/// The event out of the raw objects.
async fn stored(sources: &Sources, id: EventId) -> Result<Option<Found>, StoreError> {
    let covered = sources.manifests.seen().manifest.horizon.of(id.log);
    let numbers = match id.seq <= covered.seq {
        true => 1..=covered.segment,
        false => {
            let first = covered.segment + 1;
            let newest = raw::newest_segment(&sources.store, id.log, first).await?;
            first..=newest.unwrap_or(covered.segment)
        }
    };
    let Some(segment) = lookup::segment_of(&sources.store, id, numbers).await? else {
        return Ok(None);
    };
    let record = lookup::stored(&sources.store, id, segment).await?;
    Ok(record.map(|record| Found {
        record,
        segment: Some(segment),
    }))
}

fn unavailable(error: StoreError) -> Problem {
    match error {
        StoreError::Request { .. } => {
            tracing::warn!(%error, "an event could not be looked for");
            Problem::unavailable("store_unavailable", "the object store does not answer", 5)
        }
        error => {
            tracing::error!(%error, "an event could not be looked for");
            let detail = "the stored object that must hold this event cannot be read; the operator's `millrace audit --full` tells more";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "damaged", detail)
        }
    }
}

/// Which layer counts the event in answers of now.
async fn counted(sources: &Sources, id: EventId, record: &Record) -> Result<Value, Problem> {
    let reading = live::read(sources, record.event.object_id()).await?;
    let n = reading.published.n;
    let manifest = &reading.published.manifest;
    if record.epoch <= manifest.horizon.of(id.log).epoch {
        let duplicates = sources
            .settled
            .duplicates(manifest)
            .await
            .map_err(|error| {
                tracing::warn!(%error, "what is left out cannot be read");
                Problem::unavailable("store_unavailable", "the object store does not answer", 5)
            })?;
        let mut counted = json!({"by": "batch", "manifest": n, "complete": true, "missing": []});
        // It is counted once: as the event that it repeats.
        if let Some(duplicate) = duplicates.get(&id) {
            counted["duplicate_of"] = json!(duplicate.of);
        }
        return Ok(counted);
    }
    // A lower bound: it may be counted a moment before this says so.
    let folded = reading
        .live
        .as_of
        .get(&id.log)
        .is_some_and(|upto| id.seq <= *upto);
    let mut missing = reading.live.missing;
    missing.retain(|missing| missing.log.is_none_or(|log| log == id.log));
    let by = if folded { json!("live") } else { Value::Null };
    Ok(json!({
        "by": by,
        "manifest": null,
        "complete": folded && missing.is_empty(),
        "missing": missing,
    }))
}

fn view(id: EventId, found: &Found, sealed: bool, counted: Value) -> Value {
    let Record { epoch, event, .. } = &found.record;
    let state = match (&counted["by"], found.segment, sealed) {
        (Value::String(by), ..) if by == "batch" => "settled",
        (_, Some(_), true) => "sealed",
        (_, Some(_), false) => "stored",
        (_, None, _) => "recorded",
    };
    let segment = found.segment.map(|segment| {
        let log = id.log;
        ObjectKey::Raw { log, segment }.to_string()
    });
    json!({
        "event_id": id,
        "type": event.kind().name(),
        kind_field(event.kind()): event.object_id(),
        "campaign": event.campaign_id(),
        "occurred_at": rfc3339(event.occurred_ms),
        "received_at": rfc3339(event.received_ms),
        "excluded": event.excluded,
        "unchecked": event.unchecked,
        "state": state,
        "log": id.log,
        "seq": id.seq,
        "epoch": epoch,
        "stored": {"segment": segment, "sealed": sealed},
        "counted": counted,
    })
}

/// The field with the object's id, as `POST /v1/events` calls it.
fn kind_field(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Click => "link",
        EventKind::View => "pixel",
        EventKind::Conversion => "goal",
    }
}

#[cfg(test)]
mod tests;
