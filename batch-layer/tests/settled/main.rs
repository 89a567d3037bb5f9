//! Predictions, reports and queries over what the rollup has settled.

mod handover;
mod installation;
mod predictions;
mod reports;
