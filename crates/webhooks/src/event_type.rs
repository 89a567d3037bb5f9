//! What webhooks tell of.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The `type` of a message.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
pub enum EventType {
    /// Links were followed: up to two hundred clicks in one message.
    #[serde(rename = "link.clicked")]
    LinkClicked,
    /// A conversion was recorded for the first time.
    #[serde(rename = "conversion.created")]
    ConversionCreated,
    /// The status or the value of a conversion was changed.
    #[serde(rename = "conversion.changed")]
    ConversionChanged,
    /// Numbers of days that were settled are others now.
    #[serde(rename = "numbers.restated")]
    NumbersRestated,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 4] = [
        Self::LinkClicked,
        Self::ConversionCreated,
        Self::ConversionChanged,
        Self::NumbersRestated,
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::LinkClicked => "link.clicked",
            Self::ConversionCreated => "conversion.created",
            Self::ConversionChanged => "conversion.changed",
            Self::NumbersRestated => "numbers.restated",
        }
    }

    /// Whether a postback can tell of it: what its macros stand for are values of conversions.
    pub fn is_conversion(self) -> bool {
        matches!(self, Self::ConversionCreated | Self::ConversionChanged)
    }
}
