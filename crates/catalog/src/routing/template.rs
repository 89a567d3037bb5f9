//! Addresses with macros: `https://shop.example/?c={click_id}`.

use std::{borrow::Cow, fmt, ops::Range};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::{Deserialize, Serialize};

/// All but the unreserved characters of RFC 3986: what stands for a macro never ends the part of the address it is in.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What is put in the place of `{name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Macro {
    /// The id of the click.
    ClickId,
    /// Of the link.
    Slug,
    /// Of the link.
    LinkId,
    /// The id of the link's campaign.
    Campaign,
    /// ISO 3166-1 alpha-2.
    Country,
    /// First subdivision.
    Region,
    /// English name.
    City,
    /// Type of device.
    Device,
    /// Family.
    Os,
    /// Family.
    Browser,
    /// Primary tag.
    Language,
    /// The variant that was chosen.
    Variant,
    /// `sub1` to `sub5` of the request, from 0.
    Sub(usize),
    /// `utm_source` and so on of the request, in the order of the event's.
    Utm(usize),
    /// Unix seconds of the click.
    Timestamp,
    /// Another parameter of the request.
    Query(Box<str>),
}

const NAMED: [(&str, Macro); 13] = [
    ("click_id", Macro::ClickId),
    ("slug", Macro::Slug),
    ("link_id", Macro::LinkId),
    ("campaign", Macro::Campaign),
    ("country", Macro::Country),
    ("region", Macro::Region),
    ("city", Macro::City),
    ("device", Macro::Device),
    ("os", Macro::Os),
    ("browser", Macro::Browser),
    ("language", Macro::Language),
    ("variant", Macro::Variant),
    ("timestamp", Macro::Timestamp),
];
const UTM: [&str; 5] = [
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
];
const SUBS: [&str; 5] = ["sub1", "sub2", "sub3", "sub4", "sub5"];

impl Macro {
    fn parse(name: &str) -> Option<Self> {
        if let Some(parameter) = name.strip_prefix("query.") {
            return (!parameter.is_empty()).then(|| Self::Query(parameter.into()));
        }
        let at = |names: &[&str]| names.iter().position(|known| *known == name);
        let named = NAMED.iter().find(|(known, _)| *known == name);
        named
            .map(|(_, found)| found.clone())
            .or_else(|| at(&UTM).map(Self::Utm))
            .or_else(|| at(&SUBS).map(Self::Sub))
    }
}

/// An address, and where its macros stand.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Template {
    text: Box<str>,
    macros: Box<[(Range<u32>, Macro)]>,
}

impl Template {
    /// Of any text: what is no macro stays as it is.
    pub fn new(text: &str) -> Self {
        let mut macros = Vec::new();
        let path = path_begins(text);
        for (range, name) in braces(text).filter(|(range, _)| range.start >= path) {
            if let Some(found) = Macro::parse(name) {
                macros.push((range.start as u32..range.end as u32, found));
            }
        }
        Self {
            text: text.into(),
            macros: macros.into(),
        }
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is the same for everybody.
    pub fn is_plain(&self) -> bool {
        self.macros.is_empty()
    }

    /// The address with `value` in the place of each macro, percent-encoded.
    pub fn filled<'v>(&self, value: impl Fn(&Macro) -> Cow<'v, str>) -> Cow<'_, str> {
        if self.is_plain() {
            return Cow::Borrowed(&self.text);
        }
        let path_ends = self.text.find(['?', '#']).unwrap_or(self.text.len());
        let (mut filled, mut from) = (String::with_capacity(self.text.len() + 64), 0);
        for (range, name) in &self.macros {
            filled.push_str(&self.text[from..range.start as usize]);
            let value = value(name);
            // In a path these lead up, escaped or not.
            let is_step = matches!(&*value, "." | "..") && (range.start as usize) < path_ends;
            if !is_step {
                filled.extend(percent_encode(value.as_bytes(), ESCAPED));
            }
            from = range.end as usize;
        }
        filled.push_str(&self.text[from..]);
        Cow::Owned(filled)
    }
}

/// Why an address cannot have the macros that it has.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let host_ends = path_begins(text);
    for (range, name) in braces(text) {
        let is_macro = Macro::parse(name).is_some();
        if is_macro && range.start < host_ends {
            return Err(format!(
                "must not have `{{{name}}}` before its path: whoever calls it would choose the host"
            ));
        }
        if !is_macro && looks_like_macro(name) {
            let known: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
            let known = known.join(", ");
            return Err(format!(
                "has an unknown macro `{{{name}}}`; known are {known}, sub1 to sub5, utm_source and the other four, query.NAME"
            ));
        }
    }
    Ok(())
}

/// Where an address goes on after its scheme and its host, or what a program may take for one.
fn path_begins(text: &str) -> usize {
    let scheme = text.find(':').map_or(0, |colon| colon + 1);
    let slashes = text[scheme..].find(|c| c != '/').unwrap_or(0);
    let host = scheme + slashes;
    let end = text[host..].find(['/', '?', '#']);
    end.map_or(text.len(), |end| host + end)
}

/// Braces have other uses in addresses: `{}` or `{"a":1}` are no macros.
fn looks_like_macro(name: &str) -> bool {
    let first = name.bytes().next();
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
    first.is_some_and(|b| b.is_ascii_lowercase()) && name.bytes().all(is_part)
}

/// Each `{name}` without another brace in it: where it is, and the name.
fn braces(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let close = from + text.get(from..)?.find('}')?;
            let open = text[from..close].rfind('{').map(|open| from + open);
            from = close + 1;
            if let Some(open) = open {
                return Some((open..close + 1, &text[open + 1..close]));
            }
        }
    })
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl From<String> for Template {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.text.into()
    }
}
