//! What every HTTP door shares: errors as problem+json, a server with time-outs, and the
//! operators' routes.

mod bearer;
mod operate;
mod problem;
mod server;
mod slow;
#[cfg(test)]
mod tests;

pub use bearer::bearer;
pub use operate::{Health, OperateDocument, operate_routes};
pub use problem::{Problem, ProblemBody};
pub use server::{ServerSettings, serve};
