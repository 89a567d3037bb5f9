//! What a goal says of its conversions: whose click they belong to, what their statuses mean, and who may tell them.

use std::fmt;

use ipnet::IpNet;

use model::Status;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{error::CatalogError, price::Price};

/// Most words of one status, and networks.
const MAX_WORDS: usize = 50;
/// Longest word of a status, and secret, bytes.
const MAX_WORD: usize = 64;
const MIN_SECRET: usize = 8;
const MAX_SECRET: usize = 256;
/// Longest time between a click and a conversion, days.
const MAX_DAYS: u16 = model::time::MAX_ATTRIBUTION_DAYS;

/// See the module. Most goals say nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GoalOptions {
    /// The value of a conversion that comes without one, in the goal's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<Price>,
    /// So many days after a click a conversion belongs to it.
    pub attribution_days: u16,
    /// Whose time counts.
    pub attribute_by: AttributeBy,
    /// Which click of a visitor whom the sender names, if there is no click id.
    pub attribution: Attribution,
    /// What another value of a transaction means.
    pub repeats: Repeats,
    /// Words that senders have for statuses; without any every conversion is approved.
    #[serde(skip_serializing_if = "Statuses::is_empty")]
    pub statuses: Statuses,
    /// What senders sign with; without one nobody need.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Networks that may tell conversions; without any all.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub allow_ips: Box<[IpNet]>,
}

impl Default for GoalOptions {
    fn default() -> Self {
        Self {
            default_value: None,
            attribution_days: 30,
            attribute_by: AttributeBy::default(),
            attribution: Attribution::default(),
            repeats: Repeats::default(),
            statuses: Statuses::default(),
            secret: None,
            allow_ips: Box::default(),
        }
    }
}

/// What senders sign with. It is stored, since signatures are made anew, and printed nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(Box<str>);

impl Secret {
    /// Its text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<Box<str>> for Secret {
    fn from(text: Box<str>) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hidden")
    }
}

/// Whose time a conversion counts at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttributeBy {
    /// Its own.
    #[default]
    Conversion,
    /// That of the click which it belongs to.
    Click,
}

/// Which click of a named visitor a conversion belongs to that comes without a click id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Attribution {
    /// The last one before it.
    #[default]
    Last,
    /// The first one of the time that `attribution_days` allows.
    First,
}

/// What another value of a transaction means that has the same status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Repeats {
    /// Nothing.
    #[default]
    Ignore,
    /// It is added to what was; each addition needs an `idempotency_key`.
    Add,
    /// It takes the place of what was.
    Replace,
}

impl Repeats {
    /// Its number in events.
    pub fn code(self) -> u32 {
        self as u32
    }
}

/// Words for statuses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"approved": ["sale", "1"], "pending": ["lead"], "rejected": ["trash"]}))]
pub struct Statuses {
    /// The conversion counts.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    approved: Box<[Box<str>]>,
    /// It may come to count.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pending: Box<[Box<str>]>,
    /// It does not count.
    #[schema(value_type = Vec<String>)]
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    rejected: Box<[Box<str>]>,
}

impl Statuses {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What a word means: one of the list, or a status itself, in whatever case.
    pub fn meaning(&self, word: &str) -> Option<Status> {
        let word = word.trim();
        let lists = Status::ALL.map(|status| (status, self.words(status)));
        let is_listed = |(_, words): &&(Status, &[Box<str>])| {
            words.iter().any(|own| own.eq_ignore_ascii_case(word))
        };
        let listed = lists.iter().find(is_listed).map(|(status, _)| *status);
        let named = || {
            Status::ALL
                .into_iter()
                .find(|status| status.name().eq_ignore_ascii_case(word))
        };
        listed.or_else(named)
    }

    /// All words that mean something.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let words = Status::ALL
            .into_iter()
            .flat_map(|status| self.words(status));
        words
            .map(|word| &**word)
            .chain(Status::ALL.iter().map(|status| status.name()))
    }

    fn words(&self, status: Status) -> &[Box<str>] {
        match status {
            Status::Approved => &self.approved,
            Status::Pending => &self.pending,
            Status::Rejected => &self.rejected,
        }
    }

    fn check(&self) -> Result<(), CatalogError> {
        let wrong = |why: String| Err(CatalogError::invalid("statuses", why));
        let mut seen: Vec<String> = Vec::new();
        for status in Status::ALL {
            let words = self.words(status);
            let fits = |word: &str| (1..=MAX_WORD).contains(&word.len()) && word.trim() == word;
            if words.len() > MAX_WORDS || !words.iter().all(|word| fits(word)) {
                return wrong(format!(
                    "must have at most {MAX_WORDS} words of 1 to {MAX_WORD} bytes for each status"
                ));
            }
            for word in words.iter().map(|word| word.to_ascii_lowercase()) {
                let own_name = Status::ALL.into_iter().find(|other| other.name() == word);
                if own_name.is_some_and(|other| other != status) || seen.contains(&word) {
                    return wrong(format!("must give `{word}` one meaning alone"));
                }
                seen.push(word);
            }
        }
        Ok(())
    }
}

impl GoalOptions {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether what a report says of a transaction may depend on what was said before.
    pub fn has_changes(&self) -> bool {
        !self.statuses.is_empty() || self.repeats != Repeats::Ignore
    }

    /// What may be said of a goal with this currency.
    pub(crate) fn check(&self, currency: Option<&str>) -> Result<(), CatalogError> {
        if self.default_value.is_some() && currency.is_none() {
            let why = "needs the goal's `currency`";
            return Err(CatalogError::invalid("default_value", why));
        }
        if !(1..=MAX_DAYS).contains(&self.attribution_days) {
            let why = format!("must be 1 to {MAX_DAYS}");
            return Err(CatalogError::invalid("attribution_days", why));
        }
        let length = self.secret.as_ref().map(|secret| secret.0.len());
        if length.is_some_and(|length| !(MIN_SECRET..=MAX_SECRET).contains(&length)) {
            let why = format!("must be {MIN_SECRET} to {MAX_SECRET} bytes");
            return Err(CatalogError::invalid("secret", why));
        }
        if self.allow_ips.len() > MAX_WORDS {
            let why = format!("must be at most {MAX_WORDS} networks");
            return Err(CatalogError::invalid("allow_ips", why));
        }
        self.statuses.check()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn statuses(words: serde_json::Value) -> Statuses {
        serde_json::from_value(words).unwrap()
    }

    #[test]
    fn words_mean_statuses_in_whatever_case() {
        let words = statuses(
            json!({"approved": ["sale", "1"], "pending": ["lead"], "rejected": ["trash"]}),
        );
        words.check().unwrap();
        for (word, status) in [
            ("sale", Some(Status::Approved)),
            (" Sale ", Some(Status::Approved)),
            ("1", Some(Status::Approved)),
            ("LEAD", Some(Status::Pending)),
            ("pending", Some(Status::Pending)),
            ("trash", Some(Status::Rejected)),
            ("hold", None),
            ("", None),
        ] {
            assert_eq!(words.meaning(word), status, "{word}");
        }
    }

    #[test]
    fn a_word_has_one_meaning() {
        for wrong in [
            json!({"approved": ["x"], "pending": ["X"]}),
            json!({"approved": ["rejected"]}),
            json!({"approved": [""]}),
            json!({"approved": vec!["x".repeat(65)]}),
        ] {
            statuses(wrong).check().unwrap_err();
        }
        statuses(json!({"approved": ["approved"]})).check().unwrap();
    }
}
