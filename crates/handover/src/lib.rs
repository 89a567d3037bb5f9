//! The protocol of the hand-over from live to batch: segments, raw objects, seals, manifests, the
//! views that a manifest publishes, and how a reader sees all of them so that nothing is missed and
//! nothing counted twice.

pub mod attributions;
pub mod directory;
pub mod duplicates;
pub mod erasures;
pub mod expiry;
pub mod fences;
pub mod forecasts;
pub mod imported;
pub mod installation;
pub mod last_read;
pub mod lookup;
pub mod manifest;
pub mod manifests;
pub mod overview;
pub mod raw;
pub mod raw_source;
pub mod reading;
pub mod rejected;
pub mod restatements;
pub mod retired;
pub mod runs;
pub mod salts;
pub mod salvage;
pub mod sealed;
pub mod segment;
pub mod sender_keys;
pub mod skips;
pub mod tally;
pub mod totals;
pub mod touches;
pub mod views;
