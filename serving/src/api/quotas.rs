//! Quotas as they are set: of an account, or in a plan.

use catalog::SomeQuotas;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Given;

/// What is said of quotas, of an account or in a plan; null: nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuotasBody {
    /// Links that it may have.
    #[schema(value_type = Option<u64>, example = 1000000)]
    #[serde(default)]
    links: Given<u64>,
    /// Pixels, goals and campaigns that it may have, of each kind.
    #[schema(value_type = Option<u64>, example = 10000)]
    #[serde(default)]
    others: Given<u64>,
    /// API keys that it may have, revoked ones too.
    #[schema(value_type = Option<u64>, example = 100)]
    #[serde(default)]
    keys: Given<u64>,
    /// Domains that it may have.
    #[schema(value_type = Option<u64>, example = 100)]
    #[serde(default)]
    domains: Given<u64>,
    /// Costs of periods that it may have.
    #[schema(value_type = Option<u64>, example = 10000)]
    #[serde(default)]
    costs: Given<u64>,
    /// Objects that it may make in an hour.
    #[schema(value_type = Option<u64>, example = 10000)]
    #[serde(default)]
    new_an_hour: Given<u64>,
    /// Transactions and idempotency keys that its senders may use in 30 days.
    #[schema(value_type = Option<u64>, example = 10000000)]
    #[serde(default)]
    sender_keys: Given<u64>,
    /// Requests to this API that it may send in a minute. Set to another number than the usual one, it holds where the
    /// account is alone, too.
    #[schema(value_type = Option<u64>, example = 600)]
    #[serde(default)]
    requests_a_minute: Given<u64>,
    /// Annotations that it may have.
    #[schema(value_type = Option<u64>, example = 10000)]
    #[serde(default)]
    annotations: Given<u64>,
    /// Segments that it may have.
    #[schema(value_type = Option<u64>, example = 1000)]
    #[serde(default)]
    segments: Given<u64>,
    /// Shares that it may have.
    #[schema(value_type = Option<u64>, example = 1000)]
    #[serde(default)]
    shares: Given<u64>,
    /// Webhooks and postbacks that it may have.
    #[schema(value_type = Option<u64>, example = 20)]
    #[serde(default)]
    webhooks: Given<u64>,
    /// Live streams that it may have open at once, and as many for its shares; also where it is the only account.
    #[schema(value_type = Option<u64>, example = 20)]
    #[serde(default)]
    streams: Given<u64>,
    /// Questions of it that are answered at once, and as many of its shares; also where it is the only account.
    #[schema(value_type = Option<u64>, example = 4)]
    #[serde(default)]
    questions: Given<u64>,
    /// Days for which its events may be kept, whatever it has set itself: from 1 to 36500, which is as good as for ever.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 36500, example = 730)]
    #[serde(default)]
    keep_events_days: Given<u32>,
}

impl QuotasBody {
    /// Says of `said` what is given.
    pub(super) fn set(&self, said: &mut SomeQuotas) {
        for (given, own) in [
            (&self.links, &mut said.links),
            (&self.others, &mut said.others),
            (&self.keys, &mut said.keys),
            (&self.domains, &mut said.domains),
            (&self.costs, &mut said.costs),
            (&self.new_an_hour, &mut said.new_an_hour),
            (&self.sender_keys, &mut said.sender_keys),
            (&self.requests_a_minute, &mut said.requests_a_minute),
            (&self.annotations, &mut said.annotations),
            (&self.segments, &mut said.segments),
            (&self.shares, &mut said.shares),
            (&self.webhooks, &mut said.webhooks),
            (&self.streams, &mut said.streams),
            (&self.questions, &mut said.questions),
        ] {
            given.set(own);
        }
        self.keep_events_days.set(&mut said.keep_events_days);
    }
}
