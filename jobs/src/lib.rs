//! Work that is done on schedule, once for the whole installation: any number of processes may
//! have the same jobs, and one of them runs each.

mod attempt;
mod client;
mod epochs;
mod history;
mod job;
mod role;
mod runner;
pub mod schedule;

pub use client::{JobClient, JobSummary, JobsError, StartedRun};
pub use epochs::{Closed, EpochCloser};
pub use history::{Reason, Run, RunState, Shared};
pub use job::{Job, JobContext, JobError, ScheduledJob};
pub use role::{OnReach, SchedulerDeps, SchedulerSettings, run};
pub use schedule::{Schedule, ScheduleError};

#[cfg(test)]
mod tests;
