//! What every HTTP door shares: errors as problem+json, a server with time-outs, and the
//! operators' routes.

mod accept;
mod bearer;
mod event_loops;
mod nearest;
mod operate;
mod problem;
mod server;
mod slow;
#[cfg(test)]
mod tests;

pub use accept::accepts;
pub use bearer::bearer;
pub use event_loops::EventLoops;
pub use nearest::{no_such, unknown};
pub use operate::{Health, HealthDocument, health_routes, operate_routes};
pub use problem::{Problem, ProblemBody};
pub use server::{ServerSettings, serve, serve_on};
