//! What can be asked for, and what it can be grouped by. Pure.

use model::{Dimension, EntityKind, Measure};
use serde::Serialize;
use utoipa::ToSchema;

/// One number that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Metric {
    Clicks,
    Views,
    Conversions,
    BotClicks,
    BotViews,
    Value,
    UniqueVisitors,
}

impl Metric {
    /// Every metric.
    pub(super) const ALL: [Metric; 7] = [
        Self::Clicks,
        Self::Views,
        Self::Conversions,
        Self::BotClicks,
        Self::BotViews,
        Self::Value,
        Self::UniqueVisitors,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Clicks => "clicks",
            Self::Views => "views",
            Self::Conversions => "conversions",
            Self::BotClicks => "bot_clicks",
            Self::BotViews => "bot_views",
            Self::Value => "value",
            Self::UniqueVisitors => "unique_visitors",
        }
    }

    /// The measures that add up to it; nothing for what does not add up.
    pub(crate) fn measures(self, exclude_bots: bool) -> &'static [Measure] {
        match (self, exclude_bots) {
            (Self::Clicks, true) => &[Measure::Clicks],
            (Self::Clicks, false) => &[Measure::Clicks, Measure::BotClicks],
            (Self::Views, true) => &[Measure::Views],
            (Self::Views, false) => &[Measure::Views, Measure::BotViews],
            (Self::Conversions, _) => &[Measure::Conversions],
            (Self::BotClicks, _) => &[Measure::BotClicks],
            (Self::BotViews, _) => &[Measure::BotViews],
            (Self::Value | Self::UniqueVisitors, _) => &[],
        }
    }
}

/// What the rows of an answer are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupBy {
    Country,
    Browser,
    Os,
    Device,
    Referrer,
    Currency,
    Campaign,
    Link,
    Pixel,
    Goal,
}

impl GroupBy {
    /// Every grouping.
    pub(super) const ALL: [GroupBy; 10] = [
        Self::Country,
        Self::Browser,
        Self::Os,
        Self::Device,
        Self::Referrer,
        Self::Currency,
        Self::Campaign,
        Self::Link,
        Self::Pixel,
        Self::Goal,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Browser => "browser",
            Self::Os => "os",
            Self::Device => "device",
            Self::Referrer => "referrer",
            Self::Currency => "currency",
            Self::Campaign => "campaign",
            Self::Link => "link",
            Self::Pixel => "pixel",
            Self::Goal => "goal",
        }
    }

    pub(crate) fn dimension(self) -> Dimension {
        match self {
            Self::Country => Dimension::Country,
            Self::Browser => Dimension::Browser,
            Self::Os => Dimension::Os,
            Self::Device => Dimension::Device,
            Self::Referrer => Dimension::Referrer,
            Self::Currency => Dimension::Currency,
            Self::Campaign => Dimension::Campaign,
            Self::Link | Self::Pixel | Self::Goal => Dimension::Object,
        }
    }

    /// Of the objects, only those of this kind.
    pub(crate) fn kind(self) -> Option<EntityKind> {
        match self {
            Self::Link => Some(EntityKind::Link),
            Self::Pixel => Some(EntityKind::Pixel),
            Self::Goal => Some(EntityKind::Goal),
            _ => None,
        }
    }
}
