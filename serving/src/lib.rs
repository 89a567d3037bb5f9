//! The API and the dashboard.

mod account_counts;
mod admin_token;
mod api;
mod api_types;
mod app;
mod assets;
mod audit;
mod click_totals;
mod controls;
mod cors;
mod deps;
mod dns;
mod forecasts;
mod gaps;
mod live;
mod openapi;
mod rates;
mod receipts;
mod role;
mod rooms;
mod routes;
mod stats;

pub use admin_token::AdminToken;
pub use click_totals::{ClickTotals, TotalError};
pub use controls::{AuditControl, JobControl, NoAudit, WebhookControl};
pub use deps::{DomainVerification, ServingDeps, ServingSettings, Verifying};
pub use role::run;

#[cfg(test)]
mod testing;
