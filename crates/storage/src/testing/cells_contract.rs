//! What every [`LiveCells`] must do.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use model::{
    Covered, EntityId, EntityKind, Epoch, EpochStart, Fence, FoldVersion, Horizon, LogId,
    SegmentNo, Seq, Target,
};

use crate::cells::{Checkpoint, HighWatermark, LiveCells, StoredCell};

fn entity(raw: u64) -> EntityId {
    EntityId::new(EntityKind::Link, raw)
}

fn cell(log: u128, epoch: u64, fence: u64, upto: u64) -> StoredCell {
    // Bytes that are not text, as protobuf is not.
    let body = Bytes::from(vec![0, 255, fence as u8, (upto % 251) as u8]);
    StoredCell {
        log: LogId(log),
        epoch: Epoch(epoch),
        fence: Fence::of(fence),
        fold: FoldVersion::FIRST,
        upto: Seq(upto),
        body,
    }
}

fn checkpoint(seq: u64) -> Checkpoint {
    Checkpoint {
        fence: None,
        fold: FoldVersion::FIRST,
        generations: "g".into(),
        base: Epoch::ZERO,
        seq: Seq(seq),
        epoch: EpochStart::from((Epoch(1), Seq::ZERO)),
        lag_ms: 0,
        target: Target::Upto(Seq::ZERO),
        at_ms: 0,
    }
}

async fn sorted(cells: &dyn LiveCells, raw: u64) -> Vec<StoredCell> {
    let mut all = cells.cells(entity(raw)).await.unwrap();
    all.sort_by_key(|c| (c.log, c.epoch));
    all
}

/// Runs the whole suite on an empty store. `flush` makes it lose everything.
pub async fn run<F: AsyncFnOnce()>(cells: Arc<dyn LiveCells>, flush: F) {
    put_if_newer(&*cells).await;
    a_later_fold_is_newer(&*cells).await;
    racing_puts_end_with_the_newest(&cells).await;
    checkpoints_are_compared_and_set(&*cells).await;
    the_newest_high_watermark_stays(&*cells).await;
    prune_watermarks_only_rise(&*cells).await;
    prune_deletes_what_is_covered(&*cells).await;
    what_is_listed_can_be_deleted(&*cells).await;
    many_bytes_are_read_like_few(&*cells).await;
    generations_tell_a_flush(&*cells, flush).await;
}

async fn the_newest_high_watermark_stays(cells: &dyn LiveCells) {
    assert_eq!(cells.high_watermark(LogId(5)).await.unwrap(), None);
    for seq in [7, 3].map(Seq) {
        let generations = cells.generations(true).await.unwrap();
        let high_watermark = HighWatermark { generations, seq };
        cells
            .put_high_watermark(LogId(5), &high_watermark)
            .await
            .unwrap();
        assert_eq!(
            cells.high_watermark(LogId(5)).await.unwrap(),
            Some(high_watermark)
        );
    }
}

async fn put_if_newer(cells: &dyn LiveCells) {
    assert_eq!(sorted(cells, 1).await, vec![]);
    cells
        .put(entity(1), vec![cell(1, 1, 0, 10), cell(1, 2, 0, 12)])
        .await
        .unwrap();
    cells
        .put(entity(1), vec![cell(1, 1, 0, 9), cell(1, 2, 0, 13)])
        .await
        .unwrap();
    assert_eq!(
        sorted(cells, 1).await,
        vec![cell(1, 1, 0, 10), cell(1, 2, 0, 13)]
    );
    cells.put(entity(1), vec![cell(1, 1, 1, 3)]).await.unwrap();
    assert_eq!(
        sorted(cells, 1).await[0],
        cell(1, 1, 1, 3),
        "a later fence wins over a later event"
    );
    cells.put(entity(1), vec![cell(1, 1, 0, 99)]).await.unwrap();
    assert_eq!(sorted(cells, 1).await[0], cell(1, 1, 1, 3));
    let far = (1 << 60) + 1;
    cells
        .put(entity(2), vec![cell(1, 1, 0, far)])
        .await
        .unwrap();
    cells
        .put(entity(2), vec![cell(1, 1, 0, far - 1)])
        .await
        .unwrap();
    assert_eq!(
        sorted(cells, 2).await,
        vec![cell(1, 1, 0, far)],
        "numbers beyond 2^53 are told apart"
    );
}

