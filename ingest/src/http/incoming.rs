//! One event of `POST /v1/events`: from JSON to an event, or to what is wrong with it. Pure, but
//! for looking up the object.

use std::net::IpAddr;

use catalog::{Catalog, Row};
use model::{EntityId, EntityKind, Event, Fetch, time};
use serde::Deserialize;
use serde_json::Value;

use super::postback::read_value;
use crate::{
    client_address::address,
    recorder::EventRecorder,
    request_facts::{MAX_SHORT, MAX_TEXT, RequestFacts, Target, cut, subs, utm},
};

/// Longest text of an event, bytes: nested values take many times as much memory when read.
pub(super) const MAX_EVENT: usize = 64 << 10;

/// An event as it is sent. Unknown fields are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Incoming {
    #[serde(rename = "type")]
    kind: Option<String>,
    link: Option<String>,
    pixel: Option<String>,
    goal: Option<String>,
    occurred_at: Option<Value>,
    ip: Option<String>,
    user_agent: Option<String>,
    referrer: Option<String>,
    accept_language: Option<String>,
    visitor: Option<String>,
    country: Option<String>,
    idempotency_key: Option<String>,
    transaction_id: Option<String>,
    click_id: Option<String>,
    value: Option<Value>,
    currency: Option<String>,
    sub1: Option<String>,
    sub2: Option<String>,
    sub3: Option<String>,
    sub4: Option<String>,
    sub5: Option<String>,
    utm_source: Option<String>,
    utm_medium: Option<String>,
    utm_campaign: Option<String>,
    utm_term: Option<String>,
    utm_content: Option<String>,
}

/// Why an event was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Stable word for programs.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

fn refuse<T>(code: &'static str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        code,
        detail: detail.into(),
    })
}

