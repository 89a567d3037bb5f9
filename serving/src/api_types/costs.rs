//! Costs of periods.

use catalog::{PeriodCost, Price};
use chrono_tz::Tz;
use model::{EntityId, EntityKind, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use crate::stats::calendar::text;

/// What was paid for a link or a campaign in a period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cost)]
pub(crate) struct CostView {
    /// Its id.
    #[schema(value_type = String, example = "cst_0000000000004")]
    id: Box<str>,
    /// Whose it is.
    #[schema(value_type = String)]
    account: EntityId,
    /// The link that it is of; null: it is of a campaign.
    #[schema(required, value_type = Option<String>, example = "lnk_0000000000005")]
    link: Option<EntityId>,
    /// The campaign that it is of; null: it is of a link.
    #[schema(required, value_type = Option<String>, example = "cmp_0000000000006")]
    campaign: Option<EntityId>,
    /// From then on, in the account's time zone.
    #[schema(example = "2026-01-01T00:00:00Z")]
    from: String,
    /// Before then.
    #[schema(example = "2026-01-08T00:00:00Z")]
    to: String,
    /// What was paid, a decimal.
    #[schema(value_type = String, example = "70.00")]
    amount: Price,
    /// ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    currency: Box<str>,
    /// For people.
    #[schema(required, value_type = Option<String>, example = "Invoice 7")]
    note: Option<Box<str>>,
    /// When it was told first.
    #[schema(example = "2026-01-02T03:04:05Z")]
    created_at: String,
    /// Since when numbers are as it says.
    #[schema(example = "2026-01-02T03:04:05Z")]
    changed_at: String,
}

impl CostView {
    /// As clients of an account in `zone` see it.
    pub(crate) fn new(cost: &PeriodCost, zone: Tz) -> Self {
        let of = |kind| (cost.object.kind == kind).then_some(cost.object);
        Self {
            id: cost.id.clone(),
            account: cost.account,
            link: of(EntityKind::Link),
            campaign: of(EntityKind::Campaign),
            from: text(cost.from, zone),
            to: text(cost.to, zone),
            amount: cost.amount,
            currency: cost.currency.clone(),
            note: cost.note.clone(),
            created_at: rfc3339(cost.created_ms),
            changed_at: rfc3339(cost.changed_ms),
        }
    }
}
