//! A deterministic simulation of the hand-over: the product's own sessions of collectors, with their
//! writers, shippers and streamers, its workers, housekeepers, salvage and readers, over a disk, an object store and a Redis that fail
//! as the real ones do, one step at a time in an order that a seed decides. What is counted is
//! compared with what happened after every reading and every publication.
//!
//! Only the batch queries are replaced: a batch takes sealed epochs, reads raw segments and
//! publishes manifests as the product does, and lists events instead of aggregating them with SQL.

mod actors;
mod disk;
mod gate;
mod host;
mod oracle;
mod profile;
mod redis;
mod rest;
mod stage;
mod store;
mod world;

pub use profile::Profile;
pub use stage::{Outcome, run};
