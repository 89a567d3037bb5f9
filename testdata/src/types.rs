//! The bodies that the API takes, as far as the sample uses them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::people::CRAWLERS_NETWORK;

/// Body of `POST /v1/campaigns`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Unique in the account; links refer to it.
    pub name: String,
    /// For grouping.
    pub tags: Vec<String>,
}

/// Body of `POST /v1/links`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The path it answers at.
    pub slug: String,
    /// Where it leads.
    pub destination: String,
    /// For people.
    pub title: String,
    /// Name of its campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// For grouping.
    pub tags: Vec<String>,
    /// What a click costs, a decimal number of the account's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_per_click: Option<String>,
}

/// Body of `POST /v1/pixels`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pixel {
    /// Unique in the account; events refer to it.
    pub name: String,
    /// Name of its campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
}

/// Body of `POST /v1/goals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// Unique in the account; events refer to it.
    pub name: String,
    /// Currency of values that come without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventType {
    /// A link was followed.
    Click,
    /// A pixel was shown.
    View,
    /// A goal was reached.
    Conversion,
}

/// One line of the sample: an event as `POST /v1/events` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// Slug of the link, for clicks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Name of the pixel, for views.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixel: Option<String>,
    /// Name of the goal, for conversions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// To the millisecond.
    pub occurred_at: DateTime<Utc>,
    /// Address of the visitor.
    pub ip: String,
    /// ISO 3166-1 alpha-2: the sample's addresses are in no geo database.
    pub country: String,
    /// The visitor's.
    pub user_agent: String,
    /// The page the visitor came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// The visitor's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_language: Option<String>,
    /// Unique per conversion: sending it again counts nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Of a conversion: the id of the click that led to it. The files have none: ids are given by the collector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
    /// Decimal number of `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl Event {
    /// Whether a crawler sent it: they have a network of their own.
    pub fn by_crawler(&self) -> bool {
        self.ip.starts_with(CRAWLERS_NETWORK)
    }
}
