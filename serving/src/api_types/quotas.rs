//! How much accounts may have, as it holds, and as plans say it.

use catalog::{QuotaSource, QuotaSources, Quotas, SomeQuotas, State};
use model::{EntityId, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! quotas {
    ($($(#[$doc:meta])* $name:ident: $example:tt,)*) => {
        /// How much an account may have.
        #[derive(Debug, Serialize, ToSchema)]
        #[schema(as = Quotas)]
        pub(crate) struct QuotasView {
            $($(#[$doc])*
            #[schema(example = $example)]
            $name: u64,)*
            /// Days for which its events may be kept, whatever it has set itself; null: for ever.
            #[schema(required, example = 730)]
            keep_events_days: Option<u32>,
        }

        impl From<Quotas> for QuotasView {
            fn from(quotas: Quotas) -> Self {
                let Quotas { $($name,)* keep_events_days } = quotas;
                Self { $($name,)* keep_events_days }
            }
        }

        /// Where each quota of an account comes from.
        #[derive(Debug, Serialize, ToSchema)]
        #[schema(as = QuotaSources)]
        pub(crate) struct QuotaSourcesView {
            $($(#[$doc])*
            $name: SourceView,)*
            /// Days for which its events may be kept.
            keep_events_days: SourceView,
        }

        impl From<QuotaSources> for QuotaSourcesView {
            fn from(sources: QuotaSources) -> Self {
                Self {
                    $($name: sources.$name.into(),)*
                    keep_events_days: sources.keep_events_days.into(),
                }
            }
        }

        /// What a plan says of quotas; null: nothing, so that they are as in the plan `default`, or usual.
        #[derive(Debug, Serialize, ToSchema)]
        #[schema(as = PlanQuotas)]
        pub(crate) struct SomeQuotasView {
            $($(#[$doc])*
            #[schema(required, example = $example)]
            $name: Option<u64>,)*
            /// Days for which events may be kept, whatever an account has set itself.
            #[schema(required, example = 730)]
            keep_events_days: Option<u32>,
        }

        impl From<SomeQuotas> for SomeQuotasView {
            fn from(said: SomeQuotas) -> Self {
                let SomeQuotas { $($name,)* keep_events_days } = said;
                Self { $($name,)* keep_events_days }
            }
        }
    };
}
quotas! {
    /// Links that are not deleted.
    links: 100000,
    /// Pixels, goals and campaigns that are not deleted, of each kind.
    others: 10000,
    /// API keys, revoked ones too.
    keys: 100,
    /// Domains.
    domains: 100,
    /// Costs of periods.
    costs: 10000,
    /// New objects in an hour.
    new_an_hour: 10000,
    /// Transactions and idempotency keys that its senders may use in 30 days.
    sender_keys: 10000000,
    /// Requests to this API in a minute. Another number than the usual one holds where the account is alone, too.
    requests_a_minute: 600,
    /// Annotations.
    annotations: 10000,
    /// Segments.
    segments: 1000,
    /// Shares.
    shares: 1000,
    /// Webhooks and postbacks.
    webhooks: 20,
    /// Live streams that are open at once, and as many of its shares.
    streams: 20,
    /// Questions that are answered at once, and as many of its shares.
    questions: 4,
}

/// Where a quota comes from.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = QuotaSource)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SourceView {
    /// Whoever runs the installation has said it of this account.
    Account,
    /// The account's plan says it.
    Plan,
    /// Neither does: it is so for everybody of whom nothing else is said.
    Default,
}

impl From<QuotaSource> for SourceView {
    fn from(source: QuotaSource) -> Self {
        match source {
            QuotaSource::Account => Self::Account,
            QuotaSource::Plan => Self::Plan,
            QuotaSource::Default => Self::Default,
        }
    }
}

/// A plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plan)]
pub(crate) struct PlanView {
    /// Names it.
    #[schema(value_type = String, example = "pro")]
    pub name: Box<str>,
    /// What it says.
    pub quotas: SomeQuotasView,
    /// How many accounts have it. Of `default`: that have it by its name.
    #[schema(example = 12)]
    pub accounts: usize,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub created_at: String,
}

impl PlanView {
    /// As whoever runs the installation sees it.
    pub(crate) fn new(state: &State, plan: &catalog::Plan) -> Self {
        Self {
            name: plan.name.clone(),
            quotas: plan.quotas.into(),
            accounts: state.accounts_with(&plan.name),
            created_at: rfc3339(plan.created_ms),
        }
    }
}

/// How much an account has of what its quotas bound, where that is counted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub(crate) struct UsageView {
    /// Whether the quotas hold: where it is the only account of the installation, most do not.
    #[schema(example = true)]
    quotas_hold: bool,
    /// Links that are not deleted.
    #[schema(example = 1200)]
    links: u64,
    /// Pixels that are not deleted. Of them, goals and campaigns, of each there may be `others`.
    #[schema(example = 3)]
    pixels: u64,
    /// Goals that are not deleted.
    #[schema(example = 4)]
    goals: u64,
    /// Campaigns that are not deleted.
    #[schema(example = 12)]
    campaigns: u64,
    /// API keys, revoked ones too.
    #[schema(example = 5)]
    keys: u64,
    /// Domains.
    #[schema(example = 1)]
    domains: u64,
    /// Costs of periods.
    #[schema(example = 24)]
    costs: u64,
    /// Annotations.
    #[schema(example = 30)]
    annotations: u64,
    /// Segments.
    #[schema(example = 6)]
    segments: u64,
    /// Shares.
    #[schema(example = 2)]
    shares: u64,
    /// Webhooks and postbacks.
    #[schema(example = 1)]
    webhooks: u64,
}

impl UsageView {
    /// Of an account, now.
    pub(crate) fn new(state: &State, account: EntityId) -> Self {
        Self {
            quotas_hold: state.is_shared(),
            links: state.links.counts(account).0,
            pixels: state.pixels.counts(account).0,
            goals: state.goals.counts(account).0,
            campaigns: state.campaigns.counts(account).0,
            keys: state.keys_of(account).len() as u64,
            domains: state.domains_of(account).count() as u64,
            costs: state.costs_of(account).count() as u64,
            annotations: state.annotations_of(account).count() as u64,
            segments: state.segments_of(account).count() as u64,
            shares: state.shares_of(account).count() as u64,
            webhooks: state.webhooks_of(account).count() as u64,
        }
    }
}
