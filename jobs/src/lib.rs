//! Work that is done on schedule, once for the whole installation.

pub mod schedule;

pub use schedule::{Schedule, ScheduleError};
