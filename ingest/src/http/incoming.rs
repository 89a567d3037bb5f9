//! One event of `POST /v1/events`: from JSON to an event, or to what is wrong with it. Pure, but
//! for looking up the object.

use std::{collections::BTreeMap, net::IpAddr};

use catalog::{Catalog, Row};
use model::{EntityId, EntityKind, Event, Fetch, time};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny},
};
use serde_json::value::RawValue;

use super::{cost, postback::read_value};
use crate::{
    client_address::address,
    conversions::report,
    recorder::EventRecorder,
    request_facts::{MAX_SHORT, MAX_TEXT, RequestFacts, Target, cut, subs, utm},
};

/// Longest text of an event, bytes: nested values take many times as much memory when read.
pub(super) const MAX_EVENT: usize = 64 << 10;

/// An event as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Incoming<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    link: Name,
    pixel: Name,
    goal: Name,
    #[serde(borrow, alias = "time", alias = "timestamp")]
    occurred_at: Option<&'a RawValue>,
    /// A number is no address, and the error must not quote it.
    ip: Name,
    user_agent: Option<String>,
    referrer: Option<String>,
    accept_language: Option<String>,
    visitor: Name,
    country: Option<String>,
    idempotency_key: Name,
    #[serde(alias = "txid", alias = "tid", alias = "order_id")]
    transaction_id: Name,
    #[serde(alias = "clickid", alias = "cid", alias = "subid")]
    click_id: Name,
    #[serde(borrow, alias = "payout", alias = "revenue", alias = "amount")]
    value: Option<&'a RawValue>,
    currency: Option<String>,
    status: Name,
    sub1: Name,
    sub2: Name,
    sub3: Name,
    sub4: Name,
    sub5: Name,
    utm_source: Name,
    utm_medium: Name,
    utm_campaign: Name,
    utm_term: Name,
    utm_content: Name,
}

/// What an event may have, without the aliases.
const FIELDS: [&str; 28] = [
    "type",
    "link",
    "pixel",
    "goal",
    "occurred_at",
    "ip",
    "user_agent",
    "referrer",
    "accept_language",
    "visitor",
    "country",
    "idempotency_key",
    "transaction_id",
    "click_id",
    "value",
    "currency",
    "status",
    "sub1",
    "sub2",
    "sub3",
    "sub4",
    "sub5",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "timestamp",
];

/// What names something: a text, or a number as it is written, which a float would round.
#[derive(Debug, Default, Clone, PartialEq)]
struct Name(Option<String>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let text = text_of(raw).ok_or_else(|| D::Error::custom("expected a text or a number"))?;
        Ok(Self(text.filter(|text| !text.is_empty())))
    }
}

impl Name {
    fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// A text, or a number as it is written; null is nothing, and anything else an error.
fn text_of(raw: &RawValue) -> Option<Option<String>> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'-' | b'0'..=b'9' => Some(Some(raw.get().to_owned())),
        b'n' => Some(None),
        _ => None,
    }
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

