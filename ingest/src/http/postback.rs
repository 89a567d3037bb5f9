//! `GET|POST /c/{goal}`: a conversion, as an advertiser's server reports it.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use catalog::Goal;
use http::{HeaderMap, StatusCode, Uri};
use model::{EntityId, EventId};
use serde_json::json;
use web::Problem;

use super::{
    EVENT_ID, MAX_FORM, Sender, body,
    parameters::{self, Parameters},
    parse_query,
};
use crate::{
    money::parse_money,
    recorder::{EventRecorder, Recorded, TOO_MANY_KEYS, too_many_keys},
    request_facts::{MAX_SHORT, RequestFacts, Target, subs},
};

pub(super) async fn get(
    State(recorder): State<Arc<EventRecorder>>,
    Path(goal): Path<String>,
    uri: Uri,
    sender: Sender,
) -> Result<Response, Problem> {
    let goal = find(&recorder, &goal)?;
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
    let goal = match find(&recorder, &goal) {
        Ok(goal) => goal,
        Err(problem) => return Err(body::refuse(body, problem).await),
    };
    let held = recorder
        .bodies
        .enter(recorder.holders(goal.account, &sender.seen));
    let (form, held) = body::read(body, MAX_FORM, held).await?;
    let parameters = parameters::read(uri.query(), &headers, form)
        .await
        .inspect_err(|problem| recorder.tallies.rejected(goal.account, problem.code, 1))?;
    drop(held);
    convert(recorder, &goal, parameters, sender.seen).await
}

fn find(recorder: &EventRecorder, goal: &str) -> Result<Arc<Goal>, Problem> {
    let id = goal.parse::<EntityId>().ok();
    let goal = id.and_then(|id| recorder.catalog.goal(id));
    let goal = goal.filter(|goal| !goal.deleted);
    goal.ok_or_else(|| Problem::not_found("there is no such goal"))
}

async fn convert(
    recorder: Arc<EventRecorder>,
    goal: &Goal,
    parameters: Parameters,
    seen: RequestFacts,
) -> Result<Response, Problem> {
    let seen = read_parameters(goal, &parameters, seen)
        .inspect_err(|problem| recorder.tallies.rejected(goal.account, problem.code, 1))?;
    let target = Target {
        object: goal.id,
        account: goal.account,
        campaign: goal.campaign,
    };
    let recorded = recorder.record(vec![recorder.event(target, seen)]).await;
    let recorded = recorded.map_err(|e| {
        Problem::unavailable(
            "unrecorded",
            format!("the conversion was not recorded: {e}; send it again"),
            5,
        )
    })?;
    let answer = |id: Option<EventId>, duplicate: bool| {
        let mut answer = json!({"event_id": id, "duplicate": duplicate});
        let ignored = parameters::ignored(&parameters);
        if !ignored.is_empty() {
            answer["ignored"] = json!(ignored);
        }
        Json(answer)
    };
    match recorded.first() {
        Some(Recorded::Accepted(id)) => {
            let body = answer(Some(*id), false);
            Ok(([(EVENT_ID, id.to_string())], body).into_response())
        }
        Some(Recorded::Duplicate(id)) => Ok(answer(*id, true).into_response()),
        Some(Recorded::TooManyKeys) => {
            recorder.tallies.rejected(goal.account, TOO_MANY_KEYS, 1);
            Err(Problem {
                code: TOO_MANY_KEYS,
                ..Problem::too_many(too_many_keys(), 3_600)
            })
        }
        Some(Recorded::Pending) | None => {
            let detail = "this transaction_id is being recorded just now; ask again in a second";
            recorder.tallies.rejected(goal.account, "in_progress", 1);
            Err(Problem {
                retry_after: Some(1),
                ..Problem::conflict("in_progress", detail)
            })
        }
    }
}

pub(super) fn read_parameters(
    goal: &Goal,
    parameters: &Parameters,
    mut seen: RequestFacts,
) -> Result<RequestFacts, Problem> {
    let text = |name: &str| parameters::value(parameters, name).map(str::to_owned);
    for name in ["transaction_id", "click_id"] {
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
    seen.click_id = text("click_id");
    seen.subs = subs(text);
    if let Some(value) = text("value") {
        let own = goal.currency.as_deref();
        seen.value = Some(read_value(&value, text("currency").as_deref(), own)?);
    }
    Ok(seen)
}

/// A value and its currency, or what is wrong with them. The currency of a goal that has one binds.
pub(super) fn read_value(
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
