//! Redis of one or more nodes, made of the product's in-memory stream and cells: each node may be
//! flushed or fall back to an older state, and requests fail before or after their effect.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use model::{EntityId, Epoch, Horizon, LogId, Seq, Tail};
use storage::{
    cells::{Checkpoint, HighWatermark, LiveCells, MemoryCells, StoredCell},
    error::LiveError,
    stream::{Appended, Batch, EventStream, MemoryStream},
};

use crate::{
    gate::{Gate, Process},
    store::Weather,
};

/// States of a node that it may fall back to.
const HISTORY: usize = 40;
/// How long a blocking read sleeps before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

#[derive(Default)]
struct Node {
    stream: MemoryStream,
    cells: MemoryCells,
    history: Mutex<VecDeque<(MemoryStream, MemoryCells)>>,
}

/// All nodes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Cluster {
    gate: Gate,
    nodes: Arc<Vec<Node>>,
    weather: Arc<Mutex<Weather>>,
    /// Whether states are kept to fall back to.
    keeps: bool,
    losses: Arc<AtomicU64>,
    ever: Arc<Mutex<BTreeMap<LogId, BTreeSet<Seq>>>>,
}

impl Cluster {
    pub(crate) fn new(gate: &Gate, nodes: usize, keeps: bool) -> Self {
        Self {
            gate: gate.clone(),
            nodes: Arc::new((0..nodes).map(|_| Node::default()).collect()),
            weather: Arc::new(Mutex::new(Weather::Fine)),
            keeps,
            losses: Arc::default(),
            ever: Arc::default(),
        }
    }

    pub(crate) fn set(&self, weather: Weather) {
        *self.weather() = weather;
    }

    fn weather(&self) -> MutexGuard<'_, Weather> {
        self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often a node has lost something.
    pub(crate) fn losses(&self) -> u64 {
        self.losses.load(Ordering::Relaxed)
    }

    /// A random node loses everything.
    pub(crate) fn flush(&self) {
        let node = &self.nodes[self.gate.below(self.nodes.len() as u64) as usize];
        node.stream.flush();
        node.cells.flush();
        self.losses.fetch_add(1, Ordering::Relaxed);
        self.gate.note(|| "REDIS flushed".into());
    }

    /// A random node starts again from an older state.
    pub(crate) fn fall_back(&self) {
        let node = &self.nodes[self.gate.below(self.nodes.len() as u64) as usize];
        let mut history = node.history.lock().unwrap_or_else(PoisonError::into_inner);
        if history.is_empty() {
            return;
        }
        let back = self.gate.below(history.len() as u64) as usize;
        let kept = history.len() - back;
        history.truncate(kept);
        if let Some((stream, cells)) = history.back() {
            node.stream.restore(stream);
            node.cells.restore(cells);
        }
        self.losses.fetch_add(1, Ordering::Relaxed);
        self.gate
            .note(|| format!("REDIS fell back by {back} states"));
    }

    /// Redis as `process` sees it.
    pub(crate) fn of(&self, process: &Process) -> Arc<Client> {
        Arc::new(Client {
            cluster: self.clone(),
            process: process.clone(),
        })
    }

    /// Every event that any stream of a log ever took.
    pub(crate) fn ever_streamed(&self) -> BTreeMap<LogId, BTreeSet<Seq>> {
        let ever = self.ever.lock().unwrap_or_else(PoisonError::into_inner);
        ever.clone()
    }

    fn streamed(&self, log: LogId, batch: &Batch) {
        let mut ever = self.ever.lock().unwrap_or_else(PoisonError::into_inner);
        let seqs = batch.records.iter().map(|r| r.seq);
        ever.entry(log).or_default().extend(seqs);
    }

    fn node(&self, key: &impl std::fmt::Debug) -> &Node {
        let hash = format!("{key:?}")
            .bytes()
            .fold(7u64, |h, b| h.wrapping_mul(31).wrapping_add(b.into()));
        &self.nodes[(hash >> 3) as usize % self.nodes.len()]
    }
}

