//! The API and the dashboard.

mod api;
mod assets;
mod audit;
mod forecasts;
mod live;
mod receipts;
mod role;
mod stats;

pub use self::audit::{AuditControl, NoAudit};
pub use api::{auth::AdminToken, jobs::JobControl};
pub use role::{ServingDeps, ServingSettings, run};

#[cfg(test)]
mod testing;
