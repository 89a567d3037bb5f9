//! `GET|POST /c/{goal}`: a conversion, as an advertiser's server reports it.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use catalog::Goal;
use http::{HeaderMap, StatusCode, Uri, header};
use model::EntityId;
use serde_json::json;
use web::Problem;

use super::{EVENT_ID, MAX_FORM, Sender, body, parameter, parse_query};
use crate::{
    recorder::{EventRecorder, Recorded},
    request_facts::{MAX_SHORT, RequestFacts, Target, parse_money, subs},
};

/// What a form is sent as.
const FORM: &str = "application/x-www-form-urlencoded";

pub(super) async fn get(
    State(recorder): State<Arc<EventRecorder>>,
    Path(goal): Path<String>,
    uri: Uri,
    sender: Sender,
) -> Result<Response, Problem> {
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
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    if !kind.is_some_and(|kind| kind.trim_start().starts_with(FORM)) {
        let problem = Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid_form",
            format!("send the parameters with Content-Type: {FORM}, or in the address"),
        );
        return Err(body::refuse(body, problem).await);
    }
    let (form, held) = body::read(body, MAX_FORM, &recorder.bodies).await?;
    let parameters = parameters(uri.query(), &form);
    drop((form, held));
    convert(recorder, &goal, parameters, sender.seen).await
}

/// Those of the address, then those of the form: the first of a name counts.
pub(super) fn parameters(query: Option<&str>, form: &[u8]) -> Vec<(String, String)> {
    let mut parameters = parse_query(query);
    parameters.extend(url::form_urlencoded::parse(form).into_owned());
    parameters
}

async fn convert(
    recorder: Arc<EventRecorder>,
    goal: &str,
    parameters: Vec<(String, String)>,
    seen: RequestFacts,
) -> Result<Response, Problem> {
    let id = goal.parse::<EntityId>().ok();
    let goal = id
        .and_then(|id| recorder.catalog.goal(id))
        .filter(|g| !g.deleted);
    let goal = goal.ok_or_else(|| Problem::not_found("there is no such goal"))?;
    let seen = read_parameters(&goal, &parameters, seen)
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
    match recorded.first() {
        Some(Recorded::Accepted(id)) => {
            let body = Json(json!({"event_id": id, "duplicate": false}));
            Ok(([(EVENT_ID, id.to_string())], body).into_response())
        }
        Some(Recorded::Duplicate(id)) => {
            Ok(Json(json!({"event_id": id, "duplicate": true})).into_response())
        }
        _ => {
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
    parameters: &[(String, String)],
    mut seen: RequestFacts,
) -> Result<RequestFacts, Problem> {
    let text = |name: &str| parameter(parameters, name).filter(|v| !v.is_empty());
    for name in ["transaction_id", "click_id"] {
        if text(name).is_some_and(|v| v.len() > MAX_SHORT) {
            return Err(Problem::bad_request(
                "too_long",
                format!("{name} is longer than {MAX_SHORT} bytes"),
            ));
        }
    }
    seen.key = text("transaction_id");
    // What is not UTF-8 was decoded to this: two transactions would be taken for one.
    if seen
        .key
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
        let currency = text("currency").or_else(|| goal.currency.as_ref().map(ToString::to_string));
        seen.value = Some(read_value(&value, currency.as_deref())?);
    }
    Ok(seen)
}

/// A value and its currency, or what is wrong with them.
pub(super) fn read_value(value: &str, currency: Option<&str>) -> Result<(i64, String), Problem> {
    let micros = parse_money(value).ok_or_else(|| {
        Problem::bad_request(
            "invalid_value",
            "value must be a decimal such as 12.50 (at most 9 digits before the point, 6 after it)",
        )
    })?;
    let currency = currency.map(str::to_ascii_uppercase);
    let currency = currency.filter(|c| c.len() == 3 && c.bytes().all(|b| b.is_ascii_uppercase()));
    let currency = currency.ok_or_else(|| {
        Problem::bad_request(
            "invalid_currency",
            "currency must be a code of three letters such as EUR; the goal may set one",
        )
    })?;
    Ok((micros, currency))
}