impl Incoming {
    /// Reads one JSON text.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Refusal> {
        if text.len() > MAX_EVENT {
            return refuse(
                "too_long",
                format!("an event is at most {} KiB of JSON", MAX_EVENT >> 10),
            );
        }
        if text.first() != Some(&b'{') {
            return refuse("invalid_event", "an event must be a JSON object");
        }
        // Fields we do not know are skipped unread, so their text is looked at here.
        let Ok(text) = str::from_utf8(text) else {
            return refuse("invalid_event", "an event must be UTF-8");
        };
        // The error may quote what was sent.
        serde_json::from_str(text)
            .or_else(|e| refuse("invalid_event", cut(e.to_string(), MAX_SHORT)))
    }

    /// The event that `account` may record, at the time `now_ms`.
    pub(super) fn event(
        self,
        recorder: &EventRecorder,
        account: EntityId,
        now_ms: i64,
    ) -> Result<Event, Refusal> {
        let target = self.target(&recorder.catalog, account)?;
        let seen = self.request_facts(recorder, target, now_ms)?;
        Ok(recorder.event(target, seen))
    }

    fn target(&self, catalog: &Catalog, account: EntityId) -> Result<Target, Refusal> {
        let kind = match (self.kind.as_deref(), &self.link, &self.pixel, &self.goal) {
            (Some("click"), ..) | (None, Some(_), None, None) => EntityKind::Link,
            (Some("view"), ..) | (None, None, Some(_), None) => EntityKind::Pixel,
            (Some("conversion"), ..) | (None, None, None, Some(_)) => EntityKind::Goal,
            _ => return refuse("invalid_type", "type must be click, view or conversion"),
        };
        let (field, name) = match kind {
            EntityKind::Link => ("link", &self.link),
            EntityKind::Pixel => ("pixel", &self.pixel),
            _ => ("goal", &self.goal),
        };
        let Some(name) = name else {
            return refuse("missing_object", format!("a {field} must be named"));
        };
        let found = catalog.read(|state| match kind {
            EntityKind::Link => find(&state.links, account, name),
            EntityKind::Pixel => find(&state.pixels, account, name),
            _ => find(&state.goals, account, name),
        });
        let unknown = || Refusal {
            code: "unknown_object",
            detail: format!("this account has no {field} `{}`", cut(name.clone(), 80)),
        };
        found.ok_or_else(unknown)
    }

    fn request_facts(
        self,
        recorder: &EventRecorder,
        target: Target,
        now_ms: i64,
    ) -> Result<RequestFacts, Refusal> {
        let occurred_ms = self.occurred_ms(now_ms)?;
        let (ip, country) = (self.address()?, self.country()?);
        self.check_lengths()?;
        let value = self.value(recorder, target)?;
        let sub = [&self.sub1, &self.sub2, &self.sub3, &self.sub4, &self.sub5];
        let utms = [
            ("utm_source", &self.utm_source),
            ("utm_medium", &self.utm_medium),
            ("utm_campaign", &self.utm_campaign),
            ("utm_term", &self.utm_term),
            ("utm_content", &self.utm_content),
        ];
        let some = |v: Option<String>| v.filter(|v| !v.is_empty());
        Ok(RequestFacts {
            occurred_ms,
            received_ms: now_ms,
            ip,
            country,
            value,
            subs: subs(|name| {
                name.bytes()
                    .last()
                    .and_then(|d| sub.get((d - b'1') as usize)?.as_ref().cloned())
            }),
            utm: utm(|name| {
                utms.iter()
                    .find(|(n, _)| *n == name)
                    .and_then(|(_, v)| v.as_ref().cloned())
            }),
            user_agent: cut(self.user_agent.unwrap_or_default(), MAX_TEXT),
            referrer: cut(self.referrer.unwrap_or_default(), MAX_TEXT),
            accept_language: cut(self.accept_language.unwrap_or_default(), MAX_TEXT),
            do_not_track: false,
            fetch: Fetch::Direct,
            visitor: some(self.visitor),
            key: some(self.idempotency_key).or(some(self.transaction_id)),
            click_id: some(self.click_id),
        })
    }

    fn occurred_ms(&self, now_ms: i64) -> Result<i64, Refusal> {
        let occurred_ms = match &self.occurred_at {
            None | Some(Value::Null) => now_ms,
            Some(value) => parse_time(value)?,
        };
        if !(time::EARLIEST_MS..=now_ms + time::MAX_AHEAD_MS).contains(&occurred_ms) {
            return refuse(
                "invalid_time",
                "occurred_at must be between the year 2000 and one day from now",
            );
        }
        Ok(occurred_ms)
    }

    fn address(&self) -> Result<Option<IpAddr>, Refusal> {
        let text = self.ip.as_deref().filter(|text| !text.is_empty());
        match text.map(|text| address(text).ok_or(())).transpose() {
            Ok(ip) => Ok(ip),
            Err(()) => refuse("invalid_ip", "ip must be an IPv4 or IPv6 address"),
        }
    }

    fn country(&self) -> Result<String, Refusal> {
        let country = self.country.clone().unwrap_or_default();
        let is_code = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        match is_code || country.is_empty() {
            true => Ok(country),
            false => refuse(
                "invalid_country",
                "country must be a code of two capital letters such as DE",
            ),
        }
    }

    fn check_lengths(&self) -> Result<(), Refusal> {
        let short = [
            ("idempotency_key", &self.idempotency_key),
            ("transaction_id", &self.transaction_id),
            ("click_id", &self.click_id),
            ("visitor", &self.visitor),
        ];
        let is_long = |text: &Option<String>| text.as_ref().is_some_and(|v| v.len() > MAX_SHORT);
        match short.iter().find(|(_, text)| is_long(text)) {
            None => Ok(()),
            Some((name, _)) => refuse(
                "too_long",
                format!("{name} is longer than {MAX_SHORT} bytes"),
            ),
        }
    }

    fn value(
        &self,
        recorder: &EventRecorder,
        target: Target,
    ) -> Result<Option<(i64, String)>, Refusal> {
        let text = match &self.value {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return refuse("invalid_value", "value must be a decimal such as \"12.50\""),
        };
        if target.object.kind != EntityKind::Goal {
            return refuse("invalid_value", "only conversions have a value");
        }
        let default = recorder
            .catalog
            .goal(target.object)
            .and_then(|g| g.currency.as_ref().map(ToString::to_string));
        let currency = self.currency.clone().or(default);
        let value = read_value(&text, currency.as_deref());
        value.map(Some).map_err(|problem| Refusal {
            code: problem.code,
            detail: problem.detail,
        })
    }
}

/// What `text` names in `account`, if events may be recorded on it.
fn find<T: Row>(table: &catalog::Table<T>, account: EntityId, text: &str) -> Option<Target> {
    let row = table.find(account, text).filter(|row| !row.deleted())?;
    Some(Target {
        object: row.id(),
        account,
        campaign: row.campaign(),
    })
}

/// RFC 3339, or unix milliseconds as a whole number.
fn parse_time(value: &Value) -> Result<i64, Refusal> {
    let parsed = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => chrono::DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|t| t.timestamp_millis()),
        _ => None,
    };
    parsed.map_or_else(
        || {
            refuse(
                "invalid_time",
                "occurred_at must be RFC 3339 or unix milliseconds",
            )
        },
        Ok,
    )
}
