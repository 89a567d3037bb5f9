//! The API and the dashboard.

mod api;
mod assets;

pub use api::{auth::AdminToken, jobs::JobControl};
