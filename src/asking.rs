//! Questions about events, on threads of their own: they must hold up neither a redirect nor a rollup. Whoever hangs up ends
//! the work.

use std::sync::Arc;

use anyhow::Context;
use asking::{
    AskError, Events, Form, ListAsked, Moment, Selection, SqlAsked, Sums, SumsAsked, Written,
};
use async_trait::async_trait;
use batch_layer::Asker;
use futures::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    batch_runtime::BatchRuntime, own_threads::OwnThreads, sql_process::SqlProcesses, wiring::Parts,
};

/// Threads for questions.
const THREADS: usize = 2;
/// Pieces of an answer that are written ahead of whoever reads it.
const AHEAD: usize = 2;

/// Answers questions on its threads.
pub struct Asking {
    asker: Arc<Asker>,
    /// `None`: the store is in this process's memory.
    sql: Option<Arc<SqlProcesses>>,
    threads: OwnThreads,
}

impl Asking {
    /// Reads what `batch` rolls up, and what is on its way there.
    pub fn new(parts: &Parts, batch: &BatchRuntime) -> anyhow::Result<Self> {
        let bytes = usize::try_from(parts.settings.live_events).unwrap_or(usize::MAX);
        let asker = Asker::new(&batch.deps, Arc::clone(&parts.stream), bytes);
        Ok(Self {
            asker: Arc::new(asker.context("the engine of questions cannot be started")?),
            sql: SqlProcesses::new(&parts.settings, parts.env.clock.now_ms()).map(Arc::new),
            threads: OwnThreads::new("asking", THREADS)?,
        })
    }

    async fn run<T: Send + 'static, F>(
        &self,
        work: impl FnOnce(Arc<Asker>) -> F,
    ) -> Result<T, AskError>
    where
        F: Future<Output = Result<T, AskError>> + Send + 'static,
    {
        let ended = || AskError::Failed("this process is ending".into());
        let work = self.threads.spawn(work(Arc::clone(&self.asker)));
        let done = AbortOnDropHandle::new(work.ok_or_else(ended)?).await;
        done.unwrap_or_else(|error| {
            Err(AskError::Failed(format!(
                "a question ended in a bug: {error}"
            )))
        })
    }

    /// What is written goes on being made on these threads.
    fn apart(&self, mut written: Written) -> Written {
        let (send, receive) = mpsc::channel(AHEAD);
        let work = self.threads.spawn(async move {
            while let Some(piece) = written.next().await {
                if send.send(piece).await.is_err() {
                    return;
                }
            }
        });
        // Held as long as somebody reads.
        let state = (receive, work.map(AbortOnDropHandle::new));
        stream::unfold(state, |(mut receive, work)| async move {
            let piece = receive.recv().await?;
            Some((piece, (receive, work)))
        })
        .boxed()
    }
}

#[async_trait]
impl Events for Asking {
    async fn sums(&self, asked: SumsAsked) -> Result<Sums, AskError> {
        self.run(|asker| async move { asker.sums(asked).await })
            .await
    }

    async fn list(&self, asked: ListAsked) -> Result<Vec<String>, AskError> {
        self.run(|asker| async move { asker.list(asked).await })
            .await
    }

    async fn export(&self, selection: Selection, form: Form) -> Result<Written, AskError> {
        let work = |asker: Arc<Asker>| async move { asker.export(selection, form).await };
        Ok(self.apart(self.run(work).await?))
    }

    async fn query(&self, asked: SqlAsked, form: Form) -> Result<Written, AskError> {
        if let Some(sql) = self.sql.clone() {
            let work = |asker: Arc<Asker>| async move {
                let place = sql.place(asked.account).await?;
                sql.answer(place, asker.question(asked).await?, form).await
            };
            return self.run(work).await;
        }
        let work = |asker: Arc<Asker>| async move { asker.query(asked, form).await };
        Ok(self.apart(self.run(work).await?))
    }

    async fn kept_from(&self, account: u64, moment: Moment) -> Result<Option<i64>, AskError> {
        self.run(move |asker| async move { asker.kept_from(account, moment).await })
            .await
    }
}
