//! Predictions, reports and queries over what the mill has settled.

mod handover;
mod installation;
mod predictions;
mod reports;
