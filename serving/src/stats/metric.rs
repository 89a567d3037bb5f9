//! What can be asked for, and what it can be grouped by. Pure.

use model::{Dimension, EntityKind, Measure};

/// One number that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grouping {
    pub name: &'static str,
    pub dimension: Dimension,
    /// Of the objects, only those of this kind.
    pub kind: Option<EntityKind>,
}

/// Every grouping.
pub(super) const GROUPINGS: [Grouping; 10] = {
    const fn by(name: &'static str, dimension: Dimension) -> Grouping {
        Grouping {
            name,
            dimension,
            kind: None,
        }
    }
    const fn objects(name: &'static str, kind: EntityKind) -> Grouping {
        Grouping {
            name,
            dimension: Dimension::Object,
            kind: Some(kind),
        }
    }
    [
        by("country", Dimension::Country),
        by("browser", Dimension::Browser),
        by("os", Dimension::Os),
        by("device", Dimension::Device),
        by("referrer", Dimension::Referrer),
        by("currency", Dimension::Currency),
        by("campaign", Dimension::Campaign),
        objects("link", EntityKind::Link),
        objects("pixel", EntityKind::Pixel),
        objects("goal", EntityKind::Goal),
    ]
};
