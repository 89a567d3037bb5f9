//! How much one account may have: what all accounts of an installation share is not one's to fill.

use model::id::{EntityId, EntityKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{error::CatalogError, retention, state::State, types::Row};

macro_rules! quotas {
    ($($(#[$doc:meta])* $name:ident: $usual:literal,)*) => {
        /// How much an account may have.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Quotas {
            $($(#[$doc])* pub $name: u64,)*
            /// Days for which its events may be kept, whatever it has set itself. `None`: for ever.
            pub keep_events_days: Option<u32>,
        }

        /// What an installation has that has said nothing.
        impl Default for Quotas {
            fn default() -> Self {
                Self {
                    $($name: $usual,)*
                    keep_events_days: None,
                }
            }
        }

        /// What was said of quotas, of an account or in a plan. `None`: nothing.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct SomeQuotas {
            $($(#[$doc])*
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $name: Option<u64>,)*
            /// Days for which events may be kept, whatever the account has set itself.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub keep_events_days: Option<u32>,
        }

        /// Where each quota of an account comes from.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct QuotaSources {
            $($(#[$doc])* pub $name: QuotaSource,)*
            /// Days for which its events may be kept.
            pub keep_events_days: QuotaSource,
        }

        impl SomeQuotas {
            /// What holds where this is said of the account, and where each of it comes from.
            pub(super) fn over(&self, plan: &Self, default: &Self) -> (Quotas, QuotaSources) {
                let usual = Quotas::default();
                $(let $name = first(self.$name, plan.$name, default.$name);)*
                let keep = first(self.keep_events_days, plan.keep_events_days, default.keep_events_days);
                let quotas = Quotas {
                    $($name: $name.0.unwrap_or(usual.$name),)*
                    keep_events_days: keep.0,
                };
                let sources = QuotaSources {
                    $($name: $name.1,)*
                    keep_events_days: keep.1,
                };
                (quotas, sources)
            }

            /// Without what `other` says the same of.
            fn without(self, other: &Self) -> Self {
                Self {
                    $($name: self.$name.filter(|it| other.$name != Some(*it)),)*
                    keep_events_days: self.keep_events_days.filter(|it| other.keep_events_days != Some(*it)),
                }
            }
        }
    };
}
quotas! {
    /// Links that are not deleted.
    links: 100_000,
    /// Pixels, goals and campaigns that are not deleted, of each kind.
    others: 10_000,
    /// API keys, revoked ones too.
    keys: 100,
    /// New objects in an hour, of all kinds together; each process counts for itself.
    new_an_hour: 10_000,
    /// Domains.
    domains: 100,
    /// Costs of periods.
    costs: 10_000,
    /// Keys of its senders in 30 days: transactions, and idempotency keys; each collector counts for itself.
    sender_keys: 10_000_000,
    /// Requests to the API in a minute; each process counts for itself.
    requests_a_minute: 600,
    /// Annotations.
    annotations: 10_000,
    /// Segments.
    segments: 1_000,
    /// Shares.
    shares: 1_000,
    /// Webhooks and postbacks.
    webhooks: 20,
    /// Live streams that are open at once, of its people, and as many of its shares; each process counts for itself.
    streams: 20,
    /// Questions that are answered at once, of its people, and as many of its shares; each process counts for itself.
    questions: 4,
}

/// Where a quota of an account comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaSource {
    /// It was said of the account itself.
    Account,
    /// It is so in the plan of the account.
    Plan,
    /// Neither says anything: it is so in the plan `default`, or usual.
    Default,
}

/// The first of what is said, and where that is.
fn first<T>(account: Option<T>, plan: Option<T>, default: Option<T>) -> (Option<T>, QuotaSource) {
    match (account, plan) {
        (Some(own), _) => (Some(own), QuotaSource::Account),
        (None, Some(own)) => (Some(own), QuotaSource::Plan),
        (None, None) => (default, QuotaSource::Default),
    }
}

/// What quotas usually were until format 11. An account for which one was set had all of them written down: those that
/// were the usual ones nobody had said anything of.
const UNTIL_FORMAT_11: SomeQuotas = SomeQuotas {
    links: Some(100_000),
    others: Some(10_000),
    keys: Some(100),
    new_an_hour: Some(10_000),
    domains: Some(100),
    costs: Some(10_000),
    sender_keys: Some(10_000_000),
    requests_a_minute: Some(600),
    annotations: Some(10_000),
    segments: Some(1_000),
    shares: Some(1_000),
    webhooks: Some(20),
    streams: None,
    questions: None,
    keep_events_days: None,
};

/// How the quotas of an account are stored: since format 12 what was said, before that all of them.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Said { said: SomeQuotas },
    All(SomeQuotas),
}

pub(super) mod stored {
    //! For `#[serde(with)]`.

    use super::{
        Deserialize, Deserializer, Serialize, Serializer, SomeQuotas, Stored, UNTIL_FORMAT_11,
    };

    pub(in super::super) fn serialize<S: Serializer>(
        said: &SomeQuotas,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Stored::Said { said: *said }.serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Box<SomeQuotas>, D::Error> {
        Ok(Box::new(match Stored::deserialize(deserializer)? {
            Stored::Said { said } => said,
            Stored::All(all) => all.without(&UNTIL_FORMAT_11),
        }))
    }
}

impl SomeQuotas {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn check(&self) -> Result<(), CatalogError> {
        retention::check(self.keep_events_days)
    }
}

/// For each object that may be live, so many deleted ones are remembered, and so many slugs that are given up.
const TOMBSTONES: u64 = 10;

impl Quotas {
    fn of(&self, kind: EntityKind) -> u64 {
        match kind {
            EntityKind::Link => self.links,
            _ => self.others,
        }
    }

    /// Whether `row` may be added to what its account has, and what was `added` before it in the same batch.
    pub fn check<T: Row>(
        &self,
        state: &State,
        table: &super::Table<T>,
        row: &T,
        added: u64,
    ) -> Result<(), CatalogError> {
        if !state.is_shared() {
            return Ok(());
        }
        let most = self.of(T::KIND);
        let (live, ever) = table.counts(row.account());
        let fits = live + added < most && ever + added < most.saturating_mul(TOMBSTONES);
        match fits {
            true => Ok(()),
            false => Err(CatalogError::Quota {
                what: T::KIND.plural(),
                max: most,
            }),
        }
    }

    /// Whether a link of `account` may get another slug, which makes `renamed` that it gives up in this batch.
    pub fn check_renamed(
        &self,
        state: &State,
        account: EntityId,
        renamed: u64,
    ) -> Result<(), CatalogError> {
        let max = self.links.saturating_mul(TOMBSTONES);
        match !state.is_shared() || state.given_up_of(account) + renamed <= max {
            true => Ok(()),
            false => Err(CatalogError::Slugs { max }),
        }
    }
}
