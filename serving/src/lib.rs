//! The API and the dashboard.

mod api;
mod api_types;
mod app;
mod assets;
mod audit;
mod forecasts;
mod live;
mod openapi;
mod receipts;
mod role;
mod routes;
mod stats;

pub use self::audit::{AuditControl, NoAudit};
pub use api::{auth::AdminToken, jobs::JobControl};
pub use role::{ServingDeps, ServingSettings, run};

#[cfg(test)]
mod testing;
