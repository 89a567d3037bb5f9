//! Predictions, reports and queries over what the rollup has settled.

mod attributions;
mod by_entity;
mod erasures;
mod expiry;
mod generations;
mod handover;
mod installation;
mod language;
mod new_cube;
mod older_files;
mod predictions;
mod recount;
mod reports;
mod staged;
mod steps;
mod stored;
mod tables;
mod tasks;
