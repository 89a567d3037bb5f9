//! The parameters of a postback: of its address, of a form, of a JSON object, in any mixture.

use catalog::Goal;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value, value::RawValue};
use web::Problem;

use super::{parse_query, postback::PIXEL, sender::SIGNATURE};

/// Parameters, in the order in which they count: the first of a name does.
pub(super) type Parameters = Vec<(String, String)>;

/// Names of a postback's parameters, each with its aliases in other trackers.
const NAMES: [(&str, &[&str]); 14] = [
    ("click_id", &["clickid", "cid", "subid"]),
    ("transaction_id", &["txid", "tid", "order_id"]),
    ("value", &["payout", "revenue", "amount"]),
    ("currency", &[]),
    ("status", &[]),
    ("idempotency_key", &[]),
    ("visitor", &[]),
    (SIGNATURE, &[]),
    (PIXEL, &[]),
    ("sub1", &[]),
    ("sub2", &[]),
    ("sub3", &[]),
    ("sub4", &[]),
    ("sub5", &[]),
];

/// Those of the address, then those of the body, whatever type it says that it has.
pub(super) async fn read(
    query: Option<&str>,
    headers: &HeaderMap,
    body: Vec<u8>,
) -> Result<Parameters, Problem> {
    let mut parameters = parse_query(query);
    let given = headers
        .get(header::CONTENT_TYPE)
        .map_or("", |value| value.to_str().unwrap_or("?"));
    let kind = given.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    let body_is_json = || body.trim_ascii_start().first() == Some(&b'{');
    match kind.as_str() {
        _ if body.trim_ascii().is_empty() => {}
        "application/x-www-form-urlencoded" => parameters.extend(form(&body)),
        "multipart/form-data" => parameters.extend(parts(given, body).await?),
        kind if kind == "application/json" || kind.ends_with("+json") => {
            parameters.extend(json(&body)?);
        }
        // What a beacon sends, or a program that does not say.
        "" | "text/plain" if body_is_json() => parameters.extend(json(&body)?),
        "" | "text/plain" => parameters.extend(form(&body)),
        _ => {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "invalid_form",
                "send the parameters in the address, as application/x-www-form-urlencoded, multipart/form-data or application/json",
            ));
        }
    }
    Ok(parameters)
}

/// Refuses a body that is packed: read as a form it would be parameters that nobody has sent.
pub(super) fn plain(headers: &HeaderMap) -> Result<(), Problem> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    let encoding = encoding.map_or(&b""[..], |value| value.as_bytes().trim_ascii());
    match encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity") {
        true => Ok(()),
        false => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid_encoding",
            "a postback has no Content-Encoding: send it as it is",
        )),
    }
}

fn form(body: &[u8]) -> Parameters {
    let body = without_mark(body.trim_ascii());
    url::form_urlencoded::parse(body).into_owned().collect()
}

/// The fields of a form in parts. A file is no parameter.
async fn parts(kind: &str, body: Vec<u8>) -> Result<Parameters, Problem> {
    let wrong = |error: multer::Error| {
        Problem::bad_request("invalid_form", format!("the form cannot be read: {error}"))
    };
    let boundary = multer::parse_boundary(kind).map_err(wrong)?;
    let whole = futures::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(body))]);
    let mut form = multer::Multipart::new(whole, boundary);
    let mut parameters = Parameters::new();
    while let Some(field) = form.next_field().await.map_err(wrong)? {
        let is_file = field.file_name().is_some();
        let name = field.name().unwrap_or_default().to_owned();
        let value = field.bytes().await.map_err(wrong)?;
        if !is_file {
            parameters.push((name, String::from_utf8_lossy(&value).into_owned()));
        }
    }
    Ok(parameters)
}

/// The members of an object; numbers as they are written.
fn json(body: &[u8]) -> Result<Parameters, Problem> {
    let body = without_mark(body.trim_ascii());
    let object: Map<String, Value> = serde_json::from_slice(body).map_err(|error| {
        let detail = format!("the body is not a JSON object: {error}");
        Problem::bad_request("malformed_json", detail)
    })?;
    // Read once more for the texts of numbers, which a float would round.
    let texts: std::collections::BTreeMap<String, &RawValue> =
        serde_json::from_slice(body).map_err(Problem::internal)?;
    let mut parameters = Parameters::new();
    for (name, value) in object {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => texts
                .get(&name)
                .map_or_else(|| number.to_string(), |raw| raw.get().to_owned()),
            Value::Array(_) | Value::Object(_) if is_known(&name) => {
                let name: String = name.chars().take(40).collect();
                let detail = format!("`{name}` must be a text or a number");
                return Err(Problem::bad_request("invalid_form", detail));
            }
            // Networks append their own.
            Value::Array(_) | Value::Object(_) => String::new(),
        };
        parameters.push((name, text));
    }
    Ok(parameters)
}

