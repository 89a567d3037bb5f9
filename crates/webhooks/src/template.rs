//! Addresses of postbacks: macros in braces stand for values of the conversion that is told.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a value; all else is percent-encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Every macro, and what it stands for.
pub const MACROS: [(&str, &str); 19] = [
    ("event_id", "id of the conversion's event"),
    ("click_id", "click id that the conversion was told with"),
    ("transaction_id", "transaction id of the conversion"),
    ("value", "value as it was told, a decimal"),
    ("currency", "currency of the value, ISO 4217"),
    ("status", "approved, pending or rejected"),
    ("goal", "id of the goal"),
    ("goal_name", "name of the goal"),
    ("link", "id of the link whose click led to it"),
    ("slug", "slug of that link"),
    ("campaign", "id of the campaign"),
    ("country", "country, ISO 3166-1"),
    ("sub1", "parameter sub1"),
    ("sub2", "parameter sub2"),
    ("sub3", "parameter sub3"),
    ("sub4", "parameter sub4"),
    ("sub5", "parameter sub5"),
    ("occurred_at", "when it happened, RFC 3339"),
    ("occurred_unix", "when it happened, unix seconds"),
];

/// Why a text is no address with macros.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Nobody knows what it stands for.
    #[error("has the macro `{{{0}}}`, which there is not; there are {list}", list = names())]
    Unknown(String),
    /// A brace without its other.
    #[error("has a brace without its other: write a brace that is meant as itself as %7B or %7D")]
    Open,
    /// Who is told must not depend on what is told.
    #[error("may have macros behind the host alone")]
    InHost,
}

fn names() -> String {
    let names: Vec<&str> = MACROS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// An address with macros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Texts, each with the macro that follows it.
    parts: Vec<(String, Option<&'static str>)>,
}

impl Template {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// What is wrong with it, to follow "`url` ".
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let authority = text.find("://").map_or(0, |at| at + 3);
        let path = text[authority..].find(['/', '?', '#']);
        let path = path.map_or(text.len(), |at| authority + at);
        if text[..path].contains(['{', '}']) {
            return Err(TemplateError::InHost);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(TemplateError::Open)?;
            let known = MACROS.iter().find(|(known, _)| *known == name);
            let unknown = || TemplateError::Unknown(name.chars().take(64).collect());
            let (known, _) = known.ok_or_else(unknown)?;
            parts.push((plain(before)?, Some(*known)));
            rest = after;
        }
        parts.push((plain(rest)?, None));
        Ok(Self { parts })
    }

    /// The address with the values of macros, percent-encoded.
    pub fn fill(&self, value: impl Fn(&str) -> String) -> String {
        let mut filled = String::new();
        for (text, name) in &self.parts {
            filled.push_str(text);
            if let Some(name) = name {
                filled.extend(utf8_percent_encode(&value(name), ENCODED));
            }
        }
        filled
    }
}

fn plain(text: &str) -> Result<String, TemplateError> {
    match text.contains('}') {
        true => Err(TemplateError::Open),
        false => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn macros_are_filled_percent_encoded() {
        let template =
            Template::parse("https://n.example/p?c={click_id}&v={value}{currency}#{sub1}");
        let filled = template.unwrap().fill(|name| match name {
            "click_id" => "a b&c=d/é{value}".into(),
            "value" => "12.50".into(),
            "currency" => "EUR".into(),
            _ => String::new(),
        });
        let expected = "https://n.example/p?c=a%20b%26c%3Dd%2F%C3%A9%7Bvalue%7D&v=12.50EUR#";
        assert_eq!(filled, expected);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let unknown = |name: &str| TemplateError::Unknown(name.into());
        for (text, expected) in [
            ("https://n.example/{clickid}", unknown("clickid")),
            ("https://n.example/{}", unknown("")),
            ("https://n.example/{ value }", unknown(" value ")),
            ("https://n.example/{value", TemplateError::Open),
            ("https://n.example/value}", TemplateError::Open),
            ("https://n.example/{value}}", TemplateError::Open),
            ("https://{sub1}/x", TemplateError::InHost),
            ("https://{sub1}.n.example", TemplateError::InHost),
            ("{sub1}://n.example/", TemplateError::InHost),
            ("https://u:{sub1}@n.example/", TemplateError::InHost),
            ("https://n.example:{sub1}/", TemplateError::InHost),
        ] {
            assert_eq!(Template::parse(text), Err(expected), "{text}");
        }
        let said = unknown("clickid").to_string();
        assert!(
            said.contains("`{clickid}`") && said.contains("click_id"),
            "{said}"
        );
    }

    proptest! {
        /// Whatever a value is, it stays one value of one parameter.
        #[test]
        fn values_do_not_leave_their_place(value in any::<String>()) {
            let template = Template::parse("https://n.example/p?a={sub1}&b=1").unwrap();
            let filled = url::Url::parse(&template.fill(|_| value.clone())).unwrap();
            prop_assert_eq!(filled.host_str(), Some("n.example"));
            let pairs: Vec<_> = filled.query_pairs().into_owned().collect();
            prop_assert_eq!(pairs, [("a".to_owned(), value), ("b".to_owned(), "1".to_owned())]);
        }
    }
}
