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
    Pending,
    Rejected,
    Cost,
    Profit,
    Ctr,
    Cr,
    Epc,
    Aov,
    Roi,
}

impl Metric {
    /// Every metric.
    pub(super) const ALL: [Metric; 16] = [
        Self::Clicks,
        Self::Views,
        Self::Conversions,
        Self::BotClicks,
        Self::BotViews,
        Self::Value,
        Self::UniqueVisitors,
        Self::Pending,
        Self::Rejected,
        Self::Cost,
        Self::Profit,
        Self::Ctr,
        Self::Cr,
        Self::Epc,
        Self::Aov,
        Self::Roi,
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
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::Cost => "cost",
            Self::Profit => "profit",
            Self::Ctr => "ctr",
            Self::Cr => "cr",
            Self::Epc => "epc",
            Self::Aov => "aov",
            Self::Roi => "roi",
        }
    }

    /// Whether it is made of values or costs.
    pub(crate) fn is_money(self) -> bool {
        matches!(
            self,
            Self::Value | Self::Cost | Self::Profit | Self::Epc | Self::Aov | Self::Roi
        )
    }

    /// Whether conversions are in it.
    pub(super) fn is_of_conversions(self) -> bool {
        matches!(
            self,
            Self::Conversions
                | Self::Pending
                | Self::Rejected
                | Self::Value
                | Self::Profit
                | Self::Cr
                | Self::Epc
                | Self::Aov
                | Self::Roi
        )
    }

    /// Whether it is one number for each of another: null without a base.
    pub(crate) fn is_rate(self) -> bool {
        matches!(
            self,
            Self::Ctr | Self::Cr | Self::Epc | Self::Aov | Self::Roi
        )
    }

    /// Whether it is no sum of counts, and may be nought where others are not.
    pub(crate) fn is_rate_or_money(self) -> bool {
        self.is_money() || self.is_rate()
    }

    /// Whether it is made of values.
    pub(crate) fn has_value(self) -> bool {
        self.is_money() && self != Self::Cost
    }

    /// Whether it is made of costs.
    pub(crate) fn has_cost(self) -> bool {
        matches!(self, Self::Cost | Self::Profit | Self::Roi)
    }

    /// Whether there is one for each currency: clicks have none.
    pub(super) fn has_currency(self) -> bool {
        self == Self::Conversions || (self.is_money() && self != Self::Epc)
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
            (Self::Pending, _) => &[Measure::Pending],
            (Self::Rejected, _) => &[Measure::Rejected],
            // What is not a sum of counts.
            _ => &[],
        }
    }
}
