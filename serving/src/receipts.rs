//! `GET /v1/events/{event_id}`: the receipt of an acknowledged event: where it is stored, in which
//! epoch, and what counts it.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use handover::{lookup, raw};
use model::{EventId, Record, SegmentNo, Seq, Span, time::rfc3339};
use storage::{object_keys::ObjectKey, store::StoreError};
use web::Problem;

use crate::{
    api::{auth::Reader, params::Segment},
    api_types::{Counted, EventState, Layer, ObjectField, Receipt, Stored},
    app::App,
    openapi::refusals::{Busy, Key, Lookup, Name, Nothing, Refusals, StoreDown},
    stats::live,
};

/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// The receipt of an acknowledged event
///
/// Where it is stored, in which epoch, and what counts it.
#[utoipa::path(
    get, path = "/v1/events/{event_id}", tag = "Events",
    params(("event_id" = String, Path, description = "As the collector gave it.", example = "0000000000000000000000002D-3")),
    responses(
        (status = 200, description = "Its receipt.", body = Receipt),
        Refusals<(Key, Name, Lookup, Nothing, (Busy, StoreDown))>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn get_receipt(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<Json<Receipt>, Problem> {
    let wrong = |e: model::IdError| Problem::bad_request("invalid_event_id", e.to_string());
    let id: EventId = id.parse().map_err(wrong)?;
    app.look_once().await?;
    let found = find(&app, id).await?;
    // Of an event that is somebody else's nobody learns that it exists.
    let own = found.filter(|found| found.record.event.account_id() == caller.account);
    let found = own.ok_or_else(no_such_event)?;
    let sealed = sealed(&app, id, &found).await?;
    let counted = counted(&app, id, &found.record).await?;
    Ok(Json(view(id, &found, sealed, counted)))
}

/// One text for whatever cannot be seen: unknown, of another account, or too new.
pub(crate) fn no_such_event() -> Problem {
    Problem::not_found(
        "this account has no such event; one that was acknowledged in the last seconds may not be visible yet: ask again",
    )
}

/// An event, and the raw segment that holds it; `None`: it is on its way there.
pub(crate) struct Found {
    pub record: Record,
    segment: Option<SegmentNo>,
}

/// First in the raw objects, then in the stream, then again: it may have been shipped, and
/// the stream trimmed, meanwhile.
pub(crate) async fn find(app: &App, id: EventId) -> Result<Option<Found>, Problem> {
    if id.seq == Seq(0) || app.directory().get(id.log).is_none() {
        return Ok(None);
    }
    let turn = tokio::time::timeout(PATIENCE, app.rooms.receipts.acquire()).await;
    let busy = || Problem::unavailable("busy", "too many receipts are asked for at once", 1);
    let _turn = turn.ok().and_then(Result::ok).ok_or_else(busy)?;
    if let Some(found) = stored(app, id).await? {
        return Ok(Some(found));
    }
    let streamed = lookup::streamed(&*app.stream, id).await.map_err(|error| {
        tracing::warn!(%error, "an event could not be looked for in the stream");
        let detail = "the event is not stored yet, and the live store does not answer";
        Problem::unavailable("live_unavailable", detail, 2)
    })?;
    let streamed = streamed.map(|record| Found {
        record,
        segment: None,
    });
    match streamed {
        Some(found) => Ok(Some(found)),
        None => Ok(stored(app, id).await?),
    }
}

/// Whether the event's epoch is complete.
async fn sealed(app: &App, id: EventId, found: &Found) -> Result<bool, Problem> {
    let epoch = found.record.epoch;
    if epoch
        <= app
            .overview
            .seen()
            .published
            .manifest
            .horizon
            .of(id.log)
            .epoch
    {
        return Ok(true);
    }
    let seal = raw::seal(&app.env.store, id.log, epoch).await;
    Ok(seal?.is_some())
}

/// The event out of the raw objects.
async fn stored(app: &App, id: EventId) -> Result<Option<Found>, StoreError> {
    let covered = app.overview.seen().published.manifest.horizon.of(id.log);
    let numbers = match id.seq <= covered.seq {
        true => Span::from((SegmentNo::FIRST, covered.segment)),
        false => {
            let first = covered.segment.next();
            let newest = raw::newest_segment(&app.env.store, id.log, first).await?;
            Span::from((first, newest.unwrap_or(covered.segment)))
        }
    };
    let Some(segment) = lookup::segment_of(&app.env.store, id, numbers).await? else {
        return Ok(None);
    };
    let record = lookup::stored(&app.env.store, id, segment).await?;
    Ok(record.map(|record| Found {
        record,
        segment: Some(segment),
    }))
}

/// Which layer counts the event in answers of now.
async fn counted(app: &App, id: EventId, record: &Record) -> Result<Counted, Problem> {
    let reading = live::read(app, record.event.object_id()).await?;
    let manifest = &reading.published.manifest;
    if record.epoch <= manifest.horizon.of(id.log).epoch {
        let duplicates = app.settled.duplicates(manifest).await;
        let duplicates = duplicates.map_err(|error| Problem::from(&*error))?;
        return Ok(Counted {
            by: Some(Layer::Batch),
            manifest: Some(reading.published.n),
            complete: true,
            missing: Vec::new(),
            // It is counted once: as the event that it repeats.
            duplicate_of: duplicates.get(&id).map(|duplicate| duplicate.of),
        });
    }
    // A lower bound: it may be counted a moment before this says so.
    let upto = reading.live.as_of.get(&id.log);
    let folded = upto.is_some_and(|upto| id.seq <= *upto);
    let mut missing = reading.missing;
    missing.retain(|missing| missing.log.is_none_or(|log| log == id.log));
    Ok(Counted {
        by: folded.then_some(Layer::Live),
        manifest: None,
        complete: folded && missing.is_empty(),
        missing,
        duplicate_of: None,
    })
}

fn view(id: EventId, found: &Found, sealed: bool, counted: Counted) -> Receipt {
    let Record { epoch, event, .. } = &found.record;
    let state = match (counted.by, found.segment, sealed) {
        (Some(Layer::Batch), ..) => EventState::Settled,
        (_, Some(_), true) => EventState::Sealed,
        (_, Some(_), false) => EventState::Stored,
        (_, None, _) => EventState::Recorded,
    };
    let log = id.log;
    let object = |segment| ObjectKey::Raw { log, segment }.to_string();
    Receipt {
        event_id: id,
        kind: event.kind().name(),
        object: ObjectField::new(event.kind(), event.object_id()),
        campaign: event.campaign_id(),
        occurred_at: rfc3339(event.occurred_ms),
        received_at: rfc3339(event.received_ms),
        excluded: event.excluded,
        unchecked: event.unchecked,
        state,
        log,
        seq: id.seq,
        epoch: *epoch,
        stored: Stored {
            segment: found.segment.map(object),
            sealed,
        },
        counted,
    }
}

#[cfg(test)]
mod tests;
