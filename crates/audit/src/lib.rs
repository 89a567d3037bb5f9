//! The audit: for every collector's log and every epoch, accepted = stored = live-counted =
//! batch-counted, and what differs by the numbers of its events. Values are added up beside, and of some
//! accounts it is looked whether the visits hold who came.
//!
//! It reads the objects themselves and shares no code with what counts them: an auditor who used
//! the rollup's queries would repeat the rollup's mistakes.

pub mod account;
mod batch;
mod compare;
mod decided;
mod events;
mod left_out;
mod live;
mod open_end;
mod record;
mod report;
mod run;
mod seals;
mod seqs;
mod stored;
mod views;
mod visitors;
mod walk;
mod whole;

pub use live::{events_in, events_of};
pub use record::{Record, Records, remember};
pub use report::{Audit, EpochAudit, Finding, Kind, LogAudit};
pub use run::{AuditDeps, audit};
pub use seqs::Seqs;

#[cfg(test)]
mod tests;
