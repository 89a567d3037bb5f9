//! `POST /v1/events`: server-side events and replays, many at once.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{Json, body::Body, extract::State};
use catalog::{Goal, Scope};
use http::{HeaderMap, header};
use model::{EntityId, Event, EventId, EventKind};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};
use web::{Problem, bearer};

use super::{
    MAX_BODY, Sender, body,
    incoming::{Incoming, Refusal},
    kept::Kept,
    postback::{other_currency, too_many_steps},
    unpack::{split, unpack},
};
use crate::{
    conversions::{
        attribution::attribute,
        history::History,
        record::{self, Outcome},
        report,
    },
    log::AppendError,
    recorder::{EventRecorder, Recorded, TOO_MANY_KEYS, too_many_keys},
    rejected::By,
};

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
    let parsed = parsed.await.map_err(Problem::internal)??;
    take(&recorder, account, parsed).await.map(Json)
}

/// Records what was read of a request; tells what became of it.
async fn take(
    recorder: &Arc<EventRecorder>,
    account: EntityId,
    parsed: Parsed,
) -> Result<Value, Problem> {
    let Parsed {
        events,
        indexes,
        mut refused,
    } = parsed;
    let results = record_all(recorder, events).await;
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
    for (result, index) in results.into_iter().zip(indexes) {
        match result {
            Became::Recorded(id) => accepted.push(id),
            Became::Repeated => duplicates += 1,
            Became::Refused(code, detail) => refuse(index, code, detail),
        }
    }
    refused.sort_by_key(|(index, _)| *index);
    let refused: Vec<Value> = refused
        .iter()
        .map(|(index, r)| json!({"index": index, "code": r.code, "detail": r.detail}))
        .collect();
    Ok(json!({
        "accepted": accepted.len(),
        "duplicates": duplicates,
        "rejected": refused,
        "first_event_id": accepted.first(),
        "last_event_id": accepted.last(),
    }))
}

/// How long what was recorded before is looked for, of all events of a request: the rest is to be sent again.
const LOOK_LIMIT: Duration = Duration::from_secs(20);

/// What became of an event.
enum Became {
    Recorded(EventId),
    Repeated,
    Refused(&'static str, String),
}

/// Records events; conversions by what was reported of their transactions before.
async fn record_all(
    recorder: &Arc<EventRecorder>,
    events: Vec<Event>,
) -> Result<Vec<Became>, AppendError> {
    let end = Instant::now() + LOOK_LIMIT;
    let mut all: Vec<Option<Became>> = Vec::with_capacity(events.len());
    let (mut places, mut taken) = (Vec::new(), Vec::new());
    // Reports that may change what was reported before, in case that there was something.
    let mut reports: HashMap<usize, (Arc<Goal>, Event)> = HashMap::new();
    for (place, mut event) in events.into_iter().enumerate() {
        let goal = recorder.catalog.goal(event.object_id());
        if let Some(goal) = goal.filter(|_| event.kind() == EventKind::Conversion) {
            let attributed = timeout_at(end, attribute(recorder, &goal, &mut event)).await;
            if attributed.is_err() {
                // Recorded without its click it could not get it any more.
                all.push(Some(Became::in_progress()));
                continue;
            }
            if event.transaction_id.is_some() && record::depends(&goal, &event) {
                reports.insert(place, (Arc::clone(&goal), event.clone()));
            }
            History::default().decide(&mut event, &report::terms(&goal));
        }
        all.push(None);
        places.push(place);
        taken.push(event);
    }
    let recorded = recorder.record(taken).await?;
    for (place, recorded) in places.into_iter().zip(recorded) {
        all[place] = Some(match (recorded, reports.remove(&place)) {
            (Recorded::Duplicate(_), Some(_)) if Instant::now() >= end => Became::in_progress(),
            (Recorded::Duplicate(_), Some((goal, event))) => {
                // Others of this request are recorded: sent again as a whole, those without keys would count twice.
                match record::record(recorder, &goal, event).await {
                    Ok(outcome) => became(outcome),
                    Err(error) => Became::unrecorded(&error),
                }
            }
            (Recorded::Accepted(id, _), _) => Became::Recorded(id),
            (Recorded::Duplicate(_), None) => Became::Repeated,
            (Recorded::Pending, _) => Became::in_progress(),
            (Recorded::TooManyKeys, _) => Became::Refused(TOO_MANY_KEYS, too_many_keys()),
        });
    }
    Ok(all
        .into_iter()
        .map(|became| became.unwrap_or_else(Became::in_progress))
        .collect())
}

fn became(outcome: Outcome) -> Became {
    let refused = |problem: Problem| Became::Refused(problem.code, problem.detail);
    match outcome {
        Outcome::Recorded(id, ..) => Became::Recorded(id),
        Outcome::Repeats { .. } => Became::Repeated,
        Outcome::OtherCurrency => refused(other_currency()),
        Outcome::TooManySteps => refused(too_many_steps()),
        Outcome::TooManyKeys => Became::Refused(TOO_MANY_KEYS, too_many_keys()),
        Outcome::Pending => Became::in_progress(),
    }
}

impl Became {
    fn unrecorded(error: &AppendError) -> Self {
        let detail = format!("this event was not recorded: {error}; send it again");
        Self::Refused("unrecorded", detail)
    }

    fn in_progress() -> Self {
        let detail = "this key is being recorded just now; send the event again in a second";
        Self::Refused("in_progress", detail.into())
    }
}

pub(super) fn authorize(
    recorder: &EventRecorder,
    headers: &HeaderMap,
) -> Result<EntityId, Problem> {
    let key = bearer(headers).and_then(|secret| recorder.catalog.key(secret));
    let key = key.ok_or_else(Problem::unauthorized)?;
    if !key.allows(Scope::Create, recorder.clock.now_ms()) {
        return Err(Problem::forbidden(
            "this key may not record events; that needs the scope create or write",
        ));
    }
    recorder.refuse_suspended(key.account)?;
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
        match understand(recorder, account, text, now_ms) {
            Ok(event) => {
                parsed.events.push(event);
                parsed.indexes.push(index);
            }
            Err(refusal) => {
                recorder.tallies.rejected(account, refusal.code, 1);
                recorder.rejected.push(
                    (account, By::Account),
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

fn understand(
    recorder: &EventRecorder,
    account: EntityId,
    text: &[u8],
    now_ms: i64,
) -> Result<Event, Refusal> {
    Incoming::parse(text)?.event(recorder, account, now_ms)
}

/// Records one event that was refused before. What is refused again stays where it is kept.
pub(super) async fn take_again(
    recorder: &Arc<EventRecorder>,
    account: EntityId,
    text: &[u8],
) -> Result<Value, Problem> {
    let now_ms = recorder.clock.now_ms();
    let mut parsed = Parsed {
        events: Vec::new(),
        indexes: Vec::new(),
        refused: Vec::new(),
    };
    match understand(recorder, account, text, now_ms) {
        Ok(event) => (parsed.events, parsed.indexes) = (vec![event], vec![0]),
        Err(refusal) => parsed.refused.push((0, refusal)),
    }
    take(recorder, account, parsed).await
}
