//! What a reading was made of: to know again what has not changed.

use model::{Epoch, Fence, FoldVersion, LogId, Seq};
use storage::cells::{Checkpoint, StoredCell};

use crate::fences::Moment;

/// What was read of an entity, without signs of life: a cell's content follows from what it is of and how far it goes.
#[derive(Debug, Clone)]
pub struct Content {
    manifest: u64,
    logs: Vec<(LogId, Option<Checkpoint>, Epoch)>,
    cells: Vec<(LogId, Epoch, Option<Fence>, FoldVersion, Seq)>,
    /// When all of it had been read first.
    pub(super) since: Moment,
}

impl Content {
    /// What was just read.
    pub(super) fn of(
        manifest: u64,
        logs: &[LogId],
        checkpoints: &[Option<Checkpoint>],
        cells: &[StoredCell],
        prune_watermarks: &[Epoch],
        since: Moment,
    ) -> Self {
        let still = |checkpoint: &Checkpoint| Checkpoint {
            at_ms: 0,
            lag_ms: 0,
            ..checkpoint.clone()
        };
        let logs = logs.iter().zip(checkpoints).zip(prune_watermarks);
        let mut cells: Vec<_> = cells
            .iter()
            .map(|cell| (cell.log, cell.epoch, cell.fence, cell.fold, cell.upto))
            .collect();
        cells.sort_unstable();
        Self {
            manifest,
            logs: logs
                .map(|((log, checkpoint), watermark)| {
                    (*log, checkpoint.as_ref().map(still), *watermark)
                })
                .collect(),
            cells,
            since,
        }
    }

    /// The same, read first when `before` was if nothing has changed.
    pub(super) fn since(self, before: Option<&Self>) -> Self {
        let unchanged = before.filter(|before| {
            (before.manifest, &before.logs, &before.cells)
                == (self.manifest, &self.logs, &self.cells)
        });
        let since = unchanged.map_or(self.since, |before| before.since);
        Self { since, ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use model::{EntityId, EntityKind, EpochStart, Target, random::SeededRandom};
    use storage::{
        bell::{Bell, SELDOM},
        cells::{LiveCells, MemoryCells},
        counted::Counted,
        store::{self, Store},
    };

    use super::*;
    use crate::{
        directory::Directory,
        fences::Fences,
        manifests::Published,
        raw::{self, LogEnd, LogInfo},
        reading::{Reader, Why},
    };

    const LOG: LogId = LogId(1);

    fn entity() -> EntityId {
        EntityId::new(EntityKind::Link, 1)
    }

    async fn fold(cells: &MemoryCells, upto: u64) {
        let (fence, fold) = (None, FoldVersion::OURS);
        let cell = StoredCell {
            log: LOG,
            epoch: Epoch(1),
            fence,
            fold,
            upto: Seq(upto),
            body: Default::default(),
        };
        cells.put(entity(), vec![cell]).await.unwrap();
        let old = cells.checkpoint(LOG).await.unwrap();
        let checkpoint = Checkpoint {
            fence,
            fold,
            generations: cells.generations(true).await.unwrap(),
            base: Epoch::ZERO,
            seq: Seq(upto),
            epoch: EpochStart::from((Epoch(1), Seq::ZERO)),
            lag_ms: 0,
            target: Target::Upto(Seq(upto)),
            at_ms: 0,
        };
        let put = cells.put_checkpoint(LOG, old.as_ref(), &checkpoint);
        assert!(put.await.unwrap());
    }

    async fn end(store: &Store) {
        let end = LogEnd {
            log: LOG,
            fence: Fence::of(1),
            last_seq: Seq(1),
        };
        raw::put_fence(store, &end).await.unwrap();
    }

    /// Reads as a live stream does.
    struct Stream {
        counted: Arc<Counted>,
        store: Store,
        cells: MemoryCells,
        directory: Directory,
        fences: Fences,
        content: Option<Content>,
    }

    impl Stream {
        async fn begin() -> Self {
            let counted = Counted::new(store::open("memory://").unwrap());
            let (store, bell) = Bell::over(counted.clone(), Arc::new(SeededRandom::new(1)));
            let kept = bell.clone();
            tokio::spawn(async move { kept.keep().await });
            raw::register_log(&store, &LogInfo::new(LOG)).await.unwrap();
            let mut directory = Directory::default();
            directory.refresh(&store).await.unwrap();
            // What it wrote itself has come back to it by then.
            tokio::time::sleep(Duration::from_secs(3)).await;
            let cells = MemoryCells::default();
            fold(&cells, 1).await;
            let mut stream = Self {
                counted,
                store,
                cells,
                directory,
                fences: Fences::new(bell),
                content: None,
            };
            assert_eq!(stream.read().await, (vec![], 1));
            stream
        }

        /// The store of a process that does not ring.
        fn silent(&self) -> Store {
            self.counted.clone()
        }

        /// What is missing, and how often it was looked for fences.
        async fn read(&mut self) -> (Vec<Why>, u64) {
            let before = self.counted.requests();
            let reader = Reader {
                published: &Published::default(),
                directory: &self.directory,
                store: &self.store,
                fences: &self.fences,
                cells: &self.cells,
                account: None,
                now_ms: 0,
            };
            let read = reader.read_again(entity(), self.content.as_ref()).await;
            let (reading, content) = read.unwrap();
            self.content = Some(content);
            let missing = reading.missing.iter().map(|missing| missing.why).collect();
            (missing, (self.counted.requests() - before).lists)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn fences_are_not_looked_for_while_nothing_changes() {
        let mut stream = Stream::begin().await;
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(stream.read().await, (vec![], 0));
        }
        fold(&stream.cells, 2).await;
        assert_eq!(stream.read().await, (vec![], 1), "other cells");
        assert_eq!(stream.read().await, (vec![], 0));
    }

    #[tokio::test(start_paused = true)]
    async fn other_cells_are_never_shown_with_fences_seen_before_them() {
        let mut stream = Stream::begin().await;
        end(&stream.silent()).await;
        fold(&stream.cells, 2).await;
        assert_eq!(stream.read().await, (vec![Why::Fenced], 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fence_is_seen_when_the_bell_rings() {
        let mut stream = Stream::begin().await;
        end(&stream.store).await;
        assert_eq!(stream.read().await, (vec![Why::Fenced], 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fence_of_which_no_bell_tells_is_seen_a_little_later() {
        let mut stream = Stream::begin().await;
        end(&stream.silent()).await;
        assert_eq!(stream.read().await, (vec![], 0), "as it was before");
        tokio::time::sleep(SELDOM).await;
        assert_eq!(stream.read().await, (vec![Why::Fenced], 1));
    }
}
