//! The batch layer: exact views of everything that is sealed, and predictions. The only crate
//! with DataFusion and Polars.

mod engine;
pub mod forecast;
pub mod predict;
pub mod report;
mod rollup;
mod settled;

pub use datafusion::arrow::util::pretty::pretty_format_batches;
pub use predict::{PredictError, PredictReport, PredictSettings, predict};
pub use report::{ReportError, ReportFiles, query, run_report};
pub use rollup::{Mode, Report, RollupDeps, RollupError, run};
