//! What other tools export, read as rows of ours: `millrace import` without its command line and without what rows
//! are brought to. Files in, rows out: nothing here knows a server, a store or a clock.
//!
//! `links` reads lists of links, `totals` counts per link, `clicks` history click by click. Files are opened, unpacked
//! and cut into lines by the crate `replay`.

pub mod clicks;
pub mod links;
pub mod record;
pub mod rejects;
mod times;
pub mod totals;

pub use record::Record;
pub use replay::Refusal;
