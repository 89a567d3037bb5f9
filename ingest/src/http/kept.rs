//! What is kept of a refused event, so that somebody can see why it was refused: what a recorded one would have
//! told, too, and no more.

use std::{borrow::Cow, collections::BTreeMap};

use catalog::Goal;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{
    incoming::is_field,
    parameters::{self, Parameters},
};
use crate::{
    client_address::address,
    rejected::MAX_LINE,
    request_facts::{MAX_SHORT, cut},
};

/// Most names of fields that are kept without their values, and how much of each, bytes.
const MAX_NAMES: usize = 32;
const MAX_NAME: usize = 80;

/// The part of a refused event that is kept.
#[derive(Debug, Default, Serialize)]
pub(super) struct Kept<'a> {
    /// Length of the whole, bytes.
    bytes: usize,
    /// Its fields with their values as they are written; of an address its network. None if it could not be read, or
    /// is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<BTreeMap<String, Cow<'a, RawValue>>>,
    /// Names of what else was in it: of unknown fields, which may hold anything, the visitor, what is no single
    /// value, and an address that is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without: Vec<String>,
}

impl<'a> Kept<'a> {
    /// What is kept of an event that came as `text`.
    pub(super) fn of(text: &'a [u8]) -> Self {
        let mut kept = Self {
            bytes: text.len(),
            ..Self::default()
        };
        // A long text is larger still when it is read.
        let short = Some(text).filter(|text| text.len() <= MAX_LINE);
        let fields = short.and_then(|text| serde_json::from_slice(text).ok());
        let Some(fields): Option<BTreeMap<String, &RawValue>> = fields else {
            return kept;
        };
        let mut event = BTreeMap::new();
        for (name, value) in fields {
            match allowed(&name, value) {
                Some(value) => drop(event.insert(name, value)),
                None if kept.without.len() < MAX_NAMES => kept.without.push(cut(name, MAX_NAME)),
                None => {}
            }
        }
        kept.event = Some(event);
        kept
    }

    /// What is kept of a postback: the event of `POST /v1/events` that says the same. Neither its signature, nor what is too
    /// long: what is cut would be something else.
    pub(super) fn of_postback(goal: &Goal, parameters: &Parameters) -> Self {
        let sizes = parameters
            .iter()
            .map(|(name, value)| name.len() + value.len());
        let mut kept = Self {
            bytes: sizes.sum(),
            without: parameters::ignored(parameters)
                .into_iter()
                .take(MAX_NAMES)
                .map(str::to_owned)
                .collect(),
            ..Self::default()
        };
        let mut event = BTreeMap::new();
        let mut keep = |name: &str, value: &str| {
            let raw = to_raw_value(value).ok().map(Cow::Owned);
            raw.map(|raw| event.insert(name.to_owned(), raw));
        };
        keep("type", "conversion");
        keep("goal", &goal.id.to_string());
        for (name, value) in parameters::said(parameters) {
            match name {
                "visitor" => kept.without.push(name.into()),
                _ if value.len() > MAX_SHORT => kept.without.push(name.into()),
                // Keys of postbacks are those of their goal.
                "idempotency_key" => keep(name, &parameters::key(goal, value)),
                name => keep(name, value),
            }
        }
        kept.event = Some(event);
        kept
    }
}

/// What is kept of a postback that could not be read: nothing but its length.
#[derive(Debug, Serialize)]
pub(super) struct Unread {
    /// Length of the body, bytes.
    pub bytes: usize,
}

