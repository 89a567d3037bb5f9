//! The contracts of [`crate::stream`] and [`crate::cells`] as suites that every implementation
//! runs, and real Redis servers to run them on. Everything here panics on failure.

pub mod cells_contract;
pub mod redis_server;
pub mod stream_contract;
