//! Files of recorded events, sent to a collector: `millrace replay` without its command line.
//!
//! The way of a line: `source` unpacks the file, `lines` bounds what is held, `records` makes events of lines
//! (`ndjson`, `csv`, `combined`), each with a key; `engine` sends them in groups, `delivery` until there is an answer;
//! `keeper` writes down, in the order of lines, what was refused and how far it is.

mod answers;
mod aside;
mod batch;
mod client;
mod combined;
mod csv;
mod delivery;
mod engine;
mod fields;
mod fingerprint;
mod format;
mod keeper;
mod lines;
mod names;
mod ndjson;
mod options;
mod patience;
mod prepared;
mod progress;
mod record;
mod records;
mod refusal;
mod rejects;
mod report;
mod run;
mod source;
mod totals;

use std::sync::Arc;

pub use answers::{address, detail, is_passing, retry_after, shown};
pub use aside::{create, set_aside};
pub use csv::Columns;
pub use engine::End;
pub use fields::EVENT_FIELDS;
pub use format::Format;
pub use lines::{Line, Lines, MAX_LINE};
pub use names::{bare, nearest};
pub use options::Options;
pub use patience::Patience;
pub use records::{Records, Row, Said};
pub use refusal::Refusal;
pub use rejects::IMPORT_HEAD;
pub use report::Report;
pub use run::{run, send};
pub use source::{Bytes, open};
pub use totals::Totals;

/// What is told while a replay runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A sentence for people.
    Notice(String),
    /// All lines up to this one are answered.
    Line(u64),
    /// How many lines there are.
    Lines(u64),
}

/// Who is told.
pub type Tell = Arc<dyn Fn(Told) + Send + Sync>;