impl<'a> Incoming<'a> {
    /// Reads one JSON text.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, Refusal> {
        if text.len() > MAX_EVENT {
            return refuse(
                "too_long",
                format!("an event is at most {} KiB of JSON", MAX_EVENT >> 10),
            );
        }
        if text.first() != Some(&b'{') {
            return refuse("invalid_event", "an event must be a JSON object");
        }
        let Ok(text) = str::from_utf8(text) else {
            return refuse("invalid_event", "an event must be UTF-8");
        };
        // The error may quote what was sent.
        serde_json::from_str(text).or_else(|error| match unknown_field(text) {
            Some(detail) => refuse("unknown_field", detail),
            None => refuse("invalid_event", cut(error.to_string(), MAX_SHORT)),
        })
    }

    /// The event that `account` may record, at the time `now_ms`.
    pub(super) fn event(
        self,
        recorder: &EventRecorder,
        account: EntityId,
        now_ms: i64,
    ) -> Result<Event, Refusal> {
        let target = self.target(&recorder.catalog, account)?;
        let status = self.status.0.clone();
        let seen = self.request_facts(recorder, target, now_ms)?;
        let mut event = recorder.event(target, seen);
        match recorder.catalog.goal(target.object) {
            Some(goal) => report::write(&goal, status.as_deref(), &mut event)
                .or_else(|wrong| refuse("unknown_status", wrong.detail))?,
            None if status.is_some() => {
                return refuse("invalid_status", "only conversions have a status");
            }
            None => {}
        }
        if let Some(link) = recorder.catalog.link(target.object) {
            cost::write(recorder, &link, &mut event, None);
        }
        Ok(event)
    }

    fn target(&self, catalog: &Catalog, account: EntityId) -> Result<Target, Refusal> {
        let names = (
            self.link.as_deref(),
            self.pixel.as_deref(),
            self.goal.as_deref(),
        );
        let kind = match (self.kind.as_deref(), names) {
            (Some("click"), _) | (None, (Some(_), None, None)) => EntityKind::Link,
            (Some("view"), _) | (None, (None, Some(_), None)) => EntityKind::Pixel,
            (Some("conversion"), _) | (None, (None, None, Some(_))) => EntityKind::Goal,
            _ => return refuse("invalid_type", "type must be click, view or conversion"),
        };
        let (field, name) = match kind {
            EntityKind::Link => ("link", names.0),
            EntityKind::Pixel => ("pixel", names.1),
            _ => ("goal", names.2),
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
            detail: format!("this account has no {field} `{}`", cut(name.to_owned(), 80)),
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
        self.check_transaction(target)?;
        let value = self.value(recorder, target)?;
        let sub = [&self.sub1, &self.sub2, &self.sub3, &self.sub4, &self.sub5];
        let utms = [
            ("utm_source", &self.utm_source),
            ("utm_medium", &self.utm_medium),
            ("utm_campaign", &self.utm_campaign),
            ("utm_term", &self.utm_term),
            ("utm_content", &self.utm_content),
        ];
        Ok(RequestFacts {
            occurred_ms,
            received_ms: now_ms,
            ip,
            country,
            value,
            subs: subs(|name| {
                name.bytes()
                    .last()
                    .and_then(|d| sub.get((d - b'1') as usize)?.0.clone())
            }),
            utm: utm(|name| {
                utms.iter()
                    .find(|(n, _)| *n == name)
                    .and_then(|(_, v)| v.0.clone())
            }),
            user_agent: cut(self.user_agent.unwrap_or_default(), MAX_TEXT),
            referrer: cut(self.referrer.unwrap_or_default(), MAX_TEXT),
            accept_language: cut(self.accept_language.unwrap_or_default(), MAX_TEXT),
            do_not_track: false,
            fetch: Fetch::Direct,
            visitor: self.visitor.0,
            idempotency_key: self.idempotency_key.0,
            transaction_id: self.transaction_id.0,
            click_id: self.click_id.0,
            // What it was a click on is not told.
            ad_parameter: "",
        })
    }

    fn occurred_ms(&self, now_ms: i64) -> Result<i64, Refusal> {
        let occurred_ms = self.occurred_at.map(parse_time).transpose()?.flatten();
        let occurred_ms = occurred_ms.unwrap_or(now_ms);
        if !(time::EARLIEST_MS..=now_ms + time::MAX_AHEAD_MS).contains(&occurred_ms) {
            return refuse(
                "invalid_time",
                "occurred_at must be between 1970 and one day from now",
            );
        }
        Ok(occurred_ms)
    }

    fn address(&self) -> Result<Option<IpAddr>, Refusal> {
        match self
            .ip
            .as_deref()
            .map(|text| address(text).ok_or(()))
            .transpose()
        {
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
        let is_long = |text: &Name| text.as_deref().is_some_and(|v| v.len() > MAX_SHORT);
        match short.iter().find(|(_, text)| is_long(text)) {
            None => Ok(()),
            Some((name, _)) => refuse(
                "too_long",
                format!("{name} is longer than {MAX_SHORT} bytes"),
            ),
        }
    }

    /// A transaction belongs to a goal: of a click nobody would look for it.
    fn check_transaction(&self, target: Target) -> Result<(), Refusal> {
        match self.transaction_id.0.is_some() && target.object.kind != EntityKind::Goal {
            false => Ok(()),
            true => refuse(
                "invalid_transaction_id",
                "only conversions have a transaction_id; other events have an idempotency_key",
            ),
        }
    }

    fn value(
        &self,
        recorder: &EventRecorder,
        target: Target,
    ) -> Result<Option<(i64, String)>, Refusal> {
        let Some(raw) = self.value else {
            return Ok(None);
        };
        let text = match text_of(raw) {
            Some(None) => return Ok(None),
            Some(Some(text)) if text.is_empty() => return Ok(None),
            Some(Some(text)) => text,
            None => return refuse("invalid_value", "value must be a decimal such as \"12.50\""),
        };
        if target.object.kind != EntityKind::Goal {
            return refuse("invalid_value", "only conversions have a value");
        }
        let goal = recorder.catalog.goal(target.object);
        let own = goal.as_ref().and_then(|goal| goal.currency.as_deref());
        let value = read_value(&text, self.currency.as_deref(), own);
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

/// RFC 3339, or unix milliseconds as a whole number; null is no time.
fn parse_time(raw: &RawValue) -> Result<Option<i64>, Refusal> {
    let Some(text) = text_of(raw) else {
        return refuse("invalid_time", TIME_FORMS);
    };
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let number = text.parse::<i64>().ok();
    if number.is_some_and(|number| SECONDS.contains(&number)) {
        return refuse(
            "invalid_time",
            "occurred_at looks like seconds: send milliseconds, or RFC 3339 for times of the early seventies",
        );
    }
    let dated = || chrono::DateTime::parse_from_rfc3339(&text).ok();
    let parsed = number.or_else(|| dated().map(|time| time.timestamp_millis()));
    parsed.map_or_else(|| refuse("invalid_time", TIME_FORMS), |ms| Ok(Some(ms)))
}

/// Numbers that are times of 1985 to 5138 in seconds, and of 1970 to 1973 in milliseconds: who sends them means
/// the former, and would be counted half a century ago.
const SECONDS: std::ops::Range<i64> = 500_000_000..100_000_000_000;
const TIME_FORMS: &str = "occurred_at must be RFC 3339 with a zone, or unix milliseconds";

/// What is wrong with an event that has a field that does not exist; looked at when it was refused.
fn unknown_field(text: &str) -> Option<String> {
    let fields: BTreeMap<String, IgnoredAny> = serde_json::from_str(text).ok()?;
    let name = fields.keys().find(|name| !is_field(name))?;
    Some(web::unknown("field", name, FIELDS))
}

/// Whether an event may have a field of this name.
pub(super) fn is_field(name: &str) -> bool {
    let name = serde_json::to_string(name).unwrap_or_default();
    serde_json::from_str::<Incoming<'_>>(&format!("{{{name}:null}}")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (&'static str, String) {
        let refusal = Incoming::parse(text.as_bytes()).unwrap_err();
        (refusal.code, refusal.detail)
    }

    #[test]
    fn every_field_that_is_named_exists() {
        for name in FIELDS {
            let text = format!("{{\"{name}\":null}}");
            Incoming::parse(text.as_bytes()).unwrap();
        }
        let all = FIELDS.map(|name| format!("\"{name}\":null")).join(",");
        let (_, detail) = refusal(&format!("{{{all}}}"));
        assert!(
            detail.contains("duplicate field"),
            "two names of one: {detail}"
        );
    }

    #[test]
    fn unknown_fields_are_refused_by_name() {
        let (code, detail) = refusal(r#"{"link":"a","occured_at":1}"#);
        assert_eq!(code, "unknown_field");
        assert!(detail.ends_with("did you mean `occurred_at`?"), "{detail}");
        assert_eq!(refusal(r#"{"link":"a","when":1}"#).0, "unknown_field");
        assert_eq!(refusal(r#"{"link":["a"]}"#).0, "invalid_event");
        assert_eq!(refusal(r#"{"link":"a","link":"b"}"#).0, "invalid_event");
    }

    #[test]
    fn names_may_be_numbers_and_stay_as_they_are_written() {
        let text = r#"{"goal":7,"tid":12345678901234567890123,"visitor":1.50,"sub1":-3,"cid":""}"#;
        let event = Incoming::parse(text.as_bytes()).unwrap();
        assert_eq!(event.goal.as_deref(), Some("7"));
        let id = event.transaction_id.as_deref();
        assert_eq!(id, Some("12345678901234567890123"));
        assert_eq!(event.visitor.as_deref(), Some("1.50"));
        assert_eq!(event.sub1.as_deref(), Some("-3"));
        assert_eq!(event.click_id.as_deref(), None);
        for wrong in ["true", "[1]", "{}"] {
            refusal(&format!("{{\"transaction_id\":{wrong}}}"));
        }
    }

    #[test]
    fn no_refusal_quotes_an_address() {
        for ip in ["3405803853", "\"203.0.113.77.\"", "3.4e9"] {
            let text = format!("{{\"link\":\"a\",\"ip\":{ip}}}");
            let refusal = Incoming::parse(text.as_bytes()).and_then(|event| event.address());
            let refusal = refusal.unwrap_err();
            assert_eq!(refusal.code, "invalid_ip");
            assert!(!refusal.detail.contains(ip), "{}", refusal.detail);
        }
    }

    #[test]
    fn a_time_has_three_names_and_two_forms() {
        for (name, value, ms) in [
            ("occurred_at", "1700000000000", Some(1_700_000_000_000)),
            ("time", "\"1700000000000\"", Some(1_700_000_000_000)),
            (
                "timestamp",
                "\"2023-11-14T22:13:20Z\"",
                Some(1_700_000_000_000),
            ),
            (
                "time",
                "\"2023-11-14 23:13:20+01:00\"",
                Some(1_700_000_000_000),
            ),
            ("time", "\"1970-01-01T00:00:00Z\"", Some(0)),
            ("time", "\"1999-12-31T23:59:59Z\"", Some(946_684_799_000)),
            ("time", "null", None),
            ("time", "\"\"", None),
        ] {
            let text = format!("{{\"{name}\":{value}}}");
            let event = Incoming::parse(text.as_bytes()).unwrap();
            let now = 1_800_000_000_000;
            assert_eq!(event.occurred_ms(now).unwrap(), ms.unwrap_or(now), "{text}");
        }
        for wrong in [
            "true",
            "1.5",
            "\"yesterday\"",
            "\"2023-11-14T22:13:20\"",
            "-1",
            "1700000000",
            "\"1700000000\"",
        ] {
            let text = format!("{{\"time\":{wrong}}}");
            let event = Incoming::parse(text.as_bytes()).unwrap();
            event.occurred_ms(0).unwrap_err();
        }
    }
}
