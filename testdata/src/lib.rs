//! A realistic sample of six weeks of click traffic, moved so that it ends now; what goes on
//! after it; and what must be counted of it.
//!
//! The files under `sample/` are generated (`cargo run -p testdata`) and carried in the binary.
//! Everything in them is made up: addresses are from the network for benchmarks
//! (198.18.0.0/15), hosts are example domains.

mod attributed;
pub mod expected;
pub mod generate;
mod objects;
mod people;
mod random;
mod recent;
mod stream;
pub mod traffic;
mod types;

use std::io::{BufRead, BufReader};

pub use attributed::leading_clicks;
pub use objects::{campaigns, goals, links, pixels};
pub use recent::Recent;
pub use stream::Stream;
pub use types::{Campaign, Event, EventType, Goal, Link, Pixel};

/// The currency of the sample's money, ISO 4217.
pub const CURRENCY: &str = "EUR";

/// The links, a JSON array of bodies for `POST /v1/links`.
pub const LINKS: &[u8] = include_bytes!("../sample/links.json");
/// The pixels, a JSON array of bodies for `POST /v1/pixels`.
pub const PIXELS: &[u8] = include_bytes!("../sample/pixels.json");
/// The goals, a JSON array of bodies for `POST /v1/goals`.
pub const GOALS: &[u8] = include_bytes!("../sample/goals.json");
/// The campaigns, a JSON array of bodies for `POST /v1/campaigns`.
pub const CAMPAIGNS: &[u8] = include_bytes!("../sample/campaigns.json");
/// The events in the order in which they arrive, gzip'd lines for `POST /v1/events`.
pub const EVENTS_GZ: &[u8] = include_bytes!("../sample/events.ndjson.gz");

const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;

/// Whole weeks in the sample's files, from a Sunday on.
pub const WEEKS: i64 = 6;
/// Whole UTC days in the sample's files.
pub const DAYS: i64 = 7 * WEEKS;
/// First moment of the sample's files: Sunday, 2026-10-18T00:00:00Z, unix milliseconds.
pub const START_MS: i64 = 1_792_281_600_000;
/// First moment after them: Sunday, 2026-11-29T00:00:00Z, unix milliseconds.
pub const END_MS: i64 = START_MS + DAYS * DAY_MS;

/// Why the sample could not be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the sample's events: {why}; make it again with `cargo run -p testdata`")]
pub struct SampleError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// The events of the files, in the order in which they arrive.
pub fn events() -> impl Iterator<Item = Result<Event, SampleError>> {
    let plain = BufReader::new(flate2::read::GzDecoder::new(EVENTS_GZ));
    plain.lines().enumerate().map(|(index, line)| {
        let event = line
            .map_err(|e| e.to_string())
            .and_then(|line| serde_json::from_str(&line).map_err(|e| e.to_string()));
        let line = index + 1;
        event.map_err(|why| SampleError { line, why })
    })
}
