//! Webhooks, and what became of what was sent to them.

use catalog::{Webhook, WebhookFilters, WebhookKind, WebhookMethod};
use model::{EntityId, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;
use webhooks::{
    EventType,
    delivery::{Delivery, Tested},
};

/// Who is told of what, without the secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookView {
    /// Its id.
    #[schema(value_type = String, example = "whk_0000000000004")]
    id: Box<str>,
    /// For people.
    #[schema(value_type = String, example = "Shop")]
    name: Box<str>,
    /// What is sent: a message in JSON, or a postback with values in its address.
    #[schema(example = "webhook")]
    kind: WebhookKind,
    /// How it is sent.
    #[schema(example = "POST")]
    method: WebhookMethod,
    /// Where it is sent.
    #[schema(value_type = String, example = "https://shop.example.com/hooks")]
    url: Box<str>,
    /// What it is told of.
    #[schema(value_type = Vec<EventType>, example = json!(["conversion.created"]))]
    types: Box<[EventType]>,
    /// Of which events.
    filters: FiltersView,
    /// Whether something is sent.
    enabled: bool,
    /// Since when nothing is; null: it is enabled.
    #[schema(required, example = json!(null))]
    disabled_at: Option<String>,
    /// Why.
    #[schema(required, value_type = Option<String>, example = json!(null))]
    disabled_reason: Option<Box<str>>,
    /// Until when messages are signed with the secret before, too; null: it has had one alone.
    #[schema(required, example = "2026-01-03T03:04:05Z")]
    old_secret_until: Option<String>,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    created_at: String,
}

/// Which events are told: those for which all of this holds. Empty lists are of everything.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookFilters)]
pub(crate) struct FiltersView {
    /// Ids of links: clicks on them, and conversions that those led to.
    #[schema(value_type = Vec<String>, example = json!(["lnk_0000000000005"]))]
    links: Box<[EntityId]>,
    /// Ids of goals, of conversions.
    #[schema(value_type = Vec<String>, example = json!([]))]
    goals: Box<[EntityId]>,
    /// Ids of campaigns.
    #[schema(value_type = Vec<String>, example = json!([]))]
    campaigns: Box<[EntityId]>,
    /// Whether clicks of bots are told, too.
    bots: bool,
}

impl From<&WebhookFilters> for FiltersView {
    fn from(filters: &WebhookFilters) -> Self {
        Self {
            links: filters.links.clone(),
            goals: filters.goals.clone(),
            campaigns: filters.campaigns.clone(),
            bots: filters.bots,
        }
    }
}

impl WebhookView {
    /// As clients see it.
    pub(crate) fn new(row: &Webhook) -> Self {
        let disabled = row.disabled.as_ref();
        let replaced = row.replaced.as_ref();
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            kind: row.kind,
            method: row.method,
            url: row.url.clone(),
            types: row.types.clone(),
            filters: (&row.filters).into(),
            enabled: disabled.is_none(),
            disabled_at: disabled.map(|it| rfc3339(it.since_ms)),
            disabled_reason: disabled.map(|it| it.reason.clone()),
            old_secret_until: replaced.map(|old| rfc3339(old.until_ms)),
            created_at: rfc3339(row.created_ms),
        }
    }
}

/// A new webhook, or one with a new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewWebhook {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: WebhookView,
    /// What messages are signed with. It is shown once.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: String,
}

/// One try to deliver a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryView {
    /// Id of the message, the same at each try: the header `webhook-id`.
    #[schema(value_type = String, example = "msg_0000000000004_0000000000000000000000002D-3")]
    id: Box<str>,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "conversion.created")]
    kind: Box<str>,
    /// When it was sent.
    #[schema(example = "2026-01-02T03:04:05Z")]
    at: String,
    /// Which try it was.
    #[schema(example = 1)]
    attempt: u32,
    /// Whether the receiver took it.
    delivered: bool,
    /// Status of the answer; null: there was none.
    #[schema(required, example = 204)]
    status: Option<u16>,
    /// How long it took, milliseconds.
    #[schema(example = 41)]
    took_ms: u64,
    /// Why it was not taken; null: it was.
    #[schema(required, value_type = Option<String>, example = json!(null))]
    error: Option<Box<str>>,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            delivered: delivery.error.is_none(),
            id: delivery.id,
            kind: delivery.kind,
            at: rfc3339(delivery.at_ms),
            attempt: delivery.attempt,
            status: delivery.status,
            took_ms: delivery.took_ms,
            error: delivery.error,
        }
    }
}

/// A test message, and what came back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TestedWebhook)]
pub(crate) struct TestedView {
    /// How it went.
    #[serde(flatten)]
    delivery: DeliveryView,
    /// The first characters of the answer's body.
    #[schema(example = "ok")]
    body: String,
}

impl From<Tested> for TestedView {
    fn from(tested: Tested) -> Self {
        Self {
            delivery: tested.delivery.into(),
            body: tested.body,
        }
    }
}