async fn a_later_fold_is_newer(cells: &dyn LiveCells) {
    let folded = |by: u64, cell: StoredCell| StoredCell {
        fold: FoldVersion(FoldVersion::FIRST.0 + by),
        ..cell
    };
    let (old, same, less) = (cell(6, 1, 0, 9), cell(6, 1, 0, 9), cell(6, 1, 0, 3));
    for (put, stays, why) in [
        (old.clone(), old, "the first"),
        (
            folded(1, same.clone()),
            folded(1, same),
            "up to the same event",
        ),
        (
            folded(2, less.clone()),
            folded(2, less.clone()),
            "it begins again",
        ),
        (
            cell(6, 1, 0, 99),
            folded(2, less.clone()),
            "the fold before comes late",
        ),
        (
            folded(1, cell(6, 1, 0, 99)),
            folded(2, less),
            "and the one after that",
        ),
        (
            folded(2, cell(6, 1, 0, 4)),
            folded(2, cell(6, 1, 0, 4)),
            "it goes on",
        ),
        (
            cell(6, 1, 1, 1),
            cell(6, 1, 1, 1),
            "a fence is more than a fold",
        ),
    ] {
        cells.put(entity(4), vec![put]).await.unwrap();
        assert_eq!(sorted(cells, 4).await, vec![stays], "{why}");
    }
    let log = LogId(4);
    let later = Checkpoint {
        fold: FoldVersion(FoldVersion::FIRST.0 + 1),
        ..checkpoint(1)
    };
    for (expected, put) in [(None, &checkpoint(1)), (Some(&checkpoint(1)), &later)] {
        assert!(cells.put_checkpoint(log, expected, put).await.unwrap());
        assert_eq!(cells.checkpoint(log).await.unwrap().as_ref(), Some(put));
    }
}

async fn racing_puts_end_with_the_newest(cells: &Arc<dyn LiveCells>) {
    let puts = (1..=60u64).map(|i| cells.put(entity(3), vec![cell(1, 1, 0, (i * 37) % 61)]));
    join_all(puts).await.into_iter().for_each(|r| r.unwrap());
    assert_eq!(sorted(&**cells, 3).await, vec![cell(1, 1, 0, 60)]);
}

async fn checkpoints_are_compared_and_set(cells: &dyn LiveCells) {
    let log = LogId(1);
    assert_eq!(cells.checkpoint(log).await.unwrap(), None);
    assert!(
        !cells
            .put_checkpoint(log, Some(&checkpoint(1)), &checkpoint(2))
            .await
            .unwrap()
    );
    assert!(
        cells
            .put_checkpoint(log, None, &checkpoint(1))
            .await
            .unwrap()
    );
    assert!(
        !cells
            .put_checkpoint(log, None, &checkpoint(5))
            .await
            .unwrap()
    );
    assert!(
        cells
            .put_checkpoint(log, Some(&checkpoint(1)), &checkpoint(2))
            .await
            .unwrap()
    );
    assert_eq!(cells.checkpoint(log).await.unwrap(), Some(checkpoint(2)));
    assert_eq!(cells.checkpoint(LogId(2)).await.unwrap(), None);
}

async fn prune_watermarks_only_rise(cells: &dyn LiveCells) {
    let log = LogId(1);
    assert_eq!(cells.prune_watermark(log).await.unwrap(), Epoch::ZERO);
    for (raise, expected) in [(9, 9), (10, 10), (3, 10)] {
        let (raise, expected) = (Epoch(raise), Epoch(expected));
        cells.raise_prune_watermark(log, raise).await.unwrap();
        assert_eq!(cells.prune_watermark(log).await.unwrap(), expected);
    }
}

async fn prune_deletes_what_is_covered(cells: &dyn LiveCells) {
    for raw in 10..40 {
        cells
            .put(
                entity(raw),
                vec![cell(1, 1, 0, 5), cell(1, 2, 0, 8), cell(2, 1, 0, 3)],
            )
            .await
            .unwrap();
    }
    let covered = Covered {
        epoch: Epoch(1),
        seq: Seq(5),
        segment: SegmentNo(1),
    };
    let horizon = Horizon([(LogId(1), covered)].into_iter().collect());
    let before: usize = [1, 2, 3].len();
    let pruned = cells.prune(&horizon).await.unwrap();
    assert_eq!(pruned, 30 + before as u64);
    assert_eq!(
        sorted(cells, 17).await,
        vec![cell(1, 2, 0, 8), cell(2, 1, 0, 3)]
    );
    assert_eq!(cells.prune(&horizon).await.unwrap(), 0);
}