/// Redis as one process sees it.
pub(crate) struct Client {
    cluster: Cluster,
    process: Process,
}

impl Client {
    async fn begin(&self) -> Result<bool, LiveError> {
        let gate = &self.cluster.gate;
        gate.step(&self.process).await;
        let weather = *self.cluster.weather();
        match weather {
            Weather::Fine => Ok(true),
            Weather::Flaky if gate.chance(0.85) => Ok(true),
            Weather::Flaky if gate.chance(0.5) => Ok(false),
            _ => Err(unreachable()),
        }
    }

    /// `fine` is what [`Client::begin`] said.
    async fn end<T>(&self, fine: bool, node: &Node, result: T) -> Result<T, LiveError> {
        if self.cluster.keeps {
            let mut history = node.history.lock().unwrap_or_else(PoisonError::into_inner);
            history.push_back((node.stream.snapshot(), node.cells.snapshot()));
            if history.len() > HISTORY {
                history.pop_front();
            }
        }
        self.cluster.gate.step(&self.process).await;
        match fine {
            true => Ok(result),
            false => Err(unreachable()),
        }
    }

    async fn look(&self) -> Result<(), LiveError> {
        match self.begin().await? {
            true => Ok(()),
            false => Err(unreachable()),
        }
    }
}

fn unreachable() -> LiveError {
    LiveError::Damaged {
        key: "simulated".into(),
        why: "unreachable".into(),
    }
}

#[async_trait]
impl EventStream for Client {
    async fn last(&self, log: LogId) -> Result<Option<Tail>, LiveError> {
        self.look().await?;
        self.cluster.node(&("stream", log)).stream.last(log).await
    }

    async fn append(&self, log: LogId, batch: &Batch) -> Result<Appended, LiveError> {
        let fine = self.begin().await?;
        let node = self.cluster.node(&("stream", log));
        let appended = node.stream.append(log, batch).await?;
        if appended == Appended::New {
            self.cluster.streamed(log, batch);
        }
        self.cluster.gate.note(|| {
            format!(
                "xadd {log} ..{} after {} {appended:?}",
                batch.last(),
                batch.previous
            )
        });
        self.end(fine, node, appended).await
    }

    async fn read(
        &self,
        log: LogId,
        after: Seq,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Batch>, LiveError> {
        self.look().await?;
        let node = self.cluster.node(&("stream", log));
        let ready = node.stream.read(log, after, limit, Duration::ZERO).await?;
        if !ready.is_empty() || wait.is_zero() {
            return Ok(ready);
        }
        tokio::time::sleep(wait.min(LOOK_AGAIN)).await;
        self.look().await?;
        node.stream.read(log, after, limit, Duration::ZERO).await
    }

    async fn close(&self, log: LogId) -> Result<(), LiveError> {
        let fine = self.begin().await?;
        let node = self.cluster.node(&("stream", log));
        node.stream.close(log).await?;
        self.end(fine, node, ()).await
    }

    async fn trim(&self, log: LogId, upto: Seq) -> Result<(), LiveError> {
        let fine = self.begin().await?;
        let node = self.cluster.node(&("stream", log));
        node.stream.trim(log, upto).await?;
        self.cluster.gate.note(|| format!("trim {log} ..{upto}"));
        self.end(fine, node, ()).await
    }
}

#[async_trait]
impl LiveCells for Client {
    async fn put(&self, entity: EntityId, cells: Vec<StoredCell>) -> Result<(), LiveError> {
        let fine = self.begin().await?;
        let node = self.cluster.node(&("live", entity));
        self.cluster.gate.note(|| {
            let cells = cells
                .iter()
                .map(|c| (c.log.to_string(), c.epoch, c.fence, c.upto));
            format!("cells {entity} {:?}", Vec::from_iter(cells))
        });
        node.cells.put(entity, cells).await?;
        self.end(fine, node, ()).await
    }

    async fn cells(&self, entity: EntityId) -> Result<Vec<StoredCell>, LiveError> {
        self.look().await?;
        self.cluster
            .node(&("live", entity))
            .cells
            .cells(entity)
            .await
    }

