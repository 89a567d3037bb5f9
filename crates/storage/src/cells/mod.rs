//! Live cells and the checkpoints that say how far they go. All of it is disposable: it is rebuilt from
//! the object store and the stream.

mod memory;
mod redis;

use async_trait::async_trait;
use bytes::Bytes;
use model::{EntityId, Epoch, EpochStart, Fence, FoldVersion, Horizon, LogId, Seq, Target};
use serde::{Deserialize, Serialize};

pub use self::{memory::MemoryCells, redis::RedisCells};
use crate::error::LiveError;

/// What one entity counted in one epoch of one log: *all* of its events up to `upto`, no others.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCell {
    /// The log.
    pub log: LogId,
    /// The epoch.
    pub epoch: Epoch,
    /// The log's fence when it was folded.
    pub fence: Option<Fence>,
    /// What was counted.
    pub fold: FoldVersion,
    /// Last event it contains.
    pub upto: Seq,
    /// [`model::Cell`], encoded.
    pub body: Bytes,
}

impl StoredCell {
    /// What decides which of two cells of the same place is newer. A later fold comes before a
    /// later event: its worker begins again, and need not have come as far yet.
    pub fn version(&self) -> CellVersion {
        (self.fence, self.fold, self.upto)
    }
}

/// See [`StoredCell::version`].
pub type CellVersion = (Option<Fence>, FoldVersion, Seq);

/// How far the speed layer has flushed a log: all cells up to `seq` are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The log's fence.
    #[serde(with = "model::position::fence_number")]
    pub fence: Option<Fence>,
    /// What its cells count. The first one is not written: checkpoints are compared as text.
    #[serde(default, skip_serializing_if = "FoldVersion::is_first")]
    pub fold: FoldVersion,
    /// [`LiveCells::generations`] as read before the worker's first put.
    pub generations: String,
    /// The epoch it folded from: cells of epochs up to this one may be missing.
    pub base: Epoch,
    /// Last event that is flushed.
    pub seq: Seq,
    /// The epoch of that event, and the number of the last event before that epoch: where a
    /// successor begins to fold.
    pub epoch: EpochStart,
    /// How long the oldest event of the last flush had waited since it was received, milliseconds.
    pub lag_ms: i64,
    /// Last event that was known to exist when the fold began: until `seq` is there, cells are
    /// being folded again, and what they hold is a part.
    pub target: Target,
    /// When the worker last said that it lives, unix milliseconds.
    pub at_ms: i64,
}

/// What a collector says of its log, once in all generations of the live store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HighWatermark {
    /// [`LiveCells::generations`] as read before.
    pub generations: String,
    /// Last event on the collector's disk: no later one was ever shown before them.
    pub seq: Seq,
}

/// The live store.
#[async_trait]
pub trait LiveCells: Send + Sync {
    /// Stores cells of one entity, all in one step; each only if its version is newer than the
    /// stored one's.
    async fn put(&self, entity: EntityId, cells: Vec<StoredCell>) -> Result<(), LiveError>;

    /// All cells of an entity, as of one moment.
    async fn cells(&self, entity: EntityId) -> Result<Vec<StoredCell>, LiveError>;

    /// The checkpoint of a log.
    async fn checkpoint(&self, log: LogId) -> Result<Option<Checkpoint>, LiveError>;

    /// Replaces the checkpoint if it is still `expected`; tells whether it did.
    async fn put_checkpoint(
        &self,
        log: LogId,
        expected: Option<&Checkpoint>,
        checkpoint: &Checkpoint,
    ) -> Result<bool, LiveError>;

    /// What the collector of a log has said last.
    async fn high_watermark(&self, log: LogId) -> Result<Option<HighWatermark>, LiveError>;

    /// Says what the collector of a log holds. Only that collector does.
    async fn put_high_watermark(
        &self,
        log: LogId,
        high_watermark: &HighWatermark,
    ) -> Result<(), LiveError>;

    /// Epoch up to which cells of a log may be gone; zero at first.
    async fn prune_watermark(&self, log: LogId) -> Result<Epoch, LiveError>;

    /// Raises the prune watermark of a log; never lowers it.
    async fn raise_prune_watermark(&self, log: LogId, epoch: Epoch) -> Result<(), LiveError>;

    /// Names the present generations of the store: it changes whenever anything stored may have been
    /// lost. With `create`, what is needed to notice that later is made where it is missing.
    async fn generations(&self, create: bool) -> Result<String, LiveError>;

    /// Says who will have cells of an epoch, before they are put: so that those are found again when they are to be
    /// deleted. Entities may be listed more than once.
    async fn list(&self, log: LogId, epoch: Epoch, entities: &[EntityId]) -> Result<(), LiveError>;

    /// The `page`th part of what is listed, from 0; nothing after the last.
    async fn listed(
        &self,
        log: LogId,
        epoch: Epoch,
        page: usize,
    ) -> Result<Vec<EntityId>, LiveError>;

    /// Deletes the list of an epoch.
    async fn unlist(&self, log: LogId, epoch: Epoch) -> Result<(), LiveError>;

    /// Deletes one cell and tells whether it was there. The prune watermark must be raised before.
    async fn delete(&self, entity: EntityId, log: LogId, epoch: Epoch) -> Result<bool, LiveError>;

    /// Looks at all cells and lists, deletes those of covered epochs, and tells how many cells that were. The prune
    /// watermarks must be raised before.
    async fn prune(&self, covered: &Horizon) -> Result<u64, LiveError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// They are compared as text, by other versions too.
    #[test]
    fn checkpoints_and_high_watermarks_are_stored_as_ever() {
        let first = Checkpoint {
            fence: Some(Fence::FIRST),
            fold: FoldVersion::FIRST,
            generations: "g".into(),
            base: Epoch(1),
            seq: Seq(20),
            epoch: EpochStart::from((Epoch(3), Seq(15))),
            lag_ms: 7,
            target: Target::Upto(Seq(21)),
            at_ms: 9,
        };
        let text = r#"{"fence":1,"generations":"g","base":1,"seq":20,"epoch":[3,15],"lag_ms":7,"target":21,"at_ms":9}"#;
        assert_eq!(serde_json::to_string(&first).unwrap(), text);
        assert_eq!(serde_json::from_str::<Checkpoint>(text).unwrap(), first);

        let ours = Checkpoint {
            fence: None,
            fold: FoldVersion(2_822),
            target: Target::Unknown,
            ..first
        };
        let text = r#"{"fence":0,"fold":2822,"generations":"g","base":1,"seq":20,"epoch":[3,15],"lag_ms":7,"target":18446744073709551615,"at_ms":9}"#;
        assert_eq!(serde_json::to_string(&ours).unwrap(), text);
        assert_eq!(serde_json::from_str::<Checkpoint>(text).unwrap(), ours);

        let high = HighWatermark {
            generations: "g".into(),
            seq: Seq(3),
        };
        let text = r#"{"generations":"g","seq":3}"#;
        assert_eq!(serde_json::to_string(&high).unwrap(), text);
    }
}
