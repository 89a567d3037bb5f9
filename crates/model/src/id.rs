//! Identifiers and their text forms. The text forms are part of the public formats.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::position::Seq;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct IdError {
    /// What was given.
    pub text: String,
    /// What would have been right, with an example.
    pub expected: &'static str,
}

/// What an [`EntityId`] names. The order is that of the numbers in stored files: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntityKind {
    /// A tenant.
    Account,
    /// A group of objects of one account.
    Campaign,
    /// An object whose events are clicks.
    Link,
    /// An object whose events are views.
    Pixel,
    /// An object whose events are conversions.
    Goal,
}

impl EntityKind {
    /// Every kind.
    pub const ALL: [EntityKind; 5] = [
        EntityKind::Account,
        EntityKind::Campaign,
        EntityKind::Link,
        EntityKind::Pixel,
        EntityKind::Goal,
    ];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            EntityKind::Account => "account",
            EntityKind::Campaign => "campaign",
            EntityKind::Link => "link",
            EntityKind::Pixel => "pixel",
            EntityKind::Goal => "goal",
        }
    }

    /// Its number in stored files.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The inverse of [`EntityKind::code`].
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Several of them, for people.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Link => "links",
            Self::Pixel => "pixels",
            Self::Goal => "goals",
            Self::Campaign => "campaigns",
        }
    }

    /// The prefix of the text form, without the underscore.
    pub fn prefix(self) -> &'static str {
        match self {
            EntityKind::Account => "acc",
            EntityKind::Campaign => "cmp",
            EntityKind::Link => "lnk",
            EntityKind::Pixel => "pxl",
            EntityKind::Goal => "gol",
        }
    }

    /// Whether events are recorded on it directly.
    pub fn is_object(self) -> bool {
        matches!(
            self,
            EntityKind::Link | EntityKind::Pixel | EntityKind::Goal
        )
    }
}

/// Anything numbers are kept for. Text: `lnk_` and 13 Crockford base-32 digits; the digits sort
/// like the number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId {
    /// What it names.
    pub kind: EntityKind,
    /// The number; unique over all kinds.
    pub raw: u64,
}

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ENTITY_EXPECTED: &str =
    "an id such as lnk_0000000000042 (acc_, cmp_, lnk_, pxl_ or gol_ and 13 digits)";

impl EntityId {
    /// The entity of `kind` numbered `raw`.
    pub fn new(kind: EntityKind, raw: u64) -> Self {
        Self { kind, raw }
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 13];
        for (i, digit) in text.iter_mut().enumerate() {
            *digit = DIGITS[((self.raw >> (60 - 5 * i)) & 31) as usize];
        }
        write!(
            f,
            "{}_{}",
            self.kind.prefix(),
            String::from_utf8_lossy(&text)
        )
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EntityId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || IdError {
            text: text.chars().take(64).collect(),
            expected: ENTITY_EXPECTED,
        };
        let (prefix, digits) = text.split_once('_').ok_or_else(error)?;
        let kind = EntityKind::ALL
            .into_iter()
            .find(|k| k.prefix() == prefix)
            .ok_or_else(error)?;
        if digits.len() != 13 || digits.as_bytes()[0] > b'f' {
            return Err(error());
        }
        let mut raw = 0u64;
        for byte in digits.bytes() {
            let digit = DIGITS.iter().position(|d| *d == byte).ok_or_else(error)?;
            raw = (raw << 5) | digit as u64;
        }
        Ok(Self { kind, raw })
    }
}

/// A collector's log, made when the log is. Text: a ULID.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogId(pub u128);

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&ulid::Ulid(self.0), f)
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LogId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || IdError {
            text: text.chars().take(64).collect(),
            expected: "a log id (a ULID of 26 characters)",
        };
        let id = ulid::Ulid::from_string(text)
            .map(|u| LogId(u.0))
            .map_err(|_| error())?;
        // Only the canonical spelling: one log has one key.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(error())
        }
    }
}

/// The name of one accepted event. Text: `{log}-{seq}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId {
    /// The log that took it.
    pub log: LogId,
    /// Its number in that log, from 1.
    pub seq: Seq,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.log, self.seq)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EventId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || IdError {
            text: text.chars().take(64).collect(),
            expected: "an event id (log id, `-`, number)",
        };
        let (log, seq) = text.split_once('-').ok_or_else(error)?;
        let id = EventId {
            log: log.parse()?,
            seq: seq.parse().map_err(|_| error())?,
        };
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(error())
        }
    }
}

macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}
serde_as_text!(EntityId, LogId, EventId);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entity_text_round_trips(raw: u64, kind in 0usize..5) {
            let id = EntityId::new(EntityKind::ALL[kind], raw);
            prop_assert_eq!(id.to_string().parse::<EntityId>().unwrap(), id);
        }

        #[test]
        fn event_text_round_trips(log: u128, seq: u64) {
            let id = EventId { log: LogId(log), seq: Seq(seq) };
            prop_assert_eq!(id.to_string().parse::<EventId>().unwrap(), id);
        }

        #[test]
        fn any_text_is_refused_or_canonical(text in "(acc|lnk|xyz)_[0-9a-zA-Z]{12,14}") {
            if let Ok(id) = text.parse::<EntityId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
