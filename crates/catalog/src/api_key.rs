//! API keys: what opens an account, and for how long.

use std::sync::atomic::{AtomicI64, Ordering};

use model::id::EntityId;
use serde::{Deserialize, Serialize};

use super::{error::CatalogError, rules};

/// The longest that a secret goes on to open what it opened before it was replaced, milliseconds: seven days.
pub const MOST_GRACE_MS: i64 = 7 * 24 * 3_600_000;
/// A use is stored when the one that is stored is so much older, minutes.
const STORED_EVERY: i64 = 60;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Read numbers, events and objects.
    Read,
    /// Make objects and record events, and neither see nor change nor delete any.
    Create,
    /// Send events; create, change and delete objects. Includes `read` and `create`.
    Write,
    /// Manage keys and the account's settings. Includes `write`.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Create, Self::Write, Self::Admin];

    /// Its name, as the API has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Whether who has it may do what needs `other`.
    pub fn includes(self, other: Self) -> bool {
        match self {
            Self::Read | Self::Create => self == other,
            Self::Write => other != Self::Admin,
            Self::Admin => true,
        }
    }
}

/// An API key. The secret itself is nowhere stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Names the key without giving it away.
    pub id: Box<str>,
    /// Whose it is.
    pub account: EntityId,
    /// BLAKE3 of the secret, 64 hex digits: see [`model::random::hash_secret`].
    pub hash: Box<str>,
    /// For people.
    pub name: Box<str>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Unix milliseconds.
    pub created_ms: i64,
    /// Unix milliseconds from which it opens nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    /// The secret that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Replaced>,
    /// It opens nothing any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}

/// A secret that another one has taken the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// As [`ApiKey::hash`].
    pub hash: Box<str>,
    /// Unix milliseconds until which it opens what the new one does.
    pub until_ms: i64,
}

impl ApiKey {
    /// Whether the key may do what needs `scope`, at the time `now_ms`.
    pub fn allows(&self, scope: Scope, now_ms: i64) -> bool {
        self.is_valid(now_ms) && self.scopes.iter().any(|have| have.includes(scope))
    }

    /// Whether it opens anything.
    pub fn is_valid(&self, now_ms: i64) -> bool {
        !self.revoked && self.expires_ms.is_none_or(|end| now_ms < end)
    }

    /// Whether the secret of this hash opens it.
    pub(super) fn is_opened_by(&self, hash: &str, now_ms: i64) -> bool {
        let before = self.replaced.as_ref();
        let still = before.is_some_and(|old| *old.hash == *hash && now_ms < old.until_ms);
        self.is_valid(now_ms) && (*self.hash == *hash || still)
    }

    /// The hashes of its secrets.
    pub(super) fn hashes(&self) -> impl Iterator<Item = &str> {
        let before = self.replaced.iter().map(|old| &*old.hash);
        std::iter::once(&*self.hash).chain(before)
    }

    /// Whether it may be, in the place of `old`.
    pub(super) fn check(&self, old: Option<&Self>) -> Result<(), CatalogError> {
        rules::name("name", &self.name)?;
        let is_hash = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !self.hashes().all(is_hash) || self.id.is_empty() || self.id.len() > 64 {
            let why = "must have an id of 1 to 64 characters and a hash of 64 hex digits";
            return Err(CatalogError::invalid("key", why));
        }
        if self.scopes.is_empty() {
            return Err(CatalogError::invalid("scopes", "must name at least one"));
        }
        if self.expires_ms.is_some_and(|end| end <= self.created_ms) {
            let why = "must be in the future";
            return Err(CatalogError::invalid("expires_at", why));
        }
        // A secret goes only by way of being replaced.
        let follows = |old: &Self| self.hashes().any(|hash| hash == &*old.hash);
        match old {
            Some(old) if old.account != self.account || !follows(old) => Err(CatalogError::Taken {
                what: "key id",
                name: self.id.to_string(),
            }),
            _ => Ok(()),
        }
    }
}

/// When a key was last used: noted in memory, and stored now and then.
#[derive(Debug, Default)]
pub(super) struct Used {
    /// Unix minute of the last use that is known here; 0: none.
    seen: AtomicI64,
    /// Unix minute of the last use that is stored; 0: none.
    stored: AtomicI64,
}

impl Used {
    /// Takes note of a use.
    pub(super) fn note(&self, minute: i64) {
        // Most uses are of a minute that is noted: then nothing is written that other threads read.
        if self.seen.load(Ordering::Relaxed) < minute {
            self.seen.fetch_max(minute, Ordering::Relaxed);
        }
    }

    /// Takes in that a use is stored.
    pub(super) fn take(&self, minute: i64) {
        self.note(minute);
        self.stored.fetch_max(minute, Ordering::Relaxed);
    }

    /// Unix minute of the last use.
    pub(super) fn last(&self) -> Option<i64> {
        Some(self.seen.load(Ordering::Relaxed)).filter(|minute| *minute > 0)
    }

    /// Unix minute of the last use that is stored.
    pub(super) fn stored(&self) -> Option<i64> {
        Some(self.stored.load(Ordering::Relaxed)).filter(|minute| *minute > 0)
    }

    /// The last use, if it is time to store it.
    pub(super) fn due(&self) -> Option<i64> {
        let stored = self.stored().unwrap_or_default();
        self.last().filter(|last| last - stored >= STORED_EVERY)
    }
}