    async fn checkpoint(&self, log: LogId) -> Result<Option<Checkpoint>, LiveError> {
        self.look().await?;
        self.cluster
            .node(&("mark", log))
            .cells
            .checkpoint(log)
            .await
    }

    async fn put_checkpoint(
        &self,
        log: LogId,
        expected: Option<&Checkpoint>,
        checkpoint: &Checkpoint,
    ) -> Result<bool, LiveError> {
        let fine = self.begin().await?;
        let node = self.cluster.node(&("mark", log));
        let put = node.cells.put_checkpoint(log, expected, checkpoint).await?;
        self.cluster
            .gate
            .note(|| format!("checkpoint {log} {checkpoint:?} {put}"));
        self.end(fine, node, put).await
    }

    async fn high_watermark(&self, log: LogId) -> Result<Option<HighWatermark>, LiveError> {
        self.look().await?;
        self.cluster
            .node(&("head", log))
            .cells
            .high_watermark(log)
            .await
    }

    async fn put_high_watermark(
        &self,
        log: LogId,
        high_watermark: &HighWatermark,
    ) -> Result<(), LiveError> {
        let fine = self.begin().await?;
        let node = self.cluster.node(&("head", log));
        node.cells.put_high_watermark(log, high_watermark).await?;
        self.cluster
            .gate
            .note(|| format!("high watermark {log} {high_watermark:?}"));
        self.end(fine, node, ()).await
    }

    async fn prune_watermark(&self, log: LogId) -> Result<Epoch, LiveError> {
        self.look().await?;
        self.cluster
            .node(&("floor", log))
            .cells
            .prune_watermark(log)
            .await
    }

    async fn raise_prune_watermark(&self, log: LogId, epoch: Epoch) -> Result<(), LiveError> {
        let fine = self.begin().await?;
        let node = self.cluster.node(&("floor", log));
        node.cells.raise_prune_watermark(log, epoch).await?;
        self.end(fine, node, ()).await
    }

    async fn generations(&self, create: bool) -> Result<String, LiveError> {
        let mut all = Vec::new();
        for node in self.cluster.nodes.iter() {
            self.look().await?;
            all.push(node.cells.generations(create).await?);
        }
        Ok(all.join("."))
    }

    async fn list(&self, log: LogId, epoch: Epoch, entities: &[EntityId]) -> Result<(), LiveError> {
        let fine = self.begin().await?;
        let node = self.cluster.node(&("list", log, epoch));
        node.cells.list(log, epoch, entities).await?;
        self.end(fine, node, ()).await
    }

    async fn listed(
        &self,
        log: LogId,
        epoch: Epoch,
        page: usize,
    ) -> Result<Vec<EntityId>, LiveError> {
        self.look().await?;
        let node = self.cluster.node(&("list", log, epoch));
        node.cells.listed(log, epoch, page).await
    }

    async fn unlist(&self, log: LogId, epoch: Epoch) -> Result<(), LiveError> {
        let fine = self.begin().await?;
        let node = self.cluster.node(&("list", log, epoch));
        node.cells.unlist(log, epoch).await?;
        self.end(fine, node, ()).await
    }

    async fn delete(&self, entity: EntityId, log: LogId, epoch: Epoch) -> Result<bool, LiveError> {
        let fine = self.begin().await?;
        let node = self.cluster.node(&("live", entity));
        let deleted = node.cells.delete(entity, log, epoch).await?;
        self.cluster
            .gate
            .note(|| format!("deleted {entity} {log} {epoch}: {deleted}"));
        self.end(fine, node, deleted).await
    }

    async fn prune(&self, covered: &Horizon) -> Result<u64, LiveError> {
        let mut pruned = 0;
        for node in self.cluster.nodes.iter() {
            let fine = self.begin().await?;
            pruned += node.cells.prune(covered).await?;
            self.end(fine, node, ()).await?;
        }
        self.cluster
            .gate
            .note(|| format!("pruned {pruned} {covered:?}"));
        Ok(pruned)
    }
}
