//! Readers of files, several at once, and of what no batch has settled.

use std::sync::{Arc, Mutex, PoisonError};

use asking::{AskError, SumsAsked};
use datafusion::arrow::array::RecordBatch;
use futures::TryStreamExt;
use handover::manifest::PlacedEvents;
use tokio::task::JoinSet;

use super::{
    files::{Files, Wanted, as_read},
    left_out::LeftOut,
    plan::Plan,
    room::Room,
    tally::{Done, Tally},
    visitors::Share,
};
use crate::ask::{Asker, failed, lake::files};

/// Files that are read at once: while one waits for the store another counts.
const READERS: usize = 4;
/// Batches that a reader counts before others on its thread have a turn.
const TURN: usize = 16;

/// What all readers share.
pub(super) struct Readers {
    asked: Arc<SumsAsked>,
    plan: Arc<Plan>,
    files: Arc<Files>,
    wanted: Arc<Wanted>,
    left_out: Arc<LeftOut>,
    room: Room,
    settled: Vec<PlacedEvents>,
    live: Vec<RecordBatch>,
}

impl Readers {
    pub(super) async fn new(
        asker: &Asker,
        asked: &Arc<SumsAsked>,
        room: &Room,
    ) -> Result<Self, AskError> {
        let selection = &asked.selection;
        let left_out = LeftOut::of(asker, selection).await?;
        let context = asker.lake.session();
        let plan = Plan::new(&context, asked, left_out.columns()).map_err(failed)?;
        Ok(Self {
            asked: Arc::clone(asked),
            files: Arc::new(Files::new(&asker.lake.store, &asker.indexes)),
            wanted: Arc::new(plan.wanted()),
            left_out: Arc::new(left_out),
            plan: Arc::new(plan),
            room: room.another(),
            settled: files(&selection.moment.published.manifest, selection.minutes),
            live: asker.live(selection.account, &selection.moment).await?,
        })
    }

    /// Bytes of files that may be read.
    pub(super) fn bytes(&self) -> u64 {
        self.settled.iter().map(|events| events.file.bytes).sum()
    }

    /// Counts everything, and of visitors a share.
    pub(super) async fn count(&self, share: Share) -> Result<Vec<Done>, AskError> {
        let mut done = self.read(share).await?;
        done.push(self.count_live(share).await?);
        Ok(done)
    }

    fn tally(&self, share: Share) -> Tally {
        let (plan, asked) = (Arc::clone(&self.plan), Arc::clone(&self.asked));
        Tally::new(plan, asked, self.room.another(), share)
    }

    /// What is settled.
    async fn read(&self, share: Share) -> Result<Vec<Done>, AskError> {
        let next = Arc::new(Mutex::new(self.settled.clone()));
        let mut readers = JoinSet::new();
        for _ in 0..READERS.min(self.settled.len()) {
            let reader = Reader {
                files: Arc::clone(&self.files),
                wanted: Arc::clone(&self.wanted),
                left_out: Arc::clone(&self.left_out),
                next: Arc::clone(&next),
                tally: self.tally(share),
            };
            readers.spawn(reader.read());
        }
        let mut done = Vec::new();
        while let Some(read) = readers.join_next().await {
            let read = read.unwrap_or_else(|error| Err(AskError::Failed(error.to_string())));
            match read {
                Ok(read) => done.push(read),
                Err(error) => {
                    // What the others hold is given back before anybody tries again.
                    readers.shutdown().await;
                    return Err(error);
                }
            }
        }
        Ok(done)
    }

    /// What is not.
    async fn count_live(&self, share: Share) -> Result<Done, AskError> {
        let mut tally = self.tally(share);
        for batch in &self.live {
            tally.add(as_read(batch, &self.plan.schema)?, false)?;
            tokio::task::yield_now().await;
        }
        tally.done()
    }
}

/// Reads files until there are none.
struct Reader {
    files: Arc<Files>,
    wanted: Arc<Wanted>,
    left_out: Arc<LeftOut>,
    next: Arc<Mutex<Vec<PlacedEvents>>>,
    tally: Tally,
}

impl Reader {
    async fn read(mut self) -> Result<Done, AskError> {
        while let Some(file) = self.next_file() {
            let mut rows = self.files.read(&file, &self.wanted).await?;
            let mut turn = 0;
            while let Some(batch) = rows.try_next().await? {
                let counted = self.left_out.take_off(batch).map_err(failed)?;
                self.tally.add(counted, true)?;
                turn += 1;
                if turn % TURN == 0 {
                    tokio::task::yield_now().await;
                }
            }
        }
        self.tally.done()
    }

    fn next_file(&self) -> Option<PlacedEvents> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.pop()
    }
}
