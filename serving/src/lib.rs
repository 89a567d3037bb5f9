//! The API and the dashboard.

mod api;
mod assets;
mod forecasts;
mod live;
mod role;
mod stats;

pub use api::{auth::AdminToken, jobs::JobControl};
pub use role::{ServingDeps, ServingSettings, run};
