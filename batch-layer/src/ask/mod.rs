//! Questions about the events themselves, of one account: those that a manifest settles, and those after it, which are read
//! from the stream and kept enriched. What no cube holds is counted from them, to the same numbers.

mod barrier;
mod erased;
mod lake;
mod list;
mod sql;
mod sums;
mod table;
mod tables;
mod tail;
mod written;

use std::{sync::Arc, time::Duration};

use asking::{
    AskError, Events, Form, ListAsked, Moment, Selection, SqlAsked, Sums, SumsAsked, Written,
};
use async_trait::async_trait;
use datafusion::{
    arrow::array::RecordBatch, error::DataFusionError,
    execution::cache::cache_manager::FileMetadataCache,
};
use handover::{
    duplicates::Duplicates,
    expiry::{self, Expired},
    last_read::LastRead,
};
use storage::stream::EventStream;

use self::{erased::Erased, tail::Tail};
pub use self::{
    lake::Lake,
    sql::{Live, SqlQuestion, answer},
    written::{pretty_stream, write_all as write},
};
use crate::{RollupDeps, rollup::events_schema};

/// An answer may take so long.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// So much of the disk all answers together may take for what does not fit into memory, bytes.
const SPILL: u64 = 4 << 30;

/// Answers questions about events. All questions share its memory.
pub struct Asker {
    lake: Lake,
    tail: Tail,
    erased: Erased,
    expired: LastRead<Expired>,
    duplicates: LastRead<Duplicates>,
    /// Of files of events.
    indexes: Arc<FileMetadataCache>,
}

impl Asker {
    /// Reads what `deps` roll up, and what is on its way to them. Holds at most so many bytes of events that no batch has
    /// settled.
    pub fn new(
        deps: &RollupDeps,
        stream: Arc<dyn EventStream>,
        live_bytes: usize,
    ) -> Result<Self, AskError> {
        let store = Arc::clone(&deps.env.store);
        let spill_dir = deps.limits.spill_dir.as_deref();
        let tail = Tail::new(
            stream,
            Arc::clone(&deps.env.store),
            Arc::clone(&deps.rules),
            live_bytes,
        );
        Ok(Self {
            lake: Lake::open(store, deps.limits.query(), (SPILL, spill_dir))?,
            tail,
            erased: Erased::new(Arc::clone(&deps.env.store)),
            expired: LastRead::default(),
            duplicates: LastRead::default(),
            indexes: sums::kept_indexes().map_err(failed)?,
        })
    }

    /// A question in SQL as somebody else can [`answer`] it, and the events that nothing settles yet, as an Arrow stream.
    ///
    /// # Errors
    ///
    /// These events cannot be read.
    pub async fn question(&self, asked: SqlAsked) -> Result<(SqlQuestion, Written), AskError> {
        let mut live = within(self.live(asked.account, &asked.moment)).await?;
        if live.is_empty() {
            live.push(RecordBatch::new_empty(events_schema()));
        }
        Ok((asked.into(), write(live, Form::Arrow)?))
    }
}

#[async_trait]
impl Events for Asker {
    async fn sums(&self, asked: SumsAsked) -> Result<Sums, AskError> {
        within(sums::sums(self, asked)).await
    }

    async fn list(&self, asked: ListAsked) -> Result<Vec<String>, AskError> {
        within(list::list(self, asked)).await
    }

    async fn export(&self, selection: Selection, form: Form) -> Result<Written, AskError> {
        list::export(self, selection, form).await
    }

    async fn query(&self, asked: SqlAsked, form: Form) -> Result<Written, AskError> {
        let live = within(self.live(asked.account, &asked.moment)).await?;
        sql::query(&self.lake, asked.into(), live, form).await
    }

    async fn kept_from(&self, account: u64, moment: Moment) -> Result<Option<i64>, AskError> {
        let Some(list) = &moment.published.manifest.expired else {
            return Ok(None);
        };
        let read = expiry::read(&self.lake.store, Some(list));
        let expired = self.expired.of(list, read).await;
        let expired = expired.map_err(|error| AskError::Failed(error.to_string()))?;
        Ok(expired.first_day(account))
    }
}

async fn within<T>(work: impl Future<Output = Result<T, AskError>>) -> Result<T, AskError> {
    let done = tokio::time::timeout(TIME_LIMIT, work).await;
    done.unwrap_or_else(|_| Err(too_long()))
}

fn too_long() -> AskError {
    AskError::TooMuch(format!(
        "it has taken {} s; ask for a shorter range, or for less at once",
        TIME_LIMIT.as_secs()
    ))
}

/// What a failure of the engine means to whoever asked.
fn failed(error: DataFusionError) -> AskError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(why) => AskError::TooMuch(why.clone()),
        _ => AskError::Failed(error.to_string()),
    }
}