/// An implementation may keep what is large, and fetch what has changed.
async fn many_bytes_are_read_like_few(cells: &dyn LiveCells) {
    let large = |log, epoch, upto: u64| StoredCell {
        body: Bytes::from(vec![upto as u8; 50_000]),
        ..cell(log, epoch, 0, upto)
    };
    let raw = 50;
    let mut expected = vec![large(1, 20, 1), large(1, 21, 2), large(2, 1, 3)];
    cells.put(entity(raw), expected.clone()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(sorted(cells, raw).await, expected);
    }
    let changed = [large(1, 21, 9), large(2, 2, 4)];
    cells.put(entity(raw), changed.to_vec()).await.unwrap();
    (expected[1], _) = (changed[0].clone(), expected.push(changed[1].clone()));
    for _ in 0..2 {
        assert_eq!(sorted(cells, raw).await, expected);
    }
    assert!(
        cells
            .delete(entity(raw), LogId(1), Epoch(20))
            .await
            .unwrap()
    );
    assert_eq!(sorted(cells, raw).await, expected[1..]);
    for cell in &expected[1..] {
        cells
            .delete(entity(raw), cell.log, cell.epoch)
            .await
            .unwrap();
    }
    assert_eq!(sorted(cells, raw).await, []);
    cells
        .put(entity(raw), vec![cell(1, 20, 0, 7)])
        .await
        .unwrap();
    assert_eq!(sorted(cells, raw).await, [cell(1, 20, 0, 7)]);
}

async fn what_is_listed_can_be_deleted(cells: &dyn LiveCells) {
    let (log, epoch) = (LogId(1), Epoch(7));
    let all = async |epoch| {
        let mut all = Vec::new();
        for page in 0.. {
            let part = cells.listed(log, epoch, page).await.unwrap();
            if part.is_empty() {
                break;
            }
            all.extend(part);
        }
        all
    };
    assert_eq!(all(epoch).await, []);
    let many: Vec<EntityId> = (1000..26_000).map(entity).collect();
    cells.list(log, epoch, &many[..12_345]).await.unwrap();
    cells.list(log, epoch, &many[12_345..]).await.unwrap();
    cells.list(log, Epoch(8), &many[..1]).await.unwrap();
    assert_eq!(all(epoch).await, many, "over many pages");
    let two = vec![cell(1, 7, 0, 5), cell(1, 8, 0, 9)];
    cells.put(many[0], two).await.unwrap();
    assert!(cells.delete(many[0], log, epoch).await.unwrap());
    assert!(!cells.delete(many[0], log, epoch).await.unwrap());
    assert!(!cells.delete(many[1], log, epoch).await.unwrap());
    assert_eq!(sorted(cells, 1000).await, vec![cell(1, 8, 0, 9)]);
    cells.unlist(log, epoch).await.unwrap();
    assert_eq!(all(epoch).await, []);
    assert_eq!(all(Epoch(8)).await, many[..1], "another epoch's list stays");
    // Looking at everything finds lists, too.
    let covered = Covered {
        epoch: Epoch(8),
        seq: Seq(9),
        segment: SegmentNo(1),
    };
    let horizon = Horizon([(log, covered)].into_iter().collect());
    assert!(cells.prune(&horizon).await.unwrap() >= 1);
    assert_eq!(all(Epoch(8)).await, []);
    assert_eq!(sorted(cells, 1000).await, vec![]);
}

async fn generations_tell_a_flush<F: AsyncFnOnce()>(cells: &dyn LiveCells, flush: F) {
    let before = cells.generations(true).await.unwrap();
    assert_eq!(cells.generations(false).await.unwrap(), before);
    assert_eq!(cells.generations(true).await.unwrap(), before, "made once");
    flush().await;
    assert_eq!(sorted(cells, 17).await, vec![]);
    assert_ne!(cells.generations(false).await.unwrap(), before);
    let after = cells.generations(true).await.unwrap();
    assert_ne!(after, before);
    assert_eq!(cells.checkpoint(LogId(1)).await.unwrap(), None);
}
