//! The binary, as a customer and an operator meet it: started as a process, asked over sockets,
//! killed, restarted. One test binary, because linking takes long.
//!
//! Needs `redis-server`, `chromium` and `chromedriver`, and recorded data in `../shared/data`.

mod attributions;
mod audit;
mod bad_input;
mod browser;
mod clients;
mod compose;
mod costs;
mod crash;
mod crash_points;
mod demo;
mod domains;
mod doors;
mod enrichment;
mod erasures;
mod exports;
mod fetched;
mod full_disk;
mod goals;
mod idle;
mod imports;
mod keys;
mod law;
mod links;
mod live;
mod many;
mod outages;
mod overload;
mod plans;
mod questions;
mod refused;
mod replay;
mod restated;
mod retention;
mod salvage;
mod script;
mod staged;
#[allow(
    dead_code,
    reason = "shared with the other test binary, which uses the rest"
)]
#[path = "../support/mod.rs"]
mod support;
mod takeover;
mod usagov;
mod walkthroughs;
mod webhooks;
mod zones;
