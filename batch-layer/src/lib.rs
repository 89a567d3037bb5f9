//! The batch layer: exact views of everything that is sealed, and predictions. The only crate
//! with DataFusion and Polars.

mod ask;
mod engine;
mod equal_steps;
pub mod forecast;
mod limits;
pub mod predict;
pub mod report;
mod rollup;
mod settled;
mod yielding;

pub use ask::{Asker, Lake, Live, SqlQuestion, answer, pretty_stream, write};
pub use datafusion::arrow::util::pretty::pretty_format_batches;
pub use limits::Limits;
pub use predict::{PredictError, PredictReport, PredictSettings, predict};
pub use report::{ReportError, ReportFiles, each_row, query, run_report};
pub use rollup::{
    Accounts, By, Changed, Diff, DoorRules, Engine, Local, Mode, Numbers, Question, Report,
    Results, RollupDeps, RollupError, Why, Worker, diff, perform, run,
};

/// What an engine is given, and what it gives back.
pub mod tasks {
    pub use crate::rollup::{Count, Done, Merge, NewRun, Part, Piece, Read, Task, Undecided};
}