/// What of a field's value may be kept.
fn allowed<'a>(name: &str, value: &'a RawValue) -> Option<Cow<'a, RawValue>> {
    let is_single = !value.get().starts_with(['{', '[']);
    match name {
        "visitor" => None,
        "ip" => {
            let text: String = serde_json::from_str(value.get()).ok()?;
            let network = enrich::truncate_ip(address(&text)?);
            to_raw_value(&network).ok().map(Cow::Owned)
        }
        name if is_single && is_field(name) => Some(Cow::Borrowed(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn kept(text: &str) -> Value {
        serde_json::to_value(Kept::of(text.as_bytes())).unwrap()
    }

    #[test]
    fn known_fields_are_kept_as_they_are_written() {
        let text = r#"{"link":"a","cid":12345678901234567890123,"value":1.50,"sub1":null}"#;
        let line = serde_json::to_string(&Kept::of(text.as_bytes())).unwrap();
        let event = r#"{"cid":12345678901234567890123,"link":"a","sub1":null,"value":1.50}"#;
        assert_eq!(
            line,
            format!(r#"{{"bytes":{},"event":{event}}}"#, text.len())
        );
    }

    #[test]
    fn of_an_address_its_network_is_kept() {
        for (ip, network) in [
            (r#""203.0.113.77""#, "203.0.113.0/24"),
            (r#""[2001:db8:1:2::3]:443""#, "2001:db8:1::/48"),
            (r#""::ffff:203.0.113.77""#, "203.0.113.0/24"),
        ] {
            let kept = kept(&format!(r#"{{"link":"a","ip":{ip}}}"#));
            assert_eq!(kept["event"], json!({"ip": network, "link": "a"}));
        }
        for ip in [
            r#""203.0.113.77, 10.0.0.1""#,
            r#""203.0.113.777""#,
            "3405803853",
            r#"["203.0.113.77"]"#,
        ] {
            let kept = kept(&format!(r#"{{"link":"a","ip":{ip}}}"#));
            assert_eq!(kept["event"], json!({"link": "a"}));
            assert_eq!(kept["without"], json!(["ip"]));
        }
    }

    #[test]
    fn what_may_tell_of_a_visitor_is_kept_by_its_name_alone() {
        let secrets = ["203.0.113.77", "a@b.example", "Miller"];
        for text in [
            r#"{"link":"a","visitor":"a@b.example","client_ip":"203.0.113.77","user":{"name":"Miller"}}"#,
            r#"{"link":{"name":"Miller"},"sub1":["203.0.113.77"]}"#,
            r#"{"link":"a","ip":"203.0.113.77""#,
            r#"["203.0.113.77"]"#,
            r#""a@b.example""#,
            "203.0.113.77 a@b.example",
        ] {
            let kept = kept(text);
            assert_eq!(kept["bytes"], json!(text.len()));
            let kept = kept.to_string();
            assert!(!secrets.iter().any(|s| kept.contains(s)), "{kept}");
        }
        let kept = kept(r#"{"link":"a","visitor":"v","mail":"m"}"#);
        assert_eq!(kept["event"], json!({"link": "a"}));
        assert_eq!(kept["without"], json!(["mail", "visitor"]));
    }

    #[test]
    fn of_a_postback_the_event_is_kept_that_says_the_same() {
        let goal = json!({"id": "gol_0000000000005", "account": "acc_0000000000001", "name": "Sale", "created_ms": 0});
        let goal: Goal = serde_json::from_value(goal).unwrap();
        let long = "s".repeat(MAX_SHORT + 1);
        let parameters: Parameters = [
            ("payout", "2.50"),
            ("txid", "007"),
            ("idempotency_key", "k"),
            ("visitor", "a@b.example"),
            ("sig", "2a4edaa0354a12a7"),
            ("pixel", "pxl_0000000000006"),
            ("campaign_name", "Miller"),
            ("sub1", &long),
            ("sub2", ""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let kept = serde_json::to_value(Kept::of_postback(&goal, &parameters)).unwrap();
        let event = json!({"type": "conversion", "goal": "gol_0000000000005", "value": "2.50", "transaction_id": "007",
            "idempotency_key": "gol_0000000000005/k"});
        assert_eq!(kept["event"], event);
        assert_eq!(kept["without"], json!(["campaign_name", "visitor", "sub1"]));
        let many: Parameters = (0..10_000)
            .map(|n| (format!("sub{}", n % 9), "\u{1}".repeat(MAX_SHORT)))
            .collect();
        let line = serde_json::to_string(&Kept::of_postback(&goal, &many)).unwrap();
        assert!(line.len() < MAX_LINE, "{}", line.len());
    }

    #[test]
    fn it_is_bounded() {
        let names: Vec<String> = (0..100)
            .map(|n| format!("\"{n:0>100}\":\"{}\"", "v".repeat(50)))
            .collect();
        let line = kept(&format!("{{{}}}", names.join(","))).to_string();
        assert!(line.len() < MAX_NAMES * (MAX_NAME + 4) + 100);
        let long = format!("{{\"sub1\":\"{}\"}}", "v".repeat(MAX_LINE));
        assert_eq!(kept(&long), json!({"bytes": long.len()}));
    }
}
