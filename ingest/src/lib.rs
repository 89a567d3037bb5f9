//! The collector: takes events, makes them durable, and hands them on.

mod door;
mod follow;
mod http;
pub mod log;
mod rejected;
mod role;
mod session;
pub mod ship;
mod sighting;
pub mod streamer;
mod tallies;

pub use http::EVENT_ID;
pub use role::{CollectorDeps, CollectorError, CollectorSettings, run};
