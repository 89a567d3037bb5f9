//! The collector: takes events, makes them durable, and hands them on.

mod door;
mod follow;
mod http;
mod keys;
pub mod log;
mod rejected;
mod remember;
mod role;
mod session;
pub mod ship;
mod sighting;
pub mod streamer;
mod tallies;

pub use http::EVENT_ID;
pub use role::{CollectorDeps, CollectorError, CollectorSettings, run};
