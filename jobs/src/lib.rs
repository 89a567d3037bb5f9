//! Work that is done on schedule, once for the whole installation: any number of processes may
//! have the same jobs, and one of them runs each.

mod attempt;
mod client;
mod deps;
mod epochs;
mod history;
mod job;
mod role;
mod runner;
pub mod schedule;

pub use client::{JobClient, JobSummary, JobsError, StartedRun};
pub use deps::{OnReach, SchedulerDeps, SchedulerSettings};
pub use epochs::{Closed, EpochCloser};
pub use history::{Reason, Run, RunState};
pub use job::{Job, JobContext, JobError, ScheduledJob};
pub use role::run;
pub use schedule::{Schedule, ScheduleError};

#[cfg(test)]
mod tests;