/// Without the byte-order mark that some programs begin a text with.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// The value of a parameter under its name, or else under one of its aliases; empty is not given.
pub(super) fn value<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    let aliases = NAMES.iter().find(|(known, _)| *known == name);
    let aliases = aliases.map_or(&[][..], |(_, aliases)| *aliases);
    let names = std::iter::once(&name).chain(aliases);
    let first = |name: &&str| parameters.iter().find(|(n, v)| n == *name && !v.is_empty());
    names.into_iter().find_map(first).map(|(_, v)| v.as_str())
}

/// The key that an `idempotency_key` of a postback stands for: one of `/v1/events` is another.
pub(super) fn key(goal: &Goal, given: &str) -> String {
    format!("{}/{given}", goal.id)
}

/// What is said of the conversion, under the first of its names: all but who says it.
pub(super) fn said(parameters: &Parameters) -> impl Iterator<Item = (&'static str, &str)> {
    let names = NAMES.iter().map(|(name, _)| *name);
    let names = names.filter(|name| ![SIGNATURE, PIXEL].contains(name));
    names.filter_map(|name| Some((name, value(parameters, name)?)))
}

/// Names that nothing was taken of, each once.
pub(super) fn ignored(parameters: &Parameters) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in parameters.iter().take(MAX_IGNORED) {
        if !is_known(name) && name.len() <= MAX_NAME && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

/// Parameters looked through, and longest name, bytes, for what is said to have been ignored.
const MAX_IGNORED: usize = 64;
const MAX_NAME: usize = 64;

fn is_known(name: &str) -> bool {
    let is = |(known, aliases): &(&str, &[&str])| *known == name || aliases.contains(&name);
    NAMES.iter().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn got(query: &str, kind: &str, body: &str) -> Result<Parameters, Problem> {
        let mut headers = HeaderMap::new();
        if !kind.is_empty() {
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        read(Some(query), &headers, body.as_bytes().to_vec()).await
    }

    #[tokio::test]
    async fn parameters_come_in_any_mixture() {
        let expected = [("a", "1"), ("transaction_id", "007"), ("value", "2.50")];
        let expected = expected.map(|(n, v)| (n.to_owned(), v.to_owned()));
        let parts = "--x\r\nContent-Disposition: form-data; name=\"transaction_id\"\r\n\r\n007\r\n--x\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\n2.50\r\n--x--\r\n";
        for (kind, body) in [
            (
                "application/x-www-form-urlencoded",
                "transaction_id=007&value=2.50",
            ),
            (
                "Application/X-WWW-Form-URLencoded; charset=UTF-8",
                "transaction_id=007&value=2.50",
            ),
            ("", "transaction_id=007&value=2.50"),
            ("text/plain;charset=UTF-8", "transaction_id=007&value=2.50"),
            (
                "application/json",
                r#"{"transaction_id":"007","value":2.50}"#,
            ),
            (
                "Application/JSON; charset=utf-8",
                "\u{feff}{\"transaction_id\":\"007\",\"value\":2.50}",
            ),
            (
                "text/plain",
                r#"{"transaction_id":"007","value":2.50,"x":null}"#,
            ),
            ("multipart/form-data; boundary=x", parts),
        ] {
            assert_eq!(got("a=1", kind, body).await.unwrap(), expected, "{kind}");
        }
    }

    #[tokio::test]
    async fn a_body_without_anything_is_none_whatever_its_type() {
        for kind in ["", "application/json", "application/xml"] {
            let read = got("value=1", kind, "").await.unwrap();
            assert_eq!(value(&read, "value"), Some("1"), "{kind}");
        }
        let refused = got("", "application/xml", "<a/>").await.unwrap_err();
        assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        for wrong in ["{", "[]", "1", r#"{"value":[1]}"#] {
            let refused = got("", "application/json", wrong).await.unwrap_err();
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
        }
    }

    #[tokio::test]
    async fn large_numbers_stay_as_they_are_written() {
        let body = r#"{"tid":123456789012345678901234567890,"amount":1500000000.10}"#;
        let read = got("", "application/json", body).await.unwrap();
        let id = value(&read, "transaction_id");
        assert_eq!(id, Some("123456789012345678901234567890"));
        assert_eq!(value(&read, "value"), Some("1500000000.10"));
    }

    #[tokio::test]
    async fn names_come_before_their_aliases_and_the_rest_is_ignored() {
        let read = got("payout=1&gaid=x&value=2&cid=&subid=c&gaid=y", "", "")
            .await
            .unwrap();
        assert_eq!(value(&read, "value"), Some("2"));
        assert_eq!(value(&read, "click_id"), Some("c"), "empty is not given");
        assert_eq!(value(&read, "currency"), None);
        assert_eq!(ignored(&read), ["gaid"]);
    }
}
