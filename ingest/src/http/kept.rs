//! What is kept of a refused event, so that somebody can see why it was refused: what a recorded one would have
//! told, too, and no more.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;
use serde_json::value::RawValue;

use super::incoming::is_field;
use crate::{client_address::address, rejected::MAX_LINE, request_facts::cut};

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
}

/// What of a field's value may be kept.
fn allowed<'a>(name: &str, value: &'a RawValue) -> Option<Cow<'a, RawValue>> {
    let is_single = !value.get().starts_with(['{', '[']);
    match name {
        "visitor" => None,
        "ip" => {
            let text: String = serde_json::from_str(value.get()).ok()?;
            let network = enrich::truncate_ip(address(&text)?);
            serde_json::value::to_raw_value(&network)
                .ok()
                .map(Cow::Owned)
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
