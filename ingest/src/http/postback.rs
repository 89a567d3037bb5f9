//! `GET|POST /c/{goal}`: a conversion, as an advertiser's server reports it.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    response::{AppendHeaders, IntoResponse, Response},
};
use catalog::Goal;
use http::{HeaderMap, StatusCode, Uri};
use model::{EntityId, Event, EventId, Status, money_text, parse_money};
use serde_json::{Value, json};
use web::Problem;

use super::{
    EVENT_ID, MAX_FORM, Sender, body,
    kept::{Kept, Unread},
    parameter,
    parameters::{self, Parameters},
    parse_query, sender,
};
use crate::{
    conversions::{
        attribution::{NoClick, attribute},
        history::Effect,
        record::{self, Outcome},
        report,
    },
    recorder::{EventRecorder, TOO_MANY_KEYS, too_many_keys},
    rejected::By,
    request_facts::{MAX_SHORT, RequestFacts, Target, subs},
};

pub(super) async fn get(
    State(recorder): State<Arc<EventRecorder>>,
    Path(goal): Path<String>,
    uri: Uri,
    sender: Sender,
) -> Result<Response, Problem> {
    let goal = find(&recorder, &goal, &uri)?;
    convert(recorder, &goal, parse_query(uri.query()), sender.seen).await
}

/// A HEAD request is a look at the door, not a conversion.
pub(super) async fn look() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "conversions are reported with GET or POST",
    )
}

pub(super) async fn post(
    State(recorder): State<Arc<EventRecorder>>,
    Path(goal): Path<String>,
    uri: Uri,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    // Nobody holds room for a body with a goal that does not exist.
    let goal = match find(&recorder, &goal, &uri) {
        Ok(goal) => goal,
        Err(problem) => return Err(body::refuse(body, problem).await),
    };
    if let Err(problem) = parameters::plain(&headers) {
        unread(&recorder, &goal, 0, &problem);
        return Err(body::refuse(body, problem).await);
    }
    let held = recorder
        .bodies
        .enter(recorder.holders(goal.account, &sender.seen));
    let (form, held) = body::read(body, MAX_FORM, held).await?;
    let bytes = form.len();
    let parameters = parameters::read(uri.query(), &headers, form)
        .await
        .inspect_err(|problem| unread(&recorder, &goal, bytes, problem))?;
    drop(held);
    convert(recorder, &goal, parameters, sender.seen).await
}

/// The goal of this id; or of this name, in the account of the pixel that the address names.
fn find(recorder: &EventRecorder, goal: &str, uri: &Uri) -> Result<Arc<Goal>, Problem> {
    let goal = match goal.parse::<EntityId>() {
        Ok(id) => recorder.catalog.goal(id),
        Err(_) => named(recorder, goal, uri),
    };
    let goal = goal.filter(|goal| !goal.deleted);
    let goal = goal.ok_or_else(|| Problem::not_found("there is no such goal"))?;
    recorder.refuse_suspended(goal.account)?;
    Ok(goal)
}

fn named(recorder: &EventRecorder, goal: &str, uri: &Uri) -> Option<Arc<Goal>> {
    let pixel = parameter(&parse_query(uri.query()), PIXEL)?;
    let pixel = recorder.catalog.pixel(pixel.parse().ok()?);
    let account = pixel.filter(|pixel| !pixel.deleted)?.account;
    recorder
        .catalog
        .read(|state| state.goals.find(account, goal).cloned())
}

/// The parameter that names a pixel of the account whose goal is named.
pub(super) const PIXEL: &str = "pixel";

