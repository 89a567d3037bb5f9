//! The batch layer: exact views of everything that is sealed, and predictions. The only crate
//! with DataFusion and Polars.

mod engine;
pub mod forecast;
mod mill;
pub mod predict;
pub mod report;

pub use datafusion::arrow::util::pretty::pretty_format_batches;
pub use mill::{MillDeps, MillError, Mode, Report, run};
pub use predict::{PredictError, PredictReport, PredictSettings, predict};
pub use report::{ReportError, ReportFiles, query, run_report};
