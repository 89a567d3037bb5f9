//! The fields of a row: those of an event of `POST /v1/events`, and what a history knows besides.

use std::net::{IpAddr, SocketAddr};

use replay::{EVENT_FIELDS, Refusal, bare};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use super::{ClickRow, ConversionRow, Named, NewLink};
use crate::times;

/// Longest key, visitor's name and parameter, bytes: those of the door.
const MAX_SHORT: usize = 256;

/// What a history knows besides what is sent to a door, and other names there; each with the field that it is.
const MORE: [(&str, &str); 12] = [
    ("link", "slug"),
    // Not `occurred_at`, of which columns are read otherwise when they are sent to a door.
    ("time", "time"),
    ("time", "occurred_at"),
    ("time", "timestamp"),
    ("time", "date"),
    ("referrer", "referer"),
    ("region", "region"),
    ("city", "city"),
    ("variant", "variant"),
    ("trigger", "trigger"),
    ("destination", "destination"),
    ("external_id", "external_id"),
];

/// Every name, and the field that it is.
fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |(field, others): &(&'static str, &'static [&'static str])| {
        let field = *field;
        let others = others.iter().map(move |name| (field, *name));
        std::iter::once((field, field)).chain(others)
    };
    MORE.into_iter().chain(EVENT_FIELDS.iter().flat_map(of))
}

/// Names of all fields.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let own = all().filter(|(field, name)| field == name && *name != "occurred_at");
    own.map(|(field, _)| field)
}

/// The field that a column's name means.
pub(super) fn canonical(name: &str) -> Option<&'static str> {
    let name = bare(name);
    all()
        .find(|(_, known)| bare(known) == name)
        .map(|(field, _)| field)
}

/// Whether there is a field of this name.
pub(super) fn is_field(name: &str) -> bool {
    canonical(name).is_some()
}

/// Whole numbers from here on are rounded when they are read (2^53).
const ROUNDED: f64 = 9_007_199_254_740_992.0;

/// A text, or a number as it is written; empty ones are none. What a float would round is refused: two transactions could
/// be taken for one.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Text(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl de::Visitor<'_> for Any {
            type Value = Option<String>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Some(text.to_owned()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Some(text))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Some(number.to_string()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Some(number.to_string()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                match number.abs() < ROUNDED {
                    true => Ok(Some(number.to_string())),
                    false => Err(E::custom(
                        "a number of so many digits would be rounded: write it as a text",
                    )),
                }
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(None)
            }
        }
        let text = deserializer.deserialize_any(Any)?;
        Ok(Self(text.filter(|text| !text.is_empty())))
    }
}

/// A row's fields, unread.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Fields {
    #[serde(rename = "type")]
    kind: Text,
    #[serde(alias = "slug")]
    link: Text,
    pixel: Text,
    goal: Text,
    #[serde(alias = "occurred_at", alias = "timestamp", alias = "date")]
    time: Text,
    ip: Text,
    user_agent: Text,
    #[serde(alias = "referer")]
    referrer: Text,
    accept_language: Text,
    visitor: Text,
    country: Text,
    region: Text,
    city: Text,
    variant: Text,
    trigger: Text,
    destination: Text,
    external_id: Text,
    sub1: Text,
    sub2: Text,
    sub3: Text,
    sub4: Text,
    sub5: Text,
    utm_source: Text,
    utm_medium: Text,
    utm_campaign: Text,
    utm_term: Text,
    utm_content: Text,
    #[serde(alias = "txid", alias = "tid", alias = "order_id")]
    transaction_id: Text,
    idempotency_key: Text,
    #[serde(alias = "clickid", alias = "cid", alias = "subid")]
    click_id: Text,
    #[serde(alias = "payout", alias = "revenue", alias = "amount")]
    value: Text,
    currency: Text,
    status: Text,
}

/// What is said of a line that is no object.
pub(super) fn not_json(error: &serde_json::Error) -> Refusal {
    // A line has one line.
    let why = error.to_string().replace("at line 1 column", "at column");
    let unknown = why.starts_with("unknown field");
    Refusal::new(if unknown { "unknown_field" } else { "not_json" }, why)
}