async fn convert(
    recorder: Arc<EventRecorder>,
    goal: &Goal,
    parameters: Parameters,
    seen: RequestFacts,
) -> Result<Response, Problem> {
    let by = |by| {
        let (recorder, parameters) = (&recorder, &parameters);
        move |problem: &Problem| refused(recorder, goal, by, parameters, problem)
    };
    sender::check(goal, &parameters, seen.ip).inspect_err(by(By::Anybody))?;
    let refused = by(match sender::is_closed(goal) {
        true => By::Account,
        false => By::Anybody,
    });
    let seen = read_parameters(goal, &parameters, seen).inspect_err(refused)?;
    let target = Target {
        object: goal.id,
        account: goal.account,
        campaign: goal.campaign,
    };
    let mut event = recorder.event(target, seen);
    let status = parameters::value(&parameters, "status");
    let written = report::write(goal, status, &mut event);
    written
        .map_err(|wrong| Problem::bad_request("unknown_status", wrong.detail))
        .inspect_err(refused)?;
    let attributed = attribute(&recorder, goal, &mut event).await;
    let outcome = record::record(&recorder, goal, event).await;
    let outcome = outcome.map_err(|e| {
        Problem::unavailable(
            "unrecorded",
            format!("the conversion was not recorded: {e}; send it again"),
            5,
        )
    })?;
    answer(outcome, attributed.err(), parameters::ignored(&parameters)).inspect_err(refused)
}

/// Counts a refused postback, and keeps what may be kept of it.
fn refused(
    recorder: &EventRecorder,
    goal: &Goal,
    by: By,
    parameters: &Parameters,
    problem: &Problem,
) {
    recorder.tallies.rejected(goal.account, problem.code, 1);
    // It is sent again: nothing is lost.
    if problem.code != IN_PROGRESS {
        let kept = Kept::of_postback(goal, parameters);
        let now_ms = recorder.clock.now_ms();
        let rejected = &recorder.rejected;
        rejected.push(
            (goal.account, by),
            problem.code,
            &problem.detail,
            &kept,
            now_ms,
        );
    }
}

/// The same of one that could not be read.
fn unread(recorder: &EventRecorder, goal: &Goal, bytes: usize, problem: &Problem) {
    recorder.tallies.rejected(goal.account, problem.code, 1);
    let detail = format!("a postback of {}: {}", goal.id, problem.detail);
    let (now_ms, to) = (recorder.clock.now_ms(), (goal.account, By::Anybody));
    recorder
        .rejected
        .push(to, problem.code, &detail, &Unread { bytes }, now_ms);
}

/// That the same is being recorded.
const IN_PROGRESS: &str = "in_progress";

/// What a sender is told.
fn answer(
    outcome: Outcome,
    no_click: Option<NoClick>,
    ignored: Vec<&str>,
) -> Result<Response, Problem> {
    let (mut answer, id) = match outcome {
        Outcome::Recorded(id, effect, event) => (recorded(id, effect, &event, no_click), Some(id)),
        Outcome::Repeats { of, why } => {
            let answer = json!({"event_id": of, "duplicate": true, "reason": why});
            (answer, None)
        }
        Outcome::OtherCurrency => return Err(other_currency()),
        Outcome::TooManyKeys => {
            return Err(Problem {
                code: TOO_MANY_KEYS,
                ..Problem::too_many(too_many_keys(), 3_600)
            });
        }
        Outcome::TooManySteps => return Err(too_many_steps()),
        Outcome::Pending => {
            let detail = "this transaction_id is being recorded just now; ask again in a second";
            return Err(Problem {
                retry_after: Some(1),
                ..Problem::conflict(IN_PROGRESS, detail)
            });
        }
    };
    if !ignored.is_empty() {
        answer["ignored"] = json!(ignored);
    }
    let headers = id.map(|id| [(EVENT_ID, id.to_string())]);
    Ok((headers.map(AppendHeaders), Json(answer)).into_response())
}

