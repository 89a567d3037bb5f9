//! The speed layer: folds the events of every log into live cells, and says how far it is.

mod fold;
pub mod housekeeping;
mod listed;
mod role;
mod share;
pub mod worker;

pub use fold::Folder;
pub use role::{SpeedDeps, SpeedSettings, run};
