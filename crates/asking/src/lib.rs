//! What the API asks of whoever reads the events themselves, and what it gets. Plain types, so that serving knows no engine of
//! SQL, and the batch layer no HTTP.

mod column;
mod tags;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use handover::manifests::Published;
use model::{Counts, LogId, Seq};
use serde::{Deserialize, Serialize};

pub use self::{
    column::{Column, Value},
    tags::Tags,
};

/// What an answer counts: what a manifest settles, and of each log the events after it up to a number.
#[derive(Clone)]
pub struct Moment {
    /// The settled part.
    pub published: Published,
    /// By log, the last event that counts.
    pub upto: BTreeMap<LogId, Seq>,
}

/// Which events: those of one account, and never another's.
#[derive(Clone)]
pub struct Selection {
    /// Raw number of the account.
    pub account: u64,
    /// When they are counted.
    pub moment: Moment,
    /// Unix minutes at which they happened; the end is out.
    pub minutes: (i64, i64),
    /// What they must be: all of it.
    pub filters: Vec<Filter>,
}

/// Events whose value of a column is one of some, or none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Of which column.
    pub column: Column,
    /// Whether it must be none of them.
    pub is_not: bool,
    /// The values; an empty one stands for what has none.
    pub values: Vec<String>,
}

/// The place of a unix minute among the buckets of an answer.
pub type Buckets = Arc<dyn Fn(i64) -> u32 + Send + Sync>;

/// A question for sums.
#[derive(Clone)]
pub struct SumsAsked {
    /// Of which events.
    pub selection: Selection,
    /// By what they are split beside time: two columns at most.
    pub groups: Vec<Column>,
    /// If one of these columns stands for the tags of links: which. Sums are by link, distinct visitors by tag.
    pub tags: Option<Arc<Tags>>,
    /// Into which buckets.
    pub buckets: Buckets,
    /// Offset of a unix minute's local time, minutes: for hours of the day and days of the week.
    pub offset: Arc<dyn Fn(i64) -> i64 + Send + Sync>,
    /// Whether sums of money are wanted.
    pub money: bool,
    /// Whether distinct visitors are wanted, and whether bots are among them.
    pub visitors: Option<bool>,
}

/// The sums of one bucket and group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SumsRow {
    /// The bucket's place.
    pub bucket: u32,
    /// The values of the groups, in their order.
    pub groups: Vec<String>,
    /// How many events of each kind; no money.
    pub counts: Counts,
    /// How many of them are settled.
    pub settled: Counts,
}

/// The distinct visitors of one bucket and group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorsRow {
    /// The bucket's place; [`ALL`]: in all of them.
    pub bucket: u32,
    /// The values of the groups, in their order; tags where they are asked for.
    pub groups: Vec<String>,
    /// How many.
    pub visitors: u64,
}

/// Money of one bucket and group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyRow {
    /// The bucket's place.
    pub bucket: u32,
    /// The values of the groups, in their order.
    pub groups: Vec<String>,
    /// Whether it is of values of conversions, and not of costs of clicks.
    pub is_value: bool,
    /// ISO 4217 code.
    pub currency: String,
    /// Millionths of the currency's unit.
    pub micros: i128,
}

/// Sums of events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    /// By bucket and group; those that are not there are nought.
    pub rows: Vec<SumsRow>,
    /// Money, if it was asked for.
    pub money: Vec<MoneyRow>,
    /// Distinct visitors by bucket and group, and by group in all buckets, if they were asked for.
    pub visitors_of_rows: Vec<VisitorsRow>,
    /// Distinct visitors by bucket over all groups, and of all buckets at [`ALL`], if they were asked for.
    pub visitors: BTreeMap<u32, u64>,
    /// Bytes of files that may have been read.
    pub bytes: u64,
}

/// Stands for all buckets together.
pub const ALL: u32 = u32::MAX;

/// Rows of text, as they are written.
pub type Written = BoxStream<'static, Result<Bytes, AskError>>;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A JSON object on each line.
    Ndjson,
    /// Comma-separated values, with a line of names.
    Csv,
    /// An Arrow IPC stream.
    Arrow,
    /// A Parquet file.
    Parquet,
}

/// Events of an account, newest first.
#[derive(Clone)]
pub struct ListAsked {
    /// Which.
    pub selection: Selection,
    /// How many at most.
    pub limit: usize,
    /// Only those after this one in the list: when it happened (unix milliseconds), its log and its number.
    pub after: Option<(i64, LogId, Seq)>,
}

/// A question in SQL.
#[derive(Clone)]
pub struct SqlAsked {
    /// Whose tables.
    pub account: u64,
    /// Of when.
    pub moment: Moment,
    /// One SELECT.
    pub sql: String,
    /// Rows at most; more are an error.
    pub limit: usize,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error, Serialize, Deserialize)]
pub enum AskError {
    /// Events that should be there are not yet, or are lost.
    #[error("events of log {0} cannot be read just now")]
    Behind(LogId),
    /// There are more events that no batch has settled than this process may hold.
    #[error(
        "more events wait to be settled than may be held here ({0} MiB); ask again after the next run of the rollup"
    )]
    LiveIsFull(u64),
    /// The answer would take longer, or more memory, than one may.
    #[error("this takes more than one answer may: {0}")]
    TooMuch(String),
    /// Some of the events are expired: their account keeps them from this day on, UTC, since 1970-01-01.
    #[error("events of this account are kept from {} on, and this cannot be counted without those before; ask from then on", model::time::day_text(*.0).unwrap_or_default())]
    Expired(i64),
    /// Others take all the room that there is for questions like this one.
    #[error("other questions take all the room that there is; ask again in a while")]
    Busy,
    /// The SQL is not one that can be answered.
    #[error("{0}")]
    Sql(String),
    /// Whoever asked wants no answer any more.
    #[error("this question was taken back")]
    TakenBack,
    /// Files are gone, or the store does not answer.
    #[error("the events cannot be read just now: {0}")]
    Failed(String),
}

impl AskError {
    /// The same with a text of so many bytes at most.
    pub fn shortened(&self, most: usize) -> Self {
        let mut short = self.clone();
        if let Self::TooMuch(text) | Self::Sql(text) | Self::Failed(text) = &mut short {
            text.truncate(text.floor_char_boundary(most));
        }
        short
    }
}

/// Reads events.
#[async_trait]
pub trait Events: Send + Sync {
    /// Sums of events.
    async fn sums(&self, asked: SumsAsked) -> Result<Sums, AskError>;

    /// Events, newest first, each as a JSON object.
    async fn list(&self, asked: ListAsked) -> Result<Vec<String>, AskError>;

    /// All events of a selection, oldest first within a file, written.
    async fn export(&self, selection: Selection, form: Form) -> Result<Written, AskError>;

    /// Rows of a question in SQL, written.
    async fn query(&self, asked: SqlAsked, form: Form) -> Result<Written, AskError>;

    /// The first day whose events an account keeps, at a moment, UTC, since 1970-01-01; `None` if it has all that it ever had.
    async fn kept_from(&self, account: u64, moment: Moment) -> Result<Option<i64>, AskError>;
}
