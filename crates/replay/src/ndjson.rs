//! One event a line, as `POST /v1/events` takes it: the line as it is, with a key.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::refusal::Refusal;

/// Names of a conversion's own key.
const TRANSACTION: [&str; 4] = ["transaction_id", "txid", "tid", "order_id"];

/// The event of a line, with `key` unless it has a key of its own. Values stay as they are written: numbers have
/// digits that no float holds.
pub(crate) fn event(line: &[u8], key: &str) -> Result<String, Refusal> {
    let Ok(text) = str::from_utf8(line) else {
        return Err(not_utf8(line));
    };
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Refusal::new("not_json", "the line is not a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members);
    let members = members.and_then(|members| reader.end().map(|()| members));
    // A line has one line.
    let why = |e: serde_json::Error| e.to_string().replace("at line 1 column", "at column");
    let members = members.map_err(|e| Refusal::new("not_json", why(e)))?;
    Ok(with_key(text, &members, key))
}

/// What is said of text in another encoding.
pub(crate) fn not_utf8(text: &[u8]) -> Refusal {
    let at = str::from_utf8(text).map_or_else(|e| e.valid_up_to(), str::len) + 1;
    Refusal::new(
        "not_utf8",
        format!("byte {at} of the line is not UTF-8; `iconv -f latin1 -t utf-8` may help"),
    )
}

type Member<'a> = (String, &'a RawValue);

fn with_key(text: &str, members: &[Member<'_>], key: &str) -> String {
    if has_own_key(members) {
        return text.trim_ascii().to_owned();
    }
    let mut event = format!("{{\"idempotency_key\":{}", quoted(key));
    for (name, value) in members.iter().filter(|(n, _)| n != "idempotency_key") {
        event.push(',');
        event.push_str(&quoted(name));
        event.push(':');
        event.push_str(value.get());
    }
    event.push('}');
    event
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn has_own_key(members: &[Member<'_>]) -> bool {
    let has = |name: &str| {
        let value = members.iter().find(|(n, _)| n == name);
        value.is_some_and(|(_, v)| !matches!(v.get(), "null" | "\"\""))
    };
    let conversion = members
        .iter()
        .any(|(name, value)| name == "goal" || (name == "type" && value.get() == "\"conversion\""));
    has("idempotency_key") || (conversion && TRANSACTION.iter().any(|name| has(name)))
}

/// The members of an object in their order, values unread.
struct Members;

impl<'a> Visitor<'a> for Members {
    type Value = Vec<Member<'a>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(line: &str) -> String {
        event(line.as_bytes(), "f-7").unwrap()
    }

    #[test]
    fn a_line_without_a_key_gets_one_and_stays_as_it_is_otherwise() {
        assert_eq!(
            keyed(r#" {"link":"a", "value": 0.10000000000000000001, "sub1":"\u00fc"} "#),
            r#"{"idempotency_key":"f-7","link":"a","value":0.10000000000000000001,"sub1":"\u00fc"}"#
        );
        assert_eq!(keyed("{}"), r#"{"idempotency_key":"f-7"}"#);
        for none in [r#""""#, "null"] {
            assert_eq!(
                keyed(&format!(r#"{{"idempotency_key":{none},"link":"a"}}"#)),
                r#"{"idempotency_key":"f-7","link":"a"}"#
            );
        }
    }

    #[test]
    fn a_key_of_its_own_stays() {
        for line in [
            r#"{"link":"a","idempotency_key":"k"}"#,
            r#"{"link":"a","idempotency_key":12}"#,
            r#"{"goal":"g","transaction_id":"t"}"#,
            r#"{"type":"conversion","goal":"g","order_id":5}"#,
        ] {
            assert_eq!(keyed(line), line);
        }
        // A transaction belongs to a goal: on a click it is no key.
        assert!(keyed(r#"{"link":"a","transaction_id":"t"}"#).contains("f-7"));
        assert!(keyed(r#"{"goal":"g","transaction_id":""}"#).contains("f-7"));
    }

    #[test]
    fn what_is_no_event_is_refused_with_the_place() {
        let code = |line: &[u8]| event(line, "k").unwrap_err();
        assert_eq!(code(b"{\"sub1\":\"f\xfcr\"}").code, "not_utf8");
        assert!(code(b"{\"sub1\":\"f\xfcr\"}").detail.contains("byte 11"));
        assert!(code(b"{\"a\":1,}").detail.ends_with("at column 8"));
        for line in [
            "[1]",
            "7",
            "{\"a\":1} {\"b\":2}",
            "{\"a\":1},",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1",
        ] {
            assert_eq!(code(line.as_bytes()).code, "not_json", "{line}");
        }
    }
}
