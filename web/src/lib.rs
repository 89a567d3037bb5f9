//! What every HTTP door shares: errors as problem+json, a server with time-outs, and the
//! operators' routes.

mod operate;
mod problem;
mod server;

pub use operate::{Health, operate_routes};
pub use problem::Problem;
pub use server::{ServerSettings, serve};
