//! What can be asked for. Pure.

use model::Measure;
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
