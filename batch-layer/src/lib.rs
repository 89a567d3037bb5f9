//! The batch layer: exact views of everything that is sealed, and predictions. The only crate
//! with DataFusion and Polars.

mod engine;
pub mod forecast;
mod mill;

pub use mill::{MillDeps, MillError, Mode, Report, run};
