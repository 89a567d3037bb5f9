//! What a link says beside its destination. Most links say nothing of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Rule, Template, check as check_rules, check_macros};
use crate::{destination, error::CatalogError, price::Price};

/// Most that a link may say beside its destination, as JSON: every process has all links in memory.
const MAX_BYTES: usize = 16 << 10;
/// Longest note, characters.
const MAX_NOTE: usize = 2_000;
/// Longest name that an account gives a link, and parameter that carries a click id, bytes.
const MAX_EXTERNAL_ID: usize = 128;
const MAX_PARAMETER: usize = 64;
/// Longest value of a utm field, bytes.
const MAX_UTM: usize = 256;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkOptions {
    /// The answer's status.
    #[serde(skip_serializing_if = "RedirectStatus::is_default")]
    pub status: RedirectStatus,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Box<str>>,
    /// What the account calls it; unique among its live links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<Box<str>>,
    /// It leads nobody on, but is kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Unix milliseconds before which it leads nobody on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_ms: Option<i64>,
    /// Where those are led whom it leads nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Template>,
    /// The parameter that carries the click id; without one the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_id_param: Option<Box<str>>,
    /// Parameters of the destination.
    #[serde(skip_serializing_if = "Utm::is_empty")]
    pub utm: Utm,
    /// The first that fits decides.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub rules: Box<[Rule]>,
    /// So many clicks of people it leads on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_clicks: Option<u64>,
    /// What a click costs, in the account's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_click: Option<Price>,
    /// The domain of the account that it answers at; without one the installation's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Box<str>>,
}

impl LinkOptions {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What may be said of a link whose account allows these schemes.
    pub(crate) fn check(&self, schemes: &[Box<str>]) -> Result<(), CatalogError> {
        let is_long = |text: &Option<Box<str>>, most: usize| {
            text.as_deref()
                .is_some_and(|text| text.chars().count() > most)
        };
        if is_long(&self.note, MAX_NOTE) {
            let why = format!("must be at most {MAX_NOTE} characters");
            return Err(CatalogError::invalid("note", why));
        }
        self.external_id.as_deref().map_or(Ok(()), external_id)?;
        self.click_id_param.as_deref().map_or(Ok(()), parameter)?;
        if let Some(fallback) = &self.fallback {
            destination::check(fallback.text(), schemes)?;
            check_macros("fallback_url", fallback.text())?;
        }
        if self.max_clicks == Some(0) {
            let why = "must be at least 1; archive a link that shall lead nobody on";
            return Err(CatalogError::invalid("max_clicks", why));
        }
        self.utm.check()?;
        if self.bytes() > MAX_BYTES {
            let why = format!(
                "must be, with what else a link says, at most {} KiB",
                MAX_BYTES >> 10
            );
            return Err(CatalogError::invalid("rules", why));
        }
        check_rules(&self.rules, schemes)
    }

    /// As they are stored.
    pub(crate) fn bytes(&self) -> usize {
        let stored = serde_json::to_vec(self);
        stored.map_or(usize::MAX, |stored| stored.len())
    }
}

/// What an account may call a link.
pub fn external_id(text: &str) -> Result<(), CatalogError> {
    let fits = (1..=MAX_EXTERNAL_ID).contains(&text.len());
    match fits && !text.contains(|c: char| c.is_control() || c == '/') {
        true => Ok(()),
        false => Err(CatalogError::invalid(
            "external_id",
            format!("must be 1 to {MAX_EXTERNAL_ID} bytes without `/` and control characters"),
        )),
    }
}

/// A parameter of addresses.
pub fn parameter(text: &str) -> Result<(), CatalogError> {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"_.-~".contains(&b);
    match (1..=MAX_PARAMETER).contains(&text.len()) && text.bytes().all(is_part) {
        true => Ok(()),
        false => Err(CatalogError::invalid(
            "click_id_param",
            format!("must be 1 to {MAX_PARAMETER} letters, digits, `_`, `.`, `-` or `~`"),
        )),
    }
}

/// A status that leads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
pub struct RedirectStatus(u16);

impl RedirectStatus {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for RedirectStatus {
    fn default() -> Self {
        Self(302)
    }
}

impl From<RedirectStatus> for u16 {
    fn from(status: RedirectStatus) -> Self {
        status.0
    }
}

impl TryFrom<u16> for RedirectStatus {
    type Error = String;

    fn try_from(status: u16) -> Result<Self, Self::Error> {
        match status {
            301 | 302 | 303 | 307 | 308 => Ok(Self(status)),
            _ => Err("must be 301, 302, 303, 307 or 308".into()),
        }
    }
}

/// Parameters that say where a visit came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"source": "newsletter", "medium": "email"}))]
pub struct Utm {
    /// `utm_source`.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Box<str>>,
    /// `utm_medium`.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    medium: Option<Box<str>>,
    /// `utm_campaign`.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<Box<str>>,
    /// `utm_term`.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<Box<str>>,
    /// `utm_content`.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Box<str>>,
}

impl Utm {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each parameter that is set, with its value.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("utm_source", &self.source),
            ("utm_medium", &self.medium),
            ("utm_campaign", &self.campaign),
            ("utm_term", &self.term),
            ("utm_content", &self.content),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    fn check(&self) -> Result<(), CatalogError> {
        let is_fine = |value: &str| value.len() <= MAX_UTM && !value.contains(char::is_control);
        match self.parameters().all(|(_, value)| is_fine(value)) {
            true => Ok(()),
            false => Err(CatalogError::invalid(
                "utm",
                format!("must be values of at most {MAX_UTM} bytes without control characters"),
            )),
        }
    }
}