impl Fields {
    /// Of one JSON text.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Refusal> {
        if !text.trim_ascii_start().starts_with(b"{") {
            return Err(Refusal::new("not_json", "the line is not a JSON object"));
        }
        let fields = serde_json::from_slice(text).map_err(|error| not_json(&error))?;
        Ok(fields)
    }

    /// Of fields by name.
    pub(super) fn of(fields: Map<String, Value>) -> Result<Self, Refusal> {
        serde_json::from_value(Value::Object(fields)).map_err(|error| not_json(&error))
    }

    /// What happened; to `target`, if that is given.
    pub(super) fn row(self, target: Option<&Named>) -> Result<ClickRow, Refusal> {
        let time = self.time.0.as_deref();
        let time =
            time.ok_or_else(|| Refusal::new("no_time", "it does not say when it happened"))?;
        let occurred_ms = times::parse(time).ok_or_else(|| {
            let detail = "the time must be RFC 3339, like it (UTC if it has no zone), or unix seconds or milliseconds";
            Refusal::new("invalid_time", detail)
        })?;
        let ip = self.ip.0.as_deref().map(|text| address(text).ok_or(()));
        let ip = ip
            .transpose()
            .map_err(|()| Refusal::new("invalid_ip", "ip must be an IPv4 or IPv6 address"))?;
        for (name, text) in [
            ("visitor", &self.visitor),
            ("variant", &self.variant),
            ("trigger", &self.trigger),
            ("transaction_id", &self.transaction_id),
            ("idempotency_key", &self.idempotency_key),
            ("click_id", &self.click_id),
        ] {
            if text.0.as_ref().is_some_and(|text| text.len() > MAX_SHORT) {
                return Err(Refusal::new(
                    "too_long",
                    format!("{name} is longer than {MAX_SHORT} bytes"),
                ));
            }
        }
        let named = match target {
            Some(target) => target.clone(),
            None => self.named()?,
        };
        let conversion = self.conversion(&named)?;
        let country = country(self.country.0)?;
        let link = NewLink {
            slug: self.external_id.0.and(self.link.0),
            destination: self.destination.0,
        };
        let link = Some(link).filter(|link| *link != NewLink::default() && conversion.is_none());
        Ok(ClickRow {
            target: named,
            link,
            conversion,
            occurred_ms,
            ip,
            user_agent: self.user_agent.0.unwrap_or_default(),
            referrer: self
                .referrer
                .0
                .filter(|text| text != "-")
                .unwrap_or_default(),
            accept_language: self.accept_language.0.unwrap_or_default(),
            visitor: self.visitor.0,
            country,
            region: self.region.0.unwrap_or_default(),
            city: self.city.0.unwrap_or_default(),
            variant: self.variant.0.unwrap_or_default(),
            trigger: self.trigger.0.unwrap_or_default(),
            subs: [
                self.sub1.0,
                self.sub2.0,
                self.sub3.0,
                self.sub4.0,
                self.sub5.0,
            ],
            utm: [
                self.utm_source.0,
                self.utm_medium.0,
                self.utm_campaign.0,
                self.utm_term.0,
                self.utm_content.0,
            ],
        })
    }

    /// What it says that it happened to.
    fn named(&self) -> Result<Named, Refusal> {
        let link = self.named_link().map(Named::Link);
        let pixel = self.pixel.0.clone().map(Named::Pixel);
        let goal = self.goal.0.clone().map(Named::Goal);
        let named = match (self.kind.0.as_deref(), goal) {
            (Some("conversion") | None, goal @ Some(_)) => goal,
            (Some("conversion"), None) => {
                return Err(Refusal::new("no_goal", "it names no goal"));
            }
            (Some("click"), _) => link,
            (Some("view"), _) => pixel,
            (None, None) => link.or(pixel),
            (Some(_), _) => {
                let detail = "type must be click, view or conversion";
                return Err(Refusal::new("invalid_type", detail));
            }
        };
        named.ok_or_else(|| Refusal::new("no_link", "it names no link (a view: no pixel)"))
    }

    fn named_link(&self) -> Option<String> {
        let external = self.external_id.0.as_ref().map(|id| format!("ext_{id}"));
        external.or_else(|| self.link.0.clone())
    }

    /// What only conversions have, which other rows must not.
    fn conversion(&self, named: &Named) -> Result<Option<Box<ConversionRow>>, Refusal> {
        let own = [
            ("transaction_id", &self.transaction_id),
            ("click_id", &self.click_id),
            ("value", &self.value),
            ("status", &self.status),
            ("currency", &self.currency),
            ("idempotency_key", &self.idempotency_key),
        ];
        if !matches!(named, Named::Goal(_)) {
            return match own.iter().find(|(_, text)| text.0.is_some()) {
                None => Ok(None),
                Some((name, _)) => {
                    let detail = format!("only conversions have a {name}, and it names no goal");
                    Err(Refusal::new("no_goal", detail))
                }
            };
        }
        Ok(Some(Box::new(ConversionRow {
            link: self.named_link(),
            transaction_id: self.transaction_id.0.clone(),
            idempotency_key: self.idempotency_key.0.clone(),
            click_id: self.click_id.0.clone(),
            value: self.value.0.clone(),
            currency: self.currency.0.clone(),
            status: self.status.0.clone(),
        })))
    }
}

/// A country: two capital letters, or none.
fn country(text: Option<String>) -> Result<String, Refusal> {
    let country = text.unwrap_or_default();
    let is_code = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
    match is_code || country.is_empty() {
        true => Ok(country),
        false => Err(Refusal::new(
            "invalid_country",
            "country must be a code of two capital letters such as DE",
        )),
    }
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let socket = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let address: Option<IpAddr> = text.trim().parse().ok();
    address.or_else(socket)
}