fn recorded(id: EventId, effect: Effect, event: &Event, no_click: Option<NoClick>) -> Value {
    let mut answer = json!({
        "event_id": id,
        "duplicate": false,
        "effect": effect.name(),
        "status": event.status().name(),
        "attributed": event.link.is_some(),
    });
    if let Some(was) = event.taken_back.and_then(|was| Status::try_from(was).ok()) {
        answer["taken_back"] = json!(was.name());
    }
    if let Some(value) = event.value_micros {
        answer["value"] = json!(money_text(value.into()));
    }
    let no_click = no_click.map(NoClick::name);
    let is_sought = event.seeks_visitor != 0;
    let reason = no_click.or(is_sought.then_some(DECIDED_BY_BATCH));
    if let Some(reason) = reason.filter(|_| event.link.is_none()) {
        answer["reason"] = json!(reason);
    }
    if event.unchecked {
        answer["unchecked"] = json!(true);
    }
    answer
}

/// Why a conversion of a named visitor is not attributed yet.
const DECIDED_BY_BATCH: &str = "decided_by_batch";

/// A transaction has one currency.
pub(crate) fn other_currency() -> Problem {
    let detail = "this transaction was reported in another currency: send the value in it";
    Problem::bad_request("wrong_currency", detail)
}

/// There is an end to what is said of one transaction.
pub(crate) fn too_many_steps() -> Problem {
    let detail = "this transaction was changed too often; send a new transaction_id";
    Problem::conflict("too_many_changes", detail)
}

pub(super) fn read_parameters(
    goal: &Goal,
    parameters: &Parameters,
    mut seen: RequestFacts,
) -> Result<RequestFacts, Problem> {
    let text = |name: &str| parameters::value(parameters, name).map(str::to_owned);
    for name in ["transaction_id", "idempotency_key", "click_id", "visitor"] {
        if text(name).is_some_and(|v| v.len() > MAX_SHORT) {
            return Err(Problem::bad_request(
                "too_long",
                format!("{name} is longer than {MAX_SHORT} bytes"),
            ));
        }
    }
    seen.transaction_id = text("transaction_id");
    // What is not UTF-8 was decoded to this: two transactions would be taken for one.
    if seen
        .transaction_id
        .as_ref()
        .is_some_and(|key| key.contains(char::REPLACEMENT_CHARACTER))
    {
        return Err(Problem::bad_request(
            "invalid_transaction_id",
            "transaction_id is not UTF-8",
        ));
    }
    seen.idempotency_key = text("idempotency_key").map(|key| parameters::key(goal, &key));
    seen.click_id = text("click_id");
    seen.visitor = text("visitor");
    seen.subs = subs(text);
    if let Some(value) = text("value") {
        let own = goal.currency.as_deref();
        seen.value = Some(read_value(&value, text("currency").as_deref(), own)?);
    }
    Ok(seen)
}

/// A value and its currency, or what is wrong with them. The currency of a goal that has one binds.
pub(crate) fn read_value(
    value: &str,
    given: Option<&str>,
    own: Option<&str>,
) -> Result<(i64, String), Problem> {
    let micros = parse_money(value).ok_or_else(|| {
        Problem::bad_request(
            "invalid_value",
            "value must be a decimal such as 12.50, of at most 9223372036854",
        )
    })?;
    let given = given.map(|text| text.trim().to_ascii_uppercase());
    let given = given.filter(|text| !text.is_empty());
    let is_code = |c: &String| c.len() == 3 && c.bytes().all(|b| b.is_ascii_uppercase());
    if let (Some(given), Some(own)) = (given.as_ref().filter(|c| is_code(c)), own)
        && given != own
    {
        let detail = format!("this goal counts {own} alone: send the value in it");
        return Err(Problem::bad_request("wrong_currency", detail));
    }
    let currency = given.or_else(|| own.map(str::to_owned));
    let currency = currency.filter(is_code);
    let currency = currency.ok_or_else(|| {
        Problem::bad_request(
            "invalid_currency",
            "currency must be a code of three letters such as EUR; the goal may set one",
        )
    })?;
    Ok((micros, currency))
}
