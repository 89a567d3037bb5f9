//! `POST /v1/rejected/{id}/replay`: an event that was refused is taken again, mended if need be.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
};
use handover::rejected::{self, RejectedEvent};
use http::HeaderMap;
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use web::Problem;

use super::{Sender, body, events};
use crate::recorder::EventRecorder;

/// Largest mend, bytes.
const MAX_MEND: usize = 64 << 10;

pub(super) async fn post(
    State(recorder): State<Arc<EventRecorder>>,
    Path(id): Path<String>,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let account = match events::authorize(&recorder, &headers) {
        Ok(account) => account,
        Err(problem) => return Err(body::refuse(body, problem).await),
    };
    let held = recorder
        .bodies
        .enter(recorder.holders(account, &sender.seen));
    let (body, _held) = body::read(body, MAX_MEND, held).await?;
    let mend = mend(&body)?;
    let found = rejected::find(recorder.lookup.store(), account, &id).await;
    let found = found.map_err(|error| {
        tracing::warn!(%error, "a refused event cannot be read");
        let detail = "refused events cannot be read just now; send it again";
        Problem::unavailable("store_unavailable", detail, 2)
    })?;
    let found = found.ok_or_else(|| {
        let id: String = id.chars().take(80).collect();
        Problem::not_found(format!(
            "there is no refused event `{id}`; they are kept for a month"
        ))
    })?;
    is_whole(&found, &mend)?;
    let text = again(found, mend)?;
    events::take_again(&recorder, account, text.as_bytes())
        .await
        .map(Json)
}

/// Fields with their values, as they are written: a number may have more digits than a float.
type Fields = BTreeMap<String, Box<RawValue>>;

/// What shall be other in the event: fields with their values, null for none.
fn mend(body: &[u8]) -> Result<Fields, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Fields::new());
    }
    serde_json::from_slice(body).map_err(|error| {
        let detail =
            format!("the body must be an object with the fields that shall be other: {error}");
        Problem::bad_request("invalid_json", detail)
    })
}

/// What an event counts by: without it, it would be another one.
const COUNTED_BY: [&str; 6] = [
    "transaction_id",
    "idempotency_key",
    "click_id",
    "value",
    "currency",
    "status",
];

/// Refuses to take an event again of which something was not kept that it counts by, and that the mend does not set.
fn is_whole(refused: &RejectedEvent, mend: &Fields) -> Result<(), Problem> {
    let lacks = |name: &&String| COUNTED_BY.contains(&name.as_str()) && !mend.contains_key(*name);
    match refused.without.iter().find(lacks) {
        None => Ok(()),
        Some(name) => {
            let detail = format!("`{name}` of this event was not kept: send it, or null for none");
            Err(Problem::conflict("not_kept", detail))
        }
    }
}

/// The event as it is taken again. It has a key by which it counts once, however often it is sent, and the time at
/// which it came, if it said none itself.
fn again(refused: RejectedEvent, mend: Fields) -> Result<String, Problem> {
    let Some(mut event) = refused.event else {
        let detail = "nothing of this event could be kept: it could not be read";
        return Err(Problem::conflict("not_kept", detail));
    };
    let set = |event: &mut Fields, name: &str, text: &str| {
        let value = to_raw_value(text).map_err(Problem::internal)?;
        event.insert(name.to_owned(), value);
        Ok::<_, Problem>(())
    };
    // Of an address its network is kept: it stands for the address.
    let network = event
        .get("ip")
        .and_then(|ip| serde_json::from_str::<String>(ip.get()).ok());
    if let Some((address, _)) = network
        .as_deref()
        .and_then(|network| network.split_once('/'))
    {
        set(&mut event, "ip", address)?;
    }
    event.extend(mend);
    let says = |event: &Fields, name: &str| event.get(name).is_some_and(|it| it.get() != "null");
    let times = ["occurred_at", "time", "timestamp"];
    if !times.iter().any(|name| says(&event, name)) && !refused.at.is_empty() {
        set(&mut event, "occurred_at", &refused.at)?;
    }
    if !says(&event, "idempotency_key") {
        set(
            &mut event,
            "idempotency_key",
            &format!("rejected:{}", refused.id),
        )?;
    }
    serde_json::to_string(&event).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(event: Value) -> RejectedEvent {
        RejectedEvent {
            id: "5.n.1".into(),
            at: "2026-01-02T03:04:05Z".into(),
            code: "x".into(),
            detail: String::new(),
            bytes: 2,
            event: serde_json::from_value(event).unwrap(),
            without: Vec::new(),
        }
    }

    #[test]
    fn an_event_is_mended_and_has_its_time_and_a_key() {
        let event = json!({"link": "a", "ip": "203.0.113.0/24", "currency": "EUX", "sub1": "s"});
        let mend = mend(br#"{"currency": "EUR", "sub1": null}"#).unwrap();
        let read = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        assert_eq!(
            read(again(refused(event), mend).unwrap()),
            json!({"link": "a", "ip": "203.0.113.0", "currency": "EUR", "sub1": null,
                "occurred_at": "2026-01-02T03:04:05Z", "idempotency_key": "rejected:5.n.1"})
        );
        let own = json!({"time": 5, "idempotency_key": "k"});
        let same = again(refused(own.clone()), Fields::new()).unwrap();
        assert_eq!(read(same), own);
        let mut long = refused(json!({"idempotency_key": "k", "time": 5}));
        let digits = RawValue::from_string("12345678901234567890123".into()).unwrap();
        long.event
            .as_mut()
            .unwrap()
            .insert("transaction_id".into(), digits);
        let told = again(long, Fields::new()).unwrap();
        assert!(told.contains("12345678901234567890123"), "{told}");
    }

    #[test]
    fn what_was_not_kept_is_not_taken_again() {
        let problem = again(refused(Value::Null), Fields::new()).unwrap_err();
        assert_eq!(problem.code, "not_kept");
        let mut long = refused(json!({"goal": "Sale"}));
        long.without = ["visitor", "transaction_id"].map(str::to_owned).into();
        let whole = |text: &[u8]| is_whole(&long, &mend(text).unwrap()).is_ok();
        assert!(!whole(b"") && !whole(br#"{"value": "1"}"#));
        assert!(whole(br#"{"transaction_id": "t"}"#) && whole(br#"{"transaction_id": null}"#));
        assert!(mend(b" ").unwrap().is_empty());
        for wrong in ["[]", "1", "{", r#""x""#] {
            assert!(mend(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
