//! Why a line was not counted.

use std::{borrow::Cow, fmt};

/// Why a line was not counted, here or by the collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable word for programs.
    pub code: Cow<'static, str>,
    /// For people.
    pub detail: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}
